//! Instant messages (RFC 3428), alone and in a call.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::net::{Net, Sent, address, response};
use super::puppets::{alone, call_to_puppet, forget_events, from_caller, in_dialog};
use crate::UnixTime;
use crate::sip::message::StatusCode;
use crate::sip::ua::{
    CallHandle, InDialogError, InstantMessage, MessageError, MessageForm, MessageHandle,
    RequestError, UaEvent, UserAgentConfig,
};

const BOB: &str = "sip:bob@192.0.2.9";

fn say(net: &mut Net, text: &str) -> Result<MessageHandle, MessageError> {
    let (alice, now) = net.at(0);
    alice.message(now, BOB, InstantMessage::text(text))
}

fn answer(net: &mut Net, request: &Sent, status: &str, more: &str) {
    let text = response(request, status, "t", more, "");
    net.inject(address(9), address(1), &text);
    net.run_ms(20);
}

fn heard(event: &UaEvent) -> Option<(Option<CallHandle>, String, InstantMessage)> {
    match event {
        UaEvent::Message {
            call,
            from,
            message,
            ..
        } => Some((*call, from.clone(), (**message).clone())),
        _ => None,
    }
}

fn answered(event: &UaEvent) -> Option<Option<StatusCode>> {
    match event {
        UaEvent::MessageAnswered { status, .. } => Some(*status),
        UaEvent::CallMessageAnswered { status, .. } => Some(*status),
        _ => None,
    }
}

fn form(content_type: &str, body: &str) -> MessageForm {
    MessageForm {
        content_type: content_type.into(),
        body: body.into(),
        ..MessageForm::default()
    }
}

/// §10: the example, end to end. §4, §7: no Contact in either direction, no body in the answer, and
/// no dialog of it.
#[test]
fn watson_come_here() {
    let mut net = Net::pair();
    let (alice, now) = net.at(0);
    let text = InstantMessage::text("Watson, come here.");
    let message = alice
        .message(now, "sip:bob@192.0.2.2", text.clone())
        .unwrap();
    net.run_ms(50);
    let request = net.sent("MESSAGE")[0].clone();
    assert_eq!(request.field("Content-Type"), "text/plain");
    assert_eq!(request.field("Content-Length"), "18");
    assert_eq!(request.body(), "Watson, come here.");
    assert_eq!(request.tag("To"), "");
    let success = net.sent("200 MESSAGE")[0].clone();
    assert_eq!(success.body(), "");
    assert!(!success.tag("To").is_empty());
    for sent in [&request, &success] {
        assert!(sent.fields("Contact").is_empty());
        assert!(sent.fields("Expires").is_empty());
        assert!(sent.fields("Date").is_empty());
    }
    let from = String::from("sip:alice@example.org");
    assert_eq!(net.expect(1, heard), (None, from, text));
    let status = Some(StatusCode::OK);
    let told = UaEvent::MessageAnswered {
        message,
        status,
        details: None,
    };
    assert!(net.saw(0, &told));
    assert_eq!(net.at(1).0.user().live_calls(), 0);
    // A request that takes it for a dialog is told that it is none.
    let tag = format!("To: <sip:bob@example.org>;tag={}", success.tag("To"));
    let bye = from_caller("BYE", 2, "", "", "")
        .replace("To: <sip:bob@example.org>", &tag)
        .replace(
            "Call-ID: caller",
            &format!("Call-ID: {}", request.field("Call-ID")),
        );
    net.inject(address(9), address(2), &bye);
    net.puppet_receives("481 BYE");
    net.assert_idle();
}

