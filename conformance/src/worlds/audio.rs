//! Two ends of an audio stream: what one says the other hears, and both can leave.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use offhook::rtp::audio::{AudioConfig, AudioDirection, AudioEvent, AudioPlan, AudioStream};
use offhook::rtp::payload::g711::Law;
use offhook::{Input, Instant, Machine, Output};

use super::{Run, Take, failed, play};
use crate::sim::{CellId, Chance, Fault, Faults, Subject, Violation, World, key};

/// One end, as the simulator runs it.
pub struct Speaker(AudioStream);

/// What an end can be asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speak {
    /// Take a plan: which way, and with whom.
    Plan(char, SocketAddr),
    /// Say a loud tone of so many samples.
    Say(usize),
    /// Take what there is to hear, and count the loud samples of it.
    Hear,
    /// End the stream.
    Leave,
}

impl fmt::Display for Speak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(direction, remote) => write!(f, "plan {direction} {remote}"),
            Self::Say(samples) => write!(f, "say {samples}"),
            Self::Hear => f.write_str("hear"),
            Self::Leave => f.write_str("leave"),
        }
    }
}

impl FromStr for Speak {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |_| format!("no command: {text}");
        let words: Vec<&str> = text.split(' ').collect();
        match words[..] {
            ["plan", direction, remote] => {
                let direction = direction.chars().next().unwrap_or('b');
                Ok(Self::Plan(direction, remote.parse().map_err(wrong)?))
            }
            ["say", samples] => Ok(Self::Say(samples.parse().map_err(|_| text.to_owned())?)),
            ["hear"] => Ok(Self::Hear),
            ["leave"] => Ok(Self::Leave),
            _ => Err(text.to_owned()),
        }
    }
}

const LOUD: i16 = 8000;

impl Machine for Speaker {
    type Event = AudioEvent;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.0.handle_input(now, input);
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<AudioEvent> {
        self.0.poll_output(bytes)
    }
}

impl Subject for Speaker {
    type Command = Speak;

    fn build(description: &str) -> Result<Self, String> {
        let rest = description.strip_prefix("audio ").ok_or("no audio")?;
        let (name, seed) = rest.split_once(' ').ok_or("no seed")?;
        let seed = seed.parse().map_err(|_| "no seed")?;
        Ok(Self(AudioStream::new(AudioConfig::new(name), key(seed, 4))))
    }

    fn command(&mut self, now: Instant, command: &Speak) -> String {
        // Samples are handed over without a time; what the clock says is told apart.
        self.0.handle_input(now, Input::Timeout);
        match command {
            Speak::Plan(direction, remote) => {
                let direction = match direction {
                    's' => AudioDirection::SendOnly,
                    'r' => AudioDirection::RecvOnly,
                    'i' => AudioDirection::Inactive,
                    _ => AudioDirection::SendRecv,
                };
                self.0
                    .set_plan(now, AudioPlan::new(Law::A, *remote, direction));
                String::new()
            }
            Speak::Say(samples) => {
                let wave = [LOUD, LOUD, LOUD, LOUD, -LOUD, -LOUD, -LOUD, -LOUD];
                let pcm: Vec<i16> = wave.into_iter().cycle().take(*samples).collect();
                format!("took {}", self.0.push_capture(&pcm))
            }
            Speak::Hear => {
                let mut pcm = [0; 8000];
                let count = self.0.take_playout(&mut pcm);
                let loud = pcm[..count].iter().filter(|sample| sample.abs() > LOUD / 2);
                format!("loud {}", loud.count())
            }
            Speak::Leave => {
                self.0.leave(now);
                String::new()
            }
        }
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn idle(&self) -> Result<(), String> {
        if self.0.is_ended() {
            return Ok(());
        }
        Err("the stream has not ended".to_owned())
    }

    fn outputs_max(&self) -> usize {
        // A machine that is woken seconds late owes the packets of these seconds.
        256
    }
}

/// Plays one run.
pub(super) fn run(take: &Take) -> Run {
    let seed = take.seed;
    let mut chance = Chance::new(seed, 0);
    let mut faults = Faults::swarm(&mut chance);
    // Strangers' packets are refused by address, so nothing may come of them.
    faults.mutant = *chance.pick(&[0, 100]);
    // A clock that falls back stands still for as long: rightly nobody hears anything until it has
    // caught up, whatever the weather.
    let faults = faults.without(Fault::ClockStep);
    play(take, faults, |world, chance| script(world, chance, seed))
}

const TICK: Duration = Duration::from_millis(20);

fn script(world: &mut World<Speaker>, chance: &mut Chance, seed: u64) -> Result<(), Violation> {
    let mut ends = Vec::new();
    for (name, host) in [("anna", "192.0.2.1"), ("bert", "192.0.2.2")] {
        let port = |port: u16| SocketAddr::new(host.parse().unwrap_or([0; 4].into()), port);
        let number = ends.len() as u64;
        let description = format!("audio {name} {}", seed.wrapping_mul(2) + number);
        let id = world.add(name, &description, &[port(4000), port(4001)])?;
        ends.push((id, port(4000)));
    }
    let [(anna, anna_at), (bert, bert_at)] = ends[..] else {
        return Ok(());
    };
    for _ in 0..1 + chance.below(3) {
        let directions = [('b', 'b'), ('s', 'r'), ('r', 's'), ('i', 'i'), ('b', 'i')];
        let (ours, theirs) = *chance.pick(&directions);
        world.command(anna, &Speak::Plan(ours, bert_at))?;
        world.command(bert, &Speak::Plan(theirs, anna_at))?;
        talk(world, anna, bert, 100)?;
    }
    world.network().heal();
    world.command(anna, &Speak::Plan('b', bert_at))?;
    world.command(bert, &Speak::Plan('b', anna_at))?;
    talk(world, anna, bert, 200)?;
    let (from_bert, from_anna) = talk(world, anna, bert, 100)?;
    for (who, heard) in [("anna", from_bert), ("bert", from_anna)] {
        // Two seconds were said; the playout buffer may still shrink by a little.
        if !(14_400..=16_000).contains(&heard) {
            let what = format!("heard {heard} of 16000 loud samples in fair weather");
            return Err(failed(world, who, what));
        }
    }
    world.command(anna, &Speak::Leave)?;
    let pause = world.now() + chance.between(Duration::ZERO, Duration::from_secs(3));
    while world.advance(pause)? {}
    world.command(bert, &Speak::Leave)?;
    world.drain(Duration::from_secs(60))
}

/// Both say a tone for so many ticks; the answer is how much of it each heard.
fn talk(
    world: &mut World<Speaker>,
    anna: CellId,
    bert: CellId,
    ticks: u32,
) -> Result<(usize, usize), Violation> {
    let mut heard = [0, 0];
    for _ in 0..ticks {
        for (id, heard) in [anna, bert].into_iter().zip(&mut heard) {
            world.command(id, &Speak::Say(160))?;
            let answer = world.command(id, &Speak::Hear)?;
            let loud = answer.strip_prefix("loud ").unwrap_or_default();
            *heard += loud.parse::<usize>().unwrap_or(0);
        }
        let next = world.now() + TICK;
        while world.advance(next)? {
            while world.next_event().is_some() {}
        }
    }
    let [anna, bert] = heard;
    Ok((anna, bert))
}
