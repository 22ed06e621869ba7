//! Two phones that know where the other one is.

use std::net::SocketAddr;

use offhook::sdp::{Codec, LocalMedia};
use offhook::sip::message::StatusCode;

use super::stage::{Outcome, Stage, Who};

/// Alice and Bob, and where Bob is.
fn two_phones(stage: &mut Stage) -> (Who, Who, String) {
    let alice = stage.phone("alice", |_| {});
    let bob = stage.phone("bob", |_| {});
    let uri = format!("sip:bob@{}", stage.address(bob));
    (alice, bob, uri)
}

pub(crate) fn create(stage: &mut Stage) -> Outcome {
    let (alice, bob, uri) = two_phones(stage);
    stage.invite(alice, &uri, stage.audio(alice))?;
    let call = stage.incoming(bob)?;
    stage.tell(bob, |agent, now| agent.ring(now, call))?;
    stage.look("Bob's phone rings");
    stage.accept(bob, call)?;
    stage.look("Bob has answered");
    Ok(())
}

pub(crate) fn modify(stage: &mut Stage) -> Outcome {
    let (alice, bob, uri) = two_phones(stage);
    let elsewhere = |port| LocalMedia::audio(SocketAddr::from(([192, 0, 2, 99], port)));
    let calling = stage.invite(alice, &uri, stage.audio(alice))?;
    let called = stage.incoming(bob)?;
    let media = stage.audio(bob);
    stage.tell(bob, |agent, now| {
        agent.begin_early_session(now, called, media)
    })?;
    stage.look("Bob is heard, and has not answered yet");
    stage.tell(alice, |agent, now| {
        agent.modify_stream(now, calling, 0, elsewhere(5000))
    })?;
    stage.look("Alice listens elsewhere");
    stage.accept(bob, called)?;
    stage.look("Bob has answered");
    stage.tell(alice, |agent, now| {
        agent.modify_stream(now, calling, 0, elsewhere(6000))
    })?;
    stage.look("Alice listens elsewhere again");
    Ok(())
}

pub(crate) fn terminate(stage: &mut Stage) -> Outcome {
    let (alice, bob, uri) = two_phones(stage);
    stage.invite(alice, &uri, stage.audio(alice))?;
    let call = stage.incoming(bob)?;
    stage.accept(bob, call)?;
    stage.look("they talk");
    stage.tell(bob, |agent, now| agent.hang_up(now, call))?;
    stage.look("Bob has hung up");

    stage.invite(alice, &uri, stage.audio(alice))?;
    let call = stage.incoming(bob)?;
    stage.tell(bob, |agent, now| {
        agent.reject(now, call, StatusCode::BUSY_HERE)
    })?;
    stage.look("Bob has refused the second call");

    let call = stage.invite(alice, &uri, stage.audio(alice))?;
    let ringing = stage.incoming(bob)?;
    stage.tell(bob, |agent, now| agent.ring(now, ringing))?;
    stage.tell(alice, |agent, now| agent.hang_up(now, call))?;
    stage.look("Alice has given up the third");
    Ok(())
}

pub(crate) fn negotiate(stage: &mut Stage) -> Outcome {
    let (alice, bob, uri) = two_phones(stage);
    stage.invite(alice, &uri, stage.audio(alice))?;
    let call = stage.incoming(bob)?;
    let media = LocalMedia {
        codecs: vec![Codec::PCMA],
        ..stage.audio(bob)
    };
    stage.tell(bob, |agent, now| agent.accept(now, call, media))?;
    stage.look("Bob has A-law alone");
    stage.tell(bob, |agent, now| agent.hang_up(now, call))?;
    stage.look("they have hung up");

    let media = LocalMedia {
        codecs: vec![Codec::PCMU],
        ..stage.audio(alice)
    };
    stage.invite(alice, &uri, media)?;
    let call = stage.incoming(bob)?;
    let media = LocalMedia {
        codecs: vec![Codec::PCMA],
        ..stage.audio(bob)
    };
    // There is nothing to say yes to, and the caller has been told.
    let refused = stage.tell(bob, |agent, now| agent.accept(now, call, media));
    if refused.is_ok() {
        return Err("Bob talks in a codec that Alice does not have".into());
    }
    stage.look("they have no codec in common");
    Ok(())
}
