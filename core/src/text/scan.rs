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
    let found = first(bytes, |word| less(word, limit), |byte| byte < limit);
    found.unwrap_or(bytes.len())
}

/// The index of the first byte that `in_word` marks by its high bit, exactly if it is the lowest,
/// and of which `is_it` says the same.
#[inline]
fn first(bytes: &[u8], in_word: impl Fn(u64) -> u64, is_it: impl Fn(u8) -> bool) -> Option<usize> {
    let place = |found: u64| (found.trailing_zeros() >> 3) as usize;
    let mut at: usize = 0;
    let mut rest = bytes;
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        let found = in_word(u64::from_le_bytes(*chunk));
        if found != 0 {
            return Some(at.wrapping_add(place(found)));
        }
        at = at.wrapping_add(8);
        rest = after;
    }
    // The last ones are looked at together, with some of those that are none of them.
    if let Some(chunk) = bytes.last_chunk::<8>() {
        let found = in_word(u64::from_le_bytes(*chunk));
        let start = bytes.len().wrapping_sub(8);
        return (found != 0).then(|| start.wrapping_add(place(found)));
    }
    rest.iter().position(|byte| is_it(*byte))
}

/// Whether any byte is such a one; what is asked should be no more than a few comparisons.
#[inline]
pub fn is_any(bytes: &[u8], such: impl Fn(u8) -> bool) -> bool {
    let mut rest = bytes;
    while let Some((chunk, after)) = rest.split_first_chunk::<16>() {
        if is_any_of(chunk, &such) {
            return true;
        }
        rest = after;
    }
    // The last ones are looked at together, some of them once more.
    if let Some(chunk) = bytes.last_chunk::<16>() {
        return is_any_of(chunk, &such);
    }
    match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => is_any_of(first, &such) | is_any_of(last, &such),
        _ => rest.iter().any(|byte| such(*byte)),
    }
}

/// No byte is looked at by itself, so that the compiler takes all of them in one step.
#[inline]
fn is_any_of<const N: usize>(chunk: &[u8; N], such: impl Fn(u8) -> bool) -> bool {
    chunk.iter().fold(false, |any, byte| any | such(*byte))
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
    first(bytes, |word| less(word ^ pattern, 1), |one| one == byte)
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
