//! Calls, registrations and questions by name (RFC 3263): looked up, sent, and sent elsewhere when a
//! server fails.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::EndReason;
use super::net::{Net, Sent, address, media, response, sdp};
use crate::dhcp::SipServers;
use crate::dns::{LookupFailure, Name, Record, RecordData, Srv};
use crate::sip::auth::Account;
use crate::sip::endpoint::{EndpointConfig, SelectError};
use crate::sip::message::StatusCode;
use crate::sip::transport::server_location::Exhausted;
use crate::sip::ua::{CallHandle, RegistrationFailure, RequestError, UaEvent, UserAgentConfig};

fn record(owner: &str, data: RecordData) -> Record {
    Record {
        name: Name::parse(owner).unwrap(),
        ttl: 300,
        data,
    }
}

/// Servers of example.com for UDP, with their priorities and the last number of their address.
fn servers(all: &[(u16, u8)]) -> Vec<Record> {
    let mut records = Vec::new();
    for (priority, n) in all {
        let target = format!("s{n}.example.com");
        let srv = Srv {
            priority: *priority,
            weight: 10,
            port: 5060,
            target: Name::parse(&target).unwrap(),
        };
        records.push(record("_sip._udp.example.com", RecordData::Srv(srv)));
        let ip = [192, 0, 2, *n].into();
        records.push(record(&target, RecordData::A(ip)));
    }
    records
}

fn alice(zone: Option<Vec<Record>>) -> Net {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.accounts.push(Account::new("alice", "wonder"));
    let mut net = Net::new([config]);
    net.zone = zone;
    net
}

fn call(net: &mut Net) -> CallHandle {
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@example.com", media(1)).unwrap()
}

fn answer(net: &mut Net, request: &Sent, status: &str, more: &str, body: &str) {
    let text = response(request, status, "b", more, body);
    net.inject(request.to, address(1), &text);
    net.run_ms(20);
}

fn asked(net: &Net) -> Vec<String> {
    let asked = net.asked.iter();
    asked
        .map(|question| format!("{} {:?}", question.name, question.kind))
        .collect()
}

/// RFC 3263 §4: what is looked up is where to send; the URI stays what it is.
#[test]
fn a_name_is_looked_up_and_the_uri_stays() {
    let mut net = alice(Some(servers(&[(0, 7)])));
    call(&mut net);
    let invite = net.puppet_receives("INVITE");
    assert_eq!(invite.to, address(7));
    assert_eq!(invite.request_uri(), "sip:bob@example.com");
    let expected = [
        "example.com Naptr",
        "_sip._udp.example.com Srv",
        "_sip._tcp.example.com Srv",
        "s7.example.com A",
    ];
    assert_eq!(asked(&net), expected);
    answer(&mut net, &invite, "486 Busy Here", "", "");
    assert_eq!(net.ended(0), EndReason::Rejected(StatusCode::BUSY_HERE));
    net.assert_idle();
}

/// RFC 3263 §4.3: an error of the network, 503 and silence each lead to the next record, in a
/// transaction of its own; the request is the same.
// shows: S164
#[test]
fn a_server_that_fails_is_followed_by_the_next_with_a_new_branch() {
    let mut net = alice(Some(servers(&[(3, 9), (0, 6), (2, 8), (1, 7)])));
    net.unreachable = vec![address(6)];
    call(&mut net);
    let busy = net.puppet_receives("INVITE");
    assert_eq!(busy.to, address(7));
    answer(&mut net, &busy, "503 Service Unavailable", "", "");
    let silent = net.puppet_receives("INVITE");
    assert_eq!(silent.to, address(8));
    net.run_secs(33);
    net.puppet.retain(|sent| sent.to == address(9));
    let last = net.puppet_receives("INVITE");
    assert_eq!(last.to, address(9));
    let unreachable = net.log.iter().find(|sent| sent.to == address(6));
    let all = [unreachable.unwrap(), &busy, &silent, &last];
    let mut branches: Vec<&str> = all.iter().map(|invite| invite.branch()).collect();
    branches.sort_unstable();
    branches.dedup();
    assert_eq!(branches.len(), 4);
    for invite in all {
        for field in ["Call-ID", "CSeq", "From", "To", "Contact"] {
            assert_eq!(invite.field(field), last.field(field));
        }
        assert_eq!(invite.body(), last.body());
    }
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    answer(&mut net, &last, "200 OK", contact, &sdp(9, "sendrecv"));
    assert_eq!(net.puppet_receives("ACK").to, address(9));
    net.expect(0, |event| {
        matches!(event, UaEvent::Answered { .. }).then_some(())
    });
}

