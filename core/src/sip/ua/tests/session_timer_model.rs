//! Session timers (RFC 4028) against a second, simpler model: every sequence of what a far end may
//! do, to a depth of three, and after each step the same session interval, the same refresher and the
//! same time of death.
//!
//! The model is a table of seven words a far end can say, and three numbers. It knows nothing of the
//! machine's timers: it only says at which second Bob has to speak.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::from_caller;
use crate::sip::ua::{EndReason, UserAgentConfig};
use crate::time::Instant;

/// How many things happen in a row after the call is up.
const DEPTH: usize = 3;

/// What may happen next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Act {
    /// The far end refreshes the session.
    Refreshes(Says),
    /// Time passes until Bob has to do something; a refresh of his is answered so.
    Due(Answers),
}

/// What an UPDATE of the far end says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Says {
    knows_timers: bool,
    expires: Option<u32>,
    refresher: Option<&'static str>,
    min: Option<u32>,
}

/// What the far end answers to a refresh of Bob's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Answers {
    /// 200 with an interval and who is to refresh.
    With(u32, &'static str),
    /// 200 without an interval, from one who knows session timers or does not.
    Without { knows_timers: bool },
    /// 422 with the interval that would do, and then 200.
    TooSmall(u32),
    /// 500.
    Error,
    /// 481.
    Gone,
}

const ACTS: [Act; 12] = [
    says(true, Some(120), Some("uac"), None),
    says(true, Some(300), Some("uas"), None),
    says(true, Some(200), None, None),
    says(true, None, None, None),
    says(false, Some(150), None, None),
    says(true, Some(89), Some("uac"), None),
    says(true, Some(500), Some("uas"), Some(400)),
    Act::Due(Answers::With(240, "uac")),
    Act::Due(Answers::With(100, "uas")),
    Act::Due(Answers::Without { knows_timers: true }),
    Act::Due(Answers::Without {
        knows_timers: false,
    }),
    Act::Due(Answers::TooSmall(600)),
];

/// What ends most sequences: tried last.
const LAST: [Act; 2] = [Act::Due(Answers::Error), Act::Due(Answers::Gone)];

const fn says(
    knows_timers: bool,
    expires: Option<u32>,
    refresher: Option<&'static str>,
    min: Option<u32>,
) -> Act {
    Act::Refreshes(Says {
        knows_timers,
        expires,
        refresher,
        min,
    })
}

/// What RFC 4028 says the session is.
#[derive(Clone, Copy, Debug)]
struct Model {
    /// The session interval in seconds and whether Bob refreshes; nothing when nobody does.
    timer: Option<(u32, bool)>,
    /// When the last 2xx came or went.
    since: Instant,
    /// The largest Min-SE heard in this dialog (§7.4).
    min: Option<u32>,
}

/// What Bob has to do next, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Duty {
    Refresh(Instant),
    Bye(Instant),
}

impl Model {
    /// §9, the 2xx that Bob owes: its Session-Expires, or 422.
    fn hears(&mut self, says: Says, now: Instant) -> Result<Option<String>, u32> {
        let Says {
            knows_timers,
            expires,
            ..
        } = says;
        // The smallest interval anyone may ask for is 90 seconds.
        if knows_timers && expires.is_some_and(|expires| expires < 90) {
            return Err(90);
        }
        self.min = self.min.max(says.min);
        self.since = now;
        // Not to ask for a timer is not to end the one that runs: Bob asks for it.
        if let Some((interval, we_refresh)) =
            self.timer.filter(|_| knows_timers && expires.is_none())
        {
            let interval = interval.max(says.min.unwrap_or(0));
            self.timer = Some((interval, we_refresh));
            let refresher = if we_refresh { "uas" } else { "uac" };
            return Ok(Some(format!("{interval};refresher={refresher}")));
        }
        // Table 2: who does not know session timers cannot refresh; who does and leaves it open
        // goes on with what it has begun.
        let refresher = match (knows_timers, says.refresher) {
            (false, _) => "uas",
            (true, None) => "uac",
            (true, Some(refresher)) => refresher,
        };
        // Bob himself begins no timer.
        self.timer = expires.map(|expires| (expires, refresher == "uas"));
        Ok(expires.map(|expires| format!("{expires};refresher={refresher}")))
    }

    /// §7.2, §10 and §7.4: when and what.
    fn duty(&self, now: Instant) -> Option<Duty> {
        let (interval, we_refresh) = self.timer?;
        let interval = Duration::from_secs(interval.into());
        let half = self.since + interval / 2;
        let margin = Duration::from_secs(32).min(interval / 3);
        // Once it has been tried in vain, what is left is the end.
        Some(if we_refresh && half > now {
            Duty::Refresh(half)
        } else {
            Duty::Bye(self.since + (interval - margin))
        })
    }

