use alloc::vec::Vec;
use core::net::SocketAddr;

use super::*;
use crate::rng::Rng;

const ID: TransactionId = TransactionId(*b"twelve bytes");

fn request(more: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, Class::Request, ID);
    more(&mut writer);
    writer.finish();
    bytes
}

fn kind(bytes: &[u8]) -> StunErrorKind {
    Message::parse(bytes).unwrap_err().kind
}

/// A message with attributes as they stand here, whatever they say.
fn raw(attributes: &[u8]) -> Vec<u8> {
    let mut bytes = request(|_| {});
    bytes.extend_from_slice(attributes);
    let length = (attributes.len() as u16).to_be_bytes();
    bytes[2..4].copy_from_slice(&length);
    bytes
}

// §5.
#[test]
fn the_four_classes_are_told_by_the_bits_between_those_of_the_method() {
    for (class, bytes) in [
        (Class::Request, [0x00, 0x01]),
        (Class::Indication, [0x00, 0x11]),
        (Class::Success, [0x01, 0x01]),
        (Class::Error, [0x01, 0x11]),
    ] {
        let mut message = Vec::new();
        Writer::new(&mut message, class, ID).finish();
        assert_eq!(message[..2], bytes);
        assert_eq!(Message::parse(&message).unwrap().class(), class);
    }
}

#[test]
fn what_is_written_is_read_back() {
    let v4: SocketAddr = "192.0.2.1:32853".parse().unwrap();
    let v6: SocketAddr = "[2001:db8:1234:5678:11:2233:4455:6677]:32853"
        .parse()
        .unwrap();
    for address in [v4, v6] {
        let bytes = request(|writer| {
            writer
                .attribute(AttributeType::SOFTWARE, "Offhöök".as_bytes())
                .xor_mapped_address(address)
                .mapped_address(address);
        });
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(message.transaction_id(), ID);
        assert_eq!(message.mapped_address(), Ok(Some(address)));
        let plain = message.attribute(AttributeType::MAPPED_ADDRESS).unwrap();
        assert_eq!(plain.address(), Ok(address));
        let hidden = message
            .attribute(AttributeType::XOR_MAPPED_ADDRESS)
            .unwrap();
        assert_ne!(
            hidden.address(),
            Ok(address),
            "hidden from translators (§14.2)"
        );
        let software = message.attribute(AttributeType::SOFTWARE).unwrap();
        assert_eq!(software.text(), Ok("Offhöök"));
    }
    let bytes = request(|writer| {
        writer
            .error_code(420, "Unknown Attribute")
            .unknown_attributes([
                AttributeType(0x0024),
                AttributeType(0x0025),
                AttributeType(3),
            ]);
    });
    let message = Message::parse(&bytes).unwrap();
    let error = message.error_code().unwrap().unwrap();
    assert_eq!((error.code, error.reason), (420, "Unknown Attribute"));
    let unknown = message
        .attribute(AttributeType::UNKNOWN_ATTRIBUTES)
        .unwrap();
    let types: Vec<u16> = unknown.types().unwrap().map(|kind| kind.0).collect();
    assert_eq!(types, [0x24, 0x25, 3]);
}

// §14.5 to §14.7.
#[test]
fn both_integrities_and_the_fingerprint_hold_together_and_only_with_the_key() {
    let mut bytes = Vec::new();
    Writer::new(&mut bytes, Class::Request, ID)
        .attribute(AttributeType::USERNAME, b"evtj:h6vY")
        .message_integrity(b"key")
        .message_integrity_sha256(b"key")
        .finish_with_fingerprint();
    let message = Message::parse(&bytes).unwrap();
    assert!(message.has_fingerprint());
    assert_eq!(message.is_integral(b"key"), Some(true));
    assert_eq!(message.is_integral_sha256(b"key"), Some(true));
    assert_eq!(message.is_integral(b"other"), Some(false));
    assert_eq!(message.is_integral_sha256(b"other"), Some(false));
    let bare = request(|_| {});
    assert_eq!(Message::parse(&bare).unwrap().is_integral(b"key"), None);
    // Every byte counts; without its type the fingerprint is none.
    let fingerprint = bytes.len() - 8;
    for place in 0..bytes.len() {
        let mut forged = bytes.clone();
        forged[place] ^= 1;
        let is_believed = Message::parse(&forged).is_ok_and(|message| message.has_fingerprint());
        let is_known = Message::parse(&forged).is_ok();
        assert!(!is_believed, "byte {place}");
        assert_eq!(
            is_known,
            (fingerprint..fingerprint + 2).contains(&place),
            "byte {place}"
        );
    }
}

