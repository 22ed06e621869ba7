//! The quantisation tables of types 0 and 1 (RFC 2435 §4.2 and appendix A).

/// Table K.1 of the JPEG standard, for luminance, row by row.
const LUMINANCE: [u8; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
    92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/// Table K.2, for chrominance.
const CHROMINANCE: [u8; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/// The two tables for Q, luminance first, row by row. Nothing unless Q is 1 to 99: other values
/// below 128 are reserved.
///
/// The table segments of a file, and those in packets, have them in zigzag order instead (§3.1.8):
/// [`zigzag`] makes it.
#[must_use]
pub fn quantisers(q: u8) -> Option<[[u8; 64]; 2]> {
    let q = u16::from(q);
    let scale = match q {
        1..50 => 5_000_u16.checked_div(q)?,
        50..=99 => 200_u16.checked_sub(q.checked_mul(2)?)?,
        _ => return None,
    };
    let scaled = |value: u8| {
        let value = u32::from(value)
            .saturating_mul(scale.into())
            .saturating_add(50)
            / 100;
        value.clamp(1, 255) as u8
    };
    Some([LUMINANCE.map(scaled), CHROMINANCE.map(scaled)])
}

/// A table in zigzag order, from one that goes row by row.
#[must_use]
pub fn zigzag(table: &[u8; 64]) -> [u8; 64] {
    let mut out = [0; 64];
    let (mut row, mut column) = (0_usize, 0_usize);
    for place in &mut out {
        let at = row.saturating_mul(8).saturating_add(column);
        *place = table.get(at).copied().unwrap_or(0);
        // Even diagonals go up and to the right, odd ones down and to the left.
        let is_even = row.saturating_add(column) % 2 == 0;
        match (is_even, row, column) {
            (true, _, 7) => row = row.saturating_add(1),
            (true, 0, _) => column = column.saturating_add(1),
            (true, ..) => (row, column) = (row.saturating_sub(1), column.saturating_add(1)),
            (false, 7, _) => column = column.saturating_add(1),
            (false, _, 0) => row = row.saturating_add(1),
            (false, ..) => (row, column) = (row.saturating_add(1), column.saturating_sub(1)),
        }
    }
    out
}
