//! The messages RFC 7118 §8 prints, each given to whom it is for, over the transport it came by.

use std::net::SocketAddr;
use std::path::PathBuf;

use offhook::sip::endpoint::{
    Endpoint, EndpointConfig, Events, FlowChange, Stack, TransactionUser, TuEvent, UserTimer,
};
use offhook::sip::uri::Host;
use offhook::websocket::{Opcode, Role, write_frame};
use offhook::{FlowId, Input, Instant, Machine, Output, PeerIdentity, Rng, Transport};

const NOW: Instant = Instant::ZERO;
const UDP: FlowId = FlowId::from_driver(0);
const WSS: FlowId = FlowId::from_driver(1);

fn vector(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/rfc7118");
    std::fs::read(folder.join(name)).expect("a vector")
}

/// Says what it was told: the method or the status, the transport of the top Via, and whether the
/// whole of it is what was sent.
struct Note;

impl TransactionUser for Note {
    type Event = (String, String);

    fn on_event(&mut self, _: &mut Stack, event: TuEvent, events: &mut Events<Self::Event>) {
        let message = match event {
            TuEvent::Request { request, .. } | TuEvent::Ack { request, .. } => request,
            // What nobody asked for here was let in all the same: its top Via is ours.
            TuEvent::StrayResponse { response } | TuEvent::Response { response, .. } => response,
            TuEvent::ClientFailed { .. }
            | TuEvent::ServerFailed { .. }
            | TuEvent::Located { .. }
            | TuEvent::ClientTerminated { .. }
            | TuEvent::ServerTerminated { .. } => return,
        };
        let what = match message.status() {
            Some(status) => status.to_string(),
            None => message.method().as_str().to_owned(),
        };
        let via = message.top_via().expect("a Via").transport.to_owned();
        events.push((what, via));
    }

    fn on_timer(&mut self, _: &mut Stack, _: UserTimer, _: &mut Events<Self::Event>) {}

    fn on_flow(&mut self, _: &mut Stack, _: FlowId, _: FlowChange, _: &mut Events<Self::Event>) {}

    fn is_idle(&self) -> bool {
        true
    }

    fn check(&self, _: &Stack) -> Result<(), &'static str> {
        Ok(())
    }
}

/// Somebody in the figure, who writes `sent_bys` into the Vias.
struct Party {
    endpoint: Endpoint<Note>,
}

impl Party {
    fn new(sent_bys: &[(Transport, &str)]) -> Self {
        let advertised = sent_bys
            .iter()
            .map(|(over, text)| (*over, (*text).to_owned()));
        let config = EndpointConfig {
            advertised: advertised.collect(),
            ..EndpointConfig::default()
        };
        let mut endpoint = Endpoint::new(config, Note, [1; 32]);
        let local = address("192.0.2.10:5060");
        let transport = Transport::Udp;
        endpoint.handle_input(
            NOW,
            Input::Bound {
                flow: UDP,
                transport,
                local,
            },
        );
        Self { endpoint }
    }

    /// Gives it something; answers what it sends and what its user is told.
    fn take(&mut self, input: Input<'_>) -> (Vec<Vec<u8>>, Vec<(String, String)>) {
        self.endpoint.handle_input(NOW, input);
        let (mut sent, mut told, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            match self.endpoint.poll_output(&mut bytes) {
                Output::Transmit { .. } => sent.push(bytes.clone()),
                Output::Event(event) => told.push(event),
                Output::Connect { .. } | Output::Close { .. } | Output::Resolve { .. } => {}
                Output::Wait(_) => return (sent, told),
            }
        }
    }

