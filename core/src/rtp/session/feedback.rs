//! Feedback between two parties (RFC 4585), and the stream of what is sent again when it asks for
//! that (RFC 4588).
//!
//! ```text
//!   ask ──▶ numbers that wait ─▶ an early packet, or the next regular one ─▶ RTCP out
//!   RTCP in ─▶ numbers that are asked for ─▶ next_requested ─▶ retransmit ─▶ RTP out, under an
//!                                                              SSRC of its own
//! ```

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::send::{Media, SendError};
use super::{Session, State, first_sequence};
use crate::rng::Rng;
use crate::rtp::early_feedback::{EarlyFeedback, FeedbackTiming, Handling, RegularAction};
use crate::rtp::interval::{Minimum, Planned};
use crate::rtp::number::{SequenceNumber, Ssrc};
use crate::rtp::packet::{BufferTooSmall, Header, Outgoing};
use crate::rtp::payload::rtx::Retransmission;
use crate::rtp::rtcp::{CompoundWriter, Feedback, FeedbackPacket, Nack, SdesItem, SenderInfo};
use crate::time::Instant;

/// Numbers that wait to be asked for; one more is not asked for.
const WAITING: usize = 64;
/// Numbers that others have asked for; one more is not heard.
const REQUESTED: usize = 64;

/// That feedback was agreed on, and how soon it has to come.
#[derive(Clone, Copy, Debug)]
pub struct SessionFeedback {
    timing: FeedbackTiming,
    /// Named here alone, so that a program that never agrees on feedback does not have it linked.
    begin: fn(&Self, Planned, &mut Rng) -> Box<dyn Exchange>,
}

impl SessionFeedback {
    /// Between two parties who will be no more, where feedback older than `max_delay` is of no use
    /// (T_max_fb_delay of RFC 4585 §3.4), and regular reports come no more often than
    /// `regular_interval`, about (T_rr_interval, `trr-int`); zero sets no bound.
    #[must_use]
    pub fn new(max_delay: Duration, regular_interval: Duration) -> Self {
        Self {
            timing: FeedbackTiming {
                is_point_to_point: true,
                max_delay,
                regular_interval,
            },
            begin: |one, planned, rng| Box::new(Works::new(one.timing, planned, rng)),
        }
    }
}

/// What a session has of feedback.
pub(super) trait Exchange: fmt::Debug + Send + Sync {
    /// Goes on with other timing.
    fn retime(&mut self, timing: FeedbackTiming, planned: Planned);
    /// Tmin.
    fn minimum(&self) -> Minimum;
    /// RFC 4585 §3.5.2, steps 1 to 4.
    fn ask(
        &mut self,
        now: Instant,
        planned: Planned,
        source: Ssrc,
        missing: &[SequenceNumber],
    ) -> Handling;
    /// te, if something waits to go out early.
    fn early_due(&self) -> Option<Instant>;
    /// Step 6; the plan from here on.
    fn early_sent(&mut self, planned: Planned) -> Planned;
    /// §3.5.3: what is to be done at tn.
    fn regular(&mut self, planned: Planned, random: u32) -> RegularAction;
    /// It was done, and T_rr drawn anew.
    fn regular_done(&mut self, action: RegularAction, interval: Duration);
    /// Adds what waits, once.
    fn write(&mut self, own: Ssrc, out: &mut CompoundWriter<'_>);
    /// Takes what the other asks for.
    fn heard(&mut self, own: Ssrc, packet: &FeedbackPacket<'_>);
    /// What was asked for, the oldest first.
    fn next_requested(&mut self) -> Option<SequenceNumber>;
    /// The stream of what is sent again.
    fn stream(&mut self) -> &mut Repeats;
    /// The same, to look at.
    fn stream_seen(&self) -> &Repeats;
}

/// The stream of what is sent again: a source of its own in the same session (RFC 4588 §4, §6.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeats {
    pub(super) ssrc: Ssrc,
    sequence: SequenceNumber,
    packets: u32,
    octets: u32,
    last: Option<Instant>,
    since_report: bool,
    since_previous_report: bool,
}

impl Repeats {
    fn new(ssrc: Ssrc, rng: &mut Rng) -> Self {
        Self {
            ssrc,
            sequence: first_sequence(rng),
            packets: 0,
            octets: 0,
            last: None,
            since_report: false,
            since_previous_report: false,
        }
    }

    /// Whether anything ever went out under its SSRC: only then may a BYE.
    pub(super) const fn has_sent(&self) -> bool {
        self.last.is_some()
    }

    /// Whether it is a sender at present (RFC 3550 §6.3.8).
    pub(super) fn is_sender(&self, now: Instant, timeout: Duration) -> bool {
        self.last
            .is_some_and(|last| now.saturating_duration_since(last) <= timeout)
    }
}

#[derive(Debug)]
struct Works {
    timing: EarlyFeedback,
    config: FeedbackTiming,
    /// Whose packets are asked for.
    source: Ssrc,
    /// In the order of the stream.
    waiting: Vec<SequenceNumber>,
    nacks: Vec<Nack>,
    requested: VecDeque<SequenceNumber>,
    stream: Repeats,
}

impl Works {
    fn new(timing: FeedbackTiming, planned: Planned, rng: &mut Rng) -> Self {
        Self {
            timing: EarlyFeedback::new(planned.previous, planned.interval, timing),
            config: timing,
            source: Ssrc::new(0),
            waiting: Vec::with_capacity(WAITING),
            nacks: Vec::with_capacity(WAITING),
            requested: VecDeque::with_capacity(REQUESTED),
            stream: Repeats::new(Ssrc::new(rng.next_u32()), rng),
        }
    }

