//! `offhook server`: a registrar, proxy and redirect server with a readable log.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use offhook::Transport;
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::server::{Server, ServerConfig, TargetPolicy};
use offhook::trace::{Tap, Transcript};

use crate::failure::Failure;
use crate::ground::Ground;
use crate::interrupt::{self, Wish};
use crate::names;
use crate::node::{Driver, Event, Node};
use crate::options::{ServerOptions, port_of};

pub(crate) fn run(mut options: ServerOptions) -> Result<(), Failure> {
    let mut driver = Driver::new()?;
    driver.set_name_service(names::service(&options.dns)?)?;
    let quiet = options.quiet;
    let config = config(&mut options);
    let kept = if options.transcript.is_some() {
        usize::MAX
    } else {
        0
    };
    let mut settings = EndpointConfig {
        advertised: advertised(&options),
        ..EndpointConfig::default()
    };
    if !options.trusted.is_empty() {
        settings.transports.push(Transport::Tls);
    }
    let node = machine("server", config, settings, kept)?;
    let id = driver.add(node);
    let papers = options.papers.clone();
    let ground = Ground::new(papers, &options.trusted, options.tls_clients.clone())?;
    ground.trust(&mut driver);
    for (over, address) in &options.listen {
        let local = ground
            .open(&mut driver, id, *over, *address)
            .map_err(|error| Failure::bind(*address, &error))?;
        let over = over.map_or("UDP and TCP", via_name);
        log(&format!("listening on {local} over {over}"));
    }
    let wishes = interrupt::watch(driver.waker(), false)?;
    loop {
        match wishes.try_recv() {
            Ok(Wish::Reload) => match ground.reload() {
                Ok(()) => log("read the certificates anew"),
                Err(error) => log(&format!("the certificates stay as they were: {error}")),
            },
            Ok(Wish::Leave | Wish::Line(_)) => break,
            Err(_) => {}
        }
        while let Some((_, event)) = driver.next_event(None)? {
            if let (Event::Server(event), false) = (event, quiet) {
                log(&event.to_string());
            }
        }
    }
    let Some(Node::Server(tap)) = driver.remove(id) else {
        return Ok(());
    };
    log(&format!(
        "stopped; {} bindings",
        tap.machine().bindings().count()
    ));
    log(&format!("{:?}", tap.machine().stats()));
    match options.transcript {
        Some(path) => keep(&path, &[tap.records()]),
        None => Ok(()),
    }
}

/// What it is called where it shows a certificate. Over WebSocket the name is that of a web server
/// too, which has the port everyone takes for granted: any other is said.
fn advertised(options: &ServerOptions) -> Vec<(Transport, String)> {
    let Some(name) = &options.tls_name else {
        return Vec::new();
    };
    let mut listens = options.listen.iter();
    let wss = listens.find(|(over, _)| *over == Some(Transport::Wss));
    let port = wss.map(|(_, at)| at.port());
    let wss = match port.filter(|port| *port != port_of(Transport::Wss)) {
        Some(port) if !name.contains(':') => format!("{name}:{port}"),
        Some(_) | None => name.clone(),
    };
    vec![(Transport::Tls, name.clone()), (Transport::Wss, wss)]
}

/// The settings the command line asks for. The passwords are hashed, and not kept.
fn config(options: &mut ServerOptions) -> ServerConfig {
    let mut domains = options.domains.clone();
    if domains.is_empty() {
        domains.extend(options.listen.first().map(|(_, at)| at.ip().to_string()));
    }
    let realm = options
        .realm
        .as_ref()
        .or(domains.first())
        .cloned()
        .unwrap_or_default();
    let mut config = ServerConfig::new(&realm);
    config.domains = domains;
    config.realms.extend(std::mem::take(&mut options.realms));
    for user in std::mem::take(&mut options.users) {
        user.join(&mut config);
    }
    config.authenticate = options.authenticate && options.next.is_none();
    config.closed.extend(std::mem::take(&mut options.closed));
    redirect(options, &mut config);
    config.algorithms.clone_from(&options.digests);
    config.next_hop.clone_from(&options.next);
    config.record_route = options.record_route;
    config
}

/// Whose callers are sent elsewhere.
fn redirect(options: &mut ServerOptions, config: &mut ServerConfig) {
    for whose in std::mem::take(&mut options.redirected) {
        match whose {
            None => config.target_policy = TargetPolicy::Redirect,
            Some(whose) => {
                config.target_policies.insert(whose, TargetPolicy::Redirect);
            }
        }
    }
    for (who, uri) in std::mem::take(&mut options.moved) {
        match config.target_policies.entry(who).or_default() {
            TargetPolicy::Moved { contacts, .. } => contacts.push(uri),
            other => {
                *other = TargetPolicy::Moved {
                    permanently: false,
                    contacts: vec![uri],
                };
            }
        }
    }
}

/// A server machine that keeps `packets` packets for its transcript.
pub(crate) fn machine(
    name: &str,
    config: ServerConfig,
    settings: EndpointConfig,
    packets: usize,
) -> Result<Node, Failure> {
    let server = Server::new(config, &settings.limits, offhook_mio::seed()?);
    let endpoint = Endpoint::new(settings, server, offhook_mio::seed()?);
    let tap = Tap::new(name, endpoint)
        .with_media_bytes(12)
        .with_limit(packets);
    Ok(Node::Server(Box::new(tap)))
}

const fn via_name(over: Transport) -> &'static str {
    match over {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "TLS",
        Transport::Ws => "WS",
        Transport::Wss => "WSS",
        Transport::Sctp => "SCTP",
        Transport::TlsSctp => "TLS-SCTP",
    }
}

/// Writes the transcript of some taps.
pub(crate) fn keep(path: &Path, records: &[&offhook::trace::Records]) -> Result<(), Failure> {
    let transcript = Transcript::from_records(records.iter().copied());
    crate::ladder::write(path, &transcript.to_text())
}

/// A line of the log, with the time of day (UTC) in front.
fn log(line: &str) {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = now.as_secs() % 86_400;
    println!(
        "{:02}:{:02}:{:02}.{:03} {line}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        now.subsec_millis()
    );
}
