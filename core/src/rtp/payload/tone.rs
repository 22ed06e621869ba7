//! Telephony tones by their sound (RFC 4733 §4): frequencies, modulation, level and duration.
//!
//! ```text
//!  0                   1                   2                   3
//!     modulation     T   volume          duration
//!  R R R R  frequency          R R R R  frequency
//!  ...
//! ```

/// Octets in front of the frequencies.
const FIXED: usize = 4;

/// One tone, but for its frequencies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tone {
    /// The modulation frequency in Hz, or in thirds of one: 0 to 511, 0 for none.
    pub modulation: u16,
    /// T: the modulation frequency is counted in thirds of a hertz, for 16 2/3 and the like.
    pub thirds: bool,
    /// The level, in dB below 1 mW at the zero point: 0 to 63.
    pub volume: u8,
    /// How long it lasts, in ticks of the media clock from the packet's timestamp on; never 0.
    pub duration: u16,
}

/// The frequencies of a tone, in Hz, that sound together. None at all, or 0, is silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frequencies<'a> {
    octets: &'a [u8],
}

impl Tone {
    /// Reads a payload; `None` if it is too short, or a tone of no duration (§4.3.3: to be ignored).
    #[must_use]
    pub fn unpack(payload: &[u8]) -> Option<(Self, Frequencies<'_>)> {
        let (&[m0, m1, d0, d1], octets) = payload.split_first_chunk::<FIXED>()?;
        let first = u16::from_be_bytes([m0, m1]);
        let tone = Self {
            modulation: first >> 7,
            thirds: first & 0x40 != 0,
            volume: m1 & 0x3f,
            duration: u16::from_be_bytes([d0, d1]),
        };
        (tone.duration != 0).then_some((tone, Frequencies { octets }))
    }

    /// Writes the payload to the front of `out` and says how many octets it took; `None` if it does
    /// not fit, or a field does not hold what it is given: frequencies up to 4095 Hz, modulation up
    /// to 511, a volume up to 63, a duration that is not 0.
    pub fn pack(&self, frequencies: &[u16], out: &mut [u8]) -> Option<usize> {
        let fits = self.modulation < 512 && self.volume < 64 && self.duration != 0;
        if !fits || frequencies.iter().any(|frequency| *frequency > 0xfff) {
            return None;
        }
        let size = frequencies.len().checked_mul(2)?.checked_add(FIXED)?;
        let (front, rest) = out.get_mut(..size)?.split_first_chunk_mut::<FIXED>()?;
        let thirds = if self.thirds { 0x40 } else { 0 };
        let [m0, m1] = (self.modulation << 7 | thirds | u16::from(self.volume)).to_be_bytes();
        let [d0, d1] = self.duration.to_be_bytes();
        *front = [m0, m1, d0, d1];
        for (place, frequency) in rest.chunks_exact_mut(2).zip(frequencies) {
            place.copy_from_slice(&frequency.to_be_bytes());
        }
        Some(size)
    }
}

impl Iterator for Frequencies<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        let (&[high, low], rest) = self.octets.split_first_chunk::<2>()?;
        self.octets = rest;
        // §4.3.3: the four R bits are ignored.
        Some(u16::from_be_bytes([high, low]) & 0xfff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn a_modulated_tone_of_three_frequencies_comes_back() {
        // RFC 4733 §4.1: the Hungarian special dial tone has three; 16 2/3 Hz is 50 thirds.
        let tone = Tone {
            modulation: 50,
            thirds: true,
            volume: 63,
            duration: 0xffff,
        };
        let mut out = [0xaa; 11];
        assert_eq!(tone.pack(&[350, 375, 400], &mut out), Some(10));
        assert_eq!(out, [25, 0x7f, 0xff, 0xff, 1, 94, 1, 119, 1, 144, 0xaa]);
        let (again, frequencies) = Tone::unpack(&out[..10]).unwrap();
        assert_eq!(again, tone);
        assert_eq!(frequencies.collect::<Vec<_>>(), [350, 375, 400]);
        assert_eq!(tone.pack(&[350, 375, 400], &mut [0; 9]), None);
    }

    #[test]
    fn reserved_bits_are_ignored_and_an_odd_octet_too() {
        let payload = [0, 20, 0, 160, 0xf2, 0xb9, 0xf4, 0xb9, 7];
        let (_, frequencies) = Tone::unpack(&payload).unwrap();
        assert_eq!(frequencies.collect::<Vec<_>>(), [697, 1209]);
    }

    #[test]
    fn what_no_field_holds_is_not_written() {
        let tone = Tone {
            modulation: 0,
            thirds: false,
            volume: 10,
            duration: 1,
        };
        let mut out = [0; 16];
        assert_eq!(tone.pack(&[4095], &mut out), Some(6));
        assert_eq!(tone.pack(&[4096], &mut out), None);
        let too_much = [
            Tone {
                modulation: 512,
                ..tone
            },
            Tone { volume: 64, ..tone },
            Tone {
                duration: 0,
                ..tone
            },
        ];
        assert!(
            too_much
                .iter()
                .all(|tone| tone.pack(&[], &mut out).is_none())
        );
        // Nor taken.
        assert_eq!(Tone::unpack(&[0, 10, 0, 0, 1, 94]), None);
        assert_eq!(Tone::unpack(&[0, 10, 1]), None);
    }
}
