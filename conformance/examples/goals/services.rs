//! Services made of calls: nothing in them is a matter of the server.

use offhook::sip::ua::CallHandle;

use super::servers::{SERVER_URI, register};
use super::stage::{Outcome, Stage, Who};

struct Three {
    alice: Who,
    bob: Who,
    carol: Who,
}

/// Three registered phones, as RFC 5359 has them at both sides of its proxy.
fn three_phones(stage: &mut Stage) -> Outcome<Three> {
    let through = |config: &mut offhook::sip::ua::UserAgentConfig| {
        config.outbound_proxies.push(SERVER_URI.to_owned());
    };
    let alice = stage.phone("alice", through);
    stage.server(|_| {});
    let bob = stage.phone("bob", through);
    let carol = stage.phone("carol", through);
    for who in [alice, bob, carol] {
        register(stage, who)?;
    }
    stage.look("all three have registered");
    Ok(Three { alice, bob, carol })
}

/// Somebody calls, and it is answered; the call at both ends.
fn talk(stage: &mut Stage, from: Who, to: Who, uri: &str) -> Outcome<(CallHandle, CallHandle)> {
    let calling = stage.invite(from, uri, stage.audio(from))?;
    let called = stage.incoming(to)?;
    stage.tell(to, |agent, now| agent.ring(now, called))?;
    stage.accept(to, called)?;
    Ok((calling, called))
}

const BOB: &str = "sip:bob@example.com";
const CAROL: &str = "sip:carol@example.com";

pub(crate) fn supplementary(stage: &mut Stage) -> Outcome {
    let people = three_phones(stage)?;
    call_hold(stage, &people)?;
    consultation_hold(stage, &people)?;
    forwarding(stage, &people)
}

/// RFC 5359 §2.1.
fn call_hold(stage: &mut Stage, people: &Three) -> Outcome {
    let Three { alice, bob, .. } = *people;
    let (calling, called) = talk(stage, alice, bob, BOB)?;
    stage.look("call hold: Alice and Bob talk");
    stage.tell(bob, |agent, now| agent.hold(now, called))?;
    stage.look("call hold: Bob holds Alice");
    stage.tell(bob, |agent, now| agent.resume(now, called))?;
    stage.look("call hold: Bob has her back");
    stage.tell(alice, |agent, now| agent.hang_up(now, calling))?;
    stage.look("call hold: Alice has hung up");
    Ok(())
}

/// RFC 5359 §2.2.
fn consultation_hold(stage: &mut Stage, people: &Three) -> Outcome {
    let Three { alice, bob, carol } = *people;
    let (calling, called) = talk(stage, alice, bob, BOB)?;
    stage.tell(bob, |agent, now| agent.hold(now, called))?;
    stage.look("consultation hold: Bob holds Alice");
    let (asking, _) = talk(stage, bob, carol, CAROL)?;
    stage.look("consultation hold: Bob asks Carol");
    stage.tell(bob, |agent, now| agent.hang_up(now, asking))?;
    stage.look("consultation hold: Bob has thanked Carol");
    stage.tell(bob, |agent, now| agent.resume(now, called))?;
    stage.look("consultation hold: Bob has Alice back");
    stage.tell(alice, |agent, now| agent.hang_up(now, calling))?;
    stage.look("consultation hold: Alice has hung up");
    Ok(())
}

/// Bob's phone says where he is, and Alice's goes there.
fn forwarding(stage: &mut Stage, people: &Three) -> Outcome {
    let Three { alice, bob, carol } = *people;
    stage.invite(alice, BOB, stage.audio(alice))?;
    let call = stage.incoming(bob)?;
    stage.tell(bob, |agent, now| agent.redirect(now, call, &[CAROL]))?;
    stage.look("forwarding: Bob has sent Alice to Carol");
    let call = stage.incoming(carol)?;
    stage.accept(carol, call)?;
    stage.look("forwarding: Carol has answered");
    Ok(())
}
