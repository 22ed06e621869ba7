//! Sessions that live longer than the program: what was saved goes on as if nothing had been.

use super::*;

fn video(at: &str) -> LocalMedia {
    let codecs = ["H261", "VP8"].map(|name| Codec::audio(name, 90000));
    LocalMedia::rtp(MediaKind::Video, address(at), codecs.to_vec())
}

fn saved(of: &Negotiation) -> SavedSession {
    of.save().unwrap()
}

fn restored(of: &Negotiation) -> Negotiation {
    Negotiation::restore(&saved(of)).unwrap()
}

/// Sound and pictures, of which the pictures were refused by one and taken away by the other.
fn with_a_dead_place() -> (Negotiation, Negotiation) {
    let (mut caller, mut callee) = call();
    let ours = [alice(), video("192.0.2.1:5000")];
    let offer = caller.create_offer(ours).unwrap();
    callee.receive_offer(&offer).unwrap();
    let answer = callee.create_answer(bob()).unwrap();
    caller.receive_answer(&answer).unwrap();
    (caller, callee)
}

/// Two streams in a group.
fn grouped() -> (Negotiation, Negotiation) {
    let group = Group {
        semantics: GroupSemantics::LipSynchronization,
        members: Vec::from([0, 1]),
    };
    let understood = Vec::from([GroupSemantics::LipSynchronization]);
    let (mut caller, mut callee) = (negotiation(&alice()), negotiation(&bob()));
    caller.set_grouping(Grouping {
        understood: understood.clone(),
        offered: Vec::from([group]),
    });
    callee.set_grouping(Grouping {
        understood,
        offered: Vec::new(),
    });
    let ours = [alice(), video("192.0.2.1:5000")];
    let offer = caller.create_offer(ours).unwrap();
    callee.receive_offer(&offer).unwrap();
    let theirs = [bob(), video("192.0.2.2:5000")];
    let answer = callee.create_answer(theirs).unwrap();
    caller.receive_answer(&answer).unwrap();
    (caller, callee)
}

/// RFC 3264 §8: whatever is said next is what would have been said, to the version and the payload
/// types, and the peer takes it.
#[test]
fn what_is_saved_goes_on_word_for_word() {
    for (caller, callee) in [call(), with_a_dead_place(), grouped()] {
        for (one, other) in [(&caller, &callee), (&callee, &caller)] {
            let again = restored(one);
            assert_eq!(saved(&again), saved(one));
            assert!(again.plans().eq(one.plans()) && again.groups() == one.groups());
            for on_hold in [false, true] {
                let (mut was, mut is) = (one.clone(), again.clone());
                let offer = was.create_reoffer(on_hold).unwrap();
                assert_eq!(text(&is.create_reoffer(on_hold).unwrap()), text(&offer));
                let mut peer = restored(other);
                peer.receive_offer(&offer).unwrap();
                let answer = peer.create_answer(other.local().to_vec()).unwrap();
                let expected = {
                    let mut peer = other.clone();
                    peer.receive_offer(&offer).unwrap();
                    peer.create_answer(other.local().to_vec()).unwrap()
                };
                assert_eq!(text(&answer), text(&expected));
                is.receive_answer(&answer).unwrap();
                was.receive_answer(&answer).unwrap();
                assert_eq!(saved(&is), saved(&was));
            }
        }
    }
}

/// §8: the version goes up by one from the last description, and not at all if that is repeated.
#[test]
fn the_version_is_counted_on() {
    let (caller, _) = call();
    let before = version(&saved(&caller).description);
    let same = restored(&caller).create_reoffer(false).unwrap();
    assert_eq!(version(&same), before);
    let held = restored(&caller).create_reoffer(true).unwrap();
    assert_eq!(version(&held), before + 1);
}

