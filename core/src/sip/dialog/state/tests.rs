use alloc::format;
use alloc::string::String;

use super::*;
use crate::limits::Limits;
use crate::sip::header::Via;

fn parse(text: &str) -> Message {
    Message::parse(text.as_bytes(), &Limits::default()).unwrap()
}

const ROUTES: &str = "Record-Route: <sip:p3.middle.com;lr;x=1>;y=2, <sip:p2.example.com>\r\n\
    Record-Route: <sip:p1.example.com;lr>\r\n";

fn invite(from: &str, more: &str) -> Message {
    parse(&format!(
        "INVITE sip:callee@u2.domain.com SIP/2.0\r\n\
         Via: SIP/2.0/UDP u1.example.com;branch=z9hG4bKx\r\n\
         From: {from}\r\n\
         To: <sip:callee@domain.com>\r\n\
         Call-ID: a84b4c76e66710\r\n\
         CSeq: 314159 INVITE\r\n\
         Contact: \"Caller\" <sip:caller@u1.example.com>;q=1\r\n\
         {more}Content-Length: 0\r\n\r\n"
    ))
}

fn response(status: &str, to: &str, more: &str) -> Message {
    parse(&format!(
        "SIP/2.0 {status}\r\n\
         Via: SIP/2.0/UDP u1.example.com;branch=z9hG4bKx\r\n\
         From: <sip:caller@example.com>;tag=8\r\n\
         To: {to}\r\n\
         Call-ID: a84b4c76e66710\r\n\
         CSeq: 314159 INVITE\r\n\
         {more}Content-Length: 0\r\n\r\n"
    ))
}

fn written(builder: &mut RequestBuilder) -> Message {
    let via = Via::parse(b"SIP/2.0/UDP here;branch=z9hG4bKy").unwrap();
    let bytes = builder.finish().unwrap().with_via(&via);
    Message::parse(&bytes, &Limits::default()).unwrap()
}

fn rows(message: &Message, name: HeaderName) -> alloc::vec::Vec<String> {
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    message.fields(name).map(text).collect()
}

/// RFC 3261 §12.1.1.
#[test]
fn the_end_that_answers_takes_its_state_from_the_request() {
    let request = invite("<sip:caller@example.com>;tag=8", ROUTES);
    let dialog = Dialog::of_request(&request, "mine", false).unwrap();
    let id = dialog.id();
    assert_eq!(
        (&*id.call_id, &*id.local_tag, &*id.remote_tag),
        ("a84b4c76e66710", "mine", "8")
    );
    assert_eq!(
        dialog.route_set().uris().collect::<alloc::vec::Vec<_>>(),
        [
            "sip:p3.middle.com;lr;x=1",
            "sip:p2.example.com",
            "sip:p1.example.com;lr"
        ]
    );
    assert_eq!(dialog.remote_target(), "sip:caller@u1.example.com");
    assert_eq!(
        (dialog.local_seq(), dialog.remote_seq()),
        (None, Some(314_159))
    );
    assert_eq!(dialog.local_uri(), "sip:callee@domain.com");
    assert_eq!(dialog.remote_uri(), "sip:caller@example.com");
    assert_eq!(dialog.state(), DialogState::Early);
    assert!(!dialog.owns_call_id());
}

/// RFC 3261 §12.1.2.
#[test]
fn the_end_that_asked_takes_its_state_from_the_response() {
    let more = format!("{ROUTES}Contact: <sip:callee@u2.domain.com>\r\n");
    let ringing = response("180 Ringing", "<sip:callee@domain.com>;tag=9", &more);
    let dialog = Dialog::of_response(&ringing, false).unwrap();
    let id = dialog.id();
    assert_eq!((&*id.local_tag, &*id.remote_tag), ("8", "9"));
    assert_eq!(
        dialog.route_set().uris().collect::<alloc::vec::Vec<_>>(),
        [
            "sip:p1.example.com;lr",
            "sip:p2.example.com",
            "sip:p3.middle.com;lr;x=1"
        ]
    );
    assert_eq!(dialog.remote_target(), "sip:callee@u2.domain.com");
    assert_eq!(
        (dialog.local_seq(), dialog.remote_seq()),
        (Some(314_159), None)
    );
    assert_eq!(&*id.call_id, "a84b4c76e66710");
    assert_eq!(dialog.local_uri(), "sip:caller@example.com");
    assert_eq!(dialog.remote_uri(), "sip:callee@domain.com");
    assert_eq!(dialog.state(), DialogState::Early);
    assert!(dialog.owns_call_id());
}