#[test]
fn a_call_that_no_server_takes_ends_with_what_the_last_one_said() {
    let mut net = alice(Some(servers(&[(0, 6), (1, 7)])));
    call(&mut net);
    for _ in 0..2 {
        let invite = net.puppet_receives("INVITE");
        answer(&mut net, &invite, "503 Service Unavailable", "", "");
    }
    let last = EndReason::Rejected(StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(net.ended(0), last);
    net.assert_idle();
}

/// RFC 3263 §4: CANCEL and the ACK for a final response other than 2xx go where the INVITE went,
/// and nothing is asked again for them.
// shows: S200
#[test]
fn all_of_one_transaction_goes_to_one_server() {
    let mut net = alice(Some(servers(&[(0, 6), (0, 7), (0, 8), (0, 9)])));
    let handle = call(&mut net);
    net.lose_next("INVITE");
    let invite = net.puppet_receives("INVITE");
    let questions = net.asked.len();
    let again = net.puppet_receives("INVITE");
    answer(&mut net, &invite, "180 Ringing", "", "");
    let (alice, now) = net.at(0);
    alice.hang_up(now, handle).unwrap();
    let cancel = net.puppet_receives("CANCEL");
    answer(&mut net, &cancel, "200 OK", "", "");
    answer(&mut net, &invite, "487 Request Terminated", "", "");
    let ack = net.puppet_receives("ACK");
    for sent in [&again, &cancel, &ack] {
        assert_eq!((sent.to, sent.branch()), (invite.to, invite.branch()));
    }
    assert_eq!(net.asked.len(), questions);
    assert_eq!(net.ended(0), EndReason::Cancelled);
    net.assert_idle();
}

/// RFC 3261 §22.2: who asked for a password gets the request that has it.
#[test]
fn credentials_go_to_the_server_that_asked_for_them() {
    let mut net = alice(Some(servers(&[(0, 6), (0, 7), (0, 8), (0, 9)])));
    call(&mut net);
    let invite = net.puppet_receives("INVITE");
    let questions = net.asked.len();
    let challenge = "WWW-Authenticate: Digest realm=\"example.org\", nonce=\"n1\"\r\n";
    answer(&mut net, &invite, "401 Unauthorized", challenge, "");
    let again = net.puppet_receives("INVITE");
    assert_eq!((again.to, again.cseq()), (invite.to, invite.cseq() + 1));
    assert_eq!(net.asked.len(), questions);
}

#[test]
fn a_name_that_leads_nowhere_ends_the_call() {
    let mut net = alice(Some(Vec::new()));
    call(&mut net);
    net.run_ms(10);
    let nowhere = EndReason::NotLocated(Exhausted::NotFound);
    assert_eq!(net.ended(0), nowhere);
    assert!(net.log.is_empty());
    net.assert_idle();
}

#[test]
fn a_name_that_nobody_looks_up_ends_the_call_in_time() {
    let mut net = alice(None);
    call(&mut net);
    net.run_secs(31);
    assert!(net.nodes[0].events.is_empty());
    net.run_secs(2);
    let timeout = Exhausted::LookupFailed(LookupFailure::Timeout);
    assert_eq!(net.ended(0), EndReason::NotLocated(timeout));
    net.assert_idle();
}

#[test]
fn a_call_given_up_before_it_is_known_where_to_is_over_at_once() {
    let mut net = alice(None);
    let handle = call(&mut net);
    net.run_ms(10);
    let (alice, now) = net.at(0);
    alice.hang_up(now, handle).unwrap();
    assert_eq!(net.ended(0), EndReason::Cancelled);
    net.assert_idle();
    assert!(net.log.is_empty());
}

#[test]
fn a_registrar_by_name_that_fails_is_followed_by_the_next() {
    let mut net = alice(Some(servers(&[(0, 6), (1, 7)])));
    net.unreachable = vec![address(6)];
    let (alice, now) = net.at(0);
    let hour = Duration::from_secs(3600);
    alice.register(now, "sip:example.com", hour).unwrap();
    let register = net.puppet_receives("REGISTER");
    assert_eq!(register.to, address(7));
    assert_eq!(register.request_uri(), "sip:example.com");
    let first = net.log.iter().find(|sent| sent.to == address(6)).unwrap();
    assert_ne!(first.branch(), register.branch());
    let contact = format!("Contact: {}\r\n", register.field("Contact"));
    answer(&mut net, &register, "200 OK", &contact, "");
    net.expect(0, |event| {
        matches!(event, UaEvent::Registered { .. }).then_some(())
    });
    // Before the binding runs out the name is looked up anew.
    net.unreachable.clear();
    let questions = net.asked.len();
    net.run_secs(3600);
    let refresh = net.puppet_receives("REGISTER");
    assert_eq!(refresh.to, address(6));
    assert!(net.asked.len() > questions);
}

#[test]
fn a_registrar_that_cannot_be_found_is_tried_again_later() {
    let mut net = alice(Some(Vec::new()));
    let (alice, now) = net.at(0);
    let hour = Duration::from_secs(3600);
    alice.register(now, "sip:example.com", hour).unwrap();
    net.run_ms(10);
    let (reason, retry) = net.expect(0, |event| match event {
        UaEvent::RegistrationFailed {
            reason, retry_in, ..
        } => Some((*reason, *retry_in)),
        _ => None,
    });
    let nowhere = RegistrationFailure::NotLocated(Exhausted::NotFound);
    assert_eq!(reason, nowhere);
    net.zone = Some(servers(&[(0, 7)]));
    net.run(retry.unwrap());
    assert_eq!(net.puppet_receives("REGISTER").to, address(7));
}

/// RFC 3261 §8.1.2, §8.1.1.1: the outbound proxy is named in Route as it was configured, is where
/// the request goes whoever is called, and the Request-URI stays.
// shows: S161
#[test]
fn an_outbound_proxy_by_name_is_looked_up_and_its_next_server_follows() {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.outbound_proxies = vec!["sip:example.com".into()];
    let mut net = Net::new([config]);
    net.zone = Some(servers(&[(0, 6), (1, 7)]));
    net.unreachable = vec![address(6)];
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    assert_eq!(invite.to, address(7));
    assert_eq!(invite.request_uri(), "sip:bob@192.0.2.9");
    assert_eq!(invite.fields("Route"), ["<sip:example.com;lr>"]);
    // What is said in the dialog and has no way of its own goes where the call went.
    let contact = "Contact: <sip:bob@host.example.net>\r\n";
    answer(&mut net, &invite, "200 OK", contact, &sdp(7, "sendrecv"));
    let ack = net.puppet_receives("ACK");
    assert_eq!(ack.to, address(7));
    assert!(ack.fields("Route").is_empty());
    let (alice, now) = net.at(0);
    let hour = Duration::from_secs(3600);
    alice.register(now, "sip:192.0.2.9", hour).unwrap();
    let register = net.puppet_receives("REGISTER");
    assert_eq!(register.to, address(7));
    assert_eq!(register.request_uri(), "sip:192.0.2.9");
    assert_eq!(register.fields("Route"), ["<sip:example.com;lr>"]);
}

/// A phone on a network whose DHCP names example.com and example.net: the option is that of
/// RFC 3361 §3.1.
fn on_a_network(zone: Vec<Record>) -> Net {
    let option = b"\x78\x1b\x00\x07example\x03com\x00\x07example\x03net\x00";
    let learned = SipServers::of_v4(option).unwrap().unwrap();
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.outbound_proxies = learned.uris();
    let mut net = Net::new([config]);
    net.zone = Some(zone);
    net
}

/// RFC 3361 §3.1: RFC 3263 for each domain in the order listed, down to the addresses of one that
/// has nothing else; the second once the first has failed.
// shows: S161 S227
#[test]
fn the_domains_that_dhcp_names_are_outbound_proxies_in_their_order() {
    let at = |n: u8| RecordData::A([192, 0, 2, n].into());
    let mut net = on_a_network(vec![
        record("example.com", at(6)),
        record("example.net", at(7)),
    ]);
    net.unreachable = vec![address(6)];
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    assert_eq!(invite.to, address(7));
    assert_eq!(invite.request_uri(), "sip:bob@192.0.2.9");
    assert_eq!(invite.fields("Route"), ["<sip:example.net;lr>"]);
    let first = net.log.iter().find(|sent| sent.to == address(6)).unwrap();
    assert_eq!(first.fields("Route"), ["<sip:example.com;lr>"]);
    assert_ne!(first.branch(), invite.branch());
    let of = |domain: &str| {
        let srv = ["_udp", "_tcp"].map(|transport| format!("_sip.{transport}.{domain} Srv"));
        let [udp, tcp] = srv;
        [format!("{domain} Naptr"), udp, tcp, format!("{domain} A")]
    };
    assert_eq!(asked(&net), [of("example.com"), of("example.net")].concat());
    answer(&mut net, &invite, "486 Busy Here", "", "");
    assert_eq!(net.ended(0), EndReason::Rejected(StatusCode::BUSY_HERE));
    net.assert_idle();
}

#[test]
fn a_domain_that_dhcp_names_second_is_not_looked_up_while_the_first_serves() {
    let mut net = on_a_network(servers(&[(0, 6)]));
    let (alice, now) = net.at(0);
    let hour = Duration::from_secs(3600);
    alice.register(now, "sip:example.org", hour).unwrap();
    let register = net.puppet_receives("REGISTER");
    assert_eq!(register.to, address(6));
    assert_eq!(register.fields("Route"), ["<sip:example.com;lr>"]);
    let second = |text: &String| text.contains("example.net");
    assert!(!asked(&net).iter().any(second));
}

#[test]
fn when_no_domain_that_dhcp_names_leads_anywhere_the_call_ends() {
    let mut net = on_a_network(Vec::new());
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    net.run_ms(10);
    let nowhere = EndReason::NotLocated(Exhausted::NotFound);
    assert_eq!(net.ended(0), nowhere);
    assert_eq!(asked(&net).len(), 8);
    net.assert_idle();
}

#[test]
fn an_outbound_proxy_that_is_no_way_is_passed_over() {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.outbound_proxies = ["mailto:a@b", "sip:x;transport=sctp", "sip:192.0.2.7"]
        .map(String::from)
        .into();
    let mut net = Net::new([config]);
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    assert_eq!(invite.to, address(7));
    assert_eq!(invite.fields("Route"), ["<sip:192.0.2.7;lr>"]);
}

#[test]
fn a_proxy_that_says_itself_that_it_routes_loosely_is_named_as_it_is() {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.outbound_proxies = vec!["sip:192.0.2.9;lr;transport=udp".into()];
    let mut net = Net::new([config]);
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@example.com", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    assert_eq!(invite.to, address(9));
    assert_eq!(invite.fields("Route"), ["<sip:192.0.2.9;lr;transport=udp>"]);
}

#[test]
fn a_question_by_name_is_sent_and_answered() {
    let mut net = alice(Some(servers(&[(0, 6), (1, 7)])));
    let (alice, now) = net.at(0);
    alice.options(now, "sip:example.com").unwrap();
    let first = net.puppet_receives("OPTIONS");
    answer(&mut net, &first, "503 Service Unavailable", "", "");
    let second = net.puppet_receives("OPTIONS");
    assert_eq!(second.to, address(7));
    answer(&mut net, &second, "200 OK", "", "");
    let status = net.expect(0, |event| match event {
        UaEvent::OptionsAnswered { status, .. } => Some(*status),
        _ => None,
    });
    assert_eq!(status, Some(StatusCode::OK));
    net.assert_idle();
    // One that leads nowhere is answered too, by nobody.
    net.zone = Some(Vec::new());
    let (alice, now) = net.at(0);
    alice.options(now, "sip:example.com").unwrap();
    net.run_ms(10);
    let status = net.expect(0, |event| match event {
        UaEvent::OptionsAnswered { status, .. } => Some(*status),
        _ => None,
    });
    assert_eq!(status, None);
    net.assert_idle();
}

#[test]
fn one_search_too_many_is_refused_at_once() {
    let mut config = EndpointConfig::default();
    config.limits.client_transactions = 1;
    let mut net = Net::with([(UserAgentConfig::new("sip:alice@example.org"), config)]);
    call(&mut net);
    let (alice, now) = net.at(0);
    let refused = alice.options(now, "sip:example.com");
    let too_many = RequestError::NoWay(SelectError::TooManyLookups);
    assert_eq!(refused, Err(too_many));
    net.assert_idle();
}

/// RFC 3261 §12.2.1.1, RFC 3263 §4: the next hop of a dialog is looked up like any other; the ACK
/// waits for that, its copies go where it went, and so does the BYE.
#[test]
fn the_next_hop_of_a_dialog_is_looked_up() {
    let mut net = alice(Some(servers(&[(0, 7)])));
    let (now, to) = (net.now, "sip:bob@192.0.2.9");
    let call = net.at(0).0.invite(now, to, media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    net.asked.clear();
    let contact = "Contact: <sip:bob@example.com>\r\n";
    let success = response(&invite, "200 OK", "b", contact, &sdp(9, "sendrecv"));
    for _ in 0..2 {
        net.inject(address(9), address(1), &success);
        assert_eq!(net.puppet_receives("ACK").to, address(7));
    }
    let (alice, now) = net.at(0);
    alice.hang_up(now, call).unwrap();
    let bye = net.puppet_receives("BYE");
    assert_eq!(
        (bye.to, bye.request_uri()),
        (address(7), "sip:bob@example.com")
    );
    let naptr = asked(&net);
    let naptr = naptr.iter().filter(|asked| asked.ends_with("Naptr"));
    assert_eq!(naptr.count(), 1, "looked up once");
    answer(&mut net, &bye, "200 OK", "", "");
    net.run_secs(40);
    net.assert_idle();
}

/// A DNS that does not answer does not lose the call: by the second 2xx the ACK goes the way the
/// first came.
#[test]
fn a_next_hop_that_is_not_found_in_time_is_where_the_dialog_came_from() {
    let mut net = alice(None);
    let (now, to) = (net.now, "sip:bob@192.0.2.9");
    net.at(0).0.invite(now, to, media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let contact = "Contact: <sip:bob@nowhere.example.com>\r\n";
    let success = response(&invite, "200 OK", "b", contact, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    net.run_ms(500);
    assert!(net.sent("ACK").is_empty());
    net.inject(address(9), address(1), &success);
    let ack = net.puppet_receives("ACK");
    assert_eq!(ack.to, address(9));
    assert_eq!(ack.request_uri(), "sip:bob@nowhere.example.com");
}
