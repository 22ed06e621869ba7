//! The torture messages of RFC 4475 and RFC 5118 at the layer that reads them: what each must be
//! taken for, before any transaction or user sees it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use offhook::Limits;
use offhook::sip::header::Value;
use offhook::sip::message::{HeaderName, Message, Method, ParseErrorKind, StatusCode};
use offhook::sip::uri::{Uri, unescape};
use offhook::text::unquote;

/// What the message layer makes of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// Well formed, or wrong only in what may be ignored.
    Fine,
    /// A request to be refused with this status.
    Refuse(u16),
    /// A response to be dropped, or nothing that can be answered.
    Drop,
}
use Verdict::{Drop, Fine, Refuse};

fn vector(rfc: &str, name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(rfc);
    let path = folder.join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(bytes: &[u8]) -> Result<Message, ParseErrorKind> {
    Message::parse(bytes, &Limits::default()).map_err(|error| error.kind)
}

fn verdict(bytes: &[u8]) -> Verdict {
    let message = match read(bytes) {
        Ok(message) => message,
        Err(kind) => {
            return kind
                .response()
                .map_or(Drop, |status| Refuse(status.as_u16()));
        }
    };
    match message.fatal_finding() {
        None => Fine,
        Some(finding) => finding
            .answer
            .map_or(Drop, |status| Refuse(status.as_u16())),
    }
}

fn torture(name: &str) -> Message {
    read(&vector("rfc4475", name)).unwrap_or_else(|kind| panic!("{name}: {kind}"))
}

/// Each message of RFC 4475 in the order of its sections. Where the RFC leaves a choice, the one
/// that section 3 of the RFC names first is ours.
const RFC4475: [(&str, Verdict); 49] = [
    // 3.1.1, valid.
    ("wsinv.dat", Fine),
    ("intmeth.dat", Fine),
    ("esc01.dat", Fine),
    ("escnull.dat", Fine),
    ("esc02.dat", Fine),
    ("lwsdisp.dat", Fine),
    ("longreq.dat", Fine),
    ("dblreq.dat", Fine),
    ("semiuri.dat", Fine),
    ("transports.dat", Fine),
    ("mpart01.dat", Fine),
    ("unreason.dat", Fine),
    ("noreason.dat", Fine),
    // 3.1.2, invalid.
    ("badinv01.dat", Refuse(400)),
    ("clerr.dat", Refuse(400)),
    ("ncl.dat", Refuse(400)),
    ("scalar02.dat", Refuse(400)),
    ("scalarlg.dat", Drop),
    ("quotbal.dat", Refuse(400)),
    ("ltgtruri.dat", Refuse(400)),
    ("lwsruri.dat", Refuse(400)),
    ("lwsstart.dat", Refuse(400)),
    ("trws.dat", Refuse(400)),
    ("escruri.dat", Refuse(400)),
    // A date that nobody needs should not cost the request.
    ("baddate.dat", Fine),
    ("regbadct.dat", Refuse(400)),
    ("badaspec.dat", Refuse(400)),
    ("baddn.dat", Refuse(400)),
    ("badvers.dat", Refuse(505)),
    ("mismatch01.dat", Refuse(400)),
    ("mismatch02.dat", Refuse(501)),
    ("bigcode.dat", Drop),
    // 3.2, for transactions.
    ("badbranch.dat", Fine),
    // 3.3, for applications; here only what is wrong with the message itself.
    ("insuf.dat", Refuse(400)),
    ("unkscm.dat", Fine),
    ("novelsc.dat", Fine),
    ("unksm2.dat", Fine),
    ("bext01.dat", Fine),
    ("invut.dat", Fine),
    ("regaut01.dat", Fine),
    ("multi01.dat", Refuse(400)),
    ("mcl01.dat", Refuse(400)),
    ("bcast.dat", Fine),
    ("zeromf.dat", Fine),
    ("cparam01.dat", Fine),
    ("cparam02.dat", Fine),
    ("regescrt.dat", Fine),
    ("sdp01.dat", Fine),
    // 3.4, from the time of RFC 2543.
    ("inv2543.dat", Fine),
];

// shows: S121
#[test]
fn every_torture_message_gets_the_verdict_of_rfc_4475() {
    for (name, expected) in RFC4475 {
        let mut bytes = vector("rfc4475", name);
        if name == "baddn.dat" {
            // The archive lost the empty line that the RFC prints; it is not what is tested.
            bytes.extend_from_slice(b"\r\n");
        }
        assert_eq!(verdict(&bytes), expected, "{name}");
    }
}

// RFC 4475 §3.1.1.1.
// shows: S131
#[test]
fn folds_compact_names_and_mixed_lists_are_read() {
    let message = torture("wsinv.dat");
    assert_eq!(message.to().unwrap().tag, Some("1918181833n"));
    assert_eq!(message.from().unwrap().tag, Some("98asjd8"));
    assert_eq!(
        message.from().unwrap().display.map(unquote).unwrap(),
        "J Rosenberg \\\""
    );
    assert_eq!(message.max_forwards(), Ok(Some(68)));
    let cseq = message.cseq().unwrap();
    assert_eq!((cseq.number, cseq.method), (9, Method::Invite));
    let vias: Vec<_> = message.vias().map(Result::unwrap).collect();
    let transports: Vec<_> = vias.iter().map(|via| via.transport).collect();
    assert_eq!(transports, ["UDP", "TCP", "UDP"]);
    assert_eq!(vias[2].branch, Some("z9hG4bK30239"));
    assert_eq!(vias[0].rfc3261_branch(), None);
    assert_eq!(message.field(HeaderName::Subject), Some(&b""[..]));
    let strange = message.field_named("unknownheaderwithunusualvalue");
    assert_eq!(strange, Some(&b";;,,;;,;"[..]));
    let mut fangled = Vec::new();
    message
        .field_named("NewFangledHeader")
        .unwrap()
        .write(&mut fangled);
    assert_eq!(fangled, b"newfangled value continued newfangled value");
    let contact = message.contacts().next().unwrap().unwrap();
    let contact = contact.address().unwrap();
    assert_eq!(contact.q.unwrap().thousandths(), 330);
    assert!(contact.params.get("secondparam").unwrap().value.is_none());
    assert_eq!(message.routes().count(), 1);
    assert_eq!(message.body().len(), 150);
}

// RFC 4475 §3.1.1.3, §3.1.1.4, §3.1.1.5.
// shows: S145
#[test]
fn escapes_are_undone_once_and_only_in_uris() {
    let message = torture("esc01.dat");
    let parsed = Uri::parse(message.request_uri().unwrap()).unwrap();
    let user = parsed.sip().unwrap().unescaped_user().unwrap();
    assert_eq!(&*user, b"sips:user@example.com");
    let to = Uri::parse(message.to().unwrap().uri).unwrap();
    assert!(to.equivalent(&Uri::parse("sip:user@example.com").unwrap()));
    let contact = message.contacts().next().unwrap().unwrap();
    let contact = Uri::parse(contact.uri().unwrap()).unwrap();
    let contact = contact.sip().unwrap();
    assert_eq!(&*contact.unescaped_user().unwrap(), b"caller");
    assert!(contact.is_loose_router(), "%6C%72 is lr");
    assert_eq!(&*unescape(contact.params.get("name").unwrap()), b"value%41");

    let message = torture("escnull.dat");
    let to = Uri::parse(message.to().unwrap().uri).unwrap();
    assert_eq!(
        &*to.sip().unwrap().unescaped_user().unwrap(),
        b"null-\0-null"
    );
    assert_eq!(
        to.sip().unwrap().address_of_record(),
        "sip:null-\0-null@example.com"
    );
    let contacts: Vec<_> = message
        .contacts()
        .map(|c| c.unwrap().uri().unwrap())
        .collect();
    let [one, two] = [contacts[0], contacts[1]].map(|uri| Uri::parse(uri).unwrap());
    assert!(!one.equivalent(&two));

    let message = torture("esc02.dat");
    assert_eq!(message.method(), Method::Other("RE%47IST%45R"));
    assert_eq!(message.to().unwrap().display, Some(&b"%Z%45"[..]));
    assert_eq!(message.contacts().count(), 2);
    assert_eq!(
        message.top_via().unwrap().branch,
        Some("z9hG4bK209%fzsnel234")
    );
}

#[test]
fn the_rest_of_the_valid_messages_mean_what_rfc_4475_says() {
    let message = torture("intmeth.dat");
    let method = "!interesting-Method0123456789_*+`.%indeed'~";
    assert_eq!(message.method(), Method::Other(method));
    assert_eq!(
        message.call_id(),
        Ok("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{")
    );
    let display = message.to().unwrap().display.map(unquote).unwrap();
    assert_eq!(display, "BEL:\u{7} NUL:\0 DEL:\u{7f}");
    assert_eq!(
        message.from().unwrap().display,
        Some(&b"token1~` token2'+_ token3*%!.-"[..])
    );
    // What stands behind the body of a datagram is not part of it.
    let message = torture("dblreq.dat");
    assert_eq!(
        (message.method(), message.body()),
        (Method::Register, &b""[..])
    );
    assert!(!message.as_bytes().windows(6).any(|word| word == b"INVITE"));
    let message = torture("longreq.dat");
    assert_eq!(message.vias().filter(Result::is_ok).count(), 34);
    // semiuri: the semicolon is in the user part.
    let message = torture("semiuri.dat");
    let uri = Uri::parse(message.request_uri().unwrap()).unwrap();
    assert_eq!(uri.sip().unwrap().user, Some("user;par=u%40example.net"));
    let message = torture("transports.dat");
    let transports: Vec<_> = message.vias().map(|via| via.unwrap().transport).collect();
    assert_eq!(transports, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
    let message = torture("unreason.dat");
    assert_eq!(message.status(), Some(StatusCode::OK));
    // cparam01 and cparam02: whose parameter it is.
    for (name, inside) in [("cparam01.dat", false), ("cparam02.dat", true)] {
        let message = torture(name);
        let contact = message.contacts().next().unwrap().unwrap();
        assert_eq!(
            contact.uri().unwrap().contains("unknownparam"),
            inside,
            "{name}"
        );
        let params = contact.address().unwrap().params;
        assert_eq!(params.get("unknownparam").is_some(), !inside, "{name}");
    }
}

#[test]
fn every_ipv6_message_gets_the_verdict_of_rfc_5118() {
    let expected = BTreeMap::from([
        ("ipv6-good", Fine),
        ("ipv6-bad", Refuse(400)),
        ("port-ambiguous", Fine),
        ("port-unambiguous", Fine),
        ("via-received-param-with-delim", Fine),
        ("via-received-param-no-delim", Fine),
        ("ipv6-in-sdp", Fine),
        ("mult-ip-in-header", Fine),
        ("mult-ip-in-sdp", Fine),
        ("ipv4-mapped-ipv6", Fine),
        // RFC 5954 took the grammar that allows three colons away.
        ("ipv6-bug-abnf-3-colons", Refuse(400)),
        ("ipv6-correct-abnf-2-colons", Fine),
    ]);
    for (name, verdict_of_rfc) in expected {
        // The RFC prints them with the line ends of its own text.
        let text = String::from_utf8(vector("rfc5118", name)).unwrap();
        let mut bytes = text.replace("\r\n", "\n").replace('\n', "\r\n");
        // The file of two of them ends before the empty line.
        if !bytes.contains("\r\n\r\n") {
            bytes.push_str("\r\n");
        }
        if let Some((header, body)) = bytes.split_once("\r\n\r\n") {
            // The archive has bare line feeds, and in two of three descriptions a length that is
            // right for neither form; what is tested is the addresses, so it is set right.
            let length = format!("Content-Length: {}", body.len());
            let rows = header.lines().map(|row| match row.split_once(':') {
                Some((name, _)) if name.eq_ignore_ascii_case("Content-Length") => length.as_str(),
                _ => row,
            });
            bytes = format!("{}\r\n\r\n{body}", rows.collect::<Vec<_>>().join("\r\n"));
        }
        assert_eq!(verdict(bytes.as_bytes()), verdict_of_rfc, "{name}");
    }
}