    /// §7.4: what the refresh says of the interval.
    fn refresh(&self) -> (String, String) {
        let interval = self.timer.map_or(0, |(interval, _)| interval);
        let expires = interval.max(self.min.unwrap_or(90));
        let min = self.min.map_or(String::new(), |min| min.to_string());
        (format!("{expires};refresher=uac"), min)
    }

    /// §7.2: what becomes of the session with the answer.
    fn answered(&mut self, answers: Answers, now: Instant) {
        let (interval, _) = self.timer.expect("a refresh is only due with a timer");
        let asked = interval.max(self.min.unwrap_or(90));
        self.timer = match answers {
            Answers::With(interval, refresher) => Some((interval, refresher == "uac")),
            Answers::Without { knows_timers: true } => None,
            // It is for Bob's own benefit: he goes on.
            Answers::Without {
                knows_timers: false,
            }
            | Answers::TooSmall(_) => Some((asked, true)),
            Answers::Error | Answers::Gone => return,
        };
        self.since = now;
    }
}

/// A call that is up, and the model of it.
struct Play {
    net: Net,
    tag: String,
    cseq: u32,
    model: Model,
}

impl Play {
    /// A puppet has called Bob, without a word about session timers.
    fn begin() -> Self {
        let mut net = Net::new([UserAgentConfig {
            session_interval: None,
            ..UserAgentConfig::new("sip:bob@example.org")
        }]);
        let more = "Supported: timer\r\nAllow: INVITE, UPDATE\r\n";
        let invite = from_caller("INVITE", 1, "", more, &sdp(9, "sendrecv"));
        net.inject(address(9), address(1), &invite);
        net.run_ms(20);
        let call = net.incoming(0);
        let (bob, now) = net.at(0);
        bob.accept(now, call, media(1)).unwrap();
        let success = net.puppet_receives("200 INVITE");
        let tag = success.tag("To").to_string();
        net.inject(address(9), address(1), &from_caller("ACK", 1, &tag, "", ""));
        net.run_ms(20);
        let model = Model {
            timer: None,
            since: net.now,
            min: None,
        };
        Self {
            net,
            tag,
            cseq: 1,
            model,
        }
    }

    /// Does one thing on both sides; `false` once the call is over.
    fn act(&mut self, act: Act, so_far: &[Act]) -> bool {
        self.net.forget();
        match act {
            Act::Refreshes(says) => {
                self.refreshes(says, so_far);
                true
            }
            Act::Due(answers) => self.due(answers, so_far),
        }
    }

    fn refreshes(&mut self, says: Says, so_far: &[Act]) {
        let mut more = String::new();
        if says.knows_timers {
            more += "Supported: timer\r\n";
        }
        if let Some(expires) = says.expires {
            let refresher = says.refresher.map(|who| format!(";refresher={who}"));
            more += &format!(
                "Session-Expires: {expires}{}\r\n",
                refresher.unwrap_or_default()
            );
        }
        if let Some(min) = says.min {
            more += &format!("Min-SE: {min}\r\n");
        }
        self.cseq += 1;
        let update = from_caller("UPDATE", self.cseq, &self.tag, &more, "");
        self.net.inject(address(9), address(1), &update);
        self.net.run_ms(20);
        let now = self.net.now;
        match self.model.hears(says, now) {
            Ok(expires) => {
                let success = self.net.puppet_receives("200 UPDATE");
                let expires = expires.unwrap_or_default();
                assert_eq!(success.field("Session-Expires"), expires, "{so_far:?}");
                // §9: whoever is to refresh must know that there is a timer.
                let is_required = says.knows_timers && !expires.is_empty();
                let required = if is_required { "timer" } else { "" };
                assert_eq!(success.field("Require"), required, "{so_far:?}");
            }
            Err(least) => {
                let refused = self.net.puppet_receives("422 UPDATE");
                assert_eq!(refused.field("Min-SE"), least.to_string(), "{so_far:?}");
            }
        }
    }

    /// Lets time pass until Bob has something to do, and a little before looks that he has not done
    /// it yet.
    fn wait(&mut self, until: Instant, label: &str, so_far: &[Act]) -> Sent {
        let slack = Duration::from_millis(200);
        let early = until.saturating_duration_since(self.net.now + slack);
        self.net.run(early);
        let too_soon = self.net.sent(label).len();
        assert_eq!(too_soon, 0, "{label} too soon: {so_far:?}");
        self.net.run(slack * 2);
        let found = self
            .net
            .puppet
            .iter()
            .position(|sent| sent.label() == label);
        let found = found.unwrap_or_else(|| panic!("no {label}: {so_far:?}"));
        self.net.puppet.remove(found).expect("what was found")
    }

