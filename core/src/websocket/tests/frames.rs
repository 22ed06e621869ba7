//! RFC 6455 §5: frames, and messages made of them.

use super::*;

// §5.7.
#[test]
fn the_examples_of_frames_are_read_and_written_as_printed() {
    let hello = b"Hello";
    let masked_hello = [
        0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
    ];
    assert_eq!(steps(&mut server(), &masked_hello), ["Text Hello"]);
    assert_eq!(masked(Opcode::Text, true, hello), masked_hello);
    let plain = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    assert_eq!(steps(&mut client(), &plain), ["Text Hello"]);
    let mut out = Vec::new();
    write_frame(Role::Server, &mut rng(), Opcode::Text, hello, &mut out);
    assert_eq!(out, plain);
    let fragments = [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f];
    assert_eq!(steps(&mut client(), &fragments), ["Text Hello"]);
    // The answer to the Ping is masked: it comes from the client.
    let ping = [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    let mut socket = client();
    socket.push(&ping);
    let Some(Step::Send(mut pong)) = socket.poll(&mut rng()) else {
        panic!("no pong");
    };
    let (header, length) = FrameHeader::parse(&pong).unwrap().unwrap();
    assert_eq!((header.opcode, header.length, length), (Opcode::Pong, 5, 6));
    apply_mask(header.mask.unwrap(), &mut pong[6..]);
    assert_eq!(&pong[6..], hello);
    for (length, start) in [
        (256_usize, &[0x82_u8, 0x7e, 0x01, 0x00][..]),
        (65_536, &[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        let mut out = Vec::new();
        write_frame(
            Role::Server,
            &mut rng(),
            Opcode::Binary,
            &alloc::vec![7; length],
            &mut out,
        );
        assert!(out.starts_with(start));
        assert_eq!(out.len(), start.len() + length);
        assert_eq!(steps(&mut client(), &out).len(), 1);
    }
}

#[test]
fn frames_come_whole_however_they_are_cut() {
    let mut all = masked(Opcode::Text, true, "grüße".as_bytes());
    all.extend(masked(Opcode::Ping, true, b"x"));
    all.extend(masked(Opcode::Binary, false, &[1, 2]));
    all.extend(masked(Opcode::Pong, true, b""));
    all.extend(masked(Opcode::Continuation, true, &[3]));
    all.extend(masked(Opcode::Text, true, b""));
    let whole = steps(&mut server(), &all);
    assert_eq!(whole.len(), 5);
    for size in 1..9 {
        let mut socket = server();
        let mut seen = Vec::new();
        for piece in all.chunks(size) {
            seen.extend(steps(&mut socket, piece));
        }
        assert_eq!(seen, whole, "{size}");
        assert!(!socket.is_waiting());
    }
}

// §5.1 to §5.5, §8.1.
#[test]
fn a_frame_that_breaks_a_rule_is_answered_with_its_close_code_and_then_it_is_over() {
    let close = |payload: &[u8]| masked(Opcode::Close, true, payload);
    let after = |mut first: Vec<u8>, second: Vec<u8>| {
        first.extend(second);
        first
    };
    let cases: [(&str, Vec<u8>, FrameErrorKind, u16); 19] = [
        (
            "compressed",
            [0xc1, 0x80].into(),
            FrameErrorKind::ReservedBit,
            1002,
        ),
        (
            "reserved",
            [0x91, 0x80].into(),
            FrameErrorKind::ReservedBit,
            1002,
        ),
        (
            "opcode 3",
            [0x83, 0x80].into(),
            FrameErrorKind::Opcode,
            1002,
        ),
        (
            "opcode 11",
            [0x8b, 0x80].into(),
            FrameErrorKind::Opcode,
            1002,
        ),
        (
            "part of a ping",
            [0x09, 0x80].into(),
            FrameErrorKind::FragmentedControl,
            1002,
        ),
        (
            "long ping",
            [0x89, 0xfe, 0, 126].into(),
            FrameErrorKind::LongControl,
            1002,
        ),
        (
            "unmasked",
            [0x81, 0x01, b'a'].into(),
            FrameErrorKind::Unmasked,
            1002,
        ),
        (
            "125 in two",
            [0x82, 0xfe, 0, 125].into(),
            FrameErrorKind::LengthForm,
            1002,
        ),
        (
            "65535 in eight",
            [0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff].into(),
            FrameErrorKind::LengthForm,
            1002,
        ),
        (
            "2^63",
            [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0].into(),
            FrameErrorKind::TooLong,
            1009,
        ),
        (
            "2^63 - 1",
            [
                0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
            ]
            .into(),
            FrameErrorKind::TooLong,
            1009,
        ),
        (
            "more than the limit in fragments",
            after(
                masked(Opcode::Binary, false, &alloc::vec![0; 150_000]),
                masked(Opcode::Continuation, true, &alloc::vec![0; 50_001]),
            ),
            FrameErrorKind::TooLong,
            1009,
        ),
        (
            "continuation of nothing",
            masked(Opcode::Continuation, true, b""),
            FrameErrorKind::Continuation,
            1002,
        ),
        (
            "message in message",
            after(
                masked(Opcode::Text, false, b"a"),
                masked(Opcode::Text, true, b"b"),
            ),
            FrameErrorKind::Interleaved,
            1002,
        ),
        (
            "latin-1",
            masked(Opcode::Text, true, &[0xfc]),
            FrameErrorKind::Text,
            1007,
        ),
        (
            "half a letter",
            after(
                masked(Opcode::Text, false, &[0xc3]),
                masked(Opcode::Continuation, true, b""),
            ),
            FrameErrorKind::Text,
            1007,
        ),
        (
            "close of one byte",
            close(&[3]),
            FrameErrorKind::Close,
            1002,
        ),
        (
            "close 1005",
            close(&1005_u16.to_be_bytes()),
            FrameErrorKind::Close,
            1002,
        ),
        (
            "close in latin-1",
            close(&[0x03, 0xe8, 0xfc]),
            FrameErrorKind::Close,
            1002,
        ),
    ];
    for (name, bytes, kind, code) in cases {
        let mut socket = server();
        let seen = steps(&mut socket, &bytes);
        assert_eq!(seen.len(), 2, "{name}: {seen:?}");
        let mut expected = Vec::new();
        write_frame(
            Role::Server,
            &mut rng(),
            Opcode::Close,
            &code.to_be_bytes(),
            &mut expected,
        );
        assert_eq!(seen[0], alloc::format!("send {expected:x?}"), "{name}");
        assert!(
            seen[1].contains(&alloc::format!("{kind:?}")),
            "{name}: {}",
            seen[1]
        );
        assert!(steps(&mut socket, &masked(Opcode::Text, true, b"late")).is_empty());
    }
    let seen = steps(&mut client(), &masked(Opcode::Text, true, b"a"));
    assert!(seen[1].contains("Masked"), "{seen:?}");
}

#[test]
fn a_letter_may_be_cut_by_a_fragment() {
    let mut all = masked(Opcode::Text, false, &[0xc3]);
    all.extend(masked(Opcode::Continuation, true, &[0xbc]));
    assert_eq!(steps(&mut server(), &all), ["Text ü"]);
}

// §5.3.
#[test]
fn every_frame_of_a_client_has_a_mask_of_its_own() {
    let mut rng = rng();
    let mut mask = || {
        let mut out = Vec::new();
        write_frame(Role::Client, &mut rng, Opcode::Text, b"abc", &mut out);
        FrameHeader::parse(&out).unwrap().unwrap().0.mask.unwrap()
    };
    assert_ne!(mask(), mask());
}