// §14.5: what stands behind the integrity is nobody's word.
#[test]
fn what_stands_behind_the_integrity_is_ignored() {
    let address: SocketAddr = "192.0.2.66:6666".parse().unwrap();
    let bytes = request(|writer| {
        writer
            .message_integrity(b"key")
            .xor_mapped_address(address)
            .attribute(AttributeType(0x7777), b"");
    });
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.is_integral(b"key"), Some(true));
    assert_eq!(message.mapped_address(), Ok(None));
    assert_eq!(
        message
            .unknown_required(&[AttributeType::MESSAGE_INTEGRITY])
            .count(),
        0
    );
}

// §14: of two the first; §6.3.1.
#[test]
fn the_first_of_two_counts_and_the_unknown_that_must_be_understood_is_told() {
    let one: SocketAddr = "192.0.2.1:1".parse().unwrap();
    let two: SocketAddr = "192.0.2.2:2".parse().unwrap();
    let bytes = request(|writer| {
        writer
            .xor_mapped_address(one)
            .xor_mapped_address(two)
            .attribute(AttributeType(0x7777), b"abc")
            .attribute(AttributeType(0x8888), b"");
    });
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.mapped_address(), Ok(Some(one)));
    let known = [AttributeType::XOR_MAPPED_ADDRESS];
    let unknown: Vec<AttributeType> = message.unknown_required(&known).collect();
    assert_eq!(unknown, [AttributeType(0x7777)]);
}

#[test]
fn lengths_that_lie_are_refused() {
    let good = request(|writer| {
        writer.attribute(AttributeType::SOFTWARE, b"abc");
    });
    for end in 0..good.len() {
        assert!(Message::parse(&good[..end]).is_err(), "{end} bytes");
    }
    let mut longer = good.clone();
    longer.push(0);
    assert_eq!(kind(&longer), StunErrorKind::Length);
    let mut unaligned = good.clone();
    unaligned[3] = 7;
    assert_eq!(kind(&unaligned), StunErrorKind::Length);
    for attributes in [
        &[0x80, 0x22, 0x00, 0x05, 1, 2, 3, 4][..],
        &[0x80, 0x22, 0xff, 0xff, 1, 2, 3, 4],
        &[0x80, 0x22, 0x00, 0x04],
    ] {
        assert_eq!(kind(&raw(attributes)), StunErrorKind::AttributeLength);
    }
    // The padding counts and may hold anything (§14).
    let padded = raw(&[0x80, 0x22, 0x00, 0x01, b'a', 1, 2, 3]);
    assert!(Message::parse(&padded).is_ok());
}

