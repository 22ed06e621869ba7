//! RFC 3261 §10.3, step by step.

use super::*;
use crate::sip::registrar::Expiry;

/// A REGISTER for bob with these rows.
fn register(cseq: u32, call_id: &str, rows: &str) -> String {
    format!(
        "REGISTER sip:example.com SIP/2.0
         Via: SIP/2.0/UDP {BOB};branch=z9hG4bK-branch
         Max-Forwards: 70
         From: <sip:bob@example.com>;tag=456248
         To: <sip:bob@example.com>
         Call-ID: {call_id}
         CSeq: {cseq} REGISTER
         {rows}
         Content-Length: 0"
    )
}

impl Net {
    fn registers(&mut self, cseq: u32, call_id: &str, rows: &str) -> Message {
        self.send_new(&register(cseq, call_id, rows));
        self.receive(BOB)
    }

    /// Sends a request under a branch that was not used before: no copy, a request of its own.
    fn send_new(&mut self, register: &str) {
        self.branch += 1;
        let branch = format!("z9hG4bK-b{}", self.branch);
        self.send(BOB, &register.replace("z9hG4bK-branch", &branch));
    }

    /// The contacts bob is bound to, with q and seconds left.
    fn bound(&self) -> Vec<(String, u16, u32)> {
        let mut all = self.server.bindings();
        let bob = all.find(|(address, _)| address.as_str() == "bob@example.com");
        let bindings = bob.map_or(&[][..], |(_, bindings)| bindings);
        let plain = bindings.iter().map(|binding| {
            (
                binding.contact().to_string(),
                binding.q(),
                binding.seconds_left(self.now),
            )
        });
        plain.collect()
    }

    fn uris(&self) -> Vec<String> {
        self.bound().into_iter().map(|(uri, ..)| uri).collect()
    }
}

// shows: S109 S216
#[test]
fn step_8_the_200_lists_every_binding_with_what_is_left_of_it_and_the_date() {
    let mut net = Net::open();
    net.registers(1, "one", "Contact: <sip:bob@192.0.2.20>;expires=300");
    net.pass(Duration::from_secs(100));
    let ok = net.registers(
        1,
        "two",
        "Contact: \"B\" <sip:bob@192.0.2.21;transport=udp>;q=0.5",
    );
    assert_eq!(code(&ok), 200);
    assert_eq!(
        values(&ok, HeaderName::Contact),
        [
            "<sip:bob@192.0.2.20>;expires=200",
            "<sip:bob@192.0.2.21;transport=udp>;q=0.5;expires=3600"
        ]
    );
    assert_eq!(
        value(&ok, HeaderName::Date),
        "Tue, 14 Nov 2023 22:15:00 GMT"
    );
    assert!(ok.to().unwrap().tag.is_some());
    assert_eq!(ok.cseq().unwrap().number, 1);
}

// shows: S208 S209 S210 S109
#[test]
fn step_7_the_contact_beats_the_expires_field_and_that_the_default() {
    let mut net = Net::open();
    net.registers(
        1,
        "one",
        "Expires: 600
         Contact: <sip:a@192.0.2.20>;expires=100, <sip:b@192.0.2.20>",
    );
    net.registers(1, "two", "Contact: <sip:c@192.0.2.20>");
    net.registers(1, "three", "Contact: <sip:d@192.0.2.20>;expires=soon");
    // RFC 2543 had dates here; they are as unreadable as anything else.
    let date = "Expires: Thu, 01 Dec 1994 16:00:00 GMT\nContact: <sip:e@192.0.2.20>";
    net.registers(1, "four", date);
    let seconds: Vec<u32> = net.bound().into_iter().map(|(.., left)| left).collect();
    assert_eq!(seconds, [100, 600, 3600, 3600, 3600]);
}

