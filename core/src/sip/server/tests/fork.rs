//! RFC 3261 §16.6, §16.7, RFC 5393 §5, RFC 6026 §7.3: branches and what comes back on them.

use super::*;

/// An INVITE to bob at as many places as there are peers, all with the same preference.
fn forked<const N: usize>(peers: [&str; N]) -> (Net, [Message; N]) {
    let mut net = Net::open();
    let contacts = peers.map(|peer| format!("<sip:bob@{peer}>"));
    net.register("bob", &contacts.join(", "));
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let invites = peers.map(|peer| net.request(peer, "INVITE"));
    (net, invites)
}

impl Net {
    /// Refuses an INVITE and takes the ACK for it.
    fn refuse(&mut self, peer: &str, invite: &Message, status: u16, extra: &str) {
        let tag = format!("tag-{}", peer.replace([':', '.'], "-"));
        self.answer(peer, invite, status, &tag, extra);
        let ack = self.request(peer, "ACK");
        assert_eq!(branch(&ack), branch(invite));
    }

    /// The statuses of the responses to alice's requests of this method, in order.
    fn codes_of(&self, method: &str) -> Vec<u16> {
        let to_alice = self.sent.iter().filter(|(to, _)| to.to_string() == ALICE);
        let of_method = to_alice.filter(|(_, response)| {
            !response.is_request() && response.cseq().unwrap().method.as_str() == method
        });
        of_method.map(|(_, response)| code(response)).collect()
    }
}

// shows: S187
#[test]
fn each_target_has_a_branch_and_a_response_belongs_to_its_branch() {
    let (mut net, [one, two]) = forked([BOB, BOB2]);
    assert_ne!(branch(&one), branch(&two));
    assert_eq!(one.request_uri(), Some("sip:bob@192.0.2.20:5060"));
    assert_eq!(two.request_uri(), Some("sip:bob@192.0.2.21:5060"));
    // The second answers first, and it is the second's branch that ends.
    net.refuse(BOB2, &two, 486, "");
    net.answer(BOB, &one, 180, "b1", "");
    let ringing = net.response(ALICE, 180);
    assert_eq!(ringing.to().unwrap().tag, Some("b1"));
    net.refuse(BOB, &one, 480, "");
    net.response(ALICE, 486);
}

// shows: S090 S196
#[test]
fn a_200_cancels_those_who_rang_and_a_late_200_still_gets_through() {
    let (mut net, [answers, rings, silent]) = forked([BOB, BOB2, BOB3]);
    net.answer(BOB, &answers, 180, "b1", "");
    net.response(ALICE, 180);
    net.answer(BOB2, &rings, 180, "b2", "");
    net.response(ALICE, 180);
    net.answer(BOB, &answers, 200, "b1", "");
    let ok = net.response(ALICE, 200);
    assert_eq!(ok.to().unwrap().tag, Some("b1"));
    // Only who has a 1xx out is cancelled; RFC 3326 §3.1: and is told why.
    let cancel = net.request(BOB2, "CANCEL");
    let elsewhere = b"SIP;cause=200;text=\"Call completed elsewhere\"";
    assert_eq!(cancel.field(HeaderName::Reason), Some(&elsewhere[..]));
    net.quiet();
    // The CANCEL has crossed a 200: the caller must hear of it, to end that dialog.
    net.answer(BOB2, &rings, 200, "b2", "");
    let late = net.response(ALICE, 200);
    assert_eq!(late.to().unwrap().tag, Some("b2"));
    // A provisional response after the final one is for nobody, but frees the CANCEL.
    net.answer(BOB3, &silent, 180, "b3", "");
    let cancel = net.request(BOB3, "CANCEL");
    assert_eq!(cancel.field(HeaderName::Reason), Some(&elsewhere[..]));
    net.refuse(BOB3, &silent, 487, "");
    net.quiet();
    net.ignore_all();
    net.ends_idle();
}

