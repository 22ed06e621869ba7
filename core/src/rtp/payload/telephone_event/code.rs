//! The numbers of telephone events (RFC 4733 §3.2, RFC 4734 Table 10, RFC 5244 Table 1).

use core::fmt;

/// An event's number, 0 to 255.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EventCode(u8);

/// How an event lasts (RFC 4733 §2.3.5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EventKind {
    /// A sound with a beginning and an end.
    Tone,
    /// Something that holds until another one takes its place.
    State,
    /// Neither.
    Other,
}

/// A run of numbers with one meaning.
struct Row {
    first: u8,
    last: u8,
    kind: EventKind,
    has_volume: bool,
    name: &'static str,
    sound: Sound,
}

/// What a tone is made of.
#[derive(Clone, Copy)]
enum Sound {
    /// These frequencies in Hz, together; 0 for none.
    Of(u16, u16),
    /// A key's row and column.
    Key,
    /// Two of six, the code that this adds up to with the distance from the row's first number.
    TwoOfSix(&'static [u16; 6], u8),
    /// Not to be told in frequencies.
    Pattern,
}

/// SS No. 5 and R1 (RFC 5244 Tables 2 and 3).
const MF: [u16; 6] = [700, 900, 1100, 1300, 1500, 1700];
/// R2 forward (RFC 5244 Table 4).
const FORWARD: [u16; 6] = [1380, 1500, 1620, 1740, 1860, 1980];
/// R2 backward (RFC 5244 Table 5).
const BACKWARD: [u16; 6] = [1140, 1020, 900, 780, 660, 540];

const fn tone(code: u8, name: &'static str, sound: Sound) -> Row {
    tones(code, code, name, sound)
}

const fn tones(first: u8, last: u8, name: &'static str, sound: Sound) -> Row {
    Row {
        first,
        last,
        kind: EventKind::Tone,
        has_volume: true,
        name,
        sound,
    }
}

const fn quiet(first: u8, last: u8, kind: EventKind, name: &'static str) -> Row {
    Row {
        first,
        last,
        kind,
        has_volume: false,
        name,
        sound: Sound::Pattern,
    }
}

const ROWS: [Row; 48] = [
    tones(0, 15, "key", Sound::Key),
    tone(23, "CRdSeg", Sound::Of(1900, 0)),
    tone(24, "CReSeg", Sound::Of(400, 0)),
    tone(25, "MRdSeg", Sound::Of(1150, 0)),
    tone(26, "MReSeg", Sound::Of(650, 0)),
    tone(27, "V32AC", Sound::Pattern),
    tone(28, "V8bISeg", Sound::Of(1375, 2002)),
    tone(29, "V8bRSeg", Sound::Of(1529, 2225)),
    quiet(30, 30, EventKind::Other, "V21L300"),
    quiet(31, 31, EventKind::Other, "V21H300"),
    tone(32, "ANS", Sound::Of(2100, 0)),
    tone(33, "/ANS", Sound::Of(2100, 0)),
    tone(34, "ANSam", Sound::Of(2100, 0)),
    tone(35, "/ANSam", Sound::Of(2100, 0)),
    tone(36, "CNG", Sound::Of(1100, 0)),
    tone(37, "V.21 channel 1 '0'", Sound::Of(1180, 0)),
    tone(38, "V.21 channel 1 '1'", Sound::Of(980, 0)),
    tone(39, "V.21 channel 2 '0'", Sound::Of(1850, 0)),
    tone(40, "V.21 channel 2 '1'", Sound::Of(1650, 0)),
    tone(49, "CT", Sound::Of(1300, 0)),
    tone(52, "ANS2225", Sound::Of(2225, 0)),
    tone(53, "CI", Sound::Pattern),
    tone(54, "V.21 preamble flag", Sound::Pattern),
    quiet(55, 55, EventKind::Other, "V21L110"),
    quiet(56, 56, EventKind::Other, "B103L300"),
    quiet(57, 57, EventKind::Other, "V23Main"),
    quiet(58, 58, EventKind::Other, "V23Back"),
    quiet(59, 59, EventKind::Other, "Baud4545"),
    quiet(60, 60, EventKind::Other, "Baud50"),
    quiet(61, 61, EventKind::Other, "VBDGen"),
    tone(62, "XCIMark", Sound::Pattern),
    tone(63, "V32AA", Sound::Pattern),
    tone(121, "continuity check", Sound::Of(2000, 0)),
    tone(122, "continuity verify", Sound::Of(1780, 0)),
    tone(123, "MF 11", Sound::TwoOfSix(&MF, 11)),
    tone(124, "MF KP", Sound::TwoOfSix(&MF, 13)),
    tone(125, "MF KP2", Sound::TwoOfSix(&MF, 14)),
    tone(126, "MF ST", Sound::TwoOfSix(&MF, 15)),
    tone(127, "MF 12", Sound::TwoOfSix(&MF, 12)),
    // Code 10 of the two-of-six codes is the digit 0.
    tone(128, "MF 0", Sound::TwoOfSix(&MF, 10)),
    tones(129, 137, "MF", Sound::TwoOfSix(&MF, 1)),
    quiet(144, 159, EventKind::State, "ABCD"),
    quiet(174, 174, EventKind::Other, "metering pulse"),
    quiet(175, 175, EventKind::Other, "trunk unavailable"),
    tones(176, 190, "MFC forward", Sound::TwoOfSix(&FORWARD, 1)),
    tones(191, 205, "MFC backward", Sound::TwoOfSix(&BACKWARD, 1)),
    quiet(206, 207, EventKind::State, "A"),
    quiet(208, 211, EventKind::State, "AB"),
];

/// The keys by number (RFC 4733 Table 3).
const KEYS: &[u8; 16] = b"0123456789*#ABCD";
/// The frequencies of a key's row and column (ITU-T Q.23).
const KEY_ROWS: [u16; 4] = [697, 770, 852, 941];
const KEY_COLUMNS: [u16; 4] = [1209, 1336, 1477, 1633];
/// The keys as they stand on a telephone, row by row.
const PAD: &[u8; 16] = b"123A456B789C*0#D";

impl EventCode {
    /// The event of this number; whether anything is known by it is another matter.
    #[must_use]
    pub const fn new(code: u8) -> Self {
        Self(code)
    }

