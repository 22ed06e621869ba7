//! The STUN messages that RFC 5769 prints.

use std::path::PathBuf;

use offhook::stun::{AttributeType, Class, Message, TransactionId, Writer};

fn vector(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/rfc5769");
    std::fs::read(folder.join(name)).expect("a vector")
}

/// The key of the short-term credentials (RFC 8489 §9.1.1).
const PASSWORD: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";

/// Writes a message that holds what `printed` holds, and the integrity and the fingerprint it has,
/// made anew.
fn written(printed: &Message<'_>, key: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, printed.class(), printed.transaction_id());
    for attribute in printed.attributes() {
        match attribute.kind {
            AttributeType::MESSAGE_INTEGRITY => writer.message_integrity(key),
            AttributeType::FINGERPRINT => break,
            AttributeType::XOR_MAPPED_ADDRESS => {
                let address = printed.mapped_address().expect("readable");
                writer.xor_mapped_address(address.expect("it is there"))
            }
            kind => writer.attribute(kind, attribute.value),
        };
    }
    if printed.has_fingerprint() {
        writer.finish_with_fingerprint();
    } else {
        writer.finish();
    }
    bytes
}

// §2.1 to §2.3. Their padding is spaces, ours is zeros (RFC 8489 §14), which the codes cover: so a
// message with padding is compared with the printed one after that is zeroed too.
// shows: S465
#[test]
fn the_printed_messages_are_read_and_their_codes_are_right() {
    for (name, class, mapped) in [
        ("req.bin", Class::Request, None),
        ("respv4.bin", Class::Success, Some("192.0.2.1:32853")),
        (
            "respv6.bin",
            Class::Success,
            Some("[2001:db8:1234:5678:11:2233:4455:6677]:32853"),
        ),
    ] {
        let bytes = vector(name);
        let message = Message::parse(&bytes).expect("valid, its fingerprint included");
        assert_eq!(message.class(), class);
        let id = *b"\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae";
        assert_eq!(message.transaction_id(), TransactionId(id));
        assert!(message.has_fingerprint());
        assert_eq!(message.is_integral(PASSWORD), Some(true), "{name}");
        assert_eq!(message.is_integral(b"another"), Some(false));
        let expected = mapped.map(|text| text.parse().expect("an address"));
        assert_eq!(message.mapped_address(), Ok(expected), "{name}");
        let again = written(&message, PASSWORD);
        let reread = Message::parse(&again).expect("valid");
        assert_eq!(reread.is_integral(PASSWORD), Some(true));
        let values = |message: &Message<'_>| -> Vec<(AttributeType, Vec<u8>)> {
            let codes = [AttributeType::MESSAGE_INTEGRITY, AttributeType::FINGERPRINT];
            message
                .attributes()
                .filter(|attribute| !codes.contains(&attribute.kind))
                .map(|attribute| (attribute.kind, attribute.value.to_vec()))
                .collect()
        };
        assert_eq!(values(&reread), values(&message), "{name}");
    }
    // §2.4: padded with zeros, so ours is the same to the last byte.
    let bytes = vector("reqltc.bin");
    let message = Message::parse(&bytes).expect("valid");
    let user = message.attribute(AttributeType::USERNAME).expect("a user");
    let realm = message.attribute(AttributeType::REALM).expect("a realm");
    let nonce = message.attribute(AttributeType::NONCE).expect("a nonce");
    assert_eq!(user.text(), Ok("マトリックス"));
    assert_eq!(nonce.text(), Ok("f//499k954d6OL34oL9FSTvy64sA"));
    // RFC 8489 §9.2.2: the key of the long-term credentials.
    use offhook::hash::{Hash, Md5};
    let mut hash = Md5::new();
    for part in [user.value, b":", realm.value, b":", b"TheMatrIX"] {
        hash.update(part);
    }
    let key = hash.finish();
    assert_eq!(message.is_integral(&key), Some(true));
    assert_eq!(written(&message, &key), bytes);
}

// RFC 8489 §6.3.1: PRIORITY and ICE-CONTROLLED are ICE's; who does not know ICE says so.
#[test]
fn a_request_of_ice_holds_something_a_plain_server_does_not_understand() {
    let bytes = vector("req.bin");
    let message = Message::parse(&bytes).expect("valid");
    let known = [AttributeType::USERNAME, AttributeType::MESSAGE_INTEGRITY];
    let unknown: Vec<u16> = message
        .unknown_required(&known)
        .map(|kind| kind.0)
        .collect();
    assert_eq!(unknown, [0x0024]);
}
