//! RFC 3263 for a proxy: the next hop is a name.

use super::*;
use crate::dns::{Answer, LookupFailure, Name, Record, RecordData, RecordKind, Srv};

/// Answers every question: servers of phone.example in the order given, for UDP.
fn look_up(net: &mut Net, hosts: &[&str]) {
    while let Some((query, question)) = net.asked.pop_front() {
        let record = |data| Record {
            name: question.name.clone(),
            ttl: 60,
            data,
        };
        let name = question.name.to_string();
        let servers = (0_u16..).zip(hosts);
        let records: Vec<Record> = match question.kind {
            RecordKind::Srv if name == "_sip._udp.phone.example" => servers
                .map(|(priority, host)| {
                    record(RecordData::Srv(Srv {
                        priority,
                        weight: 0,
                        port: 5060,
                        target: Name::parse(&format!("h{host}.phone.example")).unwrap(),
                    }))
                })
                .collect(),
            RecordKind::A => hosts
                .iter()
                .filter(|host| name == format!("h{host}.phone.example"))
                .map(|host| record(RecordData::A([192, 0, 2, host.parse().unwrap()].into())))
                .collect(),
            _ => Vec::new(),
        };
        let answer = if records.is_empty() {
            &Answer::NoData { ttl: 0 }
        } else {
            &Answer::Records(records.into())
        };
        net.input(Input::Resolved { query, answer });
    }
}

fn registered() -> Net {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@phone.example>");
    net
}

#[test]
fn a_next_hop_by_name_is_looked_up_and_the_next_server_follows_a_503() {
    let mut net = registered();
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    net.quiet();
    look_up(&mut net, &["20", "21"]);
    let first = net.request(BOB, "INVITE");
    assert_eq!(first.request_uri(), Some("sip:bob@phone.example"));
    net.answer(BOB, &first, 503, "b", "");
    net.request(BOB, "ACK");
    look_up(&mut net, &["20", "21"]);
    let second = net.request(BOB2, "INVITE");
    assert_ne!(branch(&second), branch(&first), "RFC 3263 §4.3");
    assert_eq!(second.request_uri(), first.request_uri());
    net.answer(BOB2, &second, 180, "b", "");
    net.response(ALICE, 180);
    net.answer(BOB2, &second, 200, "b", "Contact: <sip:bob@192.0.2.21>");
    net.response(ALICE, 200);
    net.quiet();
    net.ends_idle();
}

#[test]
fn a_server_that_stays_silent_is_followed_by_the_next() {
    let mut net = registered();
    net.ask(ALICE, "OPTIONS", "sip:bob@example.com", "");
    look_up(&mut net, &["20", "21"]);
    net.request(BOB, "OPTIONS");
    net.pass(Duration::from_secs(33));
    net.ignore_all();
    look_up(&mut net, &["20", "21"]);
    net.request(BOB2, "OPTIONS");
    net.ignore_all();
    net.ends_idle();
}

/// §16.9 makes it a 503, and §16.7 step 6 a 500: it is not this proxy that has no time.
#[test]
fn a_name_that_leads_nowhere_is_a_failed_branch() {
    let mut net = registered();
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    look_up(&mut net, &[]);
    net.response(ALICE, 500);
    net.ignore_all();
    net.ends_idle();
    // So is one that nobody looks up.
    net.ignore_all();
    net.register("bob", "<sip:bob@phone.example>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    net.asked.clear();
    net.pass(Duration::from_secs(31));
    net.response(ALICE, 100);
    net.quiet();
    net.pass(Duration::from_secs(2));
    net.response(ALICE, 500);
    net.ignore_all();
    net.ends_idle();
}

#[test]
fn one_branch_may_wait_while_another_rings() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@phone.example>, <sip:bob@192.0.2.22>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let rings = net.request(BOB3, "INVITE");
    net.answer(BOB3, &rings, 486, "b", "");
    net.request(BOB3, "ACK");
    net.quiet();
    look_up(&mut net, &["20"]);
    let invite = net.request(BOB, "INVITE");
    net.answer(BOB, &invite, 200, "c", "Contact: <sip:bob@192.0.2.20>");
    net.response(ALICE, 200);
    net.ends_idle();
}

/// §16.10: nothing was sent, so that nothing is cancelled downstream.
#[test]
fn a_cancel_ends_a_branch_whose_server_is_looked_for() {
    let mut net = registered();
    let asked = net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let cancel = asked.replace("INVITE", "CANCEL");
    let rows = cancel.lines().filter(|row| !row.contains("Contact:"));
    let cancel = rows.collect::<Vec<_>>().join("\n");
    net.send(ALICE, &cancel);
    net.response(ALICE, 200);
    net.response(ALICE, 487);
    look_up(&mut net, &["20"]);
    net.quiet();
    net.ignore_all();
    net.ends_idle();
}

#[test]
fn the_ack_for_a_2xx_waits_for_the_name_of_its_next_hop() {
    let mut net = registered();
    let ack = "Route: <sip:192.0.2.1;lr>";
    let to = "To: <sip:bob@example.com>;tag=b";
    net.ask(ALICE, "ACK", "sip:bob@example.com", &format!("{ack}\n{to}"));
    net.quiet();
    look_up(&mut net, &["20"]);
    let ack = net.request(BOB, "ACK");
    assert_eq!(ack.request_uri(), Some("sip:bob@phone.example"));
    net.ends_idle();
}

#[test]
fn an_answer_nobody_waits_for_is_counted_and_no_more() {
    let mut net = registered();
    net.ask(ALICE, "OPTIONS", "sip:bob@example.com", "");
    let (query, _) = *net.asked.front().unwrap();
    look_up(&mut net, &["20"]);
    net.request(BOB, "OPTIONS");
    let answer = &Answer::Failed(LookupFailure::Timeout);
    net.input(Input::Resolved { query, answer });
    net.quiet();
    let stray = crate::sip::endpoint::DropReason::StrayAnswer;
    assert_eq!(net.server.stats().dropped(stray), 1);
}