/// RFC 3261 §12: three strings name a dialog; a peer of RFC 2543 leaves its tag out, which is the
/// null tag, and gets none back.
// shows: S128
#[test]
fn three_strings_name_a_dialog_and_a_null_tag_is_one_of_them() {
    let request = invite("<sip:caller@example.com>", "");
    let mut dialog = Dialog::of_request(&request, "mine", false).unwrap();
    assert_eq!(&*dialog.id().remote_tag, "");
    let bye = written(&mut dialog.request(Method::Bye));
    assert_eq!(bye.to().unwrap().tag, None);
    assert_eq!(bye.from().unwrap().tag, Some("mine"));
    assert_eq!(bye.call_id(), Ok("a84b4c76e66710"));

    let success = response("200 OK", "<sip:callee@domain.com>", "");
    let dialog = Dialog::of_response(&success, false).unwrap();
    assert_eq!(&*dialog.id().remote_tag, "");
    assert_eq!(dialog.state(), DialogState::Confirmed);

    let tagged = response("200 OK", "<sip:callee@domain.com>;tag=9", "");
    assert_ne!(
        DialogId::of_response(&tagged).unwrap(),
        DialogId::of_response(&success).unwrap()
    );
}

/// §12.2.1.1: contiguous numbers, and the ACK has that of its INVITE.
#[test]
fn requests_are_numbered_one_after_the_other() {
    let success = response("200 OK", "<sip:callee@domain.com>;tag=9", "");
    let mut dialog = Dialog::of_response(&success, false).unwrap();
    let number = |message: &Message| message.cseq().unwrap().number;
    let ack = written(&mut dialog.ack(314_159));
    assert_eq!(number(&ack), 314_159);
    assert_eq!(ack.cseq().unwrap().method, Method::Ack);
    assert_eq!(
        number(&written(&mut dialog.request(Method::Invite))),
        314_160
    );
    assert_eq!(number(&written(&mut dialog.request(Method::Bye))), 314_161);
    assert_eq!(number(&written(&mut dialog.ack(314_160))), 314_160);
}

/// §12.2.2: higher is in order, by however much; lower, or the same again, is not.
#[test]
fn lower_numbers_are_out_of_order_and_gaps_are_not() {
    let request = invite("<sip:caller@example.com>;tag=8", "");
    let mut dialog = Dialog::of_request(&request, "mine", false).unwrap();
    assert_eq!(dialog.receive_sequence(314_158), Err(OutOfOrder));
    assert_eq!(dialog.receive_sequence(314_159), Err(OutOfOrder));
    assert_eq!(dialog.receive_sequence(314_200), Ok(()));
    assert_eq!(dialog.receive_sequence(314_199), Err(OutOfOrder));
    assert_eq!(dialog.remote_seq(), Some(314_200));
    // The first request from a peer that has sent none yet may have any number.
    let success = response("200 OK", "<sip:callee@domain.com>;tag=9", "");
    let mut dialog = Dialog::of_response(&success, false).unwrap();
    assert_eq!(dialog.receive_sequence(0), Ok(()));
    assert_eq!(dialog.remote_seq(), Some(0));
}

/// §13.2.2.4: of all state, only the route set is computed anew; RFC 6141 §4.7: and the target.
#[test]
fn a_2xx_confirms_the_dialog_and_renews_its_route_set() {
    let early = "Contact: <sip:callee@old>\r\n";
    let ringing = response(
        "183 Session Progress",
        "<sip:callee@domain.com>;tag=9",
        early,
    );
    let mut dialog = Dialog::of_response(&ringing, false).unwrap();
    written(&mut dialog.request(Method::Options));
    let late = "Record-Route: <sip:p1;lr>\r\nContact: <sip:callee@new>\r\n";
    let success = response("200 OK", "<sip:callee@domain.com>;tag=9", late);
    dialog.confirm_by(&success).unwrap();
    assert_eq!(dialog.state(), DialogState::Confirmed);
    assert_eq!(dialog.local_seq(), Some(314_160));
    let bye = written(&mut dialog.request(Method::Bye));
    assert_eq!(bye.request_uri(), Some("sip:callee@new"));
    assert_eq!(rows(&bye, HeaderName::Route), ["<sip:p1;lr>"]);
    assert_eq!(dialog.next_hop(), "sip:p1;lr");
}

