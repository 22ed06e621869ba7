//! INFO and its packages (RFC 6086) from both ends.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::net::{Net, address, media, response, sdp};
use super::puppets::{call_to_puppet, from_caller, in_dialog};
use crate::sip::message::StatusCode;
use crate::sip::ua::{CallHandle, InDialogError, Info, UaEvent, UserAgentConfig};

/// Alice, who takes these packages.
fn alice(packages: &[&str]) -> Net {
    Net::new([UserAgentConfig {
        info_packages: packages.iter().map(|it| String::from(*it)).collect(),
        ..UserAgentConfig::new("sip:alice@example.org")
    }])
}

fn said(event: &UaEvent) -> Option<Info> {
    match event {
        UaEvent::Info { info, .. } => Some((**info).clone()),
        _ => None,
    }
}

/// An INFO of the puppet that Alice has called, with this body.
fn info(invite: &super::net::Sent, cseq: u32, more: &str, body: &str) -> String {
    let text = in_dialog(invite, "INFO", cseq, more, "");
    let text = text.replace("Contact: <sip:bob@192.0.2.9>\r\n", "");
    let length = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    text.replace("Content-Length: 0\r\n\r\n", &length)
}

/// §5.2.3, §12.1.1: which packages we take stands in every INVITE, be it that we take none, and in the
/// answer to one that says so itself.
#[test]
fn the_packages_we_take_are_announced() {
    let mut net = alice(&["P", "R"]);
    let (invite, _) = call_to_puppet(&mut net);
    assert_eq!(invite.field("Recv-Info"), "P, R");
    let (invite, _) = call_to_puppet(&mut alice(&[]));
    assert_eq!(invite.fields("Recv-Info"), [""]);
    for (more, answer) in [("Recv-Info: Q\r\n", &["P"][..]), ("", &[])] {
        let mut net = alice(&["P"]);
        let invite = from_caller("INVITE", 1, "", more, &sdp(9, "sendrecv"));
        net.inject(address(9), address(1), &invite);
        net.run_ms(20);
        let call = net.incoming(0);
        let (bob, now) = net.at(0);
        bob.accept(now, call, media(1)).unwrap();
        let success = net.puppet_receives("200 INVITE");
        assert_eq!(success.fields("Recv-Info"), answer);
    }
}

/// §4.2.2, §12.2: what belongs to a package we take arrives, alone or as a part of a multipart; so does
/// what belongs to none; and the call stays as it is.
// shows: S426
#[test]
fn what_is_said_arrives_and_changes_nothing() {
    let mut net = alice(&["foo"]);
    let (invite, call) = call_to_puppet(&mut net);
    let payload = "I am a foo message type";
    let more = "Info-Package: foo\r\nContent-Type: application/foo\r\n\
        Content-Disposition: Info-Package\r\n";
    net.inject(address(9), address(1), &info(&invite, 1, more, payload));
    let done = net.puppet_receives("200 INFO");
    assert_eq!(done.body(), "");
    let heard = net.expect(0, said);
    assert_eq!(heard.package.as_deref(), Some("foo"));
    assert_eq!(heard.content_type, "application/foo");
    assert_eq!(heard.body, payload.as_bytes());
    let more = "Info-Package: foo\r\nContent-Type: multipart/mixed;boundary=\"theboundary\"\r\n";
    let body = format!(
        "--theboundary\r\nContent-Type: application/mumble\r\n\r\n<mumble stuff>\r\n\
         --theboundary\r\nContent-Type: application/foo-x\r\nContent-Disposition: Info-Package\r\n\
         \r\n{payload}\r\n--theboundary--\r\n"
    );
    net.inject(address(9), address(1), &info(&invite, 2, more, &body));
    net.puppet_receives("200 INFO");
    let heard = net.expect(0, said);
    assert_eq!(heard.content_type, "application/foo-x");
    assert_eq!(heard.body, payload.as_bytes());
    let more = "Content-Type: application/dtmf-relay\r\n";
    let digit = "Signal=5\r\nDuration=160\r\n";
    net.inject(address(9), address(1), &info(&invite, 3, more, digit));
    net.puppet_receives("200 INFO");
    let heard = net.expect(0, said);
    assert_eq!(heard.package, None);
    assert_eq!(heard.body, digit.as_bytes());
    // It is no target refresh request, whatever it has in Contact.
    let elsewhere = "Contact: <sip:elsewhere@192.0.2.8>\r\n";
    net.inject(address(9), address(1), &info(&invite, 4, elsewhere, ""));
    net.puppet_receives("200 INFO");
    let (alice, now) = net.at(0);
    alice.hang_up(now, call).unwrap();
    assert_eq!(
        net.puppet_receives("BYE").request_uri(),
        "sip:bob@192.0.2.9"
    );
}