// shows: S211
#[test]
fn step_7_a_longer_wish_is_shortened_and_a_shorter_one_never_lengthened() {
    let mut config = ServerConfig::new("example.com");
    config.expiry = Expiry {
        default: 3600,
        min: 0,
        max: 1000,
    };
    let mut net = Net::new(config);
    for (at, wish) in [1_u32, 59, 999, 1000, 1001, 86_400, u32::MAX]
        .into_iter()
        .enumerate()
    {
        let contact = format!("Contact: <sip:bob@192.0.2.20>;expires={wish}");
        net.registers(u32::try_from(at).unwrap() + 1, "one", &contact);
        assert_eq!(net.bound()[0].2, wish.min(1000));
    }
}

// shows: S212
#[test]
fn step_7_an_interval_is_too_brief_below_the_minimum_unless_it_is_zero_or_an_hour() {
    let mut config = ServerConfig::new("example.com");
    config.expiry.min = 7200;
    config.expiry.max = 100_000;
    let mut net = Net::new(config);
    let contact = |secs: u32| format!("Contact: <sip:bob@192.0.2.20>;expires={secs}");
    let brief = net.registers(1, "one", &contact(3599));
    assert_eq!(code(&brief), 423);
    assert_eq!(value(&brief, HeaderName::MinExpires), "7200");
    assert!(net.uris().is_empty());
    assert_eq!(code(&net.registers(2, "one", &contact(3600))), 200);
    assert_eq!(code(&net.registers(3, "one", &contact(0))), 200);
    assert!(net.uris().is_empty());
}

// shows: S207 S109
#[test]
fn step_7_an_older_cseq_of_the_same_call_id_fails_and_changes_nothing() {
    let mut net = Net::open();
    net.registers(5, "one", "Contact: <sip:bob@192.0.2.20>;expires=1000");
    // The first contact is new and would do; the second is not, and takes the first along.
    let late = "Contact: <sip:new@192.0.2.20>, <sip:bob@192.0.2.20>;expires=0";
    assert_eq!(code(&net.registers(5, "one", late)), 500);
    assert_eq!(code(&net.registers(4, "one", late)), 500);
    assert_eq!(net.uris(), ["sip:bob@192.0.2.20"]);
    // Another Call-ID is a UA that has started anew: its CSeq counts for itself.
    assert_eq!(code(&net.registers(1, "two", late)), 200);
    assert_eq!(net.uris(), ["sip:new@192.0.2.20"]);
}

// shows: S109 S215
#[test]
fn step_7_contacts_are_compared_as_uris() {
    let mut net = Net::open();
    net.registers(
        1,
        "one",
        "Contact: <sip:b%6fb@HOST.example.com;transport=udp>",
    );
    net.registers(
        2,
        "one",
        "Contact: <sip:bob@host.example.com;transport=udp>;expires=77",
    );
    assert_eq!(net.bound().len(), 1, "the same one refreshed");
    assert_eq!(net.bound()[0].2, 77);
    net.registers(
        3,
        "one",
        "Contact: <sip:bob@host.example.com;transport=tcp>",
    );
    assert_eq!(net.bound().len(), 2, "another transport is another place");
    // What is no SIP URI is compared by the rules of its own scheme, or else letter by letter.
    net.registers(
        4,
        "one",
        "Contact: <tel:+1-201-555-0123>, <mailto:bob@example.com>",
    );
    net.registers(
        5,
        "one",
        "Contact: <TEL:+12015550123>, <mailto:BOB@example.com>",
    );
    let uris = net.uris();
    let others = uris.get(2..).unwrap();
    assert_eq!(
        others,
        [
            "TEL:+12015550123",
            "mailto:bob@example.com",
            "mailto:BOB@example.com"
        ]
    );
}

// shows: S219 S109
#[test]
fn step_6_the_star_stands_alone_with_expires_0() {
    let mut net = Net::open();
    net.registers(1, "one", "Contact: <sip:a@192.0.2.20>, <sip:b@192.0.2.20>");
    let with_another = "Expires: 0\nContact: *, <sip:a@192.0.2.20>";
    for rows in ["Contact: *", "Expires: 1\nContact: *", with_another] {
        assert_eq!(code(&net.registers(2, "one", rows)), 400, "{rows}");
    }
    assert_eq!(net.uris().len(), 2);
    let ok = net.registers(3, "one", "Expires: 0\nContact: *");
    assert_eq!(code(&ok), 200);
    assert!(values(&ok, HeaderName::Contact).is_empty());
    assert!(net.uris().is_empty());
}