// shows: S190
#[test]
fn a_second_200_is_forwarded_while_its_transaction_lives_and_dropped_after() {
    let (mut net, [one, two]) = forked([BOB, BOB2]);
    for (peer, invite, tag) in [(BOB, &one, "b1"), (BOB2, &two, "b2")] {
        net.answer(peer, invite, 200, tag, "");
        let ok = net.response(ALICE, 200);
        assert_eq!(ok.to().unwrap().tag, Some(tag));
    }
    // Copies of either, as long as their transactions are in Accepted.
    net.pass(Duration::from_millis(31_900));
    net.answer(BOB, &one, 200, "b1", "");
    net.response(ALICE, 200);
    // Timer M has run out: a stray.
    net.pass(Duration::from_millis(200));
    net.answer(BOB, &one, 200, "b1", "");
    net.answer(BOB2, &two, 200, "b2", "");
    net.quiet();
    net.ends_idle();
}

#[test]
fn a_late_200_goes_by_its_via_when_the_server_transaction_is_gone() {
    let (mut net, [one, two]) = forked([BOB, BOB2]);
    net.answer(BOB2, &two, 100, "", "");
    net.answer(BOB, &one, 200, "b1", "");
    net.response(ALICE, 200);
    net.ignore_all();
    // Timer L of the server transaction runs 32 s; the cancelled branch is still there.
    net.pass(Duration::from_millis(31_990));
    net.answer(BOB2, &two, 200, "b2", "");
    net.response(ALICE, 200);
    net.pass(Duration::from_secs(1));
    net.answer(BOB2, &two, 200, "b2", "");
    let late = net.response(ALICE, 200);
    assert_eq!(late.to().unwrap().tag, Some("b2"));
    assert_eq!(late.vias().count(), 1);
    net.ignore_all();
    net.ends_idle();
}

// shows: S172 S188
#[test]
fn the_best_response_is_chosen_when_all_branches_have_ended() {
    let peers = [BOB, BOB2, BOB3, "192.0.2.23:5060"];
    // §16.7 step 6: its example; 6xx wins, but waits for the others; a lone 503 is 500.
    for (codes, best) in [
        ([503, 407, 501, 404], 407),
        ([404, 486, 480, 503], 404),
        ([603, 200, 404, 404], 200),
        ([503, 503, 503, 503], 500),
        ([486, 302, 500, 501], 302),
    ] {
        let (mut net, invites) = forked(peers);
        let mut answered = false;
        for ((peer, invite), status) in peers.iter().zip(&invites).zip(codes) {
            if answered {
                continue;
            }
            net.quiet();
            if status == 200 {
                net.answer(peer, invite, status, "b", "");
                answered = true;
            } else {
                net.refuse(peer, invite, status, "");
            }
        }
        net.response(ALICE, best);
        net.quiet();
    }
}

// shows: S188
#[test]
fn a_6xx_cancels_the_others_and_waits_for_them() {
    let mut net = Net::open();
    net.register(
        "bob",
        "<sip:bob@192.0.2.20>, <sip:bob@192.0.2.21>, <sip:bob@192.0.2.22>;q=0.1",
    );
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let one = net.request(BOB, "INVITE");
    let two = net.request(BOB2, "INVITE");
    net.answer(BOB2, &two, 183, "b2", "");
    net.response(ALICE, 183);
    net.refuse(BOB, &one, 603, "");
    net.request(BOB2, "CANCEL");
    net.quiet();
    net.refuse(BOB2, &two, 487, "");
    let declined = net.response(ALICE, 603);
    assert_eq!(declined.to().unwrap().tag, Some("tag-192-0-2-20-5060"));
    net.quiet();
}

// shows: S188
#[test]
fn nothing_from_anyone_is_a_408_for_an_invite_and_silence_for_others() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    net.pass(Duration::from_secs(33));
    assert_eq!(net.codes_of("INVITE").get(..2), Some(&[100, 408][..]));
    net.ignore_all();
    // RFC 4320 §4: a 100 when the client is at its slowest, and never a 408.
    net.ask(ALICE, "MESSAGE", "sip:bob@example.com", "");
    net.pass(Duration::from_secs(60));
    let sent = net.codes_of("MESSAGE");
    assert_eq!(sent, [100]);
    net.ignore_all();
    net.ends_idle();
}