/// §4.2.2: any other package gets 469 and those we take, and the call goes on. Outside a call there is
/// nobody to say anything to.
#[test]
fn a_package_we_do_not_take_gets_469() {
    let mut net = alice(&["P", "R"]);
    let (invite, call) = call_to_puppet(&mut net);
    let more = "Info-Package: foo\r\n";
    net.inject(address(9), address(1), &info(&invite, 1, more, ""));
    let refused = net.puppet_receives("469 INFO");
    assert_eq!(refused.field("Recv-Info"), "P, R");
    assert!(
        !net.nodes[0]
            .events
            .iter()
            .any(|event| said(event).is_some())
    );
    let stage = net.nodes[0].endpoint.user().call(call).unwrap().stage();
    assert_eq!(stage, crate::sip::ua::Stage::Established);
    let stray = from_caller("INFO", 7, "x", "", "");
    net.inject(address(9), address(1), &stray);
    net.puppet_receives("481 INFO");
}

/// §4.2.1: nothing is sent for a package before the far end has said that it takes it, nor after it has
/// said that it does not; and 469 ends no call.
#[test]
fn only_what_the_far_end_takes_is_sent() {
    let mut net = alice(&[]);
    let (invite, call) = call_to_puppet(&mut net);
    let foo = Info {
        package: Some("foo".into()),
        content_type: "application/foo".into(),
        body: b"I am a foo message type".to_vec(),
    };
    let say = |net: &mut Net, call: CallHandle, info: &Info| {
        let (alice, now) = net.at(0);
        alice.info(now, call, info.clone())
    };
    assert_eq!(
        say(&mut net, call, &foo),
        Err(InDialogError::PackageNotTaken)
    );
    let takes = in_dialog(&invite, "UPDATE", 1, "Recv-Info: bar, foo\r\n", "");
    net.inject(address(9), address(1), &takes);
    let done = net.puppet_receives("200 UPDATE");
    assert_eq!(done.fields("Recv-Info"), [""]);
    say(&mut net, call, &foo).unwrap();
    let sent = net.puppet_receives("INFO");
    assert_eq!(sent.field("Info-Package"), "foo");
    assert_eq!(sent.field("Content-Disposition"), "Info-Package");
    assert_eq!(sent.field("Content-Type"), "application/foo");
    assert_eq!(sent.body().as_bytes(), foo.body);
    assert!(sent.fields("Recv-Info").is_empty());
    let refused = response(&sent, "469 Bad Info Package", "t", "Recv-Info:\r\n", "");
    net.inject(address(9), address(1), &refused);
    net.run_ms(20);
    let status = Some(StatusCode::BAD_INFO_PACKAGE);
    assert!(net.saw(
        0,
        &UaEvent::InfoAnswered {
            call,
            status,
            details: None
        }
    ));
    // §4.2.2: a 469 says nothing about what may be sent from now on.
    say(&mut net, call, &foo).unwrap();
    net.puppet_receives("INFO");
    let takes_none = in_dialog(&invite, "UPDATE", 2, "Recv-Info:\r\n", "");
    net.inject(address(9), address(1), &takes_none);
    net.puppet_receives("200 UPDATE");
    assert_eq!(
        say(&mut net, call, &foo),
        Err(InDialogError::PackageNotTaken)
    );
    // The use of before RFC 6086 needs nobody's word.
    let digit = Info {
        package: None,
        content_type: "application/dtmf-relay".into(),
        body: b"Signal=5\r\nDuration=160\r\n".to_vec(),
    };
    say(&mut net, call, &digit).unwrap();
    let sent = net.puppet_receives("INFO");
    assert!(sent.fields("Info-Package").is_empty());
    let full: Vec<_> = (0..10).map(|_| say(&mut net, call, &digit)).collect();
    assert_eq!(full.last(), Some(&Err(InDialogError::Pending)));
}