/// §4: what holds only for a time says for how long, and since when; §7: and so it is understood.
#[test]
fn a_message_may_expire() {
    let mut net = Net::pair();
    let message = InstantMessage {
        expires: Some(Duration::from_secs(600)),
        date: Some(UnixTime::from_nanos(784_887_151_000_000_000)),
        ..InstantMessage::text("lunch?")
    };
    let (alice, now) = net.at(0);
    alice
        .message(now, "sip:bob@192.0.2.2", message.clone())
        .unwrap();
    net.run_ms(50);
    let request = net.sent("MESSAGE")[0];
    assert_eq!(request.field("Expires"), "600");
    assert_eq!(request.field("Date"), "Tue, 15 Nov 1994 08:12:31 GMT");
    assert_eq!(net.expect(1, heard).2, message);
}

/// §4, §7: 202 from whoever only keeps it.
#[test]
fn a_relay_accepts() {
    let mut config = UserAgentConfig::new("sip:relay@example.org");
    config.relays_messages = true;
    let mut net = Net::new([UserAgentConfig::new("sip:alice@example.org"), config]);
    let (alice, now) = net.at(0);
    let text = InstantMessage::text("later");
    alice.message(now, "sip:bob@192.0.2.2", text).unwrap();
    net.run_ms(50);
    assert_eq!(net.expect(0, answered), Some(StatusCode::ACCEPTED));
    assert!(net.sent("202 MESSAGE")[0].fields("Contact").is_empty());
}

/// §8: no second one to the same URI before the answer to the first, whatever that is; nothing
/// keeps back one to somebody else.
#[test]
fn one_at_a_time_to_each() {
    let mut net = alone();
    say(&mut net, "one").unwrap();
    assert_eq!(say(&mut net, "two"), Err(MessageError::Pending));
    let (alice, now) = net.at(0);
    // The same URI in another spelling (RFC 3261 §19.1.4).
    let same = alice.message(now, "SIP:bob@192.0.2.9", InstantMessage::text("x"));
    assert_eq!(same, Err(MessageError::Pending));
    let other = alice.message(now, "sip:eve@192.0.2.9", InstantMessage::text("x"));
    other.unwrap();
    let request = net.puppet_receives("MESSAGE");
    answer(&mut net, &request, "100 Trying", "");
    assert_eq!(say(&mut net, "two"), Err(MessageError::Pending));
    answer(&mut net, &request, "480 No", "");
    say(&mut net, "two").unwrap();
    // Nor does silence for ever.
    net.run_secs(33);
    say(&mut net, "three").unwrap();
}

/// §8: never more than 1300 bytes, Via included.
#[test]
fn a_message_has_its_limit() {
    let mut net = alone();
    let most = (1..1300)
        .rev()
        .find(|n| {
            let sent = say(&mut net, &"x".repeat(*n));
            let too_large = MessageError::Request(RequestError::TooLarge);
            assert!(sent.is_ok() || sent == Err(too_large));
            sent.is_ok()
        })
        .unwrap();
    net.run_ms(20);
    let size = net.sent("MESSAGE")[0].text.len();
    assert!(size <= 1300, "{size}");
    // And hardly less than might be.
    assert!(size > 1260, "{size}");
    let mut net = alone();
    let (_, call) = call_to_puppet(&mut net);
    let (alice, now) = net.at(0);
    let long = InstantMessage::text(&"x".repeat(most + 100));
    let refused = alice.message_in_call(now, call, long);
    assert_eq!(refused, Err(InDialogError::Request(RequestError::TooLarge)));
}

