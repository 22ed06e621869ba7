//! Which new requests a server takes on (RFC 7339 §5.2, §5.3, §5.10.2).
//!
//! ```text
//!               a window brought more than the rate
//!   ┌────────┐ ────────────────────────────────────▶ ┌────────────────────┐
//!   │ Normal │                                       │ Overloaded { loss }│──┐ every window:
//!   └────────┘ ◀──────────────────────────────────── └────────────────────┘◀─┘ the loss follows
//!               the loss has come down to nothing
//! ```
//!
//! The loss is what clients that heed it are told. What comes all the same runs into a leaky
//! bucket, and into the table of transactions, of which the last places are kept for what is worth
//! more. Both stand in every state: a client may say that it heeds and not do it.

use core::num::NonZeroU32;
use core::time::Duration;

use super::category::Category;
use super::feedback::Feedback;
use crate::time::Instant;

/// What becomes of a new request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It gets a transaction.
    Admitted,
    /// It is beyond the rate.
    Throttled,
    /// There is no place for it in the table.
    Full,
}

/// How full the table of server transactions is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Occupancy {
    /// Transactions there are.
    pub(crate) live: usize,
    /// Transactions there may be.
    pub(crate) limit: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Normal,
    /// `loss` is in percent, 1 to [`MOST`].
    Overloaded {
        loss: u32,
    },
}

/// How long requests are counted before the loss follows.
const WINDOW: Duration = Duration::from_millis(200);
/// How long a client keeps to a loss it was told (RFC 7339 §4.3): some windows, so that the seldom
/// responses of an overload keep it in force.
const VALIDITY: Duration = Duration::from_secs(1);
/// What is still let through: from nothing one cannot tell that the overload is over.
const MOST: u32 = 99;
/// Work that may come at once, as the time it takes at the rate.
const BURST: Duration = Duration::from_millis(100);
/// Requests that may come at once, however long they take.
const BURST_REQUESTS: u64 = 5;

/// The state of a server's load.
#[derive(Debug)]
pub(crate) struct Admission {
    /// Nanoseconds between two requests at the rate; none if there is no rate.
    interval: Option<u64>,
    state: State,
    /// What is in the bucket, in nanoseconds of work, and when that was.
    level: u64,
    drained_at: Instant,
    /// Since when is counted what follows.
    window: Instant,
    /// Requests of clients that heed what they are told, and of others.
    heeding: u64,
    heedless: u64,
}

impl Admission {
    /// Nothing to do yet.
    pub(crate) fn new(rate: Option<NonZeroU32>) -> Self {
        Self {
            interval: rate.map(|rate| 1_000_000_000 / u64::from(rate.get())),
            state: State::Normal,
            level: 0,
            drained_at: Instant::ZERO,
            window: Instant::ZERO,
            heeding: 0,
            heedless: 0,
        }
    }

    /// Takes a new request; `heeds` says whether its client speaks overload control.
    pub(crate) fn on_request(
        &mut self,
        now: Instant,
        category: Category,
        heeds: bool,
        table: Occupancy,
    ) -> Verdict {
        self.on_time(now);
        let counter = if heeds {
            &mut self.heeding
        } else {
            &mut self.heedless
        };
        *counter = counter.saturating_add(1);
        if table.live >= places_for(category, table.limit) {
            return Verdict::Full;
        }
        let Some(interval) = self.interval else {
            return Verdict::Admitted;
        };
        // RFC 7339 §7.2: who heeds sends what is important; the others are turned away first.
        let worth = match category {
            Category::New if heeds => Category::Ongoing,
            category => category,
        };
        let gone = nanos(now.saturating_duration_since(self.drained_at));
        let level = self.level.saturating_sub(gone);
        let tolerance = tolerance(worth, interval);
        if tolerance.is_some_and(|most| level > most) {
            return Verdict::Throttled;
        }
        // What is never turned away fills the bucket no further than it drains in a while.
        let brim = bucket(interval).saturating_mul(4);
        self.level = level.saturating_add(interval).min(brim);
        self.drained_at = now;
        Verdict::Admitted
    }

    /// What a client that heeds is to be told.
    pub(crate) fn feedback(&mut self, now: Instant) -> Feedback {
        self.on_time(now);
        match self.state {
            // RFC 7339 §5.7: no time at all is said for no overload.
            State::Normal => Feedback {
                loss: 0,
                validity: Duration::ZERO,
                decided: self.window,
            },
            State::Overloaded { loss } => Feedback {
                loss,
                validity: VALIDITY,
                decided: self.window,
            },
        }
    }

    /// Ends the window if its time is over.
    fn on_time(&mut self, now: Instant) {
        let span = now.saturating_duration_since(self.window);
        if span < WINDOW {
            return;
        }
        let wanted = self.wanted_loss(nanos(span));
        self.state = match self.state {
            State::Normal if wanted == 0 => State::Normal,
            State::Normal => State::Overloaded { loss: wanted },
            // Up at once, down by halves: what heeding clients hold back can only be guessed.
            State::Overloaded { loss } => match wanted.max(loss.midpoint(wanted)) {
                0 => State::Normal,
                loss => State::Overloaded { loss },
            },
        };
        (self.heeding, self.heedless) = (0, 0);
        // RFC 7339 §4.4: each decision has a number of its own, the time it was made.
        self.window = now;
    }

    /// What share of all requests was too much, in percent.
    fn wanted_loss(&self, span: u64) -> u32 {
        let Some(interval) = self.interval else {
            return 0;
        };
        let capacity = span / interval.max(1);
        let sent = match self.state {
            State::Normal => 100,
            State::Overloaded { loss } => 100_u32.saturating_sub(loss).max(1),
        };
        // What came of clients that heed is what they left of what they had.
        let held = self.heeding.saturating_mul(100) / u64::from(sent);
        let offered = self.heedless.saturating_add(held);
        if offered <= capacity {
            return 0;
        }
        let fits = capacity.saturating_mul(100) / offered;
        u32::try_from(100_u64.saturating_sub(fits)).map_or(MOST, |loss| loss.min(MOST))
    }
}

/// The places of the table that requests of a category may fill: the last tenth is not for new
/// ones, and the last fiftieth for what is urgent alone.
const fn places_for(category: Category, limit: usize) -> usize {
    match category {
        Category::New => limit - limit / 10,
        Category::Ongoing => limit - limit / 50,
        Category::Urgent => limit,
    }
}

/// Up to what level a request gets in (RFC 7415 §3.5.2 has it for clients); none: always.
fn tolerance(category: Category, interval: u64) -> Option<u64> {
    match category {
        Category::New => Some(bucket(interval)),
        Category::Ongoing => Some(bucket(interval).saturating_mul(2)),
        Category::Urgent => None,
    }
}

fn bucket(interval: u64) -> u64 {
    nanos(BURST).max(interval.saturating_mul(BURST_REQUESTS))
}

/// More than 584 years saturate.
pub(super) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
