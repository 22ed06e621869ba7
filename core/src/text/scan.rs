//! Word-at-a-time scanning in safe code: eight bytes are looked at with three operations.

/// 0x01 in each byte.
const ONES: u64 = u64::MAX / 255;
/// 0x80 in each byte.
const HIGHS: u64 = ONES << 7;

/// The high bit of each byte of `word` that is less than `limit` (at most 128); exact for the
/// lowest one, which is all a search needs.
#[inline]
const fn less(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(ONES.wrapping_mul(limit as u64)) & !word & HIGHS
}

/// The index of the first byte below `limit` (at most 128), or the length.
#[inline]
#[must_use]
pub fn first_is_less(bytes: &[u8], limit: u8) -> usize {
    let mut at: usize = 0;
    let mut rest = bytes;
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        let found = less(u64::from_le_bytes(*chunk), limit);
        if found != 0 {
            return at.wrapping_add((found.trailing_zeros() >> 3) as usize);
        }
        at = at.wrapping_add(8);
        rest = after;
    }
    for byte in rest {
        if *byte < limit {
            return at;
        }
        at = at.wrapping_add(1);
    }
    at
}

/// Whether any byte is below `limit` (at most 128).
#[inline]
#[must_use]
pub fn is_any_less(bytes: &[u8], limit: u8) -> bool {
    // No byte is looked at by itself, so that the compiler takes sixteen in one step.
    let any = |chunk: &[u8; 16]| chunk.iter().fold(false, |any, byte| any | (*byte < limit));
    let mut rest = bytes;
    while let Some((chunk, after)) = rest.split_first_chunk() {
        if any(chunk) {
            return true;
        }
        rest = after;
    }
    // The last ones are looked at together, some of them once more.
    if let Some(chunk) = bytes.last_chunk() {
        return any(chunk);
    }
    match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => {
            let words = [u64::from_le_bytes(*first), u64::from_le_bytes(*last)];
            words.iter().any(|word| less(*word, limit) != 0)
        }
        _ => rest.iter().any(|byte| *byte < limit),
    }
}

/// The index of the first CR or LF at or after `from`, if there is one.
///
/// Both are below 0x0E and hardly anything else in a text message is, so the words are searched for
/// that and a hit is looked at.
#[inline]
#[must_use]
pub fn find_line_break(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        let found = at.wrapping_add(first_is_less(rest, 0x0e));
        match bytes.get(found)? {
            b'\r' | b'\n' => return Some(found),
            _ => at = found.wrapping_add(1),
        }
    }
}

/// The index of the first `byte` in `bytes`, if there is one.
#[inline]
#[must_use]
pub fn find_byte(bytes: &[u8], byte: u8) -> Option<usize> {
    let pattern = ONES.wrapping_mul(u64::from(byte));
    let mut at: usize = 0;
    let mut rest = bytes;
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        let found = less(u64::from_le_bytes(*chunk) ^ pattern, 1);
        if found != 0 {
            return Some(at.wrapping_add((found.trailing_zeros() >> 3) as usize));
        }
        at = at.wrapping_add(8);
        rest = after;
    }
    let tail = rest.iter().position(|b| *b == byte)?;
    Some(at.wrapping_add(tail))
}

/// Whether two neighbours in `bytes`, which are ASCII, are both below `limit` (at most 128).
#[inline]
#[must_use]
pub fn has_neighbours_below(bytes: &[u8], limit: u8) -> bool {
    // Subtracting from bytes with their high bit set borrows nothing from the next, so that each
    // of the eight answers is exact.
    let below =
        |word: u64| !(word | HIGHS).wrapping_sub(ONES.wrapping_mul(u64::from(limit))) & HIGHS;
    let mut last = false;
    let mut rest = bytes;
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        let found = below(u64::from_le_bytes(*chunk));
        if found & (found << 8 | u64::from(last) << 7) != 0 {
            return true;
        }
        last = found >> 63 != 0;
        rest = after;
    }
    for byte in rest {
        let is_below = *byte < limit;
        if is_below && last {
            return true;
        }
        last = is_below;
    }
    false
}