#[test]
fn step_6_the_star_obeys_the_order_too() {
    let mut net = Net::open();
    net.registers(9, "one", "Contact: <sip:a@192.0.2.20>");
    net.registers(1, "two", "Contact: <sip:b@192.0.2.20>");
    assert_eq!(
        code(&net.registers(8, "one", "Expires: 0\nContact: *")),
        500
    );
    assert_eq!(net.uris().len(), 2, "not even that of the other Call-ID");
    assert_eq!(
        code(&net.registers(2, "two", "Expires: 0\nContact: <sip:b@192.0.2.20>")),
        200
    );
    assert_eq!(net.uris(), ["sip:a@192.0.2.20"]);
}

#[test]
fn without_a_contact_the_bindings_are_listed_and_left_alone() {
    let mut net = Net::open();
    net.registers(1, "one", "Contact: <sip:bob@192.0.2.20>;expires=500");
    net.pass(Duration::from_secs(1));
    let list = net.registers(1, "query", "Expires: 7000");
    assert_eq!(
        value(&list, HeaderName::Contact),
        "<sip:bob@192.0.2.20>;expires=499"
    );
}

// shows: S109
#[test]
fn step_5_the_address_of_record_is_canonical() {
    let mut net = Net::open();
    net.registers(1, "one", "Contact: <sip:bob@192.0.2.20>");
    let other_spelling = register(2, "one", "Contact: <sip:bob@192.0.2.20>;expires=99").replace(
        "To: <sip:bob@example.com>",
        "To: \"Bob\" <sips:%62ob@EXAMPLE.COM;user=phone>;a=b",
    );
    net.send_new(&other_spelling);
    net.response(BOB, 200);
    assert_eq!(net.server.bindings().count(), 1);
    assert_eq!(net.bound()[0].2, 99);
}

// shows: S109
#[test]
fn step_5_an_address_of_record_of_another_domain_is_not_found() {
    let mut config = ServerConfig::new("example.com");
    config.domains.push("example.org".into());
    let mut net = Net::new(config);
    for to in [
        "sip:bob@example.net",
        "sip:example.com",
        "sip:bob@example.org",
    ] {
        let request = register(1, to, "Contact: <sip:bob@192.0.2.20>")
            .replace("To: <sip:bob@example.com>", &format!("To: <{to}>"))
            .replace(&format!("Call-ID: {to}"), "Call-ID: x");
        net.send_new(&request);
        net.response(BOB, 404);
    }
    assert_eq!(net.server.bindings().count(), 0);
}

// shows: S109
#[test]
fn step_2_an_unknown_extension_is_refused_by_name() {
    let mut net = Net::open();
    let rows = "Require: path, gruu\nContact: <sip:bob@192.0.2.20>";
    let bad = net.registers(1, "one", rows);
    assert_eq!(code(&bad), 420);
    assert_eq!(value(&bad, HeaderName::Unsupported), "gruu");
    assert!(net.uris().is_empty());
}

// shows: S218
#[test]
fn what_cannot_be_read_is_a_bad_request() {
    let mut net = Net::open();
    for contact in [
        "<sip:bob@192.0.2.20",
        "<sip:bob@192.0.2.20>;q=7",
        "<sip:bob@192.0.2.20>;q=0.1234",
    ] {
        let bad = net.registers(
            1,
            &format!("c{}", contact.len()),
            &format!("Contact: {contact}"),
        );
        assert_eq!(code(&bad), 400, "{contact}");
    }
    assert!(net.uris().is_empty());
}

#[test]
fn a_register_that_has_no_hop_left_has_arrived() {
    let mut net = Net::open();
    let last = register(1, "one", "Contact: <sip:bob@192.0.2.20>")
        .replace("Max-Forwards: 70", "Max-Forwards: 0\nProxy-Require: magic");
    net.send_new(&last);
    net.response(BOB, 200);
}

