//! What a client holds back from one server (RFC 7339 §5.4, §5.5, §7.2; RFC 7415 §3.5).
//!
//! ```text
//!                  oc, oc-algo=loss                 oc, oc-algo=rate
//!        ┌──────┐ ◀──────────────── ┌──────────┐ ────────────────▶ ┌──────┐
//!        │ Loss │                   │ Released │                   │ Rate │
//!        └──────┘ ────────────────▶ └──────────┘ ◀──────────────── └──────┘
//!           ▲        oc-validity=0                 oc-validity=0      ▲
//!           └────────────────── the other oc-algo ────────────────────┘
//! ```
//!
//! From every state it is gone when the validity is over. Only what is newer by its oc-seq changes
//! anything. Released stays for as long, so that a late response does not bring back what it ended.

use core::time::Duration;

use super::admission::nanos;
use super::category::Category;
use crate::rng::Rng;
use crate::sip::header::Overload;
use crate::time::Instant;

/// How often the mix of requests is taken anew (RFC 7339 §7.2: every 5 to 10 seconds).
const SAMPLING: Duration = Duration::from_secs(5);
/// The percentage of new requests until it is known (§7.2).
const USUAL_NEW: u64 = 80;
/// How many requests tell it.
const ENOUGH: u64 = 20;
/// How long an end of control is remembered.
const RELEASED: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The server wants nothing held back.
    Released,
    /// Percent of all requests to hold back.
    Loss(u64),
    /// A bucket that leaks (RFC 7415 §3.5.1).
    Rate {
        /// Nanoseconds for each request; none for no request at all.
        interval: Option<u64>,
        /// What is in it, in nanoseconds, since the last request that was sent.
        level: u64,
        last: Instant,
    },
}

/// An oc-seq: whole and hundred-thousandths.
type Sequence = (u64, u32);

/// The wish of one server.
#[derive(Debug)]
pub(super) struct Control {
    state: State,
    until: Instant,
    sequence: Option<Sequence>,
    mix: Mix,
}

impl Control {
    /// Takes the first wish of a server; none if it has none, or one that is not understood.
    pub(super) fn new(now: Instant, wish: &Overload<'_>) -> Option<Self> {
        let state = wanted(now, wish, State::Released)?;
        (state != State::Released).then(|| Self {
            state,
            until: now + wish.validity,
            sequence: wish.sequence.and_then(|text| sequence(text.as_str())),
            mix: Mix::new(now),
        })
    }

    /// Takes another wish.
    pub(super) fn update(&mut self, now: Instant, wish: &Overload<'_>) {
        let given = wish.sequence.and_then(|text| sequence(text.as_str()));
        if let (Some(given), Some(known)) = (given, self.sequence) {
            // §4.4: the same says nothing new, a somewhat smaller one was late, and one that is
            // far smaller has begun anew.
            let has_begun_anew = given.0 < known.0 / 2;
            if given <= known && !has_begun_anew {
                return;
            }
        }
        let Some(state) = wanted(now, wish, self.state) else {
            return;
        };
        self.until = match state {
            State::Released => now + RELEASED,
            State::Loss(_) | State::Rate { .. } => now + wish.validity,
        };
        self.state = state;
        self.sequence = given;
    }

    /// When it is over.
    pub(super) const fn until(&self) -> Instant {
        self.until
    }

    /// Whether a request may be sent.
    pub(super) fn admits(&mut self, now: Instant, category: Category, rng: &mut Rng) -> bool {
        let new = self.mix.on_request(now, category);
        match &mut self.state {
            State::Released => true,
            // §7.2: of the new ones first, and of the others when there are no more new ones.
            State::Loss(loss) => match category {
                Category::New => *loss < new && rng.below(new) >= *loss,
                Category::Ongoing => {
                    let rest = loss.saturating_sub(new);
                    rest == 0 || rng.below(100_u64.saturating_sub(new)) >= rest
                }
                // §5.10.1: they are few, or no choice would help.
                Category::Urgent => *loss < 100,
            },
            State::Rate {
                interval,
                level,
                last,
            } => {
                // RFC 7415 §3.5.1: a rate of nothing is nothing at all.
                let Some(interval) = *interval else {
                    return false;
                };
                let gone = nanos(now.saturating_duration_since(*last));
                let left = level.saturating_sub(gone);
                if left > interval.saturating_mul(tolerance(category)) {
                    return false;
                }
                *level = left.saturating_add(interval);
                *last = now;
                true
            }
        }
    }
}

/// RFC 7415 §3.5.2: how many requests may be in the bucket when one more comes.
const fn tolerance(category: Category) -> u64 {
    match category {
        Category::New => 5,
        Category::Ongoing => 10,
        Category::Urgent => 20,
    }
}

/// What a wish leads to; none if it is not understood, and none if it is none (§5.1: an oc without
/// a value comes back from who does not know it).
fn wanted(now: Instant, wish: &Overload<'_>, before: State) -> Option<State> {
    let limit = wish.limit?;
    if !wish.is_in_force() {
        return Some(State::Released);
    }
    let mut names = wish.algorithms();
    // §4.2: the one that was chosen.
    let (name, None) = (names.next()?, names.next()) else {
        return None;
    };
    if name.eq_ignore_ascii_case("loss") {
        // §7.1.
        return (limit <= 100).then_some(State::Loss(u64::from(limit)));
    }
    if !name.eq_ignore_ascii_case("rate") {
        return None;
    }
    let (level, last) = match before {
        State::Rate { level, last, .. } => (level, last),
        State::Released | State::Loss(_) => (0, now),
    };
    Some(State::Rate {
        interval: 1_000_000_000_u64.checked_div(u64::from(limit)),
        level,
        last,
    })
}

/// `1*12DIGIT "." 1*5DIGIT`, as the header field has checked.
fn sequence(text: &str) -> Option<Sequence> {
    let (whole, fraction) = text.split_once('.')?;
    let missing = 5_usize.checked_sub(fraction.len())?;
    let scale = 10_u32.checked_pow(u32::try_from(missing).ok()?)?;
    let fraction = fraction.parse::<u32>().ok()?.checked_mul(scale)?;
    Some((whole.parse().ok()?, fraction))
}

/// How many of the requests are new ones (§7.2).
#[derive(Debug)]
struct Mix {
    since: Instant,
    new: u64,
    all: u64,
    /// In percent, as far as it was known before this sampling.
    share: u64,
}

impl Mix {
    const fn new(now: Instant) -> Self {
        Self {
            since: now,
            new: 0,
            all: 0,
            share: USUAL_NEW,
        }
    }

    /// Counts a request; the share of new ones in percent.
    fn on_request(&mut self, now: Instant, category: Category) -> u64 {
        if now.saturating_duration_since(self.since) >= SAMPLING {
            self.share = self.known();
            (self.since, self.new, self.all) = (now, 0, 0);
        }
        self.all = self.all.saturating_add(1);
        if category == Category::New {
            self.new = self.new.saturating_add(1);
        }
        self.known()
    }

    fn known(&self) -> u64 {
        if self.all < ENOUGH {
            return self.share;
        }
        let share = self.new.saturating_mul(100).checked_div(self.all);
        share.unwrap_or(self.share)
    }
}
