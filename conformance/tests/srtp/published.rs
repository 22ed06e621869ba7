//! The vectors of RFC 3711 appendix B, RFC 6188 §7 and RFC 7714 §16 and §17
//! (`vectors/recover_srtp.py`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use offhook::cipher::{Aead, Ciphers, CounterMode, Mac};
use offhook::rtp::srtp::{
    MasterKey, Policy, ReceiveContext, SendContext, Suite, counter_iv, derive_key,
};
use offhook_mio::RustCrypto;

use crate::packets::{protect, protect_control, unprotect, unprotect_control};

/// The values of one section by their names.
struct Section(BTreeMap<String, Vec<u8>>);

impl Section {
    fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("vectors/{name}.txt"));
        let text = fs::read_to_string(path).unwrap();
        let row = |line: &str| {
            let (name, digits) = line.split_once('=').unwrap();
            (name.to_owned(), octets(digits))
        };
        Self(text.lines().map(row).collect())
    }

    fn get(&self, name: &str) -> &[u8] {
        self.0.get(name).unwrap_or_else(|| panic!("no {name}"))
    }
}

fn octets(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(octet).collect()
}

/// RFC 3711 B.2, RFC 6188 §7.1, §7.3: the keystream of a packet too long for any network.
// shows: S267
#[test]
fn keystreams_of_counter_mode() {
    for name in ["rfc3711/B.2", "rfc6188/7.1", "rfc6188/7.3"] {
        let section = Section::read(name);
        let cipher = RustCrypto
            .aes_counter_mode(section.get("session key"))
            .unwrap();
        let salt: [u8; 14] = section.get("session salt")[..14].try_into().unwrap();
        let start = counter_iv(&salt, 0, 0);
        assert_eq!(start, section.get("offset"), "{name}");
        let mut stream = vec![0; 1_044_512];
        cipher.apply(&start, &mut stream);
        let blocks = section.0.iter().filter(|(name, _)| name.len() == 32);
        assert_eq!(blocks.clone().count(), 6, "{name}");
        let first = u128::from_be_bytes(start);
        for (counter, block) in blocks {
            let place = u128::from_str_radix(counter, 16).unwrap() - first;
            let place = 16 * usize::try_from(place).unwrap();
            assert_eq!(&stream[place..place + 16], block, "{name} {counter}");
        }
    }
}

/// RFC 3711 B.3, RFC 6188 §7.2, §7.4.
// shows: S267
#[test]
fn keys_derived_from_master_keys() {
    for name in ["rfc3711/B.3", "rfc6188/7.2", "rfc6188/7.4"] {
        let section = Section::read(name);
        let prf = RustCrypto
            .aes_counter_mode(section.get("master key"))
            .unwrap();
        for (label, key) in [(0, "cipher key"), (1, "auth key"), (2, "cipher salt")] {
            let expected = section.get(key);
            let mut derived = vec![0xff; expected.len()];
            derive_key(
                prf.as_ref(),
                section.get("master salt"),
                label,
                0,
                &mut derived,
            );
            assert_eq!(derived, expected, "{name} {key}");
        }
    }
}

/// Ciphers whose key derivation yields what is wanted: the RFCs print session keys, and no master
/// keys for them.
#[derive(Debug)]
struct Scripted {
    key: Vec<u8>,
    salt: Vec<u8>,
}

/// The key derivation itself.
struct Script {
    key: Vec<u8>,
    salt: Vec<u8>,
}

impl CounterMode for Script {
    fn apply(&self, start: &[u8; 16], bytes: &mut [u8]) {
        // With a master salt of zeros the label stands alone.
        let value = match start[7] {
            0 | 3 => &self.key,
            2 | 5 => &self.salt,
            _ => return,
        };
        bytes.copy_from_slice(value);
    }
}

impl Ciphers for Scripted {
    fn aes_counter_mode(&self, key: &[u8]) -> Option<Box<dyn CounterMode>> {
        if key.iter().all(|octet| *octet == 0) {
            let (key, salt) = (self.key.clone(), self.salt.clone());
            return Some(Box::new(Script { key, salt }));
        }
        RustCrypto.aes_counter_mode(key)
    }

    fn aes_gcm(&self, key: &[u8]) -> Option<Box<dyn Aead>> {
        RustCrypto.aes_gcm(key)
    }

    fn hmac_sha1(&self, key: &[u8]) -> Box<dyn Mac> {
        RustCrypto.hmac_sha1(key)
    }
}

