mod bundles;
mod exchange;
mod groups;
mod redundancy;
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

/// What is answered to an offer from elsewhere, and by whom.
fn answered(offer: &[u8], answering: impl Into<Vec<LocalMedia>>) -> (Negotiation, String) {
    let mut callee = negotiation(&bob());
    callee.receive_offer(offer).unwrap();
    let answer = text(&callee.create_answer(answering).unwrap());
    (callee, answer)
}

/// Both ends of a call that have not said anything.
fn both() -> (Negotiation, Negotiation) {
    (negotiation(&alice()), negotiation(&bob()))
}

/// One exchange: what is offered, what is answered.
fn agree(
    from: &mut Negotiation,
    offered: impl Into<Vec<LocalMedia>>,
    to: &mut Negotiation,
    answering: impl Into<Vec<LocalMedia>>,
) -> (String, String) {
    let offer = from.create_offer(offered).unwrap();
    take(from, offer, to, answering.into())
}

/// The rest of an exchange that begins with this offer.
fn take(
    from: &mut Negotiation,
    offer: Vec<u8>,
    to: &mut Negotiation,
    answering: Vec<LocalMedia>,
) -> (String, String) {
    to.receive_offer(&offer).unwrap();
    let answer = to.create_answer(answering).unwrap();
    from.receive_answer(&answer).unwrap();
    (text(&offer), text(&answer))
}

/// A call as far as its first exchange.
fn call() -> (Negotiation, Negotiation) {
    let (mut caller, mut callee) = both();
    agree(&mut caller, alice(), &mut callee, bob());
    (caller, callee)
}

/// One more exchange, `from` offering, `to` answering with what it had.
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
    let local = to.local().to_vec();
    take(from, offer.unwrap(), to, local)
}
