//! Packets that are asked for when they are missing (RFC 4585 §6.2.1) and sent again (RFC 4588).
//!
//! ```text
//!   out:  what was sent ─▶ history ──────── asked for? ─▶ sent again, under another SSRC
//!   in:   what came ─▶ missing ─ a while ─▶ asked for      (RTCP in early packets, RFC 4585 §3.5)
//!                         └─ sent again in time ─▶ played as if it had never been lost
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::AudioEvent;
use super::history::History;
use super::missing::Missing;
use super::receive::Piece;
use super::stream::AudioStream;
use crate::rtp::drops::DropReason;
use crate::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use crate::rtp::packet::{FIXED_HEADER, Header, Packet};
use crate::rtp::payload::rtx::Retransmission;
use crate::rtp::session::{Media, SessionFeedback};
use crate::time::Instant;

/// Numbers asked for at once.
const AT_ONCE: usize = 32;
/// Payload types that can be sent again.
const FORMATS: usize = 4;

/// Which packets are sent again when they are asked for, in one direction.
#[derive(Clone, Copy, Debug)]
pub struct Retransmissions {
    /// The number they are sent again under, and the one they had (`apt`).
    formats: [Option<(PayloadType, PayloadType)>; FORMATS],
    time: Duration,
    regular_interval: Duration,
    /// Make what does the work. Named here alone, so that a program that never agrees on this does
    /// not have it linked.
    history: fn(&Self, Duration) -> Box<dyn Keeper>,
    missing: fn(&Self) -> Box<dyn Asker>,
    feedback: fn(&Self) -> SessionFeedback,
}

impl Retransmissions {
    /// As these payload types, each for packets of another (`apt` of RFC 4588 §8.1), of which the
    /// first four count. Where packets are sent, they are kept for `time` (`rtx-time`), a second at
    /// most; where they arrive, so much longer they wait to be played than they otherwise would.
    #[must_use]
    pub fn new(formats: &[(PayloadType, PayloadType)], time: Duration) -> Self {
        let mut places = [None; FORMATS];
        for (place, format) in places.iter_mut().zip(formats) {
            *place = Some(*format);
        }
        Self {
            formats: places,
            time: time.min(Duration::from_secs(1)),
            regular_interval: Duration::ZERO,
            history: |one, ptime| Box::new(History::new(one.time, ptime)),
            missing: |one| Box::new(Missing::new(one.time)),
            feedback: |one| SessionFeedback::new(one.time, one.regular_interval),
        }
    }

    /// With regular reports no more often than this, about: T_rr_interval of RFC 4585 §3.4,
    /// `trr-int` in a description. Requests are none the later for it.
    #[must_use]
    pub const fn with_regular_interval(mut self, interval: Duration) -> Self {
        self.regular_interval = interval;
        self
    }

    /// How long packets wait, or are kept.
    pub(super) const fn time(&self) -> Duration {
        self.time
    }

    /// What packets of a payload type are sent again as.
    fn type_for(&self, original: PayloadType) -> Option<PayloadType> {
        let mut formats = self.formats.iter().flatten();
        Some(formats.find(|(_, apt)| *apt == original)?.0)
    }

    /// What packets that are sent again as this were sent as.
    pub(super) fn original_of(&self, again: PayloadType) -> Option<PayloadType> {
        let mut formats = self.formats.iter().flatten();
        Some(formats.find(|(number, _)| *number == again)?.1)
    }
}

impl PartialEq for Retransmissions {
    fn eq(&self, other: &Self) -> bool {
        (self.formats, self.time, self.regular_interval)
            == (other.formats, other.time, other.regular_interval)
    }
}

impl Eq for Retransmissions {}

/// What was sent, for as long as it may be asked for.
pub(super) trait Keeper: fmt::Debug + Send + Sync {
    /// A packet went out.
    fn sent(&mut self, now: Instant, header: Header, payload: &[u8]);
    /// A packet that is asked for, if it is kept, and may be sent again.
    fn find(&mut self, now: Instant, ssrc: Ssrc, number: SequenceNumber)
    -> Option<(Header, &[u8])>;
    /// Sends nothing again: the network is congested (RFC 4588 §7).
    fn stop(&mut self);
}

/// What has not come, for as long as it is of use.
pub(super) trait Asker: fmt::Debug + Send + Sync {
    /// A packet of the stream came.
    fn received(&mut self, now: Instant, sequence: u32, timestamp: Timestamp, clock_rate: u32);
    /// A packet was had back otherwise.
    fn repaired(&mut self, sequence: u32);
    /// A packet that was asked for came again: its extended number.
    fn take(&mut self, original: SequenceNumber) -> Option<u32>;
    /// Which are to be asked for now; says how many.
    fn due(
        &mut self,
        now: Instant,
        round_trip: Option<Duration>,
        out: &mut [SequenceNumber],
    ) -> usize;
    /// When that changes.
    fn deadline(&self) -> Option<Instant>;
    /// Forgets everything: another source, or none.
    fn restart(&mut self);
}