#[test]
fn a_response_to_register_never_record_routes() {
    let mut net = Net::open();
    let rows = "Record-Route: <sip:192.0.2.99;lr>\nContact: <sip:bob@192.0.2.20>";
    let ok = net.registers(1, "one", rows);
    assert!(values(&ok, HeaderName::RecordRoute).is_empty());
}

// shows: S213
#[test]
fn a_binding_that_is_not_refreshed_is_dropped_in_silence() {
    let mut net = Net::open();
    net.registers(
        1,
        "one",
        "Contact: <sip:a@192.0.2.20>;expires=60, <sip:b@192.0.2.20>;expires=90",
    );
    net.pass(Duration::from_millis(59_999));
    assert_eq!(net.uris().len(), 2);
    net.events.clear();
    net.pass(Duration::from_millis(1));
    assert_eq!(net.uris(), ["sip:b@192.0.2.20"]);
    let expired = |contact: &str| ServerEvent::Expired {
        address_of_record: "bob@example.com".into(),
        contact: contact.into(),
    };
    assert_eq!(net.events, [expired("sip:a@192.0.2.20")]);
    net.pass(Duration::from_secs(30));
    assert_eq!(net.server.bindings().count(), 0);
    net.quiet();
    // Without a binding there is no deadline left, once the transactions are over.
    net.pass(Duration::from_secs(60));
    assert_eq!(net.drain(), None);
}

#[test]
fn a_refresh_puts_the_end_off() {
    let mut net = Net::open();
    net.registers(1, "one", "Contact: <sip:a@192.0.2.20>;expires=60");
    net.pass(Duration::from_secs(50));
    net.registers(2, "one", "Contact: <sip:a@192.0.2.20>;expires=60");
    net.pass(Duration::from_secs(59));
    assert_eq!(net.uris().len(), 1);
    net.pass(Duration::from_secs(1));
    assert!(net.uris().is_empty());
}

/// RFC 3327 §5.3: stored in order, and shown to the client.
#[test]
fn the_path_is_stored_with_the_binding_and_told() {
    let mut net = Net::open();
    let rows = "Supported: path
         Path: <sip:p3.example.net;lr>
         Path: <sip:p1.example.net;lr>, <sip:p0.example.net;lr>
         Contact: <sip:a@192.0.2.20>";
    let ok = net.registers(1, "one", rows);
    let path = [
        "<sip:p3.example.net;lr>",
        "<sip:p1.example.net;lr>",
        "<sip:p0.example.net;lr>",
    ];
    assert_eq!(values(&ok, HeaderName::Path), path);
    let bindings = net.server.export(net.now);
    let stored = [
        "sip:p3.example.net;lr",
        "sip:p1.example.net;lr",
        "sip:p0.example.net;lr",
    ];
    assert_eq!(bindings[0].path, stored);
}

// shows: S206
#[test]
fn the_parameters_of_a_contact_come_back_as_they_were_registered() {
    let mut net = Net::open();
    let params = ";+sip.instance=\"<urn:uuid:00000000>\";audio;methods=\"INVITE,BYE\"";
    let ok = net.registers(
        1,
        "one",
        &format!("Contact: <sip:a@192.0.2.20>{params};expires=60"),
    );
    assert_eq!(
        value(&ok, HeaderName::Contact),
        format!("<sip:a@192.0.2.20>{params};expires=60")
    );
    // RFC 3840 §6: left out of the refresh, they are gone.
    let ok = net.registers(2, "one", "Contact: <sip:a@192.0.2.20>;expires=60");
    assert_eq!(
        value(&ok, HeaderName::Contact),
        "<sip:a@192.0.2.20>;expires=60"
    );
}

