//! A cursor over a message: numbers, names with their pointers, strings (RFC 1035 §4.1.4).

use super::error::{DnsError, DnsErrorKind};
use super::name::{Name, NameBuilder};
use super::record::CharacterString;

/// Pointers of one name: as many as it can have labels, for each may stand for the rest.
const POINTERS_MAX: usize = 127;

/// Reads a message from front to back. `end` bounds what is read, and pointers lead anywhere
/// before the place they stand.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    message: &'a [u8],
    position: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(message: &'a [u8]) -> Self {
        Self {
            message,
            position: 0,
            end: message.len(),
        }
    }

    pub(crate) const fn position(&self) -> usize {
        self.position
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.position >= self.end
    }

    /// A reader of the next `length` bytes alone, which are skipped here.
    pub(super) fn part(&mut self, length: usize) -> Result<Self, DnsError> {
        let start = self.position;
        self.bytes(length)?;
        Ok(Self {
            message: self.message,
            position: start,
            end: self.position,
        })
    }

    pub(super) fn u16(&mut self) -> Result<u16, DnsError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, DnsError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, DnsError> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    pub(super) fn character_string(&mut self) -> Result<CharacterString, DnsError> {
        let [length] = self.array()?;
        CharacterString::new(self.bytes(usize::from(length))?)
    }

    /// A name. Every pointer has to lead to before the place where the labels it ends began, so
    /// that no way through the message comes by the same place twice.
    pub(crate) fn name(&mut self) -> Result<Name, DnsError> {
        let mut name = NameBuilder::new();
        let mut here = self.clone();
        let mut began = self.position;
        let mut pointers = 0_usize;
        loop {
            let at = here.position;
            let [length] = here.array()?;
            match length >> 6 {
                0 if length == 0 => break,
                0 => name.push(here.bytes(usize::from(length))?, at)?,
                0b11 => {
                    let [low] = here.array()?;
                    let to = (usize::from(length & 0x3f) << 8) | usize::from(low);
                    if pointers == 0 {
                        self.position = here.position;
                    }
                    pointers += 1;
                    if pointers > POINTERS_MAX {
                        return Err(DnsErrorKind::TooManyPointers.at(at));
                    }
                    if to >= began {
                        return Err(DnsErrorKind::PointerForward.at(at));
                    }
                    // What it points to ends before the pointer, so that the end of the part that
                    // is read here binds it no more.
                    here.position = to;
                    here.end = began;
                    began = to;
                }
                _ => return Err(DnsErrorKind::LabelType.at(at)),
            }
        }
        if pointers == 0 {
            self.position = here.position;
        }
        Ok(name.finish())
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], DnsError> {
        let end = self.position.checked_add(length);
        let end = end.filter(|end| *end <= self.end);
        let bytes = end.and_then(|end| self.message.get(self.position..end));
        let bytes = bytes.ok_or_else(|| DnsErrorKind::Truncated.at(self.position))?;
        self.position += length;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DnsError> {
        let at = self.position;
        let bytes = self.bytes(N)?;
        bytes.try_into().map_err(|_| DnsErrorKind::Truncated.at(at))
    }
}
