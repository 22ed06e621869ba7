//! Byte classes of RFC 3261 §25.1 in one table.

/// A set of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Class(u16);

impl Class {
    /// `ALPHA`.
    pub const ALPHA: Self = Self(1);
    /// `DIGIT`.
    pub const DIGIT: Self = Self(1 << 1);
    /// `HEXDIG`, either case.
    pub const HEX: Self = Self(1 << 2);
    /// `token` (RFC 3261 §25.1).
    pub const TOKEN: Self = Self(1 << 3);
    /// `word` (RFC 3261 §25.1): what a Call-ID is made of.
    pub const WORD: Self = Self(1 << 4);
    /// SP and HTAB, and the CR and LF of a fold.
    pub const LWS: Self = Self(1 << 5);
    /// `unreserved` (RFC 3261 §25.1).
    pub const UNRESERVED: Self = Self(1 << 6);
    /// What may stand unescaped in the user part of a SIP URI.
    pub const USER: Self = Self(1 << 7);
    /// What may stand unescaped in the password of a SIP URI.
    pub const PASSWORD: Self = Self(1 << 8);
    /// `paramchar` without escapes: a URI parameter's name and value.
    pub const PARAM: Self = Self(1 << 9);
    /// What may stand unescaped in a header name or value of a SIP URI.
    pub const HEADER: Self = Self(1 << 10);
    /// A host name: letters, digits, `-`, `.`, and the `_` that names in use contain.
    pub const HOST: Self = Self(1 << 11);
    /// What may stand in any URI: printable ASCII without `"`, `<` and `>`.
    pub const URI: Self = Self(1 << 12);
    /// An unquoted `gen-value`: a token or a host, so also `[`, `]` and `:`.
    pub const VALUE: Self = Self(1 << 13);
    /// What a quoted string may hold unescaped, folds included: `qdtext` and any byte above 0x7F.
    pub const QUOTED: Self = Self(1 << 14);

    /// What a quoted string may hold unescaped on one line: [`QUOTED`](Self::QUOTED) without CR, LF.
    pub const QUOTED_LINE: Self = Self(1 << 15);

    /// Whether `byte` is in the set.
    #[inline]
    #[must_use]
    pub fn contains(self, byte: u8) -> bool {
        match TABLE.get(usize::from(byte)) {
            Some(bits) => bits & self.0 != 0,
            None => false,
        }
    }

    /// How many bytes at the start of `bytes` are in the set.
    ///
    /// Eight bytes cost one check of the length; most spans are shorter than that.
    #[inline]
    #[must_use]
    pub fn span(self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        let mut before: usize = 0;
        while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
            for (place, byte) in chunk.iter().enumerate() {
                if !self.contains(*byte) {
                    return before.wrapping_add(place);
                }
            }
            before = before.wrapping_add(chunk.len());
            rest = after;
        }
        for byte in rest {
            if !self.contains(*byte) {
                break;
            }
            before = before.wrapping_add(1);
        }
        before
    }

    /// Whether `bytes` is not empty and all of it is in the set.
    #[inline]
    #[must_use]
    pub fn holds(self, bytes: &[u8]) -> bool {
        !bytes.is_empty() && self.span(bytes) == bytes.len()
    }
}

static TABLE: [u16; 256] = table();

const fn is_in(byte: u8, set: &[u8]) -> bool {
    let mut rest = set;
    while let [first, others @ ..] = rest {
        if *first == byte {
            return true;
        }
        rest = others;
    }
    false
}

const fn flag(on: bool, class: Class) -> u16 {
    if on { class.0 } else { 0 }
}

const fn bits(b: u8) -> u16 {
    let alphanum = b.is_ascii_alphanumeric();
    let token = alphanum || is_in(b, b"-.!%*_+`'~");
    let unreserved = alphanum || is_in(b, b"-_.!~*'()");
    let lws = is_in(b, b" \t\r\n");
    let quoted = lws || b >= 0x80 || (b.is_ascii_graphic() && !is_in(b, b"\"\\"));
    flag(b.is_ascii_alphabetic(), Class::ALPHA)
        | flag(b.is_ascii_digit(), Class::DIGIT)
        | flag(b.is_ascii_hexdigit(), Class::HEX)
        | flag(token, Class::TOKEN)
        | flag(token || is_in(b, b"()<>:\\\"/[]?{}"), Class::WORD)
        | flag(lws, Class::LWS)
        | flag(unreserved, Class::UNRESERVED)
        | flag(unreserved || is_in(b, b"&=+$,;?/"), Class::USER)
        | flag(unreserved || is_in(b, b"&=+$,"), Class::PASSWORD)
        | flag(unreserved || is_in(b, b"[]/:&+$"), Class::PARAM)
        | flag(unreserved || is_in(b, b"[]/?:+$"), Class::HEADER)
        | flag(alphanum || is_in(b, b"-._"), Class::HOST)
        | flag(b.is_ascii_graphic() && !is_in(b, b"\"<>"), Class::URI)
        | flag(token || is_in(b, b"[]:"), Class::VALUE)
        | flag(quoted, Class::QUOTED)
        | flag(quoted && !is_in(b, b"\r\n"), Class::QUOTED_LINE)
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, bounded by the loop"
)]
const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte: u8 = 0;
    loop {
        table[byte as usize] = bits(byte);
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}
