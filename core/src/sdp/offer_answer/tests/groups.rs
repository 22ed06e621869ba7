//! Grouped streams (RFC 5888).

use super::*;

fn audio(at: &str, codec: &Codec) -> LocalMedia {
    LocalMedia {
        ptime_ms: None,
        codecs: Vec::from([codec.clone()]),
        ..LocalMedia::audio(address(at))
    }
}

fn grouping(offered: &[(GroupSemantics, &[usize])]) -> Grouping {
    let group = |(semantics, members): &(GroupSemantics, &[usize])| Group {
        semantics: *semantics,
        members: members.to_vec(),
    };
    Grouping {
        understood: Vec::from([GroupSemantics::FlowIdentification]),
        offered: offered.iter().map(group).collect(),
    }
}

const FID: GroupSemantics = GroupSemantics::FlowIdentification;
const LS: GroupSemantics = GroupSemantics::LipSynchronization;

/// RFC 5888 §9.2.1: the callee refuses one of three, and its name leaves the group.
#[test]
fn a_refused_stream_leaves_its_group() {
    let gsm = Codec::audio("GSM", 8000);
    let ours = [
        audio("192.0.2.1:30000", &Codec::PCMU),
        audio("192.0.2.1:30002", &Codec::PCMA),
        audio("192.0.2.1:30004", &gsm),
    ];
    let mut caller = negotiation(&alice());
    caller.set_grouping(grouping(&[(FID, &[0, 1, 2])]));
    let offer = caller.create_offer(ours.to_vec()).unwrap();
    assert_eq!(lines(&text(&offer), "a=group"), ["a=group:FID 1 2 3"]);
    assert_eq!(
        lines(&text(&offer), "a=mid"),
        ["a=mid:1", "a=mid:2", "a=mid:3"]
    );

    let theirs = [
        audio("192.0.2.3:20002", &gsm),
        audio("192.0.2.3:20000", &Codec::PCMU),
    ];
    let mut callee = negotiation(&bob());
    callee.set_grouping(grouping(&[]));
    callee.receive_offer(&offer).unwrap();
    let answer = callee.create_answer(theirs.to_vec()).unwrap();
    let printed = text(&answer);
    assert_eq!(lines(&printed, "a=group"), ["a=group:FID 1 3"]);
    assert_eq!(lines(&printed, "a=mid"), ["a=mid:1", "a=mid:2", "a=mid:3"]);
    assert_eq!(
        lines(&printed, "m="),
        [
            "m=audio 20000 RTP/AVP 0",
            "m=audio 0 RTP/AVP 8",
            "m=audio 20002 RTP/AVP 3"
        ]
    );
    caller.receive_answer(&answer).unwrap();
    let members = |of: &Negotiation| of.groups()[0].members.clone();
    assert_eq!(
        (members(&caller), members(&callee)),
        (Vec::from([0, 2]), Vec::from([1, 0]))
    );

    // §9.1: later offers keep the names, from either side.
    callee.set_grouping(grouping(&[(FID, &[0, 1])]));
    let offer = text(&callee.create_offer(theirs.to_vec()).unwrap());
    assert_eq!(lines(&offer, "a=group"), ["a=group:FID 3 1"]);
    assert_eq!(lines(&offer, "a=mid"), ["a=mid:1", "a=mid:2", "a=mid:3"]);
}

/// RFC 9143 §7.3: who knows no bundles answers without one; §6: what was to be in one alone has no port,
/// and is refused.
#[test]
fn a_bundle_that_is_not_understood_is_undone() {
    let offer = wire(
        "v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        t=0 0
        a=group:BUNDLE foo bar
        m=audio 10000 RTP/AVP 0
        a=mid:foo
        m=audio 0 RTP/AVP 8
        a=bundle-only
        a=mid:bar",
    );
    let ours = [
        audio("192.0.2.2:20000", &Codec::PCMU),
        audio("192.0.2.2:20002", &Codec::PCMA),
    ];
    let mut callee = negotiation(&bob());
    callee.set_grouping(grouping(&[]));
    callee.receive_offer(&offer).unwrap();
    let answer = text(&callee.create_answer(ours.to_vec()).unwrap());
    assert_eq!(lines(&answer, "a=group"), [""; 0]);
    assert_eq!(
        lines(&answer, "m="),
        ["m=audio 20000 RTP/AVP 0", "m=audio 0 RTP/AVP 8"]
    );
}