/// §8.3.2: numbers given to formats that are gone stay theirs.
#[test]
fn a_payload_type_is_not_lent_to_another_format() {
    let (opus, speex) = (Codec::audio("opus", 48000), Codec::audio("speex", 16000));
    let (mut caller, mut callee) = (negotiation(&alice()), negotiation(&bob()));
    for codecs in [[opus, Codec::PCMU], [Codec::PCMU, Codec::PCMA]] {
        let offer = caller.create_offer(with_codecs(alice(), &codecs)).unwrap();
        callee.receive_offer(&offer).unwrap();
        let answer = callee.create_answer(with_codecs(bob(), &codecs)).unwrap();
        caller.receive_answer(&answer).unwrap();
    }
    let offer = restored(&caller).create_offer(with_codecs(alice(), &[speex]));
    let offer = text(&offer.unwrap());
    assert_eq!(lines(&offer, "m="), ["m=audio 49170 RTP/AVP 97"]);
}

/// §4: an offer without its answer has changed nothing; its version is not used again.
#[test]
fn an_offer_under_way_is_lost() {
    let (mut caller, callee) = call();
    let offer = caller.create_reoffer(true).unwrap();
    let mut again = restored(&caller);
    assert!(again.is_stable());
    assert_eq!(again.plan(), caller.plan());
    let next = again.create_reoffer(false).unwrap();
    assert_eq!(version(&next), version(&offer) + 1);
    let mut peer = callee;
    peer.receive_offer(&next).unwrap();
}

#[test]
fn there_is_nothing_to_save_before_anything_was_said() {
    assert_eq!(negotiation(&alice()).save(), None);
}

/// What nobody can have saved so is not taken.
#[test]
fn what_does_not_hold_together_is_refused() {
    use SavedSessionError as E;
    let whole = saved(&grouped().0);
    let fault = |change: &dyn Fn(&mut SavedSession)| {
        let mut broken = whole.clone();
        change(&mut broken);
        Negotiation::restore(&broken).unwrap_err()
    };
    let replace = |it: &mut SavedSession, from: &str, to: &str| {
        it.description = text(&it.description).replace(from, to).into_bytes();
    };
    let is_description = |error| matches!(error, E::Description(_));
    assert!(is_description(fault(&|it| it.description.clear())));
    assert!(is_description(fault(&|it| it.description.truncate(20))));
    assert_eq!(
        fault(&|it| replace(it, "IN IP4 192.0.2.1\r\ns", "IN IP4 a.example\r\ns")),
        E::Origin
    );
    assert_eq!(
        fault(&|it| replace(it, "o=- ", "o=- 99999999999999999999")),
        E::Origin
    );
    assert_eq!(fault(&|it| it.local[1].codecs.clear()), E::LocalMedia(1));
    let other = |it: &mut SavedSession, at: usize, to| it.places[at].used_for = to;
    assert_eq!(fault(&|it| other(it, 0, PlaceUse::Unused)), E::Place(1));
    assert_eq!(fault(&|it| other(it, 1, PlaceUse::Stream(0))), E::Plans);
    assert_eq!(fault(&|it| other(it, 1, PlaceUse::Stream(7))), E::Plans);
    let closed = |format: &str| PlaceUse::Closed {
        media: "audio".into(),
        transport: "RTP/AVP".into(),
        format: format.into(),
    };
    assert_eq!(fault(&|it| other(it, 1, closed("0\r\na=x"))), E::Place(1));
    assert_eq!(fault(&|it| other(it, 1, closed("0"))), E::Plans);
    let twice = |it: &mut SavedSession| {
        let first = it.places[0].payload_types[0].clone();
        it.places[0].payload_types.push(first);
    };
    assert_eq!(fault(&twice), E::Place(0));
    let too_large = |it: &mut SavedSession| it.places[0].payload_types[0].payload_type = 128;
    assert_eq!(fault(&too_large), E::Place(0));
    let mid = |it: &mut SavedSession| it.places[0].mid = Some("1\r\n".into());
    assert_eq!(fault(&mid), E::Place(0));
    assert_eq!(fault(&|it| it.plans.truncate(1)), E::Plans);
    assert_eq!(fault(&|it| it.plans.swap(0, 1)), E::Plans);
    assert_eq!(fault(&|it| it.plans[0].1.send_payload_type = 200), E::Plans);
    assert_eq!(fault(&|it| it.plans[0].1.kind = MediaKind::Image), E::Plans);
    assert_eq!(fault(&|it| it.groups[0].members.push(2)), E::Groups);
}
