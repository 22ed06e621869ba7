//! A registrar and proxy for `example.org` with two users, both with the password `secret`.
//!
//! `cargo run -p offhook-smol --example smol_server -- 127.0.0.1:5060`

use std::error::Error;
use std::net::SocketAddr;

use offhook::Limits;
use offhook::sip::endpoint::EndpointConfig;
use offhook::sip::server::{Server, ServerConfig, ServerEndpoint};
use offhook_smol::{Driver, NameService, seed};

fn main() -> Result<(), Box<dyn Error>> {
    smol::block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let argument = std::env::args().nth(1);
    let local: SocketAddr = argument.as_deref().unwrap_or("127.0.0.1:5060").parse()?;

    let mut config = ServerConfig::new("example.org");
    config.add_user("alice", "secret").add_user("bob", "secret");
    let server = Server::new(config, &Limits::default(), seed()?);
    let endpoint = ServerEndpoint::new(EndpointConfig::default(), server, seed()?);

    let mut driver = Driver::new()?;
    driver.set_name_service(NameService::of_system(&[])?)?;
    let id = driver.add(endpoint);
    let (_, local) = driver.bind_udp_apart(id, local)?;
    println!("listening on udp {local}; end with Ctrl-C");
    while let Some((_, event)) = driver.next_event(None).await? {
        println!("{event}");
    }
    Ok(())
}
