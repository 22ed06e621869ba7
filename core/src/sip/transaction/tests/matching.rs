//! Which messages are one transaction (RFC 3261 §17.1.3, §17.2.3, §9.2).

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;

use super::super::{ClientTable, Keys, Matched, ServerHandle, ServerTable};
use super::{bench, parse, request, response};
use crate::machine::Transport;
use crate::rng::Rng;
use crate::sip::message::{Message, StatusCode};
use crate::sip::transaction::Cx;
use crate::sip::transport::{Source, Target};

struct World {
    cx: Cx,
    target: Target,
    keys: Keys,
    servers: ServerTable,
    clients: ClientTable,
}

fn world() -> World {
    let (cx, target) = bench(Transport::Udp);
    World {
        cx,
        target,
        keys: Keys::new(&mut Rng::from_seed([3; 32])),
        servers: ServerTable::new(8),
        clients: ClientTable::new(8),
    }
}

impl World {
    fn serve(&mut self, request: &Arc<Message>) -> ServerHandle {
        let source = Source {
            flow: self.target.flow,
            address: self.target.address,
            transport: self.target.transport,
        };
        let request = Arc::clone(request);
        let branch_key = self.keys.server(&request.top_via().unwrap());
        self.servers
            .start(
                &mut self.cx,
                &self.keys,
                request,
                branch_key,
                source,
                self.target,
            )
            .unwrap()
    }

    fn answer(&mut self, me: ServerHandle, status: StatusCode, to_tag: &str) {
        let bytes = Arc::from(&b"SIP/2.0 "[..]);
        self.servers
            .respond(&mut self.cx, me, status, || Some(to_tag.into()), bytes)
            .unwrap();
    }

    fn matches(&self, request: &Message) -> Matched {
        let branch_key = self.keys.server(&request.top_via().unwrap());
        self.servers.matching(&self.keys, request, branch_key)
    }
}

/// A request whose every matched field is open.
fn told(method: &str, changes: &[(&str, &str)]) -> Arc<Message> {
    let mut text: String = format!(
        "{method} sip:bob@biloxi.example.com SIP/2.0\r\n\
         Via: SIP/2.0/UDP pc33.example.com:5060;BRANCH\r\n\
         From: <sip:alice@example.com>;tag=FROM\r\n\
         To: <sip:bob@example.com>TO\r\n\
         Call-ID: call\r\n\
         CSeq: 1 {method}\r\n\
         Content-Length: 0\r\n\r\n"
    );
    let defaults = [("BRANCH", "branch=z9hG4bKa"), ("FROM", "f1"), ("TO", "")];
    for (from, to) in changes.iter().chain(&defaults) {
        text = text.replacen(from, to, 1);
    }
    parse(&text)
}

const OLD: (&str, &str) = ("BRANCH", "branch=1");

// shows: S125
#[test]
fn with_the_cookie_branch_sent_by_and_method_decide() {
    let mut world = world();
    let me = world.serve(&told("INVITE", &[]));
    let mine = Matched::Transaction(me);
    assert_eq!(world.matches(&told("INVITE", &[])), mine);
    assert_eq!(
        world.matches(&told("ACK", &[])),
        mine,
        "ACK counts as INVITE"
    );
    let elsewhere = told("INVITE", &[("sip:bob@biloxi", "sip:carol@chicago")]);
    assert_eq!(world.matches(&elsewhere), mine, "the rest does not matter");
    let upper = told("INVITE", &[("pc33.example.com", "PC33.example.COM")]);
    assert_eq!(world.matches(&upper), mine, "a name has no case");
    let bare = told("INVITE", &[("pc33.example.com:5060", "pc33.example.com")]);
    assert_eq!(world.matches(&bare), mine, "no port is the default port");

    for other in [
        told("INVITE", &[("BRANCH", "branch=z9hG4bKb")]),
        told("INVITE", &[("pc33", "pc34")]),
        told("INVITE", &[(":5060;", ":5070;")]),
        told("CANCEL", &[]),
        told("BYE", &[]),
    ] {
        assert_eq!(world.matches(&other), Matched::New, "{other:?}");
    }
}

// shows: S086 S125
#[test]
fn without_the_cookie_the_fields_of_rfc_2543_decide() {
    let mut world = world();
    let me = world.serve(&told("INVITE", &[OLD]));
    let mine = Matched::Transaction(me);
    assert_eq!(world.matches(&told("INVITE", &[OLD])), mine);
    let same_uri = told("INVITE", &[OLD, ("biloxi", "BILOXI")]);
    assert_eq!(world.matches(&same_uri), mine, "compared as URIs are");
    for other in [
        told("INVITE", &[OLD, ("sip:bob@biloxi", "sip:carol@biloxi")]),
        told("INVITE", &[OLD, ("FROM", "f2")]),
        told("INVITE", &[OLD, ("TO", ";tag=t")]),
        told("INVITE", &[OLD, ("Call-ID: call", "Call-ID: other")]),
        told("INVITE", &[OLD, ("CSeq: 1", "CSeq: 2")]),
        told("INVITE", &[("BRANCH", "branch=2")]),
        told("INVITE", &[OLD, ("pc33", "pc34")]),
        told("BYE", &[OLD]),
    ] {
        assert_eq!(world.matches(&other), Matched::New, "{other:?}");
    }
}

