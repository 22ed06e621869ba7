//! Connections, certificates and keys.

use super::*;

/// RFC 4145 §4 and §5, and every pair of the table of §4.1.
#[test]
fn who_opens_the_connection() {
    use Setup::*;
    let all = [
        ("active", Active),
        ("passive", Passive),
        ("actpass", ActPass),
        ("holdconn", HoldConn),
    ];
    for (value, setup) in all {
        assert_eq!(same::<Setup>(value), setup);
    }
    let table = [
        (Active, &[Passive, HoldConn][..]),
        (Passive, &[Active, HoldConn]),
        (ActPass, &[Active, Passive, HoldConn]),
        (HoldConn, &[HoldConn]),
    ];
    for (offer, answers) in table {
        for (_, answer) in all {
            let expected = answers.contains(&answer);
            assert_eq!(answer.may_answer(offer), expected, "{offer:?} {answer:?}");
        }
    }
    assert_eq!(same::<ConnectionReuse>("new"), ConnectionReuse::New);
    assert_eq!(
        same::<ConnectionReuse>("existing"),
        ConnectionReuse::Existing
    );
    refused::<Setup>(&["", "Active", "both"]);
    refused::<ConnectionReuse>(&["", "old"]);
}

/// RFC 8122 §5, Figure 1, whose fingerprints are printed over several lines.
#[test]
fn fingerprints() {
    let sha256 = "sha-256 12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:\
                  18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD";
    let sha1 = "sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB";
    let read = same::<Fingerprint<'_>>(sha256);
    assert_eq!(
        (read.hash, read.digest[0], read.digest.len()),
        (HashFunction::Sha256, 0x12, 32)
    );
    // The figure names its functions in capitals; small letters are read too.
    let capitals = sha256.replace("sha", "SHA");
    assert_eq!(Fingerprint::parse(&capitals).as_ref(), Some(&read));
    let small = sha256.to_ascii_lowercase();
    assert_eq!(Fingerprint::parse(&small).as_ref(), Some(&read));
    // As RFC 5763 §7.1 prints it.
    assert_eq!(Fingerprint::parse(&format!(" {capitals}")), Some(read));
    assert_eq!(same::<Fingerprint<'_>>(sha1).hash, HashFunction::Sha1);
    // MD5 and MD2 are recognised, and must not be used.
    let md5 = same::<Fingerprint<'_>>("md5 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F");
    assert!(!md5.hash.is_usable() && HashFunction::Sha256.is_usable());
    assert_eq!(
        same::<Fingerprint<'_>>("sha3-8 FF").hash,
        HashFunction::Other("sha3-8")
    );
    refused::<Fingerprint<'_>>(&[
        "", "sha-1", "sha-1 ", "sha-1 4A", "x 4", "x 4AA", "x +A", "x 4A:", "x :4A", "x 4A:4",
        "x 4A 4B", "x/y 4A",
    ]);
}

const OFFERED: &str = "1 AES_CM_128_HMAC_SHA1_80 \
                       inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4 FEC_ORDER=FEC_SRTP";
const TWO_KEYS: &str = "2 F8_128_HMAC_SHA1_80 \
                        inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|2^20|1:4;\
                        inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2^20|2:4 FEC_ORDER=FEC_SRTP";