/// RFC 3261 §8.1.3.5: another form of the same for whoever cannot read the first: by its type, its
/// coding, its language or its size; and none twice.
#[test]
fn the_next_form_that_can_be_read() {
    let coded = MessageForm {
        coding: Some("gzip".into()),
        ..form("text/plain", "zipped")
    };
    let german = MessageForm {
        language: Some("de".into()),
        ..form("text/plain", "Komm her, Watson, und zwar gleich.")
    };
    let forms = [
        form("text/html", "<b>come</b>"),
        coded,
        german,
        form("text/plain", "come"),
    ];
    let message = InstantMessage {
        forms: forms.into(),
        ..InstantMessage::default()
    };
    // What is refused at each step, and what comes then.
    let unsupported = "415 Unsupported Media Type";
    let ways: [&[(&str, &str, Option<&str>)]; 4] = [
        &[
            (unsupported, "Accept: text/plain\r\n", Some("zipped")),
            (
                unsupported,
                "Accept-Encoding: identity\r\n",
                Some("Komm her"),
            ),
            (unsupported, "Accept-Language: en\r\n", Some("come")),
            (unsupported, "Accept: image/png\r\n", None),
        ],
        &[
            (
                unsupported,
                "Accept: text/*;q=0.5, text/html\r\nAccept-Encoding: deflate\r\nAccept-Language: en\r\n",
                Some("come"),
            ),
            (unsupported, "", None),
        ],
        &[
            ("413 Request Entity Too Large", "", Some("zipped")),
            ("413 Request Entity Too Large", "", Some("come")),
        ],
        &[("488 Not Acceptable Here", "", None)],
    ];
    for way in ways {
        let mut net = alone();
        let (alice, now) = net.at(0);
        alice.message(now, BOB, message.clone()).unwrap();
        let mut request = net.puppet_receives("MESSAGE");
        assert_eq!(request.body(), "<b>come</b>");
        for (status, more, next) in way {
            answer(&mut net, &request, status, more);
            let Some(next) = next else {
                let status = net.expect(0, answered).unwrap();
                assert!(status.as_u16() >= 400);
                assert_eq!(net.at(0).0.user().calls().count(), 0);
                net.assert_idle();
                continue;
            };
            let again = net.puppet_receives("MESSAGE");
            assert!(again.body().starts_with(next), "{}", again.text);
            assert_eq!(again.cseq(), request.cseq() + 1);
            assert_eq!(again.field("Call-ID"), request.field("Call-ID"));
            let coding = if *next == "zipped" { "gzip" } else { "" };
            assert_eq!(again.field("Content-Encoding"), coding);
            let language = if *next == "Komm her" { "de" } else { "" };
            assert_eq!(again.field("Content-Language"), language);
            request = again;
        }
    }
}

/// §7, RFC 3261 §8.2.3: what cannot be read is refused with what can; a multipart is taken apart.
#[test]
fn what_is_not_text_is_refused() {
    let mut config = UserAgentConfig::new("sip:bob@example.org");
    config.message_types.push("message/*".into());
    let mut net = Net::new([config]);
    let send = |net: &mut Net, kind: &str, body: &str| {
        let n = net.log.len();
        let text = from_caller("MESSAGE", 1, "", kind, "")
            .replace("Call-ID: caller", &format!("Call-ID: {n}"))
            .replace("branch=z9hG4bK", &format!("branch=z9hG4bK{n}"))
            .replace(
                "Content-Length: 0\r\n\r\n",
                &format!("Content-Length: {}\r\n\r\n{body}", body.len()),
            );
        net.inject(address(9), address(1), &text);
    };
    send(&mut net, "Content-Type: image/png\r\n", "png");
    let refusal = net.puppet_receives("415 MESSAGE");
    let accepted =
        "text/plain, message/*, multipart/mixed, multipart/alternative, multipart/signed";
    assert_eq!(refusal.field("Accept"), accepted);
    send(
        &mut net,
        "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n",
        "zip",
    );
    let refusal = net.puppet_receives("415 MESSAGE");
    assert_eq!(refusal.field("Accept-Encoding"), "identity");
    assert!(net.nodes[0].events.is_empty());
    send(&mut net, "Content-Type: Message/CPIM\r\n", "cpim");
    net.puppet_receives("200 MESSAGE");
    let said = net.expect(0, heard).2;
    assert_eq!(said.forms, [form("Message/CPIM", "cpim")]);
    let kind = "Content-Type: multipart/alternative;boundary=x\r\n";
    let body = "--x\r\nContent-Type: text/plain\r\nContent-Language: en\r\n\r\ncome\r\n\
        --x\r\nContent-Type: text/html\r\n\r\n<b>come</b>\r\n--x--\r\n";
    send(&mut net, kind, body);
    net.puppet_receives("200 MESSAGE");
    let english = MessageForm {
        language: Some("en".into()),
        ..form("text/plain", "come")
    };
    assert_eq!(net.expect(0, heard).2.forms, [english]);
    send(&mut net, "", "");
    net.puppet_receives("200 MESSAGE");
    assert_eq!(net.expect(0, heard).2.forms, Vec::new());
}

