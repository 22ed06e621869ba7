//! Putting a unit together that did not fit one packet, in octets that the caller keeps.

/// How much of a unit is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Assembly {
    size: usize,
    is_broken: bool,
}

impl Assembly {
    /// A unit of which nothing is there yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            size: 0,
            is_broken: false,
        }
    }

    /// Begins a new unit; what there was is given up.
    pub const fn begin(&mut self) {
        *self = Self::new();
    }

    /// Notes that something of the unit was lost.
    pub const fn give_up(&mut self) {
        self.is_broken = true;
    }

    /// Puts a fragment behind what is there, in the same octets as the fragments before it. If
    /// they have no room for it, something is lost.
    pub fn append(&mut self, fragment: &[u8], unit: &mut [u8]) {
        self.place(self.size, fragment, unit);
    }

    /// Puts a fragment `offset` octets behind the beginning. If it is not where the fragment
    /// before it ended, or there is no room for it, something is lost.
    pub fn place(&mut self, offset: usize, fragment: &[u8], unit: &mut [u8]) {
        let end = offset.checked_add(fragment.len());
        let room = end.and_then(|end| unit.get_mut(offset..end));
        match (end, room) {
            (Some(end), Some(room)) if offset == self.size => {
                room.copy_from_slice(fragment);
                self.size = end;
            }
            _ => self.is_broken = true,
        }
    }

    /// How many octets are there from the beginning on, with none missing.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Whether nothing is missing up to there.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        !self.is_broken
    }
}

#[cfg(test)]
mod tests;
