mod exchange;
mod groups;
mod refusal;
mod rules;
mod saving;
mod security;
mod streams;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::*;
use crate::sdp::{Codec, Direction, SdpErrorKind, SessionDescription};

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn alice() -> LocalMedia {
    LocalMedia::audio(address("192.0.2.1:49170"))
}

fn bob() -> LocalMedia {
    LocalMedia::audio(address("192.0.2.2:49920"))
}

fn negotiation(of: &LocalMedia) -> Negotiation {
    Negotiation::new(0x1234_5678, of.address.ip())
}

fn with_codecs(of: LocalMedia, codecs: &[Codec]) -> LocalMedia {
    LocalMedia {
        codecs: codecs.to_vec(),
        ..of
    }
}

/// Turns the line ends of a listing into those of a message.
fn wire(listing: &str) -> Vec<u8> {
    let lines = listing.lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.is_empty());
    lines
        .flat_map(|line| [line, "\r\n"])
        .collect::<String>()
        .into_bytes()
}

fn text(sdp: &[u8]) -> String {
    String::from_utf8(sdp.to_vec()).unwrap()
}

fn lines<'t>(sdp: &'t str, kind: &str) -> Vec<&'t str> {
    sdp.lines().filter(|line| line.starts_with(kind)).collect()
}

fn version(sdp: &[u8]) -> u64 {
    let sdp = SessionDescription::parse(sdp).unwrap();
    sdp.origin.session_version.parse().unwrap()
}

/// A call as far as its first exchange.
fn call() -> (Negotiation, Negotiation) {
    let (mut caller, mut callee) = (negotiation(&alice()), negotiation(&bob()));
    let offer = caller.create_offer(alice()).unwrap();
    callee.receive_offer(&offer).unwrap();
    let answer = callee.create_answer(bob()).unwrap();
    caller.receive_answer(&answer).unwrap();
    (caller, callee)
}

/// One more exchange, `from` offering.
fn exchange(
    from: &mut Negotiation,
    direction: Direction,
    to: &mut Negotiation,
) -> (String, String) {
    let offer = match direction {
        Direction::SendRecv => from.create_reoffer(false),
        Direction::SendOnly => from.create_reoffer(true),
        Direction::RecvOnly | Direction::Inactive => {
            let mut local = from.local().to_vec();
            local[0].direction = direction;
            from.create_offer(local)
        }
    };
    let offer = offer.unwrap();
    to.receive_offer(&offer).unwrap();
    let local = to.local().to_vec();
    let answer = to.create_answer(local.clone()).unwrap();
    from.receive_answer(&answer).unwrap();
    (text(&offer), text(&answer))
}
