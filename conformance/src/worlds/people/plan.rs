//! How a call is meant to go.

use std::time::Duration;

use crate::sim::Chance;
use crate::worlds::node::Act;

/// What the callee does about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callee {
    /// Rings, and picks up after so long.
    Answers(Duration),
    /// Refuses with a status after so long.
    Refuses(u16, Duration),
    /// Lets it ring.
    Ignores,
}

/// Which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Who called.
    Caller,
    /// Who was called.
    Callee,
}

/// How a call is meant to go.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Index of who calls whom.
    pub caller: usize,
    /// And of who is called.
    pub callee: usize,
    /// What the callee does.
    pub answer: Callee,
    /// What the callee does at a second phone, if one is called too.
    pub second: Option<Callee>,
    /// Whether the caller lets the callee say first what it has.
    pub late: bool,
    /// When the caller gives up, from the start.
    pub cancel: Option<Duration>,
    /// What is done before the call is answered: by whom, how long after it rang there, or after the
    /// caller heard that it rings, what.
    pub early: Vec<(End, Duration, Act)>,
    /// What is done in the answered call: by whom, how long after it heard of the answer, what.
    pub talk: Vec<(End, Duration, Act)>,
    /// Under which weather it is made, and so how strictly it must go as planned.
    pub weather: Weather,
}

/// What may be expected of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Anything goes, as long as it ends.
    Foul,
    /// Some packets are lost, doubled and late: retransmissions make up for it, in their time.
    Lossy,
    /// All goes as planned.
    Fair,
}

impl Weather {
    /// How close two deeds may be for either to win.
    pub(super) const fn race(self) -> Duration {
        match self {
            Self::Foul | Self::Lossy => Duration::from_secs(15),
            Self::Fair => Duration::from_millis(1500),
        }
    }
}

impl Plan {
    /// The same where the callee has a second phone, at which something is done at much the same
    /// time, or later, or never.
    #[must_use]
    pub fn forked(mut self, chance: &mut Chance) -> Self {
        let first = match self.answer {
            Callee::Answers(after) | Callee::Refuses(_, after) => after,
            Callee::Ignores => Duration::from_millis(chance.below(4000)),
        };
        let near = first + Duration::from_millis(chance.below(60));
        let later = Duration::from_millis(chance.below(6000));
        let choices = [
            Callee::Answers(near),
            Callee::Answers(near),
            Callee::Answers(later),
            Callee::Refuses(486, later),
            Callee::Ignores,
        ];
        self.second = Some(*chance.pick(&choices));
        if let Callee::Refuses(_, after) = self.answer {
            // A 603 would be for both phones.
            self.answer = Callee::Refuses(486, after);
        }
        if self.weather != Weather::Foul {
            // Whoever loses the race for the answer has nothing to say.
            let over = self.talk.iter().map(|(_, after, _)| *after).max();
            self.talk = vec![(End::Caller, over.unwrap_or_default(), Act::HangUp)];
        }
        self
    }

    /// Whether the last hold or resumption had time to come through, glare and all, before the
    /// call was ended.
    pub(super) fn is_settled(&self) -> bool {
        let time = |over: bool| {
            let acts = self.talk.iter();
            let acts = acts.filter(move |(_, _, act)| (*act == Act::HangUp) == over);
            acts.map(|(_, after, _)| *after)
        };
        let last = time(false).max().unwrap_or_default();
        time(true).min().unwrap_or_default() > last + Duration::from_secs(10)
    }
}

/// A random plan between two of the phones.
pub fn plan(chance: &mut Chance, phones: usize, weather: Weather) -> Plan {
    let millis = |chance: &mut Chance, most| Duration::from_millis(chance.below(most));
    let caller = usize::try_from(chance.below(phones as u64)).unwrap_or(0);
    let other = 1 + usize::try_from(chance.below(phones as u64 - 1)).unwrap_or(0);
    let callee = (caller + other) % phones;
    let answer = match chance.below(10) {
        0 => Callee::Refuses(*chance.pick(&[486, 603, 480]), millis(chance, 3000)),
        1 => Callee::Ignores,
        _ => Callee::Answers(millis(chance, 4000)),
    };
    let early = chance.happens(300);
    let cancel = chance.happens(300).then(|| match answer {
        // Before anybody can have answered anything.
        _ if early => Duration::from_micros(chance.below(5000)),
        // Around the answer, where it hurts.
        Callee::Answers(after) | Callee::Refuses(_, after) => {
            let early = after.saturating_sub(Duration::from_millis(100));
            early + millis(chance, 200)
        }
        Callee::Ignores => millis(chance, 5000),
    });
    let mut talk = Vec::new();
    let ends = [End::Caller, End::Callee];
    for _ in 0..chance.below(4) {
        let act = *chance.pick(&[Act::Hold, Act::Resume]);
        talk.push((*chance.pick(&ends), millis(chance, 6000), act));
    }
    let longest = *chance.pick(&[500, 8000, 20_000]);
    let over = millis(chance, longest);
    let both = chance.happens(200);
    let first = *chance.pick(&ends);
    for end in ends {
        if both || end == first {
            talk.push((end, over, Act::HangUp));
        }
    }
    Plan {
        caller,
        callee,
        answer,
        second: None,
        late: false,
        cancel,
        early: Vec::new(),
        talk,
        weather,
    }
}