/// RFC 4568 §7.1.5: the lines of the offer, and of §4.1 and §6.1.
#[test]
fn keys_of_srtp() {
    let one = same::<Crypto<'_>>(OFFERED);
    assert_eq!(
        (one.tag, one.suite),
        (1, CryptoSuite::AesCm128HmacSha1Tag80)
    );
    assert_eq!(
        one.parameters,
        [SessionParameter::FecOrder(FecOrder::FecThenSrtp)]
    );
    let [key] = one.keys.as_slice() else {
        panic!("one key");
    };
    assert_eq!((key.key_and_salt.len(), key.lifetime), (30, Some(1 << 20)));
    let identifier = key.identifier.unwrap();
    assert_eq!((identifier.value, identifier.octets), ("1", 4));
    assert!(!format!("{one:?}").contains(&format!("{:?}", key.key_and_salt)));
    let two = same::<Crypto<'_>>(TWO_KEYS);
    assert_eq!(
        (two.suite, two.keys.len()),
        (CryptoSuite::F8With128HmacSha1Tag80, 2)
    );
    // Neither a lifetime nor an identifier has to be there, nor both.
    let key = "inline:YUJDZGVmZ2hpSktMbW9QUXJzVHVWd3l6MTIzNDU2";
    for rest in ["", "|1066:4", "|2^20", "|7", "|2^48|1:128"] {
        let text = format!("1 AES_CM_128_HMAC_SHA1_32 {key}{rest}");
        same::<Crypto<'_>>(&text);
    }
    // A plain number that is a power of two means the same in either form.
    let plain = format!("1 AES_CM_128_HMAC_SHA1_32 {key}|1048576");
    assert_eq!(
        Crypto::parse(&plain).unwrap().keys[0].lifetime,
        Some(1 << 20)
    );
    // White space of any length, which is written as one space.
    let loose = OFFERED.replace(' ', " \t ");
    assert_eq!(Crypto::parse(&loose), Some(same::<Crypto<'_>>(OFFERED)));
    // A suite that is not known has a key of its own length, filled up or not.
    let filled = same::<Crypto<'_>>("9 NEW_1 inline:AAAA");
    assert_eq!(filled.keys[0].key_and_salt, [0; 3]);
    assert_eq!(
        Crypto::parse("9 N inline:AAA"),
        Crypto::parse("9 N inline:AAA=")
    );
}

/// RFC 4568 §6.3: every session parameter; §6.3.7: one that is not known spoils the line unless it
/// begins with a dash.
#[test]
fn session_parameters() {
    let base = "1 AES_CM_128_HMAC_SHA1_80 inline:YUJDZGVmZ2hpSktMbW9QUXJzVHVWd3l6MTIzNDU2";
    let key = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
    for parameter in [
        "KDR=1",
        "KDR=24",
        "UNENCRYPTED_SRTP",
        "UNENCRYPTED_SRTCP",
        "UNAUTHENTICATED_SRTP",
        "FEC_ORDER=SRTP_FEC",
        &format!("FEC_KEY={key}|2^20|1:4"),
        "WSH=64",
        "WSH=128 KDR=2 -X=1",
    ] {
        same::<Crypto<'_>>(&format!("{base} {parameter}"));
    }
    for parameter in [
        "KDR=0",
        "KDR=25",
        "KDR=01",
        "KDR",
        "UNENCRYPTED_SRTP=1",
        "FEC_ORDER=NONE",
        "FEC_KEY=inline:AAAA",
        "WSH=63",
        "WSH=064",
        "NEW",
        "NEW=1",
        "-",
        "--X",
        "unencrypted_srtp",
    ] {
        refused::<Crypto<'_>>(&[&format!("{base} {parameter}")]);
    }
}

/// RFC 4568 §6.1, §6.2.1, §9.1: what makes the whole attribute invalid.
#[test]
fn keys_that_break_a_rule() {
    let good = "inline:YUJDZGVmZ2hpSktMbW9QUXJzVHVWd3l6MTIzNDU2";
    let other = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
    for keys in [
        // 30 octets exactly.
        "inline:YUJDZGVmZ2hpSktMbW9QUXJzVHVWd3l6MTIz",
        "inline:YUJDZGVmZ2hpSktMbW9QUXJzVHVWd3l6MTIzNDU2AAAA",
        "inline:",
        "inline:????",
        "url:x",
        &format!("{good}|0"),
        &format!("{good}|01"),
        &format!("{good}|2^49"),
        &format!("{good}|2^64"),
        &format!("{good}|281474976710657"),
        &format!("{good}|"),
        &format!("{good}|1:0"),
        &format!("{good}|1:129"),
        &format!("{good}|1:04"),
        &format!("{good}|01:4"),
        &format!("{good}|:4"),
        &format!("{good}|1:4|2^20"),
        &format!("{good}|2^20|2^20"),
        // Several keys are told apart, by identifiers of one length.
        &format!("{good};{other}"),
        &format!("{good}|1:4;{other}"),
        &format!("{good}|1:4;{other}|2:5"),
        &format!("{good}|1:4;"),
    ] {
        refused::<Crypto<'_>>(&[&format!("1 AES_CM_128_HMAC_SHA1_80 {keys}")]);
    }
    for start in ["", " 1", "x", "1234567890", "-1"] {
        refused::<Crypto<'_>>(&[&format!("{start} AES_CM_128_HMAC_SHA1_80 {good}")]);
    }
    refused::<Crypto<'_>>(&["1", "1 AES_CM_128_HMAC_SHA1_80", "1 AES-CM inline:AAAA"]);
}

/// RFC 4567 §3.1, and the message of its §7.2.
#[test]
fn key_management() {
    let data = "AQAFgM0XflABAAAAAAAAAAAAAAsAyONQ6gAAAAAGEEoo2pee4hp2\
                UaDX8ZE22YwKAAAPZG9uYWxkQGR1Y2suY29tAQAAAAAAAQAk0JKpgaVkDaawi9whVBtBt\
                0KZ14ymNuu62+Nv3ozPLygwK/GbAV9iemnGUIZ19fWQUOSrzKTAv9zV";
    let value = format!("mikey {data}");
    let read = same::<KeyManagement<'_>>(&value);
    assert_eq!((read.protocol, read.data), ("mikey", data));
    assert!(!format!("{read:?}").contains("AQAF"));
    // One space may stand before the name of the protocol.
    assert_eq!(KeyManagement::parse(&format!(" {value}")), Some(read));
    refused::<KeyManagement<'_>>(&[
        "",
        "mikey",
        "mikey ",
        "mikey AAA",
        "mikey A=AA",
        "mi:key AAAA",
        "  mikey AAAA",
    ]);
}
