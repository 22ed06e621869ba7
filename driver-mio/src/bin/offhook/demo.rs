//! `offhook demo`: a server and two phones on loopback, a spoken call, and the proof that each heard
//! what the other said.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use offhook::sip::auth::Account;
use offhook::sip::endpoint::EndpointConfig;
use offhook::sip::server::ServerConfig;
use offhook::sip::ua::UserAgentConfig;
use offhook::trace::{Transcript, ladder};

use crate::failure::{Exit, Failure};
use crate::leg::{self, Closed, Leg};
use crate::node::Driver;
use crate::options::DemoOptions;
use crate::show::{LiveLadder, Screen};
use crate::stage::{Actor, Stage};
use crate::{heard, server, wav};

const DOMAIN: &str = "offhook.example";
const PASSWORDS: [(&str, &str); 2] = [("alice", "wonderland"), ("bob", "builder")];
/// No step of the signalling takes longer on a loopback interface.
const STEP: Duration = Duration::from_secs(5);
/// What is said again after the hold: the first two seconds.
const AGAIN: usize = 2 * wav::RATE as usize;
/// Of the speech's energy, at least this much must be found in what was heard.
const ALICE: usize = 0;
const BOB: usize = 1;

pub(crate) fn run(options: &DemoOptions) -> Result<(), Failure> {
    std::fs::create_dir_all(&options.out).map_err(|error| {
        Failure::local(format!(
            "cannot make the folder {}: {error}",
            options.out.display()
        ))
    })?;
    let mut stage = set(options)?;
    let said = [wav::alice_says()?, wav::bob_says()?];
    register(&mut stage)?;
    call(&mut stage, &said)?;
    talk(&mut stage, &said)?;
    hang_up(&mut stage)?;
    curtain(stage, options, &said)
}

/// The server and the phones take their places.
fn set(options: &DemoOptions) -> Result<Stage, Failure> {
    let mut driver = Driver::new()?;
    let mut screen = Screen::new(options.plain);
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut config = ServerConfig::new(DOMAIN);
    for (name, password) in PASSWORDS {
        config.add_user(name, password);
    }
    let server = driver.add(server::machine(
        "server",
        config,
        EndpointConfig::default(),
        usize::MAX,
    )?);
    let (_, proxy) = driver
        .bind_udp(server, any)
        .map_err(|error| Failure::bind(any, &error))?;
    let enter = |driver: &mut Driver, (name, password): (&'static str, &str)| {
        let mut config = UserAgentConfig::new(&format!("sip:{name}@{DOMAIN}"));
        config.accounts.push(Account::new(name, password));
        config.outbound_proxies.push(format!("sip:{proxy}"));
        config.preload_route = false;
        Actor::enter(driver, name, config)
    };
    let [alice, bob] = PASSWORDS;
    let mut actors = [enter(&mut driver, alice)?, enter(&mut driver, bob)?];
    let mut ladder = LiveLadder::new(&["alice", "server", "bob"], None, driver.now());
    ladder.name(proxy, "server");
    screen.say(format!("server  signals on {proxy}"));
    for actor in &mut actors {
        let leg = Leg::open(&mut driver, actor.name, actor.address.ip(), 0, usize::MAX)?;
        ladder.name(actor.address, actor.name);
        for address in leg.addresses() {
            ladder.name(address, actor.name);
        }
        screen.say(format!(
            "{:<7} signals on {}, sound on {}",
            actor.name,
            actor.address,
            leg.addresses()[0]
        ));
        leg.record(&mut driver, &heard_by(options, actor.name, "rtp"));
        actor.leg = Some(leg);
    }
    screen.say("");
    screen.say(ladder.heading().trim_end_matches('\n'));
    Ok(Stage {
        driver,
        screen,
        server,
        actors,
        ladder: Some(ladder),
    })
}

fn register(stage: &mut Stage) -> Result<(), Failure> {
    for who in [ALICE, BOB] {
        let registrar = format!("sip:{DOMAIN}");
        stage.command(who, |agent, now| {
            agent.register(now, &registrar, Duration::from_secs(600))
        })?;
    }
    stage.until("both register", STEP, |stage| {
        stage.actors.iter().all(|actor| actor.registered)
    })
}

fn call(stage: &mut Stage, said: &[Vec<i16>; 2]) -> Result<(), Failure> {
    let media = stage.media(ALICE, vec![leg::pcmu(), leg::pcma()]);
    let bob = format!("sip:bob@{DOMAIN}");
    let call = stage.command(ALICE, |agent, now| agent.invite(now, &bob, media))?;
    stage.actors[ALICE].call = Some(call);
    stage.until("Bob's phone rings", STEP, |stage| {
        stage.actors[BOB].call.is_some()
    })?;
    let ringing = stage.actors[BOB].call;
    stage.command_on(BOB, ringing, |agent, now, call| agent.ring(now, call))?;
    stage.until("Alice hears it ring", STEP, |stage| {
        stage.actors[ALICE].ringing
    })?;
    stage.play("ringing", Duration::from_millis(500))?;
    let media = stage.media(BOB, vec![leg::pcmu(), leg::pcma()]);
    for (actor, said) in stage.actors.iter_mut().zip(said) {
        if let Some(leg) = &mut actor.leg {
            leg.say(said);
        }
    }
    stage.command_on(BOB, ringing, |agent, now, call| {
        agent.accept(now, call, media)
    })?;
    stage.until("Bob answers", STEP, |stage| {
        stage.actors.iter().all(|actor| actor.answered)
    })
}