/// Contexts with these session keys.
fn contexts(policy: &Policy, key: &[u8], salt: &[u8]) -> (SendContext, ReceiveContext) {
    let scripted = Scripted {
        key: key.to_vec(),
        salt: salt.to_vec(),
    };
    let scripted: &'static Scripted = Box::leak(Box::new(scripted));
    let suite = policy.suite;
    let zeros = vec![0; suite.key_length() + suite.salt_length()];
    let keys = vec![MasterKey::new(suite, &zeros).unwrap()];
    let send = SendContext::new(scripted, policy.clone(), keys.clone()).unwrap();
    (
        send,
        ReceiveContext::new(scripted, policy.clone(), keys).unwrap(),
    )
}

/// RFC 3711 B.1. Its salt has 32 bits: the mask fills it up with 0x55, and so does this test.
// shows: S267
#[test]
fn a_packet_in_f8_mode() {
    let section = Section::read("rfc3711/B.1");
    let mut salt = section.get("salt key").to_vec();
    salt.resize(14, 0x55);
    let policy = Policy {
        authenticates_media: false,
        ..Policy::new(Suite::F8With128HmacSha1Tag80)
    };
    let (_, mut receive) = contexts(&policy, section.get("key"), &salt);
    let header = section.get("rtp packet header");
    let rollovers = u32::from_be_bytes(section.get("roc").try_into().unwrap());
    let sequence = u16::from_be_bytes([header[2], header[3]]);
    let ssrc = u32::from_be_bytes(header[8..].try_into().unwrap());
    assert!(receive.join(ssrc, rollovers, sequence));
    let packet = [header, section.get("ciphertext")].concat();
    let expected = [header, section.get("rtp packet payload")].concat();
    assert_eq!(unprotect(&mut receive, &packet), Ok(expected));
}

/// The suite whose key is in a section of RFC 7714.
fn gcm(section: &Section) -> Suite {
    match section.get("key").len() {
        16 => Suite::AeadAes128Gcm,
        _ => Suite::AeadAes256Gcm,
    }
}

/// RFC 7714 §16: encrypted, or only authenticated, and back.
// shows: S267
#[test]
fn packets_of_media_with_gcm() {
    for (protecting, opening, encrypts_media) in [
        ("16.1.1", "16.1.2", true),
        ("16.1.3", "16.1.4", false),
        ("16.2.1", "16.2.2", true),
        ("16.2.3", "16.2.4", false),
    ] {
        let section = Section::read(&format!("rfc7714/{protecting}"));
        let policy = Policy {
            encrypts_media,
            ..Policy::new(gcm(&section))
        };
        let (mut send, mut receive) = contexts(&policy, section.get("key"), section.get("salt"));
        let original = section.get("original");
        assert_eq!(
            protect(&mut send, original),
            section.get("packet"),
            "{protecting}"
        );

        let section = Section::read(&format!("rfc7714/{opening}"));
        let opened = unprotect(&mut receive, section.get("original"));
        assert_eq!(opened.as_deref(), Ok(original), "{opening}");
        if encrypts_media {
            // What the section prints as the packet is its payload.
            assert_eq!(&original[12..], section.get("packet"), "{opening}");
        }
    }
}

/// RFC 7714 §17. The packet at the head of the section is none of those it uses after.
// shows: S267
#[test]
fn rtcp_packets_with_gcm() {
    for (name, encrypts_control, is_sent) in [
        ("17.1", true, true),
        ("17.2", true, false),
        ("17.3", false, true),
        ("17.4", false, false),
    ] {
        let section = Section::read(&format!("rfc7714/{name}"));
        let policy = Policy {
            encrypts_control,
            ..Policy::new(gcm(&section))
        };
        let (mut send, mut receive) = contexts(&policy, section.get("key"), section.get("salt"));
        let (original, packet) = (section.get("original"), section.get("packet"));
        let (clear, protected) = if is_sent {
            (original, packet)
        } else {
            (packet, original)
        };
        // Indices begin at zero; these packets have index 0x5d4.
        (0..0x5d4).for_each(|_| drop(protect_control(&mut send, clear)));
        assert_eq!(protect_control(&mut send, clear), protected, "{name}");
        let opened = unprotect_control(&mut receive, protected);
        assert_eq!(opened.as_deref(), Ok(clear), "{name}");
    }
}
