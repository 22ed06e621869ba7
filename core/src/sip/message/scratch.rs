//! Where a tokenizer notes the header field rows: places in the message, nothing copied.

use alloc::vec::Vec;

use super::HeaderName;

/// One header field row as places in the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Field {
    /// Where the row starts.
    pub(super) start: u32,
    /// Where the value starts, white space skipped.
    pub(super) value: u32,
    /// Where the value ends, white space trimmed.
    pub(super) end: u32,
    /// Bytes of the name.
    pub(super) name_length: u16,
    /// Which field it is.
    pub(super) name: HeaderName,
}

/// Rows that fit without an allocation.
const INLINE: usize = 48;

/// A place that is not used. All its bits are zero, so that room for many is made at one stroke.
const BLANK: Field = Field {
    start: 0,
    value: 0,
    end: 0,
    name_length: 0,
    name: HeaderName::Accept,
};

/// Reusable room for the rows of one message.
///
/// The first rows stand in the scratch itself; only a message with more makes it allocate, and what
/// it allocated it keeps.
#[derive(Clone, Debug)]
pub struct Scratch {
    inline: [Field; INLINE],
    used: usize,
    spill: Vec<Field>,
}

impl Scratch {
    /// Room for one message.
    #[must_use]
    pub fn new() -> Self {
        Self {
            inline: [BLANK; INLINE],
            used: 0,
            spill: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        self.used = 0;
        self.spill.clear();
    }

    #[inline]
    pub(super) fn push(&mut self, field: Field) {
        if let Some(place) = self.inline.get_mut(self.used) {
            *place = field;
        } else {
            if self.spill.is_empty() {
                self.spill.extend_from_slice(&self.inline);
            }
            self.spill.push(field);
        }
        self.used = self.used.wrapping_add(1);
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.used
    }

    #[inline]
    pub(super) fn fields(&self) -> &[Field] {
        if self.spill.is_empty() {
            self.inline.get(..self.used).unwrap_or_default()
        } else {
            &self.spill
        }
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}