/// Both speak at once, are silent during a hold, and speak again.
fn talk(stage: &mut Stage, said: &[Vec<i16>; 2]) -> Result<(), Failure> {
    let sentence = |samples: usize| Duration::from_secs_f64(samples as f64 / f64::from(wav::RATE));
    let longest = said.iter().map(Vec::len).max().unwrap_or_default();
    // A little more than the speech: the last packet has still to be played out.
    let rest = Duration::from_millis(400);
    stage.play("both speak", sentence(longest) + rest)?;

    let call = stage.actors[ALICE].call;
    stage.command_on(ALICE, call, |agent, now, call| agent.hold(now, call))?;
    stage.until("hold", STEP, |stage| {
        stage.actors.iter().all(|actor| actor.held)
    })?;
    stage.play("on hold", Duration::from_secs(1))?;
    stage.command_on(ALICE, call, |agent, now, call| agent.resume(now, call))?;
    stage.until("resume", STEP, |stage| {
        stage.actors.iter().all(|actor| !actor.held)
    })?;
    for (actor, said) in stage.actors.iter_mut().zip(said) {
        if let (Some(leg), Some(again)) = (&mut actor.leg, said.get(..AGAIN)) {
            leg.say(again);
        }
    }
    stage.play("both speak again", sentence(AGAIN) + rest)
}

fn hang_up(stage: &mut Stage) -> Result<(), Failure> {
    let call = stage.actors[ALICE].call;
    stage.command_on(ALICE, call, |agent, now, call| agent.hang_up(now, call))?;
    stage.until("both hang up", STEP, |stage| {
        stage.actors.iter().all(|a| a.ended.is_some())
    })
}

/// Tells how it was, writes the files, and judges.
fn curtain(mut stage: Stage, options: &DemoOptions, said: &[Vec<i16>; 2]) -> Result<(), Failure> {
    let mut closed = Vec::new();
    for actor in &mut stage.actors {
        closed.extend(actor.leg.as_mut().map(|leg| leg.leave(&mut stage.driver)));
    }
    let Ok(closed) = <[Closed; 2]>::try_from(closed) else {
        return Err(Failure::local("a phone lost its sound"));
    };
    stage.play("the last reports leave", Duration::from_millis(100))?;
    if let Some(ladder) = &mut stage.ladder {
        let rest = ladder.finish();
        stage.screen.say(rest.trim_end_matches('\n'));
    }
    let names = stage.actors.each_ref().map(|actor| actor.name);
    let wrong = judge(&mut stage.screen, names, &closed, said);
    let written = keep(&mut stage, options, closed)?;
    stage.screen.say(format!("\n{written}"));
    match wrong {
        Some(who) => Err(Failure::new(
            Exit::Wrong,
            format!("{who} did not hear what was said"),
        )),
        None => Ok(()),
    }
}

/// A row for each direction; the name of whoever heard something else than was said.
fn judge(
    screen: &mut Screen,
    names: [&'static str; 2],
    closed: &[Closed; 2],
    said: &[Vec<i16>; 2],
) -> Option<&'static str> {
    let mut wrong = None;
    screen.say("");
    for (speaker, listener) in [(ALICE, BOB), (BOB, ALICE)] {
        let mut whole = said[speaker].clone();
        // The speech, then, from wherever the hold ended, its beginning again.
        whole.truncate(said[speaker].len());
        let first = heard::compare(&whole, &closed[listener].heard);
        let start = closed[listener].heard.len().min(said[speaker].len());
        let again = heard::compare(&said[speaker][..AGAIN], &closed[listener].heard[start..]);
        let quality = &closed[listener].quality;
        screen.say(quality.direction(
            names[speaker],
            names[listener],
            closed[speaker].quality.0.sent,
        ));
        let same = first.is_the_same() && again.is_the_same();
        screen.say(format!(
            "  {} heard {:.1} % of what {} said, and {:.1} % after the hold: {}",
            names[listener],
            first.share * 100.0,
            names[speaker],
            again.share * 100.0,
            if same {
                "the same speech"
            } else {
                "NOT the same speech"
            },
        ));
        if !same {
            wrong = Some(names[listener]);
        }
    }
    wrong
}

/// The file of what an actor heard.
fn heard_by(options: &DemoOptions, name: &str, ending: &str) -> PathBuf {
    options.out.join(format!("{name}-heard.{ending}"))
}

fn keep(stage: &mut Stage, options: &DemoOptions, closed: [Closed; 2]) -> Result<String, Failure> {
    let mut files = Vec::new();
    for (actor, closed) in stage.actors.iter().zip(closed) {
        let path = heard_by(options, actor.name, "wav");
        wav::write(&path, &closed.heard)?;
        files.push(path);
        for recorder in closed.recorders {
            recorder.finish()?;
        }
        files.push(heard_by(options, actor.name, "rtp"));
    }
    let machines = stage.machines();
    let records = machines
        .iter()
        .filter_map(|id| Some(stage.driver.machine(*id)?.records()));
    let transcript = Transcript::from_records(records);
    let text = options.out.join("call.transcript");
    crate::ladder::write(&text, &transcript.to_text())?;
    let picture = options.out.join("call.svg");
    crate::ladder::write(&picture, &ladder::svg(&transcript))?;
    files.extend([text, picture]);
    let names: Vec<String> = files
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    Ok(format!("written: {}", names.join(", ")))
}
