//! What a refusal inside a dialog takes with it (RFC 5057 §5.1): the request, or the call.

use alloc::format;
use alloc::vec::Vec;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::{alone, call_to_puppet, forget_events};
use crate::sip::message::StatusCode;
use crate::sip::ua::{EndReason, Info, InstantMessage, UaEvent};

/// The codes of Table 2 that end an INVITE usage, or with it the dialog, when they answer a re-INVITE;
/// 408 is what §5.2 says of silence.
const ENDING: [u16; 14] = [
    404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 501, 502, 604,
];
/// Those that end the dialog, whatever request they answer.
const OF_THE_DIALOG: [u16; 9] = [404, 410, 416, 482, 483, 484, 485, 502, 604];
/// The others of Table 2, and some that nobody knows. 491 and 500 come back, 401, 407 and 422 have
/// their own tests.
const HARMLESS: [u16; 34] = [
    305, 400, 402, 403, 406, 412, 413, 414, 415, 417, 420, 421, 423, 428, 429, 436, 437, 438, 486,
    487, 488, 489, 493, 494, 499, 500, 503, 504, 505, 513, 555, 580, 600, 606,
];

fn answer(net: &mut Net, request: &Sent, status: u16) {
    let text = response(request, &format!("{status} No"), "", "", "");
    net.inject(address(9), address(1), &text);
    net.run_ms(50);
}

/// Whether the call of Alice goes on: if not, its end has been told and a BYE sent (RFC 3261
/// §12.2.1.2).
fn goes_on(net: &mut Net) -> bool {
    if net.at(0).0.user().live_calls() == 1 && net.sent("BYE").is_empty() {
        return true;
    }
    let bye = net.puppet_receives("BYE");
    answer(net, &bye, 481);
    assert_eq!(net.ended(0), EndReason::DialogLost);
    assert_eq!(net.at(0).0.user().live_calls(), 0);
    false
}

#[test]
fn a_refused_reinvite_ends_what_table_2_says() {
    for status in HARMLESS.into_iter().chain(ENDING) {
        let mut net = alone();
        let (_, call) = call_to_puppet(&mut net);
        let (alice, now) = net.at(0);
        alice.hold(now, call).unwrap();
        let hold = net.puppet_receives("INVITE");
        forget_events(&mut net);
        answer(&mut net, &hold, status);
        let is_over = ENDING.contains(&status);
        assert_eq!(goes_on(&mut net), !is_over, "{status}");
        if !is_over {
            let told = UaEvent::ChangeRefused {
                call,
                status: StatusCode::new(status).unwrap(),
                details: None,
            };
            assert!(net.saw(0, &told), "{status}");
        }
    }
}

/// Of an INFO, that its method is not known says nothing about the call (note 3).
#[test]
fn a_refused_info_ends_what_table_2_says() {
    for status in HARMLESS.into_iter().chain(ENDING) {
        let mut net = alone();
        let (_, call) = call_to_puppet(&mut net);
        let (alice, now) = net.at(0);
        let info = Info {
            content_type: "text/plain".into(),
            body: b"x".to_vec(),
            ..Info::default()
        };
        alice.info(now, call, info).unwrap();
        let request = net.puppet_receives("INFO");
        answer(&mut net, &request, status);
        let told = UaEvent::InfoAnswered {
            call,
            status: StatusCode::new(status),
            details: None,
        };
        assert!(net.saw(0, &told), "{status}");
        let is_over = ENDING.contains(&status) && !matches!(status, 405 | 501);
        assert_eq!(goes_on(&mut net), !is_over, "{status}");
    }
}

/// A MESSAGE belongs to no usage (§5.3): only what is wrong with the dialog matters.
#[test]
fn a_refused_message_ends_what_table_2_says() {
    for status in HARMLESS.into_iter().chain(ENDING) {
        let mut net = alone();
        let (_, call) = call_to_puppet(&mut net);
        let (alice, now) = net.at(0);
        let text = InstantMessage::text("x");
        alice.message_in_call(now, call, text).unwrap();
        let request = net.puppet_receives("MESSAGE");
        answer(&mut net, &request, status);
        let is_over = OF_THE_DIALOG.contains(&status);
        assert_eq!(goes_on(&mut net), !is_over, "{status}");
    }
}

/// A refresh by UPDATE that is not known is done by INVITE, and one that finds no call ends it.
#[test]
fn a_refused_update_ends_what_table_2_says() {
    for (status, is_over) in [
        (405, false),
        (501, false),
        (488, false),
        (481, true),
        (404, true),
    ] {
        let mut net = alone();
        let (alice, now) = net.at(0);
        alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
        let invite = net.puppet_receives("INVITE");
        let more = "Contact: <sip:bob@192.0.2.9>\r\nAllow: INVITE, UPDATE\r\n\
            Supported: timer\r\nRequire: timer\r\nSession-Expires: 90;refresher=uac\r\n";
        let success = response(&invite, "200 OK", "t", more, &sdp(9, "sendrecv"));
        net.inject(address(9), address(1), &success);
        let update = net.puppet_receives("UPDATE");
        answer(&mut net, &update, status);
        if matches!(status, 405 | 501) {
            net.puppet_receives("INVITE");
        }
        assert_eq!(goes_on(&mut net), !is_over, "{status}");
    }
}

/// §5.2, RFC 3261 §12.2.1.2: silence is about the usage, too.
#[test]
fn silence_ends_a_call() {
    for method in ["INVITE", "INFO", "MESSAGE"] {
        let mut net = alone();
        let (_, call) = call_to_puppet(&mut net);
        net.forget();
        let (alice, now) = net.at(0);
        match method {
            "INVITE" => alice.hold(now, call).unwrap(),
            "INFO" => alice.info(now, call, Info::default()).unwrap(),
            _ => {
                let text = InstantMessage::text("x");
                alice.message_in_call(now, call, text).unwrap();
            }
        }
        net.run_secs(33);
        let labels: Vec<_> = net.labels();
        assert!(labels.contains(&format!("1 {method}")));
        assert_eq!(goes_on(&mut net), method == "MESSAGE", "{method}");
    }
}