    /// A connection is up, from a client without a certificate, or to a server with this one.
    fn connected(&mut self, flow: FlowId, identity: Option<&PeerIdentity>) -> Vec<Vec<u8>> {
        self.take(Input::Connected {
            flow,
            transport: Transport::Wss,
            local: address("192.0.2.10:443"),
            peer: address("192.0.2.77:40000"),
            identity,
        })
        .0
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

/// A message in one frame.
fn framed(sender: Role, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rng = Rng::from_seed([2; 32]);
    write_frame(sender, &mut rng, Opcode::Text, message, &mut out);
    out
}

#[test]
fn the_handshake_is_answered_as_printed() {
    let mut proxy = Party::new(&[(Transport::Wss, "proxy.example.com:443")]);
    assert!(proxy.connected(WSS, None).is_empty());
    let bytes = vector("8.1-F1.http");
    let (sent, _) = proxy.take(Input::Stream {
        flow: WSS,
        bytes: &bytes,
    });
    assert_eq!(sent, [vector("8.1-F2.http")]);
}

#[test]
fn the_thirteen_messages_reach_those_they_are_for() {
    let mut proxy = Party::new(&[
        (Transport::Wss, "proxy.example.com:443"),
        (Transport::Udp, "proxy.example.com"),
    ]);
    proxy.connected(WSS, None);
    let bytes = vector("8.1-F1.http");
    proxy.take(Input::Stream {
        flow: WSS,
        bytes: &bytes,
    });
    let mut bob = Party::new(&[(Transport::Udp, "203.0.113.22")]);
    let (mut alice, flow) = alice();

    // Who gets it and how, and what is to be seen there.
    let (wss, udp) = ("WSS", "UDP");
    let steps = [
        ("8.1-F3", "proxy", wss, "REGISTER", wss),
        ("8.1-F4", "alice", wss, "200", wss),
        ("8.2-F1", "proxy", wss, "INVITE", wss),
        ("8.2-F2", "alice", wss, "100", wss),
        ("8.2-F3", "bob", udp, "INVITE", udp),
        ("8.2-F4", "proxy", udp, "200", udp),
        ("8.2-F5", "alice", wss, "200", wss),
        ("8.2-F6", "proxy", wss, "ACK", wss),
        ("8.2-F7", "bob", udp, "ACK", udp),
        ("8.2-F8", "proxy", udp, "BYE", udp),
        ("8.2-F9", "alice", wss, "BYE", wss),
        ("8.2-F10", "proxy", wss, "200", wss),
        ("8.2-F11", "bob", udp, "200", udp),
    ];
    for (name, to, over, what, via) in steps {
        let message = vector(&format!("{name}.sip"));
        assert!(!message.windows(14).any(|word| word == b"Content-Length"));
        let (party, sender, flow) = match to {
            "proxy" => (&mut proxy, Role::Client, WSS),
            "alice" => (&mut alice, Role::Server, flow),
            _ => (&mut bob, Role::Client, WSS),
        };
        let frame = framed(sender, &message);
        let input = if over == wss {
            Input::Stream {
                flow,
                bytes: &frame,
            }
        } else {
            let source = address("192.0.2.77:5060");
            Input::Datagram {
                flow: UDP,
                source,
                bytes: &message,
            }
        };
        let (_, told) = party.take(input);
        assert_eq!(told, [(what.to_owned(), via.to_owned())], "{name}");
        assert_eq!(
            party.endpoint.stats().dropped_total(),
            strays(party),
            "{name}"
        );
    }
}

/// Alice after her handshake: the connection is one she asked for.
fn alice() -> (Party, FlowId) {
    let mut alice = Party::new(&[(Transport::Wss, "df7jal23ls0d.invalid")]);
    let target = alice.endpoint.command(NOW, |_, stack, _| {
        let domain = Host::Name("proxy.example.com");
        stack.target_for(domain, Transport::Wss, address("192.0.2.77:40000"))
    });
    let flow = target.expect("a connection").flow;
    let certificate = PeerIdentity {
        dns_names: vec!["proxy.example.com".to_owned()],
        is_verified: true,
        ..PeerIdentity::default()
    };
    let request = alice.connected(flow, Some(&certificate)).concat();
    let mut proxy = Party::new(&[]);
    proxy.connected(WSS, None);
    let (answer, _) = proxy.take(Input::Stream {
        flow: WSS,
        bytes: &request,
    });
    alice.take(Input::Stream {
        flow,
        bytes: &answer.concat(),
    });
    (alice, flow)
}

/// Responses without a transaction, which are counted and passed on.
fn strays(party: &Party) -> u64 {
    let reason = offhook::sip::endpoint::DropReason::StrayResponse;
    party.endpoint.stats().dropped(reason)
}
