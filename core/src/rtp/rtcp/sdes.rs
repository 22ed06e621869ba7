//! SDES: who the sources are (RFC 3550 §6.5, A.5).

use crate::rtp::number::Ssrc;

/// The kinds of SDES items (§12.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SdesKind {
    /// CNAME: stays while the SSRC may change (§6.5.1).
    Cname,
    /// NAME: the person's name (§6.5.2).
    Name,
    /// EMAIL (§6.5.3).
    Email,
    /// PHONE (§6.5.4).
    Phone,
    /// LOC: where (§6.5.5).
    Loc,
    /// TOOL: the program (§6.5.6).
    Tool,
    /// NOTE: the state of the moment (§6.5.7).
    Note,
    /// PRIV: private extensions (§6.5.8).
    Priv,
    /// MID: the identification-tag of the section that the source belongs to (RFC 9143 §15.1).
    Mid,
    /// A kind registered elsewhere.
    Other(u8),
}

impl SdesKind {
    /// The kind with this number; 0 is the end of a list and no kind.
    #[must_use]
    pub const fn from_u8(number: u8) -> Option<Self> {
        Some(match number {
            0 => return None,
            1 => Self::Cname,
            2 => Self::Name,
            3 => Self::Email,
            4 => Self::Phone,
            5 => Self::Loc,
            6 => Self::Tool,
            7 => Self::Note,
            8 => Self::Priv,
            15 => Self::Mid,
            other => Self::Other(other),
        })
    }

    /// The kind's number.
    #[must_use]
    pub const fn as_u8(self) -> u8 {
        match self {
            Self::Cname => 1,
            Self::Name => 2,
            Self::Email => 3,
            Self::Phone => 4,
            Self::Loc => 5,
            Self::Tool => 6,
            Self::Note => 7,
            Self::Priv => 8,
            Self::Mid => 15,
            Self::Other(number) => number,
        }
    }
}

/// One SDES item. The text comes from the network and is UTF-8 only if its sender behaves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SdesItem<'a> {
    /// What it tells.
    pub kind: SdesKind,
    /// The text, at most 255 octets.
    pub text: &'a [u8],
}

impl<'a> SdesItem<'a> {
    /// The prefix and the value of a PRIV item (§6.5.8), unless its prefix runs past the end.
    #[must_use]
    pub fn private(&self) -> Option<(&'a [u8], &'a [u8])> {
        if self.kind != SdesKind::Priv {
            return None;
        }
        let (&length, rest) = self.text.split_first()?;
        rest.split_at_checked(usize::from(length))
    }
}

/// SDES: chunks, each about one source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceDescription<'a> {
    count: u8,
    body: &'a [u8],
}

impl<'a> SourceDescription<'a> {
    /// Whether so many chunks are there, each with its list of items ended.
    pub(super) fn fits(count: u8, body: &'a [u8]) -> bool {
        let mut rest = body;
        for _ in 0..count {
            let Some((_, after)) = Chunk::split(rest) else {
                return false;
            };
            rest = after;
        }
        true
    }

    pub(super) const fn new(count: u8, body: &'a [u8]) -> Self {
        Self { count, body }
    }

    /// The chunks, in order.
    #[must_use]
    pub const fn chunks(&self) -> Chunks<'a> {
        Chunks {
            left: self.count,
            rest: self.body,
        }
    }
}

/// The chunks of one SDES.
#[derive(Clone, Copy, Debug)]
pub struct Chunks<'a> {
    left: u8,
    rest: &'a [u8],
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (chunk, rest) = Chunk::split(self.rest)?;
        self.rest = rest;
        Some(chunk)
    }
}

/// What is said about one source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chunk<'a> {
    ssrc: Ssrc,
    items: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// Takes one chunk off the front, walking its items to the null octet that ends them (§6.5:
    /// the list must be ended, and filled with nulls to the next word).
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (ssrc, list) = bytes.split_first_chunk::<4>()?;
        let mut rest = list;
        let left = loop {
            match rest {
                [0, ..] => break rest.len(),
                [_, length, text @ ..] => rest = text.get(usize::from(*length)..)?,
                _ => return None,
            }
        };
        let at = list.len().checked_sub(left)?;
        let items = list.get(..at)?;
        let end = at.checked_add(1)?.checked_next_multiple_of(4)?;
        let rest = list.get(end..)?;
        let ssrc = Ssrc::new(u32::from_be_bytes(*ssrc));
        Some((Self { ssrc, items }, rest))
    }

    /// Whom it is about.
    #[must_use]
    pub const fn ssrc(&self) -> Ssrc {
        self.ssrc
    }

    /// What is said, in order.
    #[must_use]
    pub const fn items(&self) -> Items<'a> {
        Items { rest: self.items }
    }

    /// The CNAME, if this chunk has one.
    #[must_use]
    pub fn cname(&self) -> Option<&'a [u8]> {
        let mut items = self.items();
        items
            .find(|item| item.kind == SdesKind::Cname)
            .map(|item| item.text)
    }
}

/// The items of one chunk.
#[derive(Clone, Copy, Debug)]
pub struct Items<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Items<'a> {
    type Item = SdesItem<'a>;

    fn next(&mut self) -> Option<SdesItem<'a>> {
        let (&[kind, length], rest) = self.rest.split_first_chunk::<2>()?;
        let (text, rest) = rest.split_at_checked(usize::from(length))?;
        self.rest = rest;
        let kind = SdesKind::from_u8(kind)?;
        Some(SdesItem { kind, text })
    }
}
