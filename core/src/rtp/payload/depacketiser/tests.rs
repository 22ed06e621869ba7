use super::*;

/// A format whose payload is one octet that says what it is; 9 breaks the rules.
#[derive(Debug, PartialEq)]
struct Toy(u8);

impl Toy {
    fn unpack(payload: &[u8]) -> Option<Self> {
        payload
            .first()
            .filter(|octet| **octet != 9)
            .map(|octet| Self(*octet))
    }
}

impl Payload for Toy {
    fn entry(&self) -> Entry {
        [Entry::Inside, Entry::Part, Entry::Intra, Entry::Refresh][usize::from(self.0)]
    }
}

const INSIDE: u8 = 0;
const PART: u8 = 1;
const INTRA: u8 = 2;
const REFRESH: u8 = 3;

/// What comes of packets with these numbers and contents.
fn run<const N: usize>(packets: [(u16, u8); N]) -> [Option<(u16, Dependency)>; N] {
    let mut depacketiser = Depacketiser::new();
    packets.map(|(sequence, octet)| {
        let found = depacketiser.follow(SequenceNumber::new(sequence), Toy::unpack(&[octet]))?;
        assert_eq!(found.payload, Toy(octet));
        Some((found.missing, found.dependency))
    })
}

use Dependency::{BeginningLost, Met, ReferenceLost};

#[test]
fn it_starts_at_any_packet() {
    assert_eq!(
        run([
            (7, INSIDE),
            (8, PART),
            (9, INSIDE),
            (10, REFRESH),
            (11, PART)
        ]),
        [
            Some((0, BeginningLost)),
            Some((0, ReferenceLost)),
            Some((0, ReferenceLost)),
            Some((0, Met)),
            Some((0, Met)),
        ]
    );
}

#[test]
fn a_loss_is_reported_until_the_next_refresh() {
    assert_eq!(
        run([
            (65_535, REFRESH),
            (0, INSIDE),
            (3, INSIDE),
            (4, PART),
            (5, INTRA),
            (6, INSIDE),
            (7, PART),
            (8, REFRESH),
            (9, PART),
        ]),
        [
            Some((0, Met)),
            Some((0, Met)),
            Some((2, BeginningLost)),
            Some((0, ReferenceLost)),
            Some((0, Met)),
            Some((0, Met)),
            // The part beside the intra one is still missing.
            Some((0, ReferenceLost)),
            Some((0, Met)),
            Some((0, Met)),
        ]
    );
}

#[test]
fn what_cannot_be_read_is_missing_and_what_is_late_is_left_out() {
    assert_eq!(
        run([
            (1, REFRESH),
            (2, 9),
            (3, INSIDE),
            (3, INSIDE),
            (2, REFRESH),
            (4, REFRESH)
        ]),
        [
            Some((0, Met)),
            None,
            Some((1, BeginningLost)),
            None,
            None,
            Some((0, Met)),
        ]
    );
}
