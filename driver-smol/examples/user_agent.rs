//! A telephone without a loudspeaker: answers every call, and makes one if told whom to call.
//!
//! `cargo run -p offhook-smol --example smol_user_agent -- 127.0.0.1:5070 [sip:bob@127.0.0.1:5060]`
//!
//! With `--quiet` in front it does not say what happens.

use std::error::Error;
use std::net::SocketAddr;

use offhook::sdp::LocalMedia;
use offhook::sip::endpoint::EndpointConfig;
use offhook::sip::ua::{UaEvent, UserAgent, UserAgentConfig, UserAgentEndpoint};
use offhook_smol::{Driver, NameService, seed};

fn main() -> Result<(), Box<dyn Error>> {
    smol::block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let quiet = arguments.next_if_eq("--quiet").is_some();
    let local: SocketAddr = arguments
        .next()
        .as_deref()
        .unwrap_or("127.0.0.1:5070")
        .parse()?;
    // Where audio would be received: an `offhook::rtp::audio::AudioStream` is one more machine.
    let media = LocalMedia::audio(SocketAddr::new(local.ip(), 40_000));

    let user = UserAgent::new(UserAgentConfig::new(&format!("sip:phone@{local}")));
    let phone = UserAgentEndpoint::new(EndpointConfig::default(), user, seed()?);
    let mut driver = Driver::new()?;
    driver.set_name_service(NameService::of_system(&[])?)?;
    let id = driver.add(phone);
    let (_, local) = driver.bind_udp_apart(id, local)?;
    println!("listening on udp {local}");
    let now = driver.now();
    if let (Some(callee), Some(phone)) = (arguments.next(), driver.machine_mut(id)) {
        phone.invite(now, &callee, media.clone())?;
    }

    while let Some((_, event)) = driver.next_event(None).await? {
        if !quiet {
            println!("{event:?}");
        }
        let now = driver.now();
        if let (UaEvent::Incoming { call, .. }, Some(phone)) = (event, driver.machine_mut(id)) {
            phone.ring(now, call)?;
            phone.accept(now, call, media.clone())?;
        }
    }
    Ok(())
}