#[test]
fn limits_are_answered() {
    let limits = Limits {
        bindings_per_aor: 2,
        addresses_of_record: 1,
        ..Limits::default()
    };
    let mut net = Net::with_limits(ServerConfig::new("example.com"), limits);
    net.registers(1, "one", "Contact: <sip:a@192.0.2.20>, <sip:b@192.0.2.20>");
    let full = net.registers(2, "one", "Contact: <sip:c@192.0.2.20>");
    assert_eq!(code(&full), 403);
    // One out, one in: there is room.
    let swap = "Contact: <sip:a@192.0.2.20>;expires=0, <sip:c@192.0.2.20>";
    assert_eq!(code(&net.registers(3, "one", swap)), 200);
    assert_eq!(net.uris(), ["sip:b@192.0.2.20", "sip:c@192.0.2.20"]);
    let carol = register(1, "carol", "Contact: <sip:d@192.0.2.20>").replace("bob@", "carol@");
    net.send_new(&carol);
    let busy = net.response(BOB, 503);
    assert_eq!(value(&busy, HeaderName::RetryAfter), "5");
}

/// Bindings outlive the server: exported, and taken back by another one later.
// shows: S011 S218
#[test]
fn an_address_of_record_leads_to_its_contacts_by_preference_even_after_a_restart() {
    let mut net = Net::open();
    net.registers(
        1,
        "one",
        "Contact: <sip:low@192.0.2.20>;q=0.1;expires=600, <sip:brief@192.0.2.20>;expires=60
         Contact: <sip:high@192.0.2.21>;q=0.9;expires=600, <sip:also@192.0.2.22>;q=0.9;expires=600",
    );
    let stored = net.server.export(net.now);
    assert_eq!(stored.len(), 4);
    let mut later = Net::open();
    let elapsed = Duration::from_secs(100);
    later.server.restore(later.now, &stored, elapsed);
    later.drain();
    assert_eq!(
        later.uris(),
        [
            "sip:low@192.0.2.20",
            "sip:high@192.0.2.21",
            "sip:also@192.0.2.22"
        ]
    );
    assert_eq!(later.bound()[0].2, 500);
    // By q: the two best together, the last one only when they have failed.
    later.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let high = later.request("192.0.2.21:5060", "INVITE");
    let also = later.request("192.0.2.22:5060", "INVITE");
    later.answer("192.0.2.21:5060", &high, 486, "h", "");
    later.answer("192.0.2.22:5060", &also, 480, "a", "");
    later.request("192.0.2.21:5060", "ACK");
    later.request("192.0.2.22:5060", "ACK");
    let low = later.request(BOB, "INVITE");
    assert_eq!(low.request_uri(), Some("sip:low@192.0.2.20"));
    // The Call-ID and CSeq came along: what was old before is old now.
    assert_eq!(
        code(&later.registers(1, "one", "Contact: <sip:low@192.0.2.20>")),
        500
    );
    later.pass(Duration::from_secs(501));
    assert!(later.uris().is_empty());
}

#[test]
fn what_was_done_is_told_in_plain_words() {
    let mut net = Net::open();
    net.registers(1, "one", "Contact: <sip:bob@192.0.2.20>;expires=60");
    net.registers(2, "one", "Contact: <sip:bob@192.0.2.20>;expires=60");
    net.registers(3, "one", "Contact: <sip:bob@192.0.2.20>;expires=0");
    let told: Vec<String> = net.events.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "registered bob@example.com at sip:bob@192.0.2.20 for 60 s",
            "refreshed bob@example.com at sip:bob@192.0.2.20 for 60 s",
            "unregistered bob@example.com at sip:bob@192.0.2.20",
        ]
    );
}

/// §10.3 step 6: a star from a UA that has started anew, under another Call-ID, removes whatever is there.
#[test]
fn step_6_the_star_of_another_call_id_removes_every_binding() {
    let mut net = Net::open();
    net.registers(9, "one", "Contact: <sip:a@192.0.2.20>");
    net.registers(7, "two", "Contact: <sip:b@192.0.2.20>");
    let ok = net.registers(1, "three", "Expires: 0\nContact: *");
    assert_eq!(code(&ok), 200);
    assert!(net.uris().is_empty());
}
