//! Parity within redundant data (RFC 5109 §14.2, §14.3): `ulpfec` beside `red` in one stream.
//!
//! What `red` holds is a list of payload types (RFC 2198 §5). That of parity is dynamic, so nobody can
//! write it there before it is given: it is put behind those our media have.

use alloc::vec::Vec;

use super::agree::Spoken;
use super::{Format, LocalMedia};
use crate::sdp::attribute::RedFormats;
use crate::sdp::{Codec, MediaDescription};

fn is_red(codec: &Codec) -> bool {
    codec.name.eq_ignore_ascii_case("red")
}

fn is_parity(name: &str) -> bool {
    name.eq_ignore_ascii_case("ulpfec")
}

/// The number of the parity that goes along within this format.
pub(super) fn parity_within(format: &Format, all: &[Format]) -> Option<u8> {
    let is_beside = |one: &&Format| {
        let (parity, red) = (&one.codec, &format.codec);
        is_parity(&parity.name) && is_red(red) && parity.clock_rate == red.clock_rate
    };
    all.iter().find(is_beside).map(|one| one.payload_type)
}

/// Leaves out what is of no use without what else was offered. §14.3: redundant data that would hold
/// nothing but parity, if we have none; §14.2: parity, without redundant data to hold it, as long as
/// the stream is no stream of parity alone.
pub(super) fn keep_useful(
    spoken: &mut Vec<Spoken<'_>>,
    media: &MediaDescription<'_>,
    local: &LocalMedia,
) {
    let has_parity = spoken.iter().any(|one| is_parity(&one.codec.name));
    let has_red = spoken.iter().any(|one| is_red(one.codec));
    let speaks = || local.codecs.iter().any(Codec::is_voice);
    if (!has_parity && !has_red) || !speaks() {
        return;
    }
    let holds_parity_alone = |one: &Spoken<'_>| {
        let list = one.meeting.send.as_deref().and_then(RedFormats::parse);
        let secondary = list.map(|list| list.payload_types).unwrap_or_default();
        let mut secondary = secondary.iter().skip(1).peekable();
        let is_parity = |number: &u8| {
            let map = media.rtp_map(*number);
            map.is_some_and(|map| is_parity(map.name))
        };
        secondary.peek().is_some() && secondary.all(is_parity)
    };
    spoken.retain(|one| !is_red(one.codec) || has_parity || !holds_parity_alone(one));
    let has_red = spoken.iter().any(|one| is_red(one.codec));
    spoken.retain(|one| !is_parity(&one.codec.name) || has_red);
}
