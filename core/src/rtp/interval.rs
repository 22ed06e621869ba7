//! When to send RTCP (RFC 3550 §6.2, §6.3, A.7), in integers.
//!
//! All members of a session share a small bandwidth for reports without talking about it: each
//! counts the others and spaces its own reports accordingly.
//!
//! ```text
//!            join: half the minimum, randomised
//!              │
//!              ▼        timer at tn: is tp + T, computed anew, still due?
//!         ┌─ Waiting ──────────────── yes: report, tp = now, next T ───┐
//!         │    ▲  ▲ └── no: others came (reconsideration), wait on ──┐ │
//!         │    │  └──────────────────────────────────────────────────┘ │
//!         │    └───────────────────────────────────────────────────────┘
//!         │    members fall below pmembers: tn and tp move closer (reverse reconsideration)
//!         ▼ leave, more than 50 members
//!      Backing off: counts BYEs only, and sends its own by the same rule
//! ```

use core::time::Duration;

use crate::rng::Rng;
use crate::time::Instant;

/// §6.2: the least average time between two reports of one participant.
pub const MINIMUM: Duration = Duration::from_secs(5);
/// §6.3.5: so many intervals of silence and a member is gone.
pub const TIMEOUT_MULTIPLIER: u32 = 5;
/// §6.3.7: with more members than this, leaving is announced only after a back-off.
pub const IMMEDIATE_BYE_MEMBERS: u32 = 50;

/// The average size is kept with eight bits behind the point.
const AVERAGE_SHIFT: u32 = 8;
/// Longest interval ever computed: keeps the integers in range, and is half a month.
const LONGEST_MICROS: u64 = 1 << 40;

/// The bandwidth reports may take, in bits per second, split as §6.2 and RFC 3556 do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Bandwidth {
    /// S: for those who send data.
    pub senders: u32,
    /// R: for those who only receive; 0 silences them.
    pub receivers: u32,
}

impl Bandwidth {
    /// Of a telephone call: 20 ms of G.711 with the headers of RTP, UDP and IP are 200 octets, fifty
    /// times a second.
    pub const TELEPHONE: Self = Self::of_session(80_000);

    /// No reports at all.
    pub const NONE: Self = Self {
        senders: 0,
        receivers: 0,
    };

    /// What two media in one session may take.
    #[must_use]
    pub const fn together(self, other: Self) -> Self {
        Self {
            senders: self.senders.saturating_add(other.senders),
            receivers: self.receivers.saturating_add(other.receivers),
        }
    }

    /// Five per cent of the session bandwidth, a quarter of them for senders (§6.2).
    #[must_use]
    pub const fn of_session(bits_per_second: u32) -> Self {
        Self {
            senders: bits_per_second / 80,
            receivers: (bits_per_second / 80).saturating_mul(3),
        }
    }

    /// What is left of this, the default, where a description names the share of the senders, of the
    /// receivers, or both (RFC 3556 §3): what it does not name is the rest of the whole, if any.
    #[must_use]
    pub const fn agreed(self, senders: Option<u32>, receivers: Option<u32>) -> Self {
        let whole = self.senders.saturating_add(self.receivers);
        match (senders, receivers) {
            (None, None) => self,
            (Some(senders), None) => Self {
                senders,
                receivers: whole.saturating_sub(senders),
            },
            (None, Some(receivers)) => Self {
                senders: whole.saturating_sub(receivers),
                receivers,
            },
            (Some(senders), Some(receivers)) => Self { senders, receivers },
        }
    }

    const fn total(self) -> u64 {
        (self.senders as u64).saturating_add(self.receivers as u64)
    }
}

/// Tmin: the least average time between two reports, which the profile says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Minimum {
    /// Before the first report.
    pub first: Duration,
    /// From then on.
    pub next: Duration,
    /// For timing out those who are silent.
    pub timeout: Duration,
}

