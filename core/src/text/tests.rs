use super::*;
use alloc::vec;
use alloc::vec::Vec;

#[test]
fn tokens_are_the_bytes_of_the_grammar() {
    let all: Vec<u8> = (0..=255).filter(|b| Class::TOKEN.contains(*b)).collect();
    assert_eq!(
        all,
        b"!%'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_`abcdefghijklmnopqrstuvwxyz~"
    );
}

#[test]
fn a_line_break_is_found_at_every_offset() {
    for length in 0..40 {
        for at in 0..length {
            for byte in [b'\r', b'\n'] {
                let mut text = vec![b'x'; length];
                text[at] = byte;
                // A tab, a NUL and bytes above 0x7F are below or beside the bound and no break.
                if at > 2 {
                    text[0] = b'\t';
                    text[1] = 0;
                    text[2] = 0xff;
                }
                assert_eq!(find_line_break(&text, 0), Some(at));
                assert_eq!(find_byte(&text, byte), Some(at));
            }
        }
        assert_eq!(find_line_break(&vec![0xffu8; length], 0), None);
        assert_eq!(find_byte(&vec![0x80u8; length], 0), None);
    }
}

#[test]
fn one_such_byte_is_found_among_others_at_every_offset() {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    for length in 0..40 {
        let mut text = vec![b'x'; length];
        assert!(!is_any(&text, is_digit));
        for at in 0..length {
            text[at] = b'7';
            assert!(is_any(&text, is_digit), "{at} of {length}");
            assert_eq!(first_is_less(&text, b'a'), at);
            text[at] = b'x';
        }
        assert_eq!(first_is_less(&text, b'a'), length);
    }
}

#[test]
fn quoted_strings_end_at_the_first_unescaped_quote() {
    let mut cursor = Cursor::new(br#""a\"b\\" rest"#);
    assert_eq!(cursor.take_quoted(), Some(&br#"a\"b\\"#[..]));
    assert_eq!(cursor.rest(), b" rest");
    assert_eq!(unquote(br#"a\"b\\"#), r#"a"b\"#);
    for open in [
        &b"\"abc"[..],
        b"\"abc\\",
        b"\"abc\\\"",
        b"\"a\\\r\n b\"",
        b"abc",
    ] {
        let mut cursor = Cursor::new(open);
        assert_eq!(cursor.take_quoted(), None, "{open:?}");
        assert_eq!(cursor.position(), 0);
    }
}

#[test]
fn quoting_is_undone_by_unquoting() {
    for text in ["", "plain", "\"", "\\", "a\\\"b", "ü \\ \" "] {
        assert_eq!(unquote(quote(text).as_bytes()), text);
        assert!(is_quoted_text(quote(text).as_bytes()));
    }
    for wrong in [&b"\""[..], b"\\", b"a\\", b"a\r\nb", b"\0"] {
        assert!(!is_quoted_text(wrong), "{wrong:?}");
    }
}

#[test]
fn a_fold_becomes_one_space_and_a_bare_break_stays() {
    let mut out = Vec::new();
    write_unfolded(
        b"I know you're there,\r\n   pick up\r\n\tthe phone",
        &mut out,
    );
    assert_eq!(out, b"I know you're there, pick up the phone");
    for bare in [&b"a\r\nb"[..], b"a\rb", b"a\n", b"\r\n"] {
        out.clear();
        write_unfolded(bare, &mut out);
        assert_eq!(out, bare);
    }
}

#[test]
fn base64_has_the_vectors_of_rfc_4648() {
    let vectors = [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ];
    for (plain, coded) in vectors {
        assert_eq!(base64_encode(plain.as_bytes()), coded);
        assert_eq!(base64_decode(coded.as_bytes()).unwrap(), plain.as_bytes());
    }
    for wrong in [
        "Zg=", "Zg", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm9v!A==",
    ] {
        assert_eq!(base64_decode(wrong.as_bytes()), None, "{wrong}");
    }
}

#[test]
fn hex_and_decimal_digits() {
    assert_eq!(hex_encode(&[0, 0xab, 0xff]), "00abff");
    assert_eq!(hex_decode(b"00ABff"), Some(vec![0, 0xab, 0xff]));
    assert_eq!(hex_decode(b"0"), None);
    assert_eq!(hex_decode(b"0g"), None);
    for number in [0, 9, 10, 4_294_967_296, u64::MAX] {
        let mut out = Vec::new();
        write_decimal(number, &mut out);
        assert_eq!(out, alloc::format!("{number}").as_bytes());
        assert_eq!(Cursor::new(&out).take_number(), Some(number));
    }
    assert_eq!(Cursor::new(b"18446744073709551616").take_number(), None);
}