/// §12.2.2.2, §12.2.2.3: where the whole multipart belongs to the package, all of it is handed on, whatever
/// the parts say of themselves.
#[test]
fn a_multipart_may_belong_to_a_package() {
    let mut net = alice(&["foo"]);
    let (invite, _) = call_to_puppet(&mut net);
    let content_type = "multipart/mixed;boundary=\"theboundary\"";
    let more = format!(
        "Info-Package: foo\r\nContent-Type: {content_type}\r\nContent-Disposition: Info-Package\r\n"
    );
    let payload =
        |kind: &str| format!("I am a {kind} message type, and I belong to Info Package foo");
    let several = format!(
        "--theboundary\r\nContent-Type: application/foo-x\r\nContent-length: 59\r\n\r\n{}\r\n\
         --theboundary\r\nContent-Type: application/foo-y\r\nContent-length: 59\r\n\r\n{}\r\n\
         --theboundary--\r\n",
        payload("foo-x"),
        payload("foo-y")
    );
    let single = format!(
        "--theboundary\r\nContent-Type: application/foo-x\r\nContent-Disposition: icon\r\n\
         Content-length: 59\r\n\r\n{}\r\n--theboundary--\r\n",
        payload("foo-x")
    );
    for (cseq, body) in [(1, several), (2, single)] {
        net.inject(address(9), address(1), &info(&invite, cseq, &more, &body));
        net.puppet_receives("200 INFO");
        let heard = net.expect(0, said);
        assert_eq!(heard.package.as_deref(), Some("foo"));
        assert_eq!(heard.content_type, content_type);
        assert_eq!(heard.body, body.as_bytes());
    }
}

/// §12.1: each end says what it takes, in the INVITE, its 200, an UPDATE and the 200 to that; and who takes
/// nothing any more is told nothing any more, and hears still what the other one takes.
#[test]
fn the_example_of_willingness() {
    let mut net = Net::new([UserAgentConfig {
        info_packages: ["R", "T"].map(String::from).to_vec(),
        ..UserAgentConfig::new("sip:bob@example.com")
    }]);
    let more = "Allow: INVITE, ACK, BYE, UPDATE, INFO\r\nRecv-Info: P, R\r\n";
    let invite = from_caller("INVITE", 1, "", more, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    let call = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.accept(now, call, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    assert_eq!(success.field("Recv-Info"), "R, T");
    let tag = success.tag("To");
    let ack = from_caller("ACK", 1, tag, "", "");
    net.inject(address(9), address(1), &ack);
    net.run_ms(20);
    let say = |net: &mut Net, package: &str| {
        let (bob, now) = net.at(0);
        let info = Info {
            package: Some(package.into()),
            content_type: "application/foo".into(),
            body: b"I am a foo message type".to_vec(),
        };
        bob.info(now, call, info)
    };
    // T is what Bob takes, and Alice does not.
    assert_eq!(say(&mut net, "T"), Err(InDialogError::PackageNotTaken));
    say(&mut net, "P").unwrap();
    let sent = net.puppet_receives("INFO");
    let done = response(&sent, "200 OK", "", "", "");
    net.inject(address(9), address(1), &done);
    net.run_ms(20);
    let update = from_caller("UPDATE", 2, tag, "Recv-Info:\r\n", "");
    net.inject(address(9), address(1), &update);
    assert_eq!(net.puppet_receives("200 UPDATE").field("Recv-Info"), "R, T");
    for package in ["P", "R"] {
        assert_eq!(say(&mut net, package), Err(InDialogError::PackageNotTaken));
    }
    let heard = from_caller("INFO", 3, tag, "Info-Package: T\r\n", "");
    net.inject(address(9), address(1), &heard);
    net.puppet_receives("200 INFO");
    assert_eq!(net.expect(0, said).package.as_deref(), Some("T"));
}