/// RFC 4475 §3.2.1.
#[test]
fn a_branch_that_is_nothing_but_the_cookie_counts_as_none() {
    let bare = ("BRANCH", "branch=z9hG4bK");
    let mut world = world();
    let me = world.serve(&told("INVITE", &[bare]));
    let mine = Matched::Transaction(me);
    assert_eq!(world.matches(&told("INVITE", &[bare])), mine);
    let other = told("INVITE", &[bare, ("Call-ID: call", "Call-ID: other")]);
    assert_eq!(world.matches(&other), Matched::New);
}

/// §17.2.3: the To tag of the ACK is compared with that of our response.
// shows: S086
#[test]
fn an_ack_of_rfc_2543_is_told_by_the_to_tag_of_our_response() {
    let mut world = world();
    let me = world.serve(&told("INVITE", &[OLD]));
    let ack = told("ACK", &[OLD, ("TO", ";tag=ours")]);
    assert_eq!(world.matches(&ack), Matched::New);
    world.answer(me, StatusCode::BUSY_HERE, "ours");
    assert_eq!(world.matches(&ack), Matched::Transaction(me));
    let foreign = told("ACK", &[OLD, ("TO", ";tag=theirs")]);
    assert_eq!(world.matches(&foreign), Matched::New);
}

// shows: S152
#[test]
fn an_ack_for_another_method_belongs_to_nothing() {
    let mut world = world();
    world.serve(&told("OPTIONS", &[]));
    assert_eq!(world.matches(&told("ACK", &[])), Matched::AckOfNothing);
}

/// §9.2.
#[test]
fn a_cancel_finds_its_invite_and_is_a_transaction_of_its_own() {
    for branch in [("BRANCH", "branch=z9hG4bKa"), OLD] {
        let mut world = world();
        let me = world.serve(&told("INVITE", &[branch]));
        let cancel = told("CANCEL", &[branch]);
        assert_eq!(world.matches(&cancel), Matched::New);
        let found = world.servers.cancelled_by(&world.keys, &cancel);
        assert_eq!(found, Some(me));
        let stray = told("CANCEL", &[branch, ("pc33", "pc34")]);
        assert_eq!(world.servers.cancelled_by(&world.keys, &stray), None);
    }
}

/// §8.2.2.2.
#[test]
fn a_request_that_came_on_two_ways_is_merged() {
    let mut world = world();
    let first = world.serve(&told("INVITE", &[]));
    assert!(!world.servers.is_merged(first));
    let second = world.serve(&told("INVITE", &[("BRANCH", "branch=z9hG4bKb")]));
    assert!(world.servers.is_merged(second));
    let other = world.serve(&told(
        "INVITE",
        &[("BRANCH", "branch=z9hG4bKc"), ("FROM", "f2")],
    ));
    assert!(!world.servers.is_merged(other));
}

/// §17.1.3.
// shows: S125
#[test]
fn a_response_is_told_by_branch_and_cseq_method() {
    let mut world = world();
    let branch = "z9hG4bK74bf9";
    let invite = world
        .clients
        .start(
            &mut world.cx,
            &world.keys,
            branch.into(),
            request("INVITE"),
            world.target,
        )
        .unwrap();
    let cancel = world
        .clients
        .start(
            &mut world.cx,
            &world.keys,
            branch.into(),
            request("CANCEL"),
            world.target,
        )
        .unwrap();
    let find = |response: &Message| {
        let via = response.top_via().unwrap();
        world.clients.matching(&world.keys, &via, response)
    };
    assert_eq!(find(&response("INVITE", 200)), Some(invite));
    assert_eq!(find(&response("CANCEL", 200)), Some(cancel));
    assert_eq!(find(&response("BYE", 200)), None);
}

#[test]
fn what_ends_leaves_nothing_behind() {
    let mut world = world();
    let me = world.serve(&told("OPTIONS", &[]));
    world.answer(me, StatusCode::OK, "t");
    assert_eq!(world.servers.check(), Ok(world.cx.timers.len()));
    while let Some(key) = super::next_timer(&mut world.cx, core::time::Duration::from_secs(99)) {
        if let super::TimerKey::Server(me, timer) = key {
            world.servers.on_timer(&mut world.cx, me, timer);
        }
    }
    assert_eq!(world.servers.len(), 0);
    assert_eq!(world.servers.check(), Ok(0));
    assert_eq!(world.matches(&told("OPTIONS", &[])), Matched::New);
}