    fn due(&mut self, answers: Answers, so_far: &[Act]) -> bool {
        match self.model.duty(self.net.now) {
            // Nobody refreshes: nothing happens in a day.
            None => {
                self.net.run_secs(86_400);
                assert!(
                    self.net.log.is_empty(),
                    "{so_far:?}: {:?}",
                    self.net.labels()
                );
                true
            }
            Some(Duty::Bye(at)) => {
                self.dies(at, EndReason::SessionExpired, so_far);
                false
            }
            Some(Duty::Refresh(at)) => {
                let refresh = self.wait(at, "UPDATE", so_far);
                self.check_refresh(&refresh, so_far);
                self.answer(&refresh, answers, so_far)
            }
        }
    }

    fn check_refresh(&self, refresh: &Sent, so_far: &[Act]) {
        let (expires, min) = self.model.refresh();
        assert_eq!(refresh.field("Session-Expires"), expires, "{so_far:?}");
        assert_eq!(refresh.field("Min-SE"), min, "{so_far:?}");
    }

    fn answer(&mut self, refresh: &Sent, answers: Answers, so_far: &[Act]) -> bool {
        let (status, more) = match answers {
            Answers::With(interval, refresher) => (
                "200 OK",
                format!("Require: timer\r\nSession-Expires: {interval};refresher={refresher}\r\n"),
            ),
            Answers::Without { knows_timers } => {
                let supported = if knows_timers {
                    "Supported: timer\r\n"
                } else {
                    ""
                };
                ("200 OK", supported.to_string())
            }
            Answers::TooSmall(min) => {
                // One that is no longer than what was asked for says nothing new.
                if self.model.min.is_none_or(|known| known < min) {
                    self.tell(
                        refresh,
                        "422 Session Interval Too Small",
                        &format!("Min-SE: {min}\r\n"),
                    );
                    self.model.min = Some(min);
                    let again = self.net.puppet_receives("UPDATE");
                    self.check_refresh(&again, so_far);
                    self.tell(&again, "200 OK", "");
                } else {
                    self.tell(refresh, "200 OK", "");
                }
                self.model.answered(answers, self.net.now);
                return true;
            }
            Answers::Error => ("500 Server Internal Error", String::new()),
            Answers::Gone => ("481 Call/Transaction Does Not Exist", String::new()),
        };
        self.tell(refresh, status, &more);
        if answers == Answers::Gone {
            // §10: the session is given up at once.
            let now = self.net.now;
            self.dies(now, EndReason::DialogLost, so_far);
            return false;
        }
        self.model.answered(answers, self.net.now);
        true
    }

    fn tell(&mut self, request: &Sent, status: &str, more: &str) {
        let contact = "Contact: <sip:alice@192.0.2.9>\r\n";
        let text = response(request, status, "f", &format!("{contact}{more}"), "");
        self.net.inject(address(9), address(1), &text);
        self.net.run_ms(20);
    }

    fn dies(&mut self, at: Instant, why: EndReason, so_far: &[Act]) {
        if at > self.net.now {
            self.wait(at, "BYE", so_far);
        } else {
            assert!(!self.net.sent("BYE").is_empty(), "no BYE: {so_far:?}");
        }
        self.net.run_secs(40);
        assert_eq!(self.net.ended(0), why, "{so_far:?}");
    }
}

/// Plays a sequence from the beginning; `false` if the call was over before its end.
fn plays(sequence: &[Act]) -> bool {
    let mut play = Play::begin();
    let mut is_up = true;
    for (at, act) in sequence.iter().enumerate() {
        if !is_up {
            return false;
        }
        is_up = play.act(*act, &sequence[..=at]);
    }
    is_up
}

/// RFC 4028 §7.2, §7.4, §9 and §10, every sequence of what can happen to a session.
// shows: S297 S299
#[test]
fn every_sequence_of_refreshes_is_as_the_model_says() {
    let mut sequences: Vec<Vec<Act>> = Vec::from([Vec::new()]);
    let mut played = 0;
    for depth in 1..=DEPTH {
        let mut longer = Vec::new();
        for sequence in &sequences {
            for act in ACTS.iter().chain(&LAST) {
                let mut next = sequence.clone();
                next.push(*act);
                played += 1;
                if plays(&next) && depth < DEPTH {
                    longer.push(next);
                }
            }
        }
        sequences = longer;
    }
    assert!(played > 2000, "{played} sequences");
}
