//! The names of all header fields, and what reads those that every message has (RFC 3261 §20).

use super::*;
use crate::sip::message::name_table::CANONICAL;

/// The sections §20.1 to §20.44, in their order, and the compact forms of §7.3.3.
const SECTION_20: [(&str, &str); 44] = [
    ("Accept", ""),
    ("Accept-Encoding", ""),
    ("Accept-Language", ""),
    ("Alert-Info", ""),
    ("Allow", ""),
    ("Authentication-Info", ""),
    ("Authorization", ""),
    ("Call-ID", "i"),
    ("Call-Info", ""),
    ("Contact", "m"),
    ("Content-Disposition", ""),
    ("Content-Encoding", "e"),
    ("Content-Language", ""),
    ("Content-Length", "l"),
    ("Content-Type", "c"),
    ("CSeq", ""),
    ("Date", ""),
    ("Error-Info", ""),
    ("Expires", ""),
    ("From", "f"),
    ("In-Reply-To", ""),
    ("Max-Forwards", ""),
    ("Min-Expires", ""),
    ("MIME-Version", ""),
    ("Organization", ""),
    ("Priority", ""),
    ("Proxy-Authenticate", ""),
    ("Proxy-Authorization", ""),
    ("Proxy-Require", ""),
    ("Record-Route", ""),
    ("Reply-To", ""),
    ("Require", ""),
    ("Retry-After", ""),
    ("Route", ""),
    ("Server", ""),
    ("Subject", "s"),
    ("Supported", "k"),
    ("Timestamp", ""),
    ("To", "t"),
    ("Unsupported", ""),
    ("User-Agent", ""),
    ("Via", "v"),
    ("Warning", ""),
    ("WWW-Authenticate", ""),
];

/// Those of extensions that have a compact form, as their RFCs and the registry say.
const COMPACT_EXTENSIONS: [(&str, &str); 11] = [
    ("Accept-Contact", "a"),
    ("Allow-Events", "u"),
    ("Event", "o"),
    ("Identity", "y"),
    ("Identity-Info", "n"),
    ("Refer-To", "r"),
    ("Referred-By", "b"),
    ("Reject-Contact", "j"),
    ("Request-Disposition", "d"),
    ("Session-Expires", "x"),
    ("Subject", "s"),
];

// shows: S132
#[test]
fn every_header_field_has_its_name_in_the_registry() {
    // The first 44 names are those of §20 in its order; the others are extensions.
    for ((name, text), (section, compact)) in CANONICAL.iter().zip(SECTION_20) {
        assert_eq!(*text, section);
        let names = [
            section,
            compact,
            &section.to_uppercase(),
            &compact.to_uppercase(),
        ];
        for spelt in names.iter().filter(|name| !name.is_empty()) {
            assert_eq!(HeaderName::from_bytes(spelt.as_bytes()), *name, "{spelt}");
        }
    }
    let mut seen = Vec::new();
    for (name, text) in &CANONICAL {
        assert_eq!(name.as_str(), *text);
        assert_eq!(
            HeaderName::from_bytes(text.to_lowercase().as_bytes()),
            *name
        );
        assert!(!seen.contains(text), "{text}");
        seen.push(text);
    }
    for (name, compact) in COMPACT_EXTENSIONS {
        let found = HeaderName::from_bytes(compact.as_bytes());
        assert_eq!(found.as_str(), name);
    }
    assert_eq!(HeaderName::from_bytes(b"Path-"), HeaderName::Other);
    for letter in [&b"g"[..], b"h", b"p", b"q", b"w", b"z"] {
        assert_eq!(HeaderName::from_bytes(letter), HeaderName::Other);
    }
}

// shows: S132
#[test]
fn what_every_message_has_is_read_by_its_type() {
    let message = invite();
    assert_eq!(message.to().unwrap().uri, "sip:bob@biloxi.com");
    assert_eq!(message.from().unwrap().tag, Some("1928301774"));
    assert_eq!(message.call_id(), Ok("a84b4c76e66710@pc33.atlanta.com"));
    assert_eq!(message.cseq().unwrap().number, 314_159);
    assert_eq!(message.max_forwards(), Ok(Some(70)));
    let contact = message.contacts().next().unwrap().unwrap();
    assert_eq!(contact.uri(), Some("sip:alice@pc33.atlanta.com"));
    assert_eq!(message.top_via().unwrap().transport, "UDP");
    let kind = message.content_type().unwrap().unwrap();
    assert!(kind.is("application", "sdp"));
    let subject = Text::parse(message.field(HeaderName::Subject).unwrap()).unwrap();
    assert_eq!(subject, Text("I know you're there, pick up"));
    let length = DeltaSeconds::parse(message.field(HeaderName::ContentLength).unwrap());
    assert_eq!(length.unwrap().0 as usize, message.body().len());
}