impl Minimum {
    /// Of RTP/AVP (RFC 3550 §6.2): five seconds, half of that before the first report.
    pub const AVP: Self = Self {
        first: Duration::from_millis(2_500),
        next: MINIMUM,
        timeout: MINIMUM,
    };

    /// Of RTP/AVPF, where the bandwidth alone sets the pace: `first` as
    /// [`EarlyFeedback::minimum`](super::early_feedback::EarlyFeedback::minimum) says at the start
    /// (RFC 4585 §3.5.1), and T_rr_interval, if there is one, for timing others out (§3.5.4).
    #[must_use]
    pub const fn feedback(first: Duration, regular_interval: Duration) -> Self {
        Self {
            first,
            next: Duration::ZERO,
            timeout: if regular_interval.is_zero() {
                MINIMUM
            } else {
                regular_interval
            },
        }
    }
}

/// When the last report went out and the next one is due, as computed last.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Planned {
    /// tp.
    pub previous: Instant,
    /// tn.
    pub next: Instant,
    /// T, the calculated interval; T_rr of RFC 4585 §3.4.
    pub interval: Duration,
}

/// What the timer's expiry asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Expiry {
    /// Send now, then call [`Schedule::sent`].
    Send,
    /// Not yet: the deadline has moved.
    Later,
}

/// One participant's RTCP timing: the state variables of §6.3, under their names.
#[derive(Clone, Debug)]
pub struct Schedule {
    bandwidth: Bandwidth,
    minimum: Minimum,
    /// tp: when a report was last sent.
    tp: Instant,
    /// tn: when one is next due; `None` while this participant's share of the bandwidth is zero.
    tn: Option<Instant>,
    /// T as it was last drawn, for the sender timeout of §6.3.5.
    drawn: Duration,
    pmembers: u32,
    members: u32,
    senders: u32,
    we_sent: bool,
    initial: bool,
    /// Whether a BYE is what is being scheduled (§6.3.7).
    leaving: bool,
    /// avg_rtcp_size, in 1/256 octet.
    average: u64,
}

impl Schedule {
    /// Joins a session (§6.3.2). `first_size` is the probable size of the first report, with the
    /// headers of UDP and IP.
    #[must_use]
    pub fn join(now: Instant, bandwidth: Bandwidth, first_size: usize, rng: &mut Rng) -> Self {
        let mut schedule = Self {
            bandwidth,
            minimum: Minimum::AVP,
            tp: now,
            tn: None,
            drawn: MINIMUM,
            pmembers: 1,
            members: 1,
            senders: 0,
            we_sent: false,
            initial: true,
            leaving: false,
            average: scale(first_size),
        };
        schedule.redraw(now, rng);
        schedule
    }

