//! Answers kept for as long as they may be (RFC 1035 §7.4; negative ones RFC 2308 §5).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use core::time::Duration;

use crate::dns::{Answer, Question, Record};
use crate::time::Instant;

/// Seconds for which an answer is kept at most: a week (RFC 1035 §7.3).
const TTL_MAX: u32 = 604_800;
/// Seconds for which a negative answer is kept at most: three hours (RFC 2308 §5).
const NEGATIVE_TTL_MAX: u32 = 10_800;

/// Answers by their question, and questions by the end of their answer.
pub(super) struct Cache {
    entries: BTreeMap<Question, Entry>,
    by_expiry: BTreeSet<(Instant, Question)>,
    capacity: usize,
}

struct Entry {
    answer: Answer,
    since: Instant,
    until: Instant,
}

impl Cache {
    pub(super) const fn new(capacity: usize) -> Self {
        Self {
            entries: BTreeMap::new(),
            by_expiry: BTreeSet::new(),
            capacity,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The answer, with what is left of its TTLs.
    pub(super) fn find(&self, now: Instant, question: &Question) -> Option<Answer> {
        let entry = self.entries.get(question)?;
        if entry.until <= now {
            return None;
        }
        let age = now.saturating_duration_since(entry.since).as_secs();
        let age = u32::try_from(age).unwrap_or(u32::MAX);
        Some(with_ttls(&entry.answer, |ttl| ttl.saturating_sub(age)))
    }

    /// Keeps an answer, unless it says that it must not be kept. One that is too many takes the
    /// place of the one that would expire first.
    pub(super) fn keep(&mut self, now: Instant, question: Question, answer: &Answer) {
        let ttl = match answer {
            Answer::Records(records) => records.iter().map(|record| record.ttl).min(),
            Answer::NoData { ttl } | Answer::NoSuchName { ttl } => Some(*ttl),
            Answer::Failed(_) => None,
        };
        let Some(ttl) = ttl.filter(|ttl| *ttl > 0 && self.capacity > 0) else {
            return;
        };
        self.forget(&question);
        if self.entries.len() >= self.capacity {
            if let Some((_, first)) = self.by_expiry.pop_first() {
                self.entries.remove(&first);
            }
        }
        let until = now + Duration::from_secs(u64::from(ttl));
        let answer = answer.clone();
        self.by_expiry.insert((until, question.clone()));
        let entry = Entry {
            answer,
            since: now,
            until,
        };
        self.entries.insert(question, entry);
    }

    /// Lets go of what has expired.
    pub(super) fn expire(&mut self, now: Instant) {
        while self.by_expiry.first().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, question)) = self.by_expiry.pop_first() {
                self.entries.remove(&question);
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), &'static str> {
        if self.entries.len() != self.by_expiry.len() {
            return Err("an answer is kept that never expires");
        }
        if self.entries.len() > self.capacity {
            return Err("more answers are kept than may be");
        }
        Ok(())
    }

    fn forget(&mut self, question: &Question) {
        if let Some(entry) = self.entries.remove(question) {
            self.by_expiry.remove(&(entry.until, question.clone()));
        }
    }
}

/// The answer with TTLs of `most` at most, and never beyond what is ever believed.
pub(super) fn with_bounded_ttls(answer: &Answer, most: u32) -> Answer {
    let bound = match answer {
        Answer::Records(_) | Answer::Failed(_) => TTL_MAX,
        Answer::NoData { .. } | Answer::NoSuchName { .. } => NEGATIVE_TTL_MAX,
    };
    with_ttls(answer, |ttl| ttl.min(bound).min(most))
}

/// The answer with other TTLs.
fn with_ttls(answer: &Answer, change: impl Fn(u32) -> u32) -> Answer {
    match answer {
        Answer::Records(records) => {
            let changed = records.iter().map(|record| Record {
                ttl: change(record.ttl),
                ..record.clone()
            });
            Answer::Records(changed.collect::<Arc<[Record]>>())
        }
        Answer::NoData { ttl } => Answer::NoData { ttl: change(*ttl) },
        Answer::NoSuchName { ttl } => Answer::NoSuchName { ttl: change(*ttl) },
        Answer::Failed(why) => Answer::Failed(*why),
    }
}
