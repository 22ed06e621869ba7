//! Fields that do not end where octets do, most significant bit first as all RTP payloads have
//! them (RFC 3550 §4).

/// Reads fields from octets.
#[derive(Clone, Debug)]
pub(crate) struct BitReader<'a> {
    octets: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> BitReader<'a> {
    /// Reads all of `octets`.
    pub(crate) const fn new(octets: &'a [u8]) -> Self {
        let end = octets.len().saturating_mul(8);
        Self { octets, at: 0, end }
    }

    /// Reads from the bit `start` to the bit before `end`, or less if there are fewer octets.
    pub(crate) fn within(octets: &'a [u8], start: usize, end: usize) -> Self {
        let end = end.min(octets.len().saturating_mul(8));
        let at = start.min(end);
        Self { octets, at, end }
    }

    /// Reads all of `octets` but so many bits at either end.
    pub(crate) fn between(octets: &'a [u8], skip_front: u8, skip_end: u8) -> Self {
        let end = octets.len().saturating_mul(8);
        Self::within(
            octets,
            skip_front.into(),
            end.saturating_sub(skip_end.into()),
        )
    }

    /// The position of the next bit.
    pub(crate) const fn position(&self) -> usize {
        self.at
    }

    /// How many bits there still are.
    pub(crate) const fn left(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// The next `width` bits, 32 at most, as the low bits of a number; nothing if there are fewer.
    pub(crate) fn take(&mut self, width: u32) -> Option<u32> {
        let width = width.min(32);
        if self.left() < width as usize {
            return None;
        }
        let mut value = 0_u64;
        let mut have = 0_u32;
        let (mut octet, skip) = (self.at / 8, (self.at % 8) as u32);
        while have < width.wrapping_add(skip) {
            value = value << 8 | u64::from(*self.octets.get(octet)?);
            have = have.wrapping_add(8);
            octet = octet.wrapping_add(1);
        }
        // At most five octets were read, so that the shifts stay within 40.
        let low = value >> have.wrapping_sub(skip).wrapping_sub(width);
        self.at = self.at.wrapping_add(width as usize);
        Some((low & ((1_u64 << width).wrapping_sub(1))) as u32)
    }

    /// The next bit.
    pub(crate) fn flag(&mut self) -> Option<bool> {
        Some(self.take(1)? != 0)
    }

    /// The next `width` bits, 8 at most.
    pub(crate) fn small(&mut self, width: u32) -> Option<u8> {
        Some(self.take(width.min(8))? as u8)
    }

    /// Puts what is left behind the first `bits` of `stream`, and says how many bits are there then.
    /// Nothing if there is no room.
    pub(crate) fn append_to(mut self, bits: usize, stream: &mut [u8]) -> Option<usize> {
        let mut writer = BitWriter::after(stream, bits);
        writer.copy(&mut self)?;
        Some(writer.bits())
    }

    /// Passes over `width` bits.
    pub(crate) fn skip(&mut self, width: usize) -> Option<()> {
        if self.left() < width {
            return None;
        }
        self.at = self.at.wrapping_add(width);
        Some(())
    }
}

/// Writes fields to the front of octets; the rest of the last octet is zero.
#[derive(Debug)]
pub(crate) struct BitWriter<'o> {
    out: &'o mut [u8],
    at: usize,
}

impl<'o> BitWriter<'o> {
    /// Writes to `out`.
    pub(crate) const fn new(out: &'o mut [u8]) -> Self {
        Self { out, at: 0 }
    }

    /// Goes on in `out` behind the bits that are there already.
    pub(crate) const fn after(out: &'o mut [u8], bits: usize) -> Self {
        Self { out, at: bits }
    }

    /// How many bits there are.
    pub(crate) const fn bits(&self) -> usize {
        self.at
    }

    /// How many octets they take.
    pub(crate) const fn octets(&self) -> usize {
        self.at.div_ceil(8)
    }

    /// Writes the low `width` bits of `value`, 32 at most, unless they do not fit.
    pub(crate) fn put(&mut self, value: u32, width: u32) -> Option<()> {
        let width = width.min(32);
        let end = self.at.checked_add(width as usize)?;
        if end > self.out.len().checked_mul(8)? {
            return None;
        }
        let mut left = width;
        while left > 0 {
            let used = (self.at % 8) as u32;
            let room = 8_u32.wrapping_sub(used);
            let now = room.min(left);
            left = left.wrapping_sub(now);
            let bits = (value >> left) as u8 & (0xff_u16 >> 8_u32.wrapping_sub(now)) as u8;
            let octet = self.out.get_mut(self.at / 8)?;
            let kept = *octet & !(0xff_u16 >> used) as u8;
            *octet = kept | bits << room.wrapping_sub(now);
            self.at = self.at.wrapping_add(now as usize);
        }
        Some(())
    }

    /// Writes one bit.
    pub(crate) fn flag(&mut self, flag: bool) -> Option<()> {
        self.put(u32::from(flag), 1)
    }

    /// Writes all that `from` still has.
    pub(crate) fn copy(&mut self, from: &mut BitReader<'_>) -> Option<()> {
        while from.left() > 0 {
            let width = from.left().min(32) as u32;
            self.put(from.take(width)?, width)?;
        }
        Some(())
    }

    /// Fills the octet that was begun with zeros.
    pub(crate) fn align(&mut self) -> Option<()> {
        let used = (self.at % 8) as u32;
        if used == 0 {
            return Some(());
        }
        self.put(0, 8_u32.wrapping_sub(used))
    }
}

#[cfg(test)]
mod tests;