#[test]
fn values_of_the_wrong_shape_are_refused_when_they_are_asked_for() {
    for length in 0..4_u8 {
        let mut attribute = [0x00, 0x09, 0x00, length, 0, 0, 4, 0];
        let attribute = if length == 0 {
            &attribute[..4]
        } else {
            &mut attribute[..]
        };
        let bytes = raw(attribute);
        let error = Message::parse(&bytes).unwrap().error_code().unwrap_err();
        assert_eq!(
            error.kind,
            StunErrorKind::Value,
            "ERROR-CODE of {length} bytes"
        );
    }
    for (class, number) in [(2, 0), (7, 0), (4, 100)] {
        let bytes = raw(&[0x00, 0x09, 0x00, 0x04, 0, 0, class, number]);
        let error = Message::parse(&bytes).unwrap().error_code().unwrap_err();
        assert_eq!(error.kind, StunErrorKind::ErrorCode);
    }
    for (value, why) in [
        (
            &[0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8][..],
            StunErrorKind::Value,
        ),
        (&[0, 2, 0, 0, 1, 2, 3, 4], StunErrorKind::Value),
        (&[0, 3, 0, 0, 1, 2, 3, 4], StunErrorKind::Family),
        (&[0, 1, 0], StunErrorKind::Value),
    ] {
        let bytes = request(|writer| {
            writer.attribute(AttributeType::XOR_MAPPED_ADDRESS, value);
        });
        let error = Message::parse(&bytes)
            .unwrap()
            .mapped_address()
            .unwrap_err();
        assert_eq!((error.kind, error.at), (why, 20), "{value:?}");
    }
    let bytes = request(|writer| {
        writer
            .attribute(AttributeType::USERNAME, &[0xff])
            .attribute(AttributeType::UNKNOWN_ATTRIBUTES, &[1, 2, 3]);
    });
    let message = Message::parse(&bytes).unwrap();
    assert!(
        message
            .attribute(AttributeType::USERNAME)
            .unwrap()
            .text()
            .is_err()
    );
    let odd = message
        .attribute(AttributeType::UNKNOWN_ATTRIBUTES)
        .unwrap();
    assert!(odd.types().is_err());
}

#[test]
fn what_is_not_a_binding_of_stun_is_something_else() {
    assert!(!is_stun(b""));
    assert!(!is_stun(b"OPTIONS sip:bob@example.com SIP/2.0\r\n"));
    assert!(!is_stun(&[0; 20]), "no cookie: RFC 3489 or chance");
    let good = request(|_| {});
    for place in [0, 4, 5, 6, 7] {
        let mut other = good.clone();
        other[place] ^= 0xc0;
        assert!(!is_stun(&other), "byte {place}");
        assert_eq!(kind(&other), StunErrorKind::NotStun);
    }
    let mut allocate = good;
    allocate[1] = 0x03;
    assert_eq!(kind(&allocate), StunErrorKind::Method);
}

// §14.7.
#[test]
fn the_fingerprint_is_the_last_attribute_and_is_right_or_all_is_wrong() {
    let mut bytes = Vec::new();
    Writer::new(&mut bytes, Class::Request, ID).finish_with_fingerprint();
    assert!(Message::parse(&bytes).unwrap().has_fingerprint());
    let mut wrong = bytes.clone();
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(kind(&wrong), StunErrorKind::Fingerprint);
    let mut followed = bytes.clone();
    followed.extend_from_slice(&[0x80, 0x22, 0, 0]);
    followed[3] += 4;
    assert_eq!(kind(&followed), StunErrorKind::AfterFingerprint);
    let short = raw(&[0x80, 0x28, 0x00, 0x03, 1, 2, 3, 0]);
    assert_eq!(kind(&short), StunErrorKind::Fingerprint);
}

#[test]
fn an_attribute_that_does_not_fit_is_left_out() {
    let bytes = request(|writer| {
        for _ in 0..3 {
            writer.attribute(AttributeType::SOFTWARE, &[b'x'; 30_000]);
        }
    });
    assert_eq!(Message::parse(&bytes).unwrap().attributes().count(), 2);
}

#[test]
fn no_bytes_are_too_strange() {
    let mut rng = Rng::from_seed([8; 32]);
    for _ in 0..20_000 {
        let mut noise = [0; 40];
        rng.fill(&mut noise);
        let mut bytes = raw(&noise);
        if rng.below(2) == 0 {
            // Types there are, and lengths that are nearly right.
            let kinds = [1_u16, 6, 8, 9, 10, 0x1c, 0x20, 0x8022, 0x8028];
            let kind = kinds[usize::try_from(rng.below(9)).unwrap()];
            bytes[20..22].copy_from_slice(&kind.to_be_bytes());
            bytes[22..24].copy_from_slice(&(rng.below(44) as u16).to_be_bytes());
        }
        let Ok(message) = Message::parse(&bytes) else {
            continue;
        };
        let _ = (message.mapped_address(), message.error_code());
        let _ = (message.is_integral(b"k"), message.is_integral_sha256(b"k"));
        for attribute in message.attributes() {
            let _ = (attribute.text(), attribute.types().map(Iterator::count));
        }
    }
}
