//! What SIP is for, one goal after the other, each with the messages that reach it: sessions are created,
//! modified, terminated and negotiated, people are located, all of it is secured, and services are made of
//! the same few means (RFC 3261 §2).
//!
//! Real user agents and a real server, in memory: no socket, no clock but the one here, the same output
//! every time.

mod moment;
mod servers;
mod services;
mod sessions;
mod stage;

#[cfg(test)]
mod tests;

use offhook::trace::{Transcript, ladder};

use moment::Moment;
use stage::{Outcome, Stage};

/// Something SIP is for.
struct Goal {
    name: &'static str,
    /// The blocks of the scope it is a matter of.
    blocks: &'static str,
    /// What is played, and where it is written down.
    about: &'static str,
    play: fn(&mut Stage) -> Outcome,
}

const GOALS: [Goal; 7] = [
    Goal {
        name: "Create",
        blocks: "B4",
        about: "Alice calls Bob, whose phone rings, and he answers (RFC 3261 §13)",
        play: sessions::create,
    },
    Goal {
        name: "Modify",
        blocks: "B4, B5",
        about: "Alice takes her end elsewhere, before Bob answers by UPDATE (RFC 3311) and then by \
                re-INVITE (RFC 3261 §14)",
        play: sessions::modify,
    },
    Goal {
        name: "Terminate",
        blocks: "B4",
        about: "Bob hangs up (RFC 3261 §15); he refuses a call (§13.3.1.3); Alice gives one up (§9)",
        play: sessions::terminate,
    },
    Goal {
        name: "Negotiate",
        blocks: "B5",
        about: "Bob has one of the codecs Alice offers, and another time none (RFC 3264 §6)",
        play: sessions::negotiate,
    },
    Goal {
        name: "Locate",
        blocks: "B7",
        about: "Bob is found at sip:bob@example.com where he has registered, and only there \
                (RFC 3261 §10, §16.5)",
        play: servers::locate,
    },
    Goal {
        name: "Secure",
        blocks: "B9",
        about: "nothing is done without a password, which never travels (RFC 7616, RFC 8760); all of it \
                under TLS, with the keys of the sound inside (RFC 4568, RFC 3711)",
        play: servers::secure,
    },
    Goal {
        name: "Supplementary services",
        blocks: "B11",
        about: "call hold and consultation hold (RFC 5359 §2.1, §2.2), and a caller who is sent on to \
                Carol (RFC 3261 §8.1.3.4)",
        play: services::supplementary,
    },
];

fn main() -> Outcome {
    for goal in GOALS {
        let mut stage = Stage::default();
        (goal.play)(&mut stage)?;
        print!("{}", told(&goal, &stage));
    }
    Ok(())
}

/// The heading of a goal, and the ladder of its messages with what everybody thinks in between.
fn told(goal: &Goal, stage: &Stage) -> String {
    let (name, blocks, about) = (goal.name, goal.blocks, goal.about);
    let mut text = format!("## {name} ({blocks})\n\n{about}\n\n");
    let packets = stage.transcript().packets();
    let mut before: Option<&Moment> = None;
    for moment in stage.moments() {
        let mut scene = Transcript::new();
        for participant in stage.transcript().participants() {
            for address in &participant.addresses {
                scene.name(&participant.name, *address);
            }
        }
        let from = before.map_or(0, |it| it.packets);
        let said = packets.get(from..moment.packets).unwrap_or_default();
        said.iter().for_each(|packet| scene.push(packet.clone()));
        text.push_str(&format!(
            "{}\n{}\n",
            ladder::text(&scene),
            moment.told(before)
        ));
        before = Some(moment);
    }
    text
}
