//! The computation, against published values and those of other implementations (RFC 7616 §3.4).

use alloc::format;

use super::super::digest::hash;
use super::*;

/// RFC 2617 §3.5, RFC 7616 §3.9.1 (whose password is "Circle of Life").
// shows: S271
#[test]
fn published_digests() {
    let (user, realm) = ("Mufasa", "testrealm@host.com");
    let ha1 = Ha1::new(HashAlgorithm::Md5, user, realm, "Circle Of Life");
    assert_eq!(
        digest(
            Algorithm::MD5,
            &ha1,
            "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            Some("0a4f113b"),
            "GET",
            "/dir/index.html"
        ),
        "6629fae49393a05397450978507c4ef1"
    );
    let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    for (algorithm, response) in [
        (Algorithm::MD5, "8ca523f5e9506fed4657c9700eebdbec"),
        (
            Algorithm::SHA_256,
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ] {
        let ha1 = Ha1::new(
            algorithm.hash,
            user,
            "http-auth@example.org",
            "Circle of Life",
        );
        let computed = digest(
            algorithm,
            &ha1,
            nonce,
            Some(cnonce),
            "GET",
            "/dir/index.html",
        );
        assert_eq!(computed, response);
    }
}

/// RFC 7616 §3.9.2, whose printed values are SHA-512 cut to 256 bits, which is not SHA-512/256.
/// The true ones were computed with another implementation.
#[test]
fn sha_512_256_is_the_one_of_fips_180_4() {
    let (user, realm) = ("J\u{e4}s\u{f8}n Doe", "api@example.org");
    let algorithm = Algorithm::SHA_512_256;
    let ha1 = Ha1::new(algorithm.hash, user, realm, "Secret, or not?");
    let nonce = "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK";
    let cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v";
    let computed = digest(algorithm, &ha1, nonce, Some(cnonce), "GET", "/doe.json");
    assert_eq!(
        computed,
        "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
    );
    let name = hash(algorithm.hash, &[user.as_bytes(), realm.as_bytes()]);
    assert_eq!(
        name.as_str(),
        "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    );
}

/// The parameters of RFC 3261 §22.2. Its printed response is that of RFC 2617 §3.5; with the
/// password "zanzibar" this is the one.
#[test]
fn the_example_of_rfc_3261() {
    let ha1 = Ha1::new(HashAlgorithm::Md5, "bob", "biloxi.com", "zanzibar");
    let computed = digest(
        Algorithm::MD5,
        &ha1,
        "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        Some("0a4f113b"),
        "INVITE",
        "sip:bob@biloxi.com",
    );
    assert_eq!(computed, "89eb0059246c02b2f6ee02c7961d5ea3");
}

/// Session keys and the form of RFC 2069, computed with another implementation.
#[test]
fn session_keys_and_the_form_without_qop() {
    let expected = [
        (
            Algorithm::MD5_SESS,
            Some("0a4f113b"),
            "d20652dbd76d31d860900c50052719f5",
        ),
        (
            Algorithm::SHA_256_SESS,
            Some("0a4f113b"),
            "c7a3482824c9edb1f43c541a2b65b28ac79600c0718ae1c33ad53facdeb09577",
        ),
        (Algorithm::MD5, None, "4441045a8075db3ead543693997e2a0e"),
    ];
    for (algorithm, cnonce, response) in expected {
        let ha1 = Ha1::new(algorithm.hash, "bob", "biloxi.com", "zanzibar");
        let nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
        let computed = digest(algorithm, &ha1, nonce, cnonce, "REGISTER", "sip:biloxi.com");
        assert_eq!(computed, response, "{algorithm:?}");
    }
}

// shows: S276
#[test]
fn without_a_body_auth_int_hashes_the_empty_string() {
    let empty = hash(HashAlgorithm::Md5, &[b""]);
    assert_eq!(empty.as_str(), "d41d8cd98f00b204e9800998ecf8427e");
    let empty = hash(HashAlgorithm::Sha256, &[b""]);
    assert_eq!(
        empty.as_str(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    let ha1 = Ha1::new(HashAlgorithm::Md5, "bob", "biloxi.com", "zanzibar");
    let input = |body| DigestInput {
        algorithm: Algorithm::MD5,
        nonce: b"dcd98b7102dd2f0e8b11d0f600bfb0c093",
        protection: Some(Protection {
            qop: Qop::AuthInt,
            nonce_count: b"00000001",
            cnonce: b"0a4f113b",
        }),
        method: "INVITE",
        uri: b"sip:bob@biloxi.com",
        body,
    };
    assert_eq!(
        input(b"").digest(&ha1).as_str(),
        "2d6fc6e788367208f746582b18a69618"
    );
    assert_ne!(input(b"v=0").digest(&ha1), input(b"").digest(&ha1));
}

#[test]
fn hashes_can_be_kept_instead_of_passwords() {
    let ha1 = Ha1::new(HashAlgorithm::Md5, "alice", "example.com", "wonderland");
    let kept = Ha1::from_hex(HashAlgorithm::Md5, &ha1.as_str().to_uppercase());
    assert_eq!(kept, Some(ha1));
    assert_eq!(Ha1::from_hex(HashAlgorithm::Sha256, ha1.as_str()), None);
    assert_eq!(
        Ha1::from_hex(HashAlgorithm::Md5, "not thirty-two hexadecimal digit"),
        None
    );
    let shown = format!("{ha1:?} {:?}", alice());
    assert!(
        !shown.contains(ha1.as_str()) && !shown.contains("wonderland"),
        "{shown}"
    );
}