// shows: S189
#[test]
fn all_challenges_go_up_in_the_one_response() {
    let (mut net, [one, two, three]) = forked([BOB, BOB2, BOB3]);
    let a = "WWW-Authenticate: Digest realm=\"a\", nonce=\"1\"";
    let b = "Proxy-Authenticate: Digest realm=\"b\", nonce=\"2\"\nProxy-Authenticate: Digest realm=\"c\", nonce=\"3\"";
    net.refuse(BOB, &one, 401, a);
    net.refuse(BOB2, &two, 407, &b.replace('\n', "\r\n"));
    net.refuse(
        BOB3,
        &three,
        404,
        "WWW-Authenticate: Digest realm=\"not-a-challenge\", nonce=\"4\"",
    );
    let challenged = net.response(ALICE, 401);
    assert_eq!(
        values(&challenged, HeaderName::WwwAuthenticate),
        ["Digest realm=\"a\", nonce=\"1\""]
    );
    assert_eq!(
        values(&challenged, HeaderName::ProxyAuthenticate),
        [
            "Digest realm=\"b\", nonce=\"2\"",
            "Digest realm=\"c\", nonce=\"3\""
        ]
    );
}

#[test]
fn no_100_is_passed_on_and_every_other_provisional_is_with_its_tag() {
    let (mut net, [invite]) = forked([BOB]);
    net.answer(BOB, &invite, 100, "", "");
    net.quiet();
    for (status, tag) in [(180, "b1"), (183, "b2"), (199, "b1")] {
        net.answer(BOB, &invite, status, tag, "X-Kept: yes");
        let up = net.response(ALICE, status);
        assert_eq!(up.to().unwrap().tag, Some(tag));
        assert!(text(&up).contains("X-Kept: yes"));
    }
}

#[test]
fn a_request_that_is_not_an_invite_gets_one_final_response_and_no_provisional() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>, <sip:bob@192.0.2.21>");
    net.ask(ALICE, "MESSAGE", "sip:bob@example.com", "");
    let one = net.request(BOB, "MESSAGE");
    let two = net.request(BOB2, "MESSAGE");
    net.answer(BOB, &one, 183, "b1", "");
    net.quiet();
    net.answer(BOB, &one, 200, "b1", "");
    net.answer(BOB2, &two, 200, "b2", "");
    net.response(ALICE, 200);
    net.quiet();
    net.ends_idle();
}

// shows: S191
#[test]
fn timer_c_is_set_anew_by_all_provisionals_but_100_and_ends_the_branch() {
    let minutes = |n: u64| Duration::from_secs(60 * n);
    let (mut net, [invite]) = forked([BOB]);
    net.answer(BOB, &invite, 180, "b", "");
    net.response(ALICE, 180);
    // More than three minutes.
    net.pass(minutes(3));
    net.quiet();
    net.answer(BOB, &invite, 183, "b", "");
    net.response(ALICE, 183);
    net.pass(minutes(3));
    net.quiet();
    // A 100 does not count.
    net.answer(BOB, &invite, 100, "", "");
    net.pass(Duration::from_millis(5400));
    net.request(BOB, "CANCEL");
    net.quiet();
    net.refuse(BOB, &invite, 487, "");
    net.response(ALICE, 487);
    net.ignore_all();
    net.ends_idle();
    // Not even a provisional response since: as if answered 408.
    let (mut net, [invite]) = forked([BOB]);
    net.answer(BOB, &invite, 100, "", "");
    net.pass(Duration::from_secs(186));
    net.request(BOB, "CANCEL");
    net.ignore_all();
    net.pass(Duration::from_secs(33));
    net.response(ALICE, 408);
    net.ignore_all();
    net.ends_idle();
}

#[test]
fn a_503_in_a_group_leads_to_the_next_group() {
    let mut net = Net::open();
    net.register(
        "bob",
        "<sip:bob@192.0.2.20>;q=0.9, <sip:bob@192.0.2.21>;q=0.5, <sip:bob@192.0.2.22>;q=0.5",
    );
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let first = net.request(BOB, "INVITE");
    net.quiet();
    net.refuse(BOB, &first, 503, "");
    let two = net.request(BOB2, "INVITE");
    let three = net.request(BOB3, "INVITE");
    net.refuse(BOB2, &two, 486, "");
    net.answer(BOB3, &three, 200, "b3", "");
    net.response(ALICE, 200);
    net.quiet();
}