    /// When the timer expires.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.tn
    }

    /// avg_rtcp_size in whole octets.
    #[must_use]
    pub const fn average_size(&self) -> u64 {
        self.average >> AVERAGE_SHIFT
    }

    /// How many members there are thought to be, this one included; while leaving, how many leave.
    #[must_use]
    pub const fn members(&self) -> u32 {
        self.members
    }

    /// How many of them send.
    #[must_use]
    pub const fn senders(&self) -> u32 {
        self.senders
    }

    /// Takes the counts of the member table, this participant included. While leaving, the table
    /// is not what counts (§6.3.7).
    pub fn set_counts(&mut self, members: u32, senders: u32, we_sent: bool) {
        if !self.leaving {
            self.members = members.max(1);
            self.senders = senders;
            self.we_sent = we_sent;
        }
    }

    /// From now on reports may take this much; the next one is timed anew.
    pub fn set_bandwidth(&mut self, now: Instant, bandwidth: Bandwidth, rng: &mut Rng) {
        if self.bandwidth != bandwidth {
            self.bandwidth = bandwidth;
            self.redraw(now, rng);
        }
    }

    /// From now on the profile is one with this Tmin; the next report is timed anew.
    pub fn set_minimum(&mut self, now: Instant, minimum: Minimum, rng: &mut Rng) {
        if self.minimum != minimum {
            self.minimum = minimum;
            self.redraw(now, rng);
        }
    }

    /// tp, tn and T; `None` while this participant's share of the bandwidth is zero.
    #[must_use]
    pub fn planned(&self) -> Option<Planned> {
        Some(Planned {
            previous: self.tp,
            next: self.tn?,
            interval: self.drawn,
        })
    }

    /// An early packet of this size went out, and a regular one is skipped for it: this is the plan
    /// from here on (RFC 4585 §3.5.2 step 6, [`super::early_feedback`]).
    pub fn early_sent(&mut self, planned: Planned, size: usize) {
        self.average_in(size);
        self.tp = planned.previous;
        self.tn = Some(planned.next);
    }

    /// The report that was due was suppressed (RFC 4585 §3.5.3 step 2c): the next one is timed as if
    /// it had gone out.
    pub fn suppressed(&mut self, now: Instant, rng: &mut Rng) {
        self.tp = now;
        self.redraw(now, rng);
    }

    /// If there was nothing to wait for, because our share was zero, and now there is, waits.
    pub fn resume(&mut self, now: Instant, rng: &mut Rng) {
        if self.tn.is_none() {
            self.redraw(now, rng);
        }
    }

    /// Takes the size of a compound packet received (§6.3.3), with the headers below it.
    pub fn received(&mut self, size: usize) {
        if !self.leaving {
            self.average_in(size);
        }
    }

    /// Takes a compound packet with a BYE (§6.3.4). While leaving, this is what members counts,
    /// and the only thing that moves the average (§6.3.7).
    pub fn received_bye(&mut self, size: usize) {
        self.average_in(size);
        if self.leaving {
            self.members = self.members.saturating_add(1);
        }
    }

    /// §6.3.4, reverse reconsideration: members have become fewer, so the next report comes
    /// sooner. To be called after [`Schedule::set_counts`].
    pub fn reconsider(&mut self, now: Instant) {
        if self.leaving || self.members >= self.pmembers {
            return;
        }
        if let Some(tn) = self.tn {
            self.tn = Some(now + self.shrink(tn.saturating_duration_since(now)));
        }
        let since = self.shrink(now.saturating_duration_since(self.tp));
        let since = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        self.tp = Instant::from_nanos(now.as_nanos().saturating_sub(since));
        self.pmembers = self.members;
    }

    /// members / pmembers of a span.
    fn shrink(&self, span: Duration) -> Duration {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let shrunk = micros
            .saturating_mul(u64::from(self.members))
            .checked_div(u64::from(self.pmembers))
            .unwrap_or(micros);
        Duration::from_micros(shrunk)
    }

    /// The timer has expired (§6.3.6): reconsiders, with T drawn anew from today's counts.
    pub fn expire(&mut self, now: Instant, rng: &mut Rng) -> Expiry {
        let interval = self.draw(rng);
        let due = interval.map(|interval| self.tp + interval);
        let expiry = match due {
            Some(due) if due <= now => Expiry::Send,
            due => {
                self.tn = due;
                Expiry::Later
            }
        };
        self.pmembers = self.members;
        expiry
    }

    /// A report of this size went out (§6.3.6). T is drawn again: the one that led here was
    /// picked for being short.
    pub fn sent(&mut self, now: Instant, size: usize, rng: &mut Rng) {
        self.average_in(size);
        self.tp = now;
        // As A.7 has it, `initial` falls after the draw. The second report is not early for that:
        // when this timer expires, T is drawn once more, with the full minimum.
        self.redraw(now, rng);
        self.initial = false;
    }

    /// Begins to leave a session that is too large for an immediate BYE (§6.3.7).
    pub fn leave(&mut self, now: Instant, bye_size: usize, rng: &mut Rng) {
        self.leaving = true;
        self.tp = now;
        self.members = 1;
        self.pmembers = 1;
        self.initial = true;
        self.we_sent = false;
        self.senders = 0;
        self.average = scale(bye_size);
        self.redraw(now, rng);
    }

    /// How long a member may be silent (§6.3.5): five deterministic intervals of a receiver, never
    /// with less than the full minimum (§6.2).
    #[must_use]
    pub fn member_timeout(&self) -> Duration {
        let minimum = self.minimum.timeout;
        let interval = self.deterministic(false, minimum).unwrap_or(minimum);
        interval.saturating_mul(TIMEOUT_MULTIPLIER)
    }

    /// How long a sender may send no data and still count as one (§6.3.5): two intervals.
    #[must_use]
    pub fn sender_timeout(&self) -> Duration {
        self.drawn.saturating_mul(2)
    }

    fn average_in(&mut self, size: usize) {
        // (1/16) size + (15/16) average.
        let kept = self.average.saturating_sub(self.average / 16);
        self.average = kept.saturating_add(scale(size) / 16);
    }

    fn redraw(&mut self, now: Instant, rng: &mut Rng) {
        self.tn = self.draw(rng).map(|interval| now + interval);
    }

    /// T: the deterministic interval, randomised and compensated (§6.3.1 steps 4 and 5).
    fn draw(&mut self, rng: &mut Rng) -> Option<Duration> {
        let minimum = if self.initial {
            self.minimum.first
        } else {
            self.minimum.next
        };
        let interval = self.deterministic(self.we_sent, minimum)?;
        self.drawn = randomise(interval, rng.next_u32());
        Some(self.drawn)
    }

    /// Td (§6.3.1 steps 1 to 3), or `None` if the share is zero.
    fn deterministic(&self, we_sent: bool, minimum: Duration) -> Option<Duration> {
        let Bandwidth { senders, receivers } = self.bandwidth;
        let total = self.bandwidth.total();
        // senders ≤ members · S/(S+R), without dividing.
        let few_senders = u64::from(self.senders).saturating_mul(total)
            <= u64::from(self.members).saturating_mul(u64::from(senders));
        let (share, count) = match (few_senders, we_sent) {
            (true, true) => (u64::from(senders), self.senders),
            (true, false) => (
                u64::from(receivers),
                self.members.saturating_sub(self.senders),
            ),
            // R of zero: receivers stay silent however many senders there are.
            (false, false) if receivers == 0 => (0, 0),
            (false, _) => (total, self.members),
        };
        // average is in 1/256 octet, share in bits per second: ·8/256 octets, ·10^6 for µs.
        let micros = u64::from(count)
            .saturating_mul(self.average)
            .saturating_mul(8_000_000 >> AVERAGE_SHIFT)
            .checked_div(share)?;
        let interval = Duration::from_micros(micros.min(LONGEST_MICROS));
        Some(interval.max(minimum))
    }
}

fn scale(size: usize) -> u64 {
    // No datagram is larger.
    u64::try_from(size.min(0xffff)).unwrap_or(0) << AVERAGE_SHIFT
}

/// A span drawn evenly between half and one and a half times `interval`, over e − 3/2, which makes
/// up for reconsideration settling below the intended bandwidth (§6.3.1).
fn randomise(interval: Duration, random: u32) -> Duration {
    const STEPS: u32 = 20;
    let micros = u64::try_from(interval.as_micros()).unwrap_or(u64::MAX);
    let micros = micros.min(LONGEST_MICROS);
    let factor = (1_u64 << (STEPS - 1)).wrapping_add(u64::from(random >> (32 - STEPS)));
    let stretched = micros.wrapping_mul(factor) >> STEPS;
    // 1 / 1.21828 = 0.820829…, as 53794 / 65536.
    Duration::from_micros((stretched.saturating_mul(53_794) >> 16).max(1_000))
}

#[cfg(test)]
mod tests;