/// What an audio stream has of them, both ways.
#[derive(Debug, Default)]
pub(super) struct Repeating {
    pub(super) history: Option<(Retransmissions, Box<dyn Keeper>)>,
    pub(super) missing: Option<(Retransmissions, Box<dyn Asker>)>,
}

impl AudioStream {
    /// Takes what a plan says of packets that are sent again.
    pub(super) fn agree_on_retransmission(
        &mut self,
        send: Option<Retransmissions>,
        receive: Option<Retransmissions>,
        ptime: Duration,
    ) {
        let Repeating { history, missing } = &mut self.repeating;
        if history.as_ref().map(|(one, _)| *one) != send {
            *history = send.map(|one| (one, (one.history)(&one, ptime)));
        }
        if missing.as_ref().map(|(one, _)| *one) != receive {
            *missing = receive.map(|one| (one, (one.missing)(&one)));
        }
        let feedback = receive.or(send).map(|one| (one.feedback)(&one));
        self.session.set_feedback(self.now, feedback);
    }

    /// Keeps a packet that went out.
    pub(super) fn keep_sent(&mut self, bytes: &[u8]) {
        if let Some((_, history)) = &mut self.repeating.history {
            if let Ok(packet) = Packet::parse(bytes) {
                history.sent(self.now, packet.header(), packet.payload());
            }
        }
    }

    /// Writes the next packet that was asked for into `bytes`; whether there was one.
    pub(super) fn poll_retransmission(&mut self, bytes: &mut Vec<u8>) -> bool {
        let Some((agreed, history)) = &mut self.repeating.history else {
            return false;
        };
        let sends = self
            .active
            .as_ref()
            .is_some_and(|active| active.plan.direction.sends());
        let ssrc = self.session.ssrc();
        while let Some(number) = self.session.next_requested() {
            let Some((header, payload)) = history.find(self.now, ssrc, number).filter(|_| sends)
            else {
                continue;
            };
            let Some(payload_type) = agreed.type_for(header.payload_type) else {
                continue;
            };
            let original = Media {
                marker: header.marker,
                payload_type: header.payload_type,
                timestamp: header.timestamp,
                sampled: self.now,
                payload,
            };
            let again = Retransmission {
                original: number,
                payload,
            };
            bytes.clear();
            bytes.resize(FIXED_HEADER.saturating_add(again.size()), 0);
            let sent = self
                .session
                .retransmit(self.now, number, &original, payload_type, bytes);
            if sent.is_ok() {
                return true;
            }
        }
        false
    }

    /// Notes that a packet of the source that is played came, and with it which did not.
    pub(super) fn note_arrived(&mut self, sequence: u32, timestamp: Timestamp) {
        let rate = self.config.playout.clock_rate;
        if let Some((_, missing)) = &mut self.repeating.missing {
            missing.received(self.now, sequence, timestamp, rate);
        }
    }

    /// Asks for what is missing, as far as it is time to.
    pub(super) fn ask_for_missing(&mut self) {
        let (Some((_, missing)), Some(source)) = (&mut self.repeating.missing, self.source) else {
            return;
        };
        let receives = self
            .active
            .as_ref()
            .is_some_and(|active| active.plan.direction.receives());
        if !receives {
            return missing.restart();
        }
        let mut numbers = [SequenceNumber::new(0); AT_ONCE];
        let count = missing.due(self.now, self.round_trip, &mut numbers);
        let numbers = numbers.get(..count).unwrap_or(&[]);
        if !numbers.is_empty() {
            // What is refused now is asked for again when it would be if nobody had answered.
            let _ = self.session.ask(self.now, source, numbers);
        }
    }

    /// Takes a packet that was sent again as `apt`. Only what was asked for counts: that is what
    /// ties it to the source it is of (RFC 4588 §5.3).
    pub(super) fn on_retransmission(&mut self, packet: &Packet<'_>, apt: PayloadType) {
        let Some(again) = Retransmission::unpack(packet.payload()) else {
            self.drops.add(DropReason::NotRtp);
            return;
        };
        let missing = self.repeating.missing.as_mut();
        let Some(likely) = missing.and_then(|(_, missing)| missing.take(again.original)) else {
            self.drops.add(DropReason::NotAskedFor);
            return;
        };
        self.play_again(
            Piece::Again { likely },
            packet.timestamp(),
            apt,
            again.payload,
        );
    }

    /// What the circuit breaker or a goodbye means for it.
    pub(super) fn watch_retransmission(&mut self, event: &AudioEvent) {
        let Repeating { history, missing } = &mut self.repeating;
        match event {
            // RFC 4588 §7: where congestion is not under control, nothing is sent again.
            AudioEvent::CircuitBroken(_) => {
                if let Some((_, history)) = history {
                    history.stop();
                }
            }
            // §5.3: whoever has left is asked for nothing more.
            AudioEvent::RemoteLeft { .. } => {
                if let Some((_, missing)) = missing {
                    missing.restart();
                }
            }
            _ => {}
        }
    }
}