/// §4: in a call it belongs to the call, and changes nothing of it.
#[test]
fn messages_within_a_call() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    forget_events(&mut net);
    net.forget();
    let text = InstantMessage::text("can you hear me?");
    let (alice, now) = net.at(0);
    alice.message_in_call(now, a, text.clone()).unwrap();
    let second = alice.message_in_call(now, a, text.clone());
    assert_eq!(second, Err(InDialogError::Pending));
    net.run_ms(50);
    let request = net.sent("MESSAGE")[0];
    assert!(!request.tag("To").is_empty());
    assert!(request.fields("Contact").is_empty());
    assert!(net.sent("200 MESSAGE")[0].fields("Contact").is_empty());
    let (call, _, said) = net.expect(1, heard);
    assert_eq!((call, said), (Some(b), text.clone()));
    assert_eq!(net.expect(0, answered), Some(StatusCode::OK));
    let (alice, now) = net.at(0);
    alice.message_in_call(now, a, text.clone()).unwrap();
    net.run_ms(50);
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.run_ms(50);
    let (alice, now) = net.at(0);
    let late = alice.message_in_call(now, a, text);
    assert!(matches!(
        late,
        Err(InDialogError::NoDialog | InDialogError::Stale)
    ));
    net.assert_idle();
}

/// RFC 5057 §5.3: as it belongs to no usage, its failure leaves the call alone.
#[test]
fn a_message_that_fails_leaves_the_call() {
    for status in ["415 No", "481 No", "405 No", "408 No", "503 No"] {
        let mut net = alone();
        let (invite, call) = call_to_puppet(&mut net);
        let (alice, now) = net.at(0);
        let text = InstantMessage::text("psst");
        alice.message_in_call(now, call, text).unwrap();
        let request = net.puppet_receives("MESSAGE");
        assert_eq!(request.tag("To"), "t");
        answer(&mut net, &request, status, "");
        let told = net.expect(0, answered).unwrap();
        assert!(status.starts_with(&format!("{}", told.as_u16())));
        assert_eq!(net.at(0).0.user().live_calls(), 1);
        // It takes one in the other direction all the same.
        let text = in_dialog(&invite, "MESSAGE", 1, "", "");
        net.inject(address(9), address(1), &text);
        net.puppet_receives("200 MESSAGE");
        assert_eq!(net.expect(0, heard).0, Some(call));
    }
}

/// A challenge is answered, in a call and outside, with the same words.
#[test]
fn a_message_is_sent_again_with_credentials() {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.accounts = Vec::from([crate::sip::auth::Account::new("alice", "secret")]);
    let mut net = Net::new([config]);
    let (_, call) = call_to_puppet(&mut net);
    let challenge = "WWW-Authenticate: Digest realm=\"example.org\", nonce=\"1\", qop=\"auth\"\r\n";
    for in_call in [false, true] {
        let (alice, now) = net.at(0);
        let text = InstantMessage::text("open");
        if in_call {
            alice.message_in_call(now, call, text).unwrap();
        } else {
            alice.message(now, BOB, text).unwrap();
        }
        let mut request = net.puppet_receives("MESSAGE");
        if request.fields("Authorization").is_empty() {
            answer(&mut net, &request, "401 Unauthorized", challenge);
            request = net.puppet_receives("MESSAGE");
        }
        assert!(request.field("Authorization").starts_with("Digest "));
        assert_eq!(request.body(), "open");
        answer(&mut net, &request, "200 OK", "");
        assert_eq!(net.expect(0, answered), Some(StatusCode::OK));
    }
}