    fn wait(&mut self, sequence: SequenceNumber) {
        if self.waiting.len() >= WAITING || self.waiting.contains(&sequence) {
            return;
        }
        // In order, so that few entries say it all (step 2a).
        let behind = self.waiting.iter().rev();
        let later = |one: &&SequenceNumber| one.distance_from(sequence) < 0x8000;
        let behind = behind.take_while(later).count();
        let at = self.waiting.len().saturating_sub(behind);
        self.waiting.insert(at, sequence);
    }
}

impl Exchange for Works {
    fn retime(&mut self, timing: FeedbackTiming, planned: Planned) {
        if self.config != timing {
            self.config = timing;
            self.timing = EarlyFeedback::new(planned.previous, planned.interval, timing);
            self.waiting.clear();
        }
    }

    fn minimum(&self) -> Minimum {
        Minimum::feedback(self.timing.minimum(), self.config.regular_interval)
    }

    fn ask(
        &mut self,
        now: Instant,
        planned: Planned,
        source: Ssrc,
        missing: &[SequenceNumber],
    ) -> Handling {
        if self.source != source {
            // RFC 4588 §5.3: what the source of before lacks is of no use any more.
            self.source = source;
            self.waiting.clear();
        }
        self.timing.reschedule(planned);
        // Two parties do not dither.
        let handling = self.timing.event(now, 0);
        if handling != Handling::Discard {
            missing.iter().for_each(|sequence| self.wait(*sequence));
        }
        handling
    }

    fn early_due(&self) -> Option<Instant> {
        self.timing.early_due()
    }

    fn early_sent(&mut self, planned: Planned) -> Planned {
        self.timing.reschedule(planned);
        self.timing.early_sent();
        self.timing.planned()
    }

    fn regular(&mut self, planned: Planned, random: u32) -> RegularAction {
        self.timing.reschedule(planned);
        self.timing.regular(random)
    }

    fn regular_done(&mut self, action: RegularAction, interval: Duration) {
        self.timing.regular_done(action, interval);
    }

    fn write(&mut self, own: Ssrc, out: &mut CompoundWriter<'_>) {
        if self.waiting.is_empty() {
            return;
        }
        self.nacks.clear();
        self.nacks.extend(Nack::collect(self.waiting.drain(..)));
        out.feedback(&FeedbackPacket {
            sender: own,
            media_source: self.source,
            feedback: Feedback::GenericNack(self.nacks.as_slice().into()),
        });
    }

    fn heard(&mut self, own: Ssrc, packet: &FeedbackPacket<'_>) {
        // RFC 4588 §6.3: only of the original stream may anything be asked for.
        if packet.media_source != own {
            return;
        }
        if let Feedback::GenericNack(entries) = packet.feedback {
            for sequence in entries.iter().flat_map(Nack::packets) {
                if self.requested.len() >= REQUESTED {
                    return;
                }
                if !self.requested.contains(&sequence) {
                    self.requested.push_back(sequence);
                }
            }
        }
    }

    fn next_requested(&mut self) -> Option<SequenceNumber> {
        self.requested.pop_front()
    }

    fn stream(&mut self) -> &mut Repeats {
        &mut self.stream
    }

    fn stream_seen(&self) -> &Repeats {
        &self.stream
    }
}

impl Session {
    /// Says whether feedback was agreed on: then the profile is RTP/AVPF, whose reports come as
    /// often as their bandwidth allows. To be called once the session was joined.
    pub fn set_feedback(&mut self, now: Instant, feedback: Option<SessionFeedback>) {
        self.advance(now);
        let State::Member(schedule) = &mut self.state else {
            return;
        };
        let minimum = match (&feedback, &mut self.feedback) {
            (None, None) => return,
            (None, Some(before)) => {
                let stream = *before.stream();
                self.feedback = None;
                // RFC 4588 §6.1: that stream has its own goodbye.
                if stream.has_sent() {
                    self.abandoned = Some(stream.ssrc);
                }
                Minimum::AVP
            }
            (Some(config), exchange) => {
                let planned = schedule.planned().unwrap_or(Planned {
                    previous: self.now,
                    next: self.now,
                    interval: Duration::ZERO,
                });
                match exchange {
                    Some(exchange) => exchange.retime(config.timing, planned),
                    None => *exchange = Some((config.begin)(config, planned, &mut self.rng)),
                }
                exchange.as_ref().map_or(Minimum::AVP, |it| it.minimum())
            }
        };
        schedule.set_minimum(self.now, minimum, &mut self.rng);
    }