/// RFC 5888 §9.1.1: with the names exchanged in the answer nothing is grouped.
#[test]
fn other_names_in_the_answer_undo_all_groups() {
    let ours = [
        audio("192.0.2.1:30000", &Codec::PCMU),
        audio("192.0.2.1:30002", &Codec::PCMU),
    ];
    let answer = |first: u8, second: u8| {
        wire(&format!(
            "v=0
            o=Bob 289083122 289083122 IN IP4 eleven.example.com
            s=-
            c=IN IP4 192.0.2.3
            t=0 0
            a=group:FID 1 2
            m=audio 25000 RTP/AVP 0 8
            a=mid:{first}
            m=audio 25002 RTP/AVP 0 8
            a=mid:{second}"
        ))
    };
    for (first, second, groups) in [(2, 1, 0), (1, 2, 1)] {
        let mut caller = negotiation(&alice());
        caller.set_grouping(grouping(&[(FID, &[0, 1])]));
        caller.create_offer(ours.to_vec()).unwrap();
        caller.receive_answer(&answer(first, second)).unwrap();
        assert_eq!(caller.groups().len(), groups);
        assert_eq!(
            caller.plans().count(),
            2,
            "the streams are there all the same"
        );
    }
}

/// RFC 5888 §9.3.1: what is understood is said where it is asked for, and nothing else is; §9.4.2:
/// who knows no groups says nothing.
#[test]
fn empty_groups_ask_what_is_understood() {
    let offer = wire(
        "v=0
        o=Bob 289083124 289083124 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        t=0 0
        a=group:LS
        a=group:FID
        m=audio 20000 RTP/AVP 0 8
        a=mid:a",
    );
    let mut callee = negotiation(&bob());
    callee.set_grouping(grouping(&[]));
    callee.receive_offer(&offer).unwrap();
    let answer = text(&callee.create_answer(bob()).unwrap());
    assert_eq!(lines(&answer, "a=group"), ["a=group:FID"]);
    let mut plain = negotiation(&bob());
    plain.receive_offer(&offer).unwrap();
    let answer = text(&plain.create_answer(bob()).unwrap());
    assert!(!answer.contains("a=group") && !answer.contains("a=mid"));
}

/// RFC 5888 §4, §6: names are unique and all there, and a group names streams that are.
#[test]
fn groups_with_wrong_names_are_as_if_they_were_not_there() {
    for (group, first, second, groups) in [
        ("a=group:FID 1 2", "a=mid:1", "a=mid:2", 1),
        ("a=group:FID 1 3", "a=mid:1", "a=mid:2", 0),
        ("a=group:FID 1 2", "a=mid:1", "a=mid:1", 0),
        ("a=group:FID 1", "a=mid:1", "a=unnamed", 0),
        ("a=group:XX 1 2", "a=mid:1", "a=mid:2", 0),
        ("a=group", "a=mid:1", "a=mid:2", 0),
    ] {
        let offer = wire(&format!(
            "v=0
            o=- 1 1 IN IP4 192.0.2.1
            s=-
            c=IN IP4 192.0.2.1
            t=0 0
            {group}
            m=audio 20000 RTP/AVP 0
            {first}
            m=audio 20002 RTP/AVP 8
            {second}"
        ));
        let mut callee = negotiation(&bob());
        callee.set_grouping(grouping(&[]));
        callee.receive_offer(&offer).unwrap();
        let theirs = [
            audio("192.0.2.3:20000", &Codec::PCMU),
            audio("192.0.2.3:20002", &Codec::PCMA),
        ];
        let answer = text(&callee.create_answer(theirs.to_vec()).unwrap());
        assert_eq!(callee.groups().len(), groups, "{group} {first} {second}");
        assert_eq!(lines(&answer, "a=group").len(), groups);
    }
}

/// RFC 5888 §8.5.3: members of a flow differ in their addresses; those played in step need not.
#[test]
fn a_flow_to_one_address_is_not_offered() {
    let twice = audio("192.0.2.1:30000", &Codec::PCMU);
    let mut caller = negotiation(&alice());
    caller.set_grouping(grouping(&[(FID, &[0, 1])]));
    let offer = caller.create_offer([twice.clone(), twice.clone()].to_vec());
    assert_eq!(offer, Err(NegotiationError::UnusableMedia));
    caller.set_grouping(grouping(&[(LS, &[0, 1])]));
    let offer = caller
        .create_offer([twice.clone(), twice].to_vec())
        .unwrap();
    assert_eq!(lines(&text(&offer), "a=group"), ["a=group:LS 1 2"]);
}