    /// The number.
    #[must_use]
    pub const fn as_u8(self) -> u8 {
        self.0
    }

    /// The event of a key: `0` to `9`, `*`, `#`, `A` to `D` in either case.
    #[must_use]
    pub fn of_key(key: char) -> Option<Self> {
        let key = u8::try_from(key.to_ascii_uppercase()).ok()?;
        let at = KEYS.iter().position(|known| *known == key)?;
        u8::try_from(at).ok().map(Self)
    }

    /// The key, if it is one.
    #[must_use]
    pub fn key(self) -> Option<char> {
        KEYS.get(usize::from(self.0)).copied().map(char::from)
    }

    fn row(self) -> Option<&'static Row> {
        ROWS.iter()
            .find(|row| (row.first..=row.last).contains(&self.0))
    }

    /// How it lasts; `None` for a number without a meaning, those of RFC 2833 that nobody ever used
    /// (RFC 4733 Table 8) included.
    #[must_use]
    pub fn kind(self) -> Option<EventKind> {
        Some(self.row()?.kind)
    }

    /// Whether reports of it have a volume. Of what is not known, they have none.
    #[must_use]
    pub fn has_volume(self) -> bool {
        self.row().is_some_and(|row| row.has_volume)
    }

    /// The two frequencies in Hz that sound together, the second 0 if there is but one; `None` for
    /// what is no plain tone.
    #[must_use]
    pub fn frequencies(self) -> Option<(u16, u16)> {
        let row = self.row()?;
        match row.sound {
            Sound::Of(first, second) => Some((first, second)),
            Sound::Pattern => None,
            Sound::Key => {
                let key = KEYS.get(usize::from(self.0))?;
                let at = PAD.iter().position(|known| known == key)?;
                Some((*KEY_ROWS.get(at / 4)?, *KEY_COLUMNS.get(at % 4)?))
            }
            Sound::TwoOfSix(six, base) => {
                let code = base.checked_add(self.0.checked_sub(row.first)?)?;
                two_of_six(six, code)
            }
        }
    }
}

/// The pair of frequencies of a code, 1 to 15: pairs are counted by their higher one, then by their
/// lower one.
fn two_of_six(six: &[u16; 6], code: u8) -> Option<(u16, u16)> {
    let mut left = code.checked_sub(1)?;
    for (higher, second) in six.iter().enumerate().skip(1) {
        match usize::from(left).checked_sub(higher) {
            None => return Some((*six.get(usize::from(left))?, *second)),
            Some(rest) => left = u8::try_from(rest).ok()?,
        }
    }
    None
}

/// The key, or the event's name with which one of its run it is, or just the number.
impl fmt::Display for EventCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = self.key() {
            return write!(f, "{key}");
        }
        let Some(row) = self.row() else {
            return write!(f, "event {}", self.0);
        };
        let nth = self.0.saturating_sub(row.first);
        match (row.kind, row.name.len()) {
            // The state's bits are its name.
            (EventKind::State, bits) => write!(f, "{} {nth:0bits$b}", row.name),
            _ if row.first == row.last => f.write_str(row.name),
            _ => write!(f, "{} {}", row.name, nth.saturating_add(1)),
        }
    }
}