/// §12.2: a target refresh changes where requests end, and never the way there.
#[test]
fn a_target_refresh_leaves_the_route_set_alone() {
    let request = invite("<sip:caller@example.com>;tag=8", ROUTES);
    let mut dialog = Dialog::of_request(&request, "mine", false).unwrap();
    let before = dialog.route_set().clone();
    let moved = "Record-Route: <sip:other;lr>\r\n";
    let refresh = parse(
        &String::from_utf8(
            invite("<sip:caller@example.com>;tag=8", moved)
                .as_bytes()
                .to_vec(),
        )
        .unwrap()
        .replace("caller@u1", "caller@u3"),
    );
    dialog.refresh_target(&refresh);
    assert_eq!(dialog.remote_target(), "sip:caller@u3.example.com");
    assert_eq!(dialog.route_set(), &before);
    // Without a Contact the target stays.
    dialog.refresh_target(&response("200 OK", "<sip:callee@domain.com>;tag=9", ""));
    assert_eq!(dialog.remote_target(), "sip:caller@u3.example.com");
}

#[test]
fn a_request_without_contact_makes_no_dialog() {
    let text = String::from_utf8(invite("<sip:a@b>;tag=8", "").as_bytes().to_vec()).unwrap();
    let request = parse(&text.replace("Contact", "X-Contact"));
    let refused = Dialog::of_request(&request, "mine", false).err();
    assert_eq!(refused, Some(DialogError::NoContact));
}

/// §12.1.1, §12.1.2: without Record-Route there is no route set, and §12.2.1.1 no Route.
#[test]
fn without_record_route_there_is_no_route() {
    let request = invite("<sip:caller@example.com>;tag=8", "");
    let contact = "Contact: <sip:callee@u2.domain.com>\r\n";
    let success = response("200 OK", "<sip:callee@domain.com>;tag=9", contact);
    for (mut dialog, target) in [
        (
            Dialog::of_request(&request, "mine", false).unwrap(),
            "sip:caller@u1.example.com",
        ),
        (
            Dialog::of_response(&success, false).unwrap(),
            "sip:callee@u2.domain.com",
        ),
    ] {
        assert_eq!(dialog.route_set().uris().count(), 0);
        let bye = written(&mut dialog.request(Method::Bye));
        assert_eq!(bye.request_uri(), Some(target));
        assert!(rows(&bye, HeaderName::Route).is_empty());
    }
}

/// §12.2.1.1: From, To and Call-ID of a request are those of the dialog, whichever end sends it; an
/// end that has sent none begins with a number below 2**31 (§8.1.1.5).
#[test]
fn a_request_says_who_asks_whom_in_which_dialog() {
    let request = invite("<sip:caller@example.com>;tag=8", "");
    let contact = "Contact: <sip:callee@u2.domain.com>\r\n";
    let success = response("200 OK", "<sip:callee@domain.com>;tag=9", contact);
    let (caller, callee) = ("<sip:caller@example.com>", "<sip:callee@domain.com>");
    for (mut dialog, from, to) in [
        (
            Dialog::of_request(&request, "9", false).unwrap(),
            format!("{callee};tag=9"),
            format!("{caller};tag=8"),
        ),
        (
            Dialog::of_response(&success, false).unwrap(),
            format!("{caller};tag=8"),
            format!("{callee};tag=9"),
        ),
    ] {
        for method in [Method::Options, Method::Bye] {
            let sent = written(&mut dialog.request(method));
            assert_eq!(rows(&sent, HeaderName::From), [from.as_str()]);
            assert_eq!(rows(&sent, HeaderName::To), [to.as_str()]);
            assert_eq!(sent.call_id(), Ok("a84b4c76e66710"));
            let cseq = sent.cseq().unwrap();
            assert_eq!(cseq.method, method);
            assert!(cseq.number > 0 && cseq.number < 1 << 31);
            assert_eq!(rows(&sent, HeaderName::MaxForwards), ["70"]);
        }
    }
}
