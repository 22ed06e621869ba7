use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::text::{hex_decode, hex_encode};

fn hex<H: Hash>(bytes: &[u8]) -> String {
    hex_encode(H::of(bytes).as_ref())
}

/// RFC 1321 §A.5.
#[test]
fn md5_suite() {
    let digits =
        b"12345678901234567890123456789012345678901234567890123456789012345678901234567890";
    let suite: [(&[u8], &str); 7] = [
        (b"", "d41d8cd98f00b204e9800998ecf8427e"),
        (b"a", "0cc175b9c0f1b6a831c399e269772661"),
        (b"abc", "900150983cd24fb0d6963f7d28e17f72"),
        (b"message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        (
            b"abcdefghijklmnopqrstuvwxyz",
            "c3fcd3d76192e4007dfb496cca67e13b",
        ),
        (
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            "d174ab98d277d9f5a5611c2c9f419d9f",
        ),
        (digits, "57edf4a22be3c955ac49da2e2107b67a"),
    ];
    for (input, digest) in suite {
        assert_eq!(hex::<Md5>(input), digest);
    }
}

/// RFC 6234 §8.5, TEST1 to TEST4 (its TEST2_1 is FIPS 180's two-block message).
#[test]
fn sha_suite() {
    let million = [b'a'; 1_000_000];
    let eighth = b"0123456701234567012345670123456701234567012345670123456701234567".repeat(10);
    let suite: [(&[u8], &str, &str); 4] = [
        (
            b"abc",
            "a9993e364706816aba3e25717850c26c9cd0d89d",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
        (
            &million,
            "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
        ),
        (
            &eighth,
            "dea356a2cddd90c7a7ecedc5ebb563934f460452",
            "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5",
        ),
    ];
    for (input, sha1, sha256) in suite {
        assert_eq!(hex::<Sha1>(input), sha1);
        assert_eq!(hex::<Sha256>(input), sha256);
    }
}

/// The two examples NIST gives with FIPS 180-4 for SHA-512/256: one block and two.
#[test]
fn sha_512_256_examples() {
    assert_eq!(
        hex::<Sha512_256>(b"abc"),
        "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"
    );
    let two_blocks = b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn\
        hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
    assert_eq!(
        hex::<Sha512_256>(two_blocks),
        "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a"
    );
}

/// Every length around every block boundary, chained so that one wrong digest spoils the last.
/// The four results were computed with another implementation.
#[test]
fn lengths_from_0_to_299() {
    fn chain<H: Hash>() -> String {
        let mut digest = Vec::new();
        for length in 0..300_usize {
            let mut hash = H::new();
            hash.update(&digest);
            let body: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            for piece in body.chunks(length / 3 + 1) {
                hash.update(piece);
            }
            digest = hash.finish().as_ref().to_vec();
        }
        hex_encode(&digest)
    }
    assert_eq!(chain::<Md5>(), "f5f022716caee50c8fd4ecf3494afcff");
    assert_eq!(chain::<Sha1>(), "36ab6988c0bae8513d94e870ffc7bee0bb62bbd2");
    assert_eq!(
        chain::<Sha256>(),
        "2104173886c15b39254224d8bf2955045e9b615dba04fe5fbbf5a19f37417b52"
    );
    assert_eq!(
        chain::<Sha512_256>(),
        "87a34fd7318f86ba687e536bc12156c37ba46809201445b9aa6e80406fd43d71"
    );
}

/// RFC 2104, appendix.
#[test]
fn hmac_md5_vectors() {
    let cases: [(&[u8], &[u8], &str); 3] = [
        (&[0x0b; 16], b"Hi There", "9294727a3638bb1c13f48ef8158bfc9d"),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "750c783e6ab0b503eaa86e310a5db738",
        ),
        (&[0xaa; 16], &[0xdd; 50], "56be34521d144c88dbb8c733f0e8b3f6"),
    ];
    for (key, data, code) in cases {
        assert_eq!(hex_encode(&Hmac::<Md5>::of(key, data)), code);
    }
}

/// RFC 6234 §8.5 (the cases of RFC 4231): a short key, and one longer than a block.
#[test]
fn hmac_sha_vectors() {
    let short = Hmac::<Sha1>::of(&[0x0b; 20], b"Hi There");
    assert_eq!(
        hex_encode(&short),
        "b617318655057264e28bc0b6fb378c8ef146be00"
    );
    let short = Hmac::<Sha256>::of(&[0x0b; 20], b"Hi There");
    assert_eq!(
        hex_encode(&short),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    );
    let long = Hmac::<Sha256>::of(
        &[0xaa; 131],
        b"Test Using Larger Than Block-Size Key - Hash Key First",
    );
    assert_eq!(
        hex_encode(&long),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    );
}

/// The check value every catalogue gives for this CRC.
#[test]
fn crc_of_the_nine_digits() {
    assert_eq!(Crc32::of(b"123456789"), 0xcbf4_3926);
    let mut crc = Crc32::new();
    crc.update(b"1234");
    crc.update(b"");
    crc.update(b"56789");
    assert_eq!(crc.finish(), 0xcbf4_3926);
}

#[test]
fn equality_is_equality() {
    assert!(is_equal(b"", b""));
    assert!(is_equal(b"abc", b"abc"));
    for wrong in [&b"abd"[..], b"bbc", b"ab", b"abcd", b""] {
        assert!(!is_equal(b"abc", wrong));
    }
    assert_eq!(hex_decode(b"00ff"), Some(Vec::from([0, 255])));
}