    /// Asks a source for packets that are missing, in an early packet or a regular one
    /// (RFC 4585 §3.5.2). Without feedback agreed on, and while our share of the bandwidth is zero,
    /// nothing is asked for.
    pub fn ask(&mut self, now: Instant, source: Ssrc, missing: &[SequenceNumber]) -> Handling {
        self.advance(now);
        let State::Member(schedule) = &self.state else {
            return Handling::Discard;
        };
        match (schedule.planned(), &mut self.feedback) {
            (Some(planned), Some(feedback)) => feedback.ask(self.now, planned, source, missing),
            (None, _) | (_, None) => Handling::Discard,
        }
    }

    /// The next packet of ours that the other has asked for (RFC 4585 §6.2.1).
    pub fn next_requested(&mut self) -> Option<SequenceNumber> {
        self.feedback.as_mut()?.next_requested()
    }

    /// The SSRC that packets are sent again under, if feedback was agreed on.
    #[must_use]
    pub fn retransmission_ssrc(&self) -> Option<Ssrc> {
        Some(self.feedback.as_ref()?.stream_seen().ssrc)
    }

    /// Writes a packet again to the front of `out`: that of `sequence`, which was sent as `original`
    /// says, under the payload type of the stream of retransmissions (RFC 4588 §4).
    ///
    /// # Errors
    /// [`SendError`]; nothing was written or counted then.
    pub fn retransmit(
        &mut self,
        now: Instant,
        sequence: SequenceNumber,
        original: &Media<'_>,
        payload_type: crate::rtp::PayloadType,
        out: &mut [u8],
    ) -> Result<usize, SendError> {
        self.advance(now);
        let (State::Member(_), Some(feedback)) = (&self.state, &mut self.feedback) else {
            return Err(SendError::NotMember);
        };
        let stream = feedback.stream();
        let header = Header {
            marker: original.marker,
            payload_type,
            sequence: stream.sequence,
            timestamp: original.timestamp,
            ssrc: stream.ssrc,
        };
        let again = Retransmission {
            original: sequence,
            payload: original.payload,
        };
        // Packed behind where the header goes.
        let head = Outgoing {
            extension: self.label.as_ref().and_then(|label| label.extension()),
            ..Outgoing::new(header, &[])
        };
        let packed = out.get_mut(head.size()..);
        let packed = packed.and_then(|rest| again.pack(rest));
        let size = head.size().saturating_add(again.size());
        let too_small = SendError::Buffer(BufferTooSmall { needed: size });
        let packed = packed.ok_or(too_small)?;
        head.write(out).map_err(|_| too_small)?;
        let was_sending = stream.has_sent();
        stream.sequence = stream.sequence.next();
        stream.packets = stream.packets.wrapping_add(1);
        stream.octets = stream.octets.wrapping_add(packed as u32);
        stream.last = Some(self.now);
        stream.since_report = true;
        // What is sent again burdens the network as well (RFC 4588 §7).
        self.watch_sending(size);
        if !was_sending {
            self.update_counts();
        }
        Ok(size)
    }

    /// Members and senders besides ourselves that the stream of retransmissions is
    /// (RFC 4588 §6.1).
    pub(super) fn repeating(&self) -> (u32, u32) {
        let (Some(feedback), State::Member(schedule)) = (&self.feedback, &self.state) else {
            return (0, 0);
        };
        let stream = feedback.stream_seen();
        let is_sender = stream.is_sender(self.now, schedule.sender_timeout());
        (u32::from(stream.has_sent()), u32::from(is_sender))
    }

    /// Whether an SSRC is one of ours.
    pub(in crate::rtp) fn is_own(&self, ssrc: Ssrc) -> bool {
        ssrc == self.ssrc || self.retransmission_ssrc() == Some(ssrc)
    }

    /// Takes another SSRC for the stream of retransmissions, which is to begin anew under it; the
    /// one of before, if anything went out under that (RFC 4588 §4).
    pub(super) fn begin_repeating_as(&mut self, ssrc: Ssrc) -> Option<Ssrc> {
        let stream = self.feedback.as_mut()?.stream();
        let before = *stream;
        *stream = Repeats::new(ssrc, &mut self.rng);
        before.has_sent().then_some(before.ssrc)
    }

    /// Adds feedback and what there is to report of the stream of retransmissions.
    pub(super) fn write_feedback<'i>(
        exchange: &mut dyn Exchange,
        own: Ssrc,
        clock: Option<SenderInfo>,
        items: impl IntoIterator<Item = SdesItem<'i>>,
        out: &mut CompoundWriter<'_>,
    ) {
        let stream = exchange.stream();
        if let Some(clock) = clock.filter(|_| stream.since_report || stream.since_previous_report) {
            // Its timestamps are those of the original stream, so its clock is the same.
            let info = SenderInfo {
                packets: stream.packets,
                octets: stream.octets,
                ..clock
            };
            out.report(stream.ssrc, Some(&info), &[]);
            out.source_description(stream.ssrc, items);
            stream.since_previous_report = core::mem::take(&mut stream.since_report);
        }
        exchange.write(own, out);
    }
}