// shows: S179
#[test]
fn the_breadth_is_shared_never_exceeded_reused_and_when_there_is_none_440() {
    let breadth = |message: &Message| {
        value(message, HeaderName::MaxBreadth)
            .parse::<u32>()
            .unwrap()
    };
    // RFC 5393 §5.2, parallel forking; a request without the field gets 60.
    let (_, [one, two]) = forked([BOB, BOB2]);
    assert_eq!([breadth(&one), breadth(&two)], [30, 30]);
    assert!(branch(&one).starts_with("z9hG4bK") && branch(&two).starts_with("z9hG4bK"));
    let (_, [one, two, three]) = forked([BOB, BOB2, BOB3]);
    assert_eq!(
        [breadth(&one), breadth(&two), breadth(&three)],
        [20, 20, 20]
    );
    // More than may come in counts as 60; not forked it stays whole; no hop takes any of it.
    for (came, left) in [("99999", 60), ("60", 60), ("7", 7), ("1", 1)] {
        let mut net = Net::open();
        net.register("bob", "<sip:bob@192.0.2.20>");
        net.ask(
            ALICE,
            "MESSAGE",
            "sip:bob@example.com",
            &format!("Max-Breadth: {came}"),
        );
        assert_eq!(breadth(&net.request(BOB, "MESSAGE")), left);
    }
    // §5.5: what does not fit waits until a branch has ended.
    let mut net = Net::open();
    net.register(
        "bob",
        "<sip:bob@192.0.2.20>, <sip:bob@192.0.2.21>, <sip:bob@192.0.2.22>",
    );
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "Max-Breadth: 2");
    let one = net.request(BOB, "INVITE");
    let two = net.request(BOB2, "INVITE");
    assert_eq!([breadth(&one), breadth(&two)], [1, 1]);
    net.quiet();
    net.refuse(BOB2, &two, 486, "");
    let three = net.request(BOB3, "INVITE");
    assert_eq!(breadth(&three), 1);
    // Nothing at all to share.
    net.ask(ALICE, "MESSAGE", "sip:bob@example.com", "Max-Breadth: 0");
    net.response(ALICE, 440);
}

#[test]
fn a_target_that_cannot_be_reached_counts_as_503() {
    let (mut net, [one, two]) = forked([BOB, BOB2]);
    net.input(Input::Closed {
        flow: FlowId::from_driver(0),
        reason: crate::machine::CloseReason::Unreachable,
    });
    // The last datagram went to BOB2: its branch has failed, the other has not.
    net.quiet();
    let _ = two;
    net.refuse(BOB, &one, 404, "");
    net.response(ALICE, 404);
}

#[test]
fn the_server_goes_down_without_leaving_anything_behind() {
    let (mut net, [one, _]) = forked([BOB, BOB2]);
    net.answer(BOB, &one, 180, "b", "");
    net.input(Input::Closed {
        flow: FlowId::from_driver(0),
        reason: crate::machine::CloseReason::Finished,
    });
    net.ignore_all();
    net.ends_idle();
}

/// P7, and P4: what a step costs does not depend on who is registered.
#[test]
fn two_thousand_registrations_leave_no_trace_in_a_call() {
    let mut net = Net::open();
    net.is_checked = false;
    for user in 0..2_000 {
        net.register(&format!("u{user}"), "<sip:x@192.0.2.99>;expires=7200");
    }
    net.pass(Duration::from_secs(40));
    net.events.clear();
    net.register("bob", "<sip:bob@192.0.2.20>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let invite = net.request(BOB, "INVITE");
    net.answer(BOB, &invite, 200, "b", "");
    net.response(ALICE, 200);
    assert_eq!(net.events.len(), 3, "{:?}", net.events);
    net.ends_idle();
}
