//! Whoever sends video and is commanded (RFC 5104 §3.5.1, §4.3.1.2).

use alloc::collections::BTreeMap;
use core::time::Duration;

use crate::rtp::number::Ssrc;
use crate::rtp::rtcp::{Feedback, RtcpPacket};
use crate::time::Instant;

/// How far behind a number is that of a copy which was overtaken; further behind it is a new command
/// of somebody who began anew.
const OVERTAKEN: u8 = 8;

/// The commands to one sender of video, by who gave them.
#[derive(Debug)]
pub struct FullIntraResponder {
    ssrc: Ssrc,
    requesters: BTreeMap<Ssrc, Command>,
    most: usize,
    picture: Picture,
}

/// The last command of one requester.
#[derive(Debug)]
struct Command {
    number: u8,
    heard: Instant,
    /// It came right after a picture that may well serve it: whether it is meant is shown by its
    /// repetition.
    is_doubted: bool,
}

/// The last picture that a decoder can start with.
#[derive(Clone, Copy, Debug)]
enum Picture {
    /// There was none.
    None,
    /// The encoder was asked for one and has not sent it yet.
    Asked,
    /// It left then.
    Sent(Instant),
}

impl FullIntraResponder {
    /// For the sender of this name, and so many requesters at most: one more takes the place of the
    /// one that was quiet for longest.
    #[must_use]
    pub const fn new(ssrc: Ssrc, most: usize) -> Self {
        Self {
            ssrc,
            requesters: BTreeMap::new(),
            most,
            picture: Picture::None,
        }
    }

    /// Takes any packet of a compound; whether the encoder is now to send a picture that a decoder
    /// can start with, as soon as congestion control lets it (§4.3.1.2). `round_trip` is the longest
    /// known, with what feedback waits for RTCP's turn.
    ///
    /// Packets of types 192 and 193, once H.261's own, say nothing (RFC 4587 §7.1).
    #[must_use]
    pub fn handle(&mut self, now: Instant, packet: &RtcpPacket<'_>, round_trip: Duration) -> bool {
        let RtcpPacket::Feedback(packet) = packet else {
            return false;
        };
        let Feedback::FullIntra(entries) = packet.feedback else {
            return false;
        };
        let ssrc = self.ssrc;
        let ours = entries.iter().filter(|entry| entry.ssrc == ssrc);
        let mut asks = false;
        for entry in ours {
            asks |= self.obeys(now, packet.sender, entry.number, round_trip);
        }
        if asks {
            self.picture = Picture::Asked;
        }
        asks
    }

    /// How many have given commands that are remembered.
    #[must_use]
    pub fn known(&self) -> usize {
        self.requesters.len()
    }

    /// A picture that a decoder can start with has left, asked for or not.
    pub fn refresh_sent(&mut self, now: Instant) {
        self.picture = Picture::Sent(now);
    }

    /// Whether this command asks for a picture.
    fn obeys(&mut self, now: Instant, from: Ssrc, number: u8, round_trip: Duration) -> bool {
        // For two round trips after it left, commands come that were sent before it arrived.
        let is_served = match self.picture {
            Picture::None => false,
            Picture::Asked => true,
            Picture::Sent(left) => {
                let since = now.saturating_duration_since(left);
                since <= round_trip.saturating_mul(2)
            }
        };
        // What is asked before it leaves is served by it without a doubt.
        let is_doubted = is_served && matches!(self.picture, Picture::Sent(_));
        match self.requesters.get_mut(&from) {
            Some(command) if command.number == number => {
                command.heard = now;
                // §3.5.1: a second request shows that the picture did not serve the first.
                // §3.5.1.1: a command that was obeyed, and is repeated two round trips later, was
                // obeyed in vain.
                let was_doubted = core::mem::take(&mut command.is_doubted);
                (was_doubted && is_doubted) || !is_served
            }
            Some(command) if command.number.wrapping_sub(number) <= OVERTAKEN => false,
            Some(_) | None => {
                self.note(from, number, now, is_doubted);
                !is_served
            }
        }
    }

    fn note(&mut self, from: Ssrc, number: u8, now: Instant, is_doubted: bool) {
        if self.requesters.len() >= self.most && !self.requesters.contains_key(&from) {
            let all = self.requesters.iter();
            let quietest = all.min_by_key(|(_, command)| command.heard);
            let Some(quietest) = quietest.map(|(ssrc, _)| *ssrc) else {
                return;
            };
            self.requesters.remove(&quietest);
        }
        let command = Command {
            number,
            heard: now,
            is_doubted,
        };
        self.requesters.insert(from, command);
    }
}
