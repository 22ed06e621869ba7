//! What `a=fmtp` means between two sides (RFC 3264 §6.1): each payload format has its own rules.
//!
//! Some parameters are part of the format and have to be equal, some are settled between the
//! sides, and the others only say what their writer likes to receive. The last is also what a
//! parameter we do not know is taken for.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};

use crate::sdp::Codec;

type Parameters = Option<Cow<'static, str>>;

/// How two sides meet in one format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meeting {
    /// Our parameters: what an answer says.
    pub(super) receive: Parameters,
    /// What to send by.
    pub(super) send: Parameters,
}

/// Whether both are one format, so that one payload type may mean both: the same name, clock and
/// channels, and the same configuration.
pub(super) fn is_same_format(one: &Codec, other: &Codec) -> bool {
    let parameters = other.parameters.as_deref();
    one.matches(other) && is_same_configuration(one, parameters)
}

/// How our format and the peer's parameters for it go together; `None` if they do not.
pub(super) fn meet(ours: &Codec, theirs: Option<&str>) -> Option<Meeting> {
    if !is_same_configuration(ours, theirs) {
        return None;
    }
    let own = ours.parameters.as_deref();
    let is = |name: &str| ours.name.eq_ignore_ascii_case(name);
    // Nothing is said on either side, as for most formats.
    if own.is_none() && theirs.is_none() {
        return Some(Meeting {
            receive: None,
            send: None,
        });
    }
    if is("AMR") || is("AMR-WB") {
        return meet_modes(ours, theirs);
    }
    if is("G729") {
        return Some(meet_silence(ours, theirs, "annexb"));
    }
    if is("G723") {
        return Some(meet_silence(ours, theirs, "annexa"));
    }
    if is("iLBC") {
        // RFC 3952 §5: both use the mode that needs less, 30 ms, unless both say 20.
        let short = |side| parameter(side, "mode") == Some("20");
        let mode: Parameters = match short(own) && short(theirs) {
            true => Some("mode=20".into()),
            false => Some("mode=30".into()),
        };
        return Some(Meeting {
            receive: mode.clone(),
            send: mode,
        });
    }
    if is("H264") {
        return meet_levels(ours, theirs);
    }
    if ours.is_telephone_event() && !have_common_event(own, theirs) {
        return None;
    }
    let receive = ours.parameters.clone();
    let send = match own == theirs {
        true => receive.clone(),
        false => owned(theirs),
    };
    Some(Meeting { receive, send })
}

/// RFC 4733 §2.4.1: the ranges of a list of events, 0 to 15 if there is none; what is no range
/// names nothing.
fn events(list: Option<&str>) -> impl Iterator<Item = (u8, u8)> + '_ {
    let ranges = list.unwrap_or("0-15").split(',');
    ranges.filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let first = first.trim_ascii().parse().ok()?;
        let last = last.trim_ascii().parse().ok()?;
        (first <= last).then_some((first, last))
    })
}

fn have_common_event(ours: Option<&str>, theirs: Option<&str>) -> bool {
    events(ours)
        .any(|(first, last)| events(theirs).any(|(start, end)| start <= last && first <= end))
}

/// Parameters that change what is in the packet: format, parameter, value where it is left out.
const CONFIGURATION: [(&str, &str, &str); 10] = [
    // RFC 4867 §8.1 and §8.2, with §8.3.1 on what an answer may do.
    ("AMR", "octet-align", "0"),
    ("AMR", "crc", "0"),
    ("AMR", "robust-sorting", "0"),
    ("AMR", "interleaving", ""),
    ("AMR-WB", "octet-align", "0"),
    ("AMR-WB", "crc", "0"),
    ("AMR-WB", "robust-sorting", "0"),
    ("AMR-WB", "interleaving", ""),
    // RFC 6184 §8.2.2.
    ("H264", "packetization-mode", "0"),
    // RFC 4588 §8.1: one number for each format that is sent again.
    ("rtx", "apt", ""),
];

fn is_same_configuration(ours: &Codec, theirs: Option<&str>) -> bool {
    let own = ours.parameters.as_deref();
    if own.is_none() && theirs.is_none() {
        return true;
    }
    let mut binding = CONFIGURATION
        .iter()
        .filter(|(name, ..)| ours.name.eq_ignore_ascii_case(name));
    let equal = binding.all(|(_, key, default)| {
        let one = parameter(own, key).unwrap_or(default);
        one == parameter(theirs, key).unwrap_or(default)
    });
    equal
        && (!ours.name.eq_ignore_ascii_case("H264")
            || Profile::of(own)
                .zip(Profile::of(theirs))
                .is_some_and(|(one, other)| one.is_same_profile(&other)))
}

/// RFC 4867 §8.3.1: a set of modes in an offer is returned as it is or the format refused; where
/// the offer has none the answer may set one, and it binds both.
fn meet_modes(ours: &Codec, theirs: Option<&str>) -> Option<Meeting> {
    let own = ours.parameters.as_deref();
    match (parameter(own, "mode-set"), parameter(theirs, "mode-set")) {
        (Some(one), Some(other)) if !is_same_set(one, other) => None,
        (None, Some(modes)) => Some(Meeting {
            receive: Some(with_parameter(own, "mode-set", modes).into()),
            send: owned(theirs),
        }),
        (Some(modes), None) => Some(Meeting {
            receive: ours.parameters.clone(),
            send: Some(with_parameter(theirs, "mode-set", modes).into()),
        }),
        (Some(_), Some(_)) | (None, None) => Some(Meeting {
            receive: ours.parameters.clone(),
            send: owned(theirs),
        }),
    }
}

fn is_same_set(one: &str, other: &str) -> bool {
    let has = |set: &str, mode: &str| set.split(',').any(|it| it.trim_ascii() == mode);
    let within =
        |inner: &str, outer: &str| inner.split(',').all(|mode| has(outer, mode.trim_ascii()));
    within(one, other) && within(other, one)
}

/// RFC 4856 §2.1.6, §2.1.9: silence suppression is on unless a side says no; what one side cannot
/// do the other does not.
fn meet_silence(ours: &Codec, theirs: Option<&str>, key: &str) -> Meeting {
    let off = |side| parameter(side, key) == Some("no");
    let own = ours.parameters.as_deref();
    let with_no = |side| Some(Cow::Owned(with_parameter(side, key, "no")));
    let is_off = off(own) || off(theirs);
    Meeting {
        receive: match is_off && !off(own) {
            true => with_no(own),
            false => ours.parameters.clone(),
        },
        send: match is_off && !off(theirs) {
            true => with_no(theirs),
            false => owned(theirs),
        },
    }
}

/// RFC 6184 §8.2.2: the profile is equal (checked before), the level the lower one, unless both
/// allow each direction its own.
fn meet_levels(ours: &Codec, theirs: Option<&str>) -> Option<Meeting> {
    let own = ours.parameters.as_deref();
    let (one, other) = (Profile::of(own)?, Profile::of(theirs)?);
    let asymmetric = |side| parameter(side, "level-asymmetry-allowed") == Some("1");
    let each_its_own = asymmetric(own) && asymmetric(theirs);
    let level = |side, profile: &Profile| {
        let id = format!(
            "{:02x}{:02x}{:02x}",
            profile.idc, profile.iop, profile.level
        );
        Some(Cow::Owned(with_parameter(side, "profile-level-id", &id)))
    };
    let lower = !each_its_own && other.rank() < one.rank();
    let higher = !each_its_own && one.rank() < other.rank();
    Some(Meeting {
        receive: match lower {
            true => level(own, &other),
            false => ours.parameters.clone(),
        },
        send: match higher {
            true => level(theirs, &one),
            false => owned(theirs),
        },
    })
}

/// `profile-level-id` (RFC 6184 §8.1).
struct Profile {
    idc: u8,
    iop: u8,
    level: u8,
}

impl Profile {
    /// Baseline at level 1 where there is none; `None` for what is not six hexadecimal digits.
    fn of(parameters: Option<&str>) -> Option<Self> {
        let id = parameter(parameters, "profile-level-id").unwrap_or("42000a");
        let hexadecimal = id.len() == 6 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u32::from_str_radix(id, 16).ok().filter(|_| hexadecimal)?;
        let [_, idc, iop, level] = number.to_be_bytes();
        Some(Self { idc, iop, level })
    }

    /// Whether constraint_set3_flag is part of the level: it says 1b beside level 1.1.
    fn has_flagged_level(&self) -> bool {
        matches!(self.idc, 66 | 77 | 88) && self.level == 11
    }

    fn is_same_profile(&self, other: &Self) -> bool {
        const FLAG: u8 = 0x10;
        let flags = |one: &Self| match one.has_flagged_level() {
            true => one.iop & !FLAG,
            false => one.iop,
        };
        self.idc == other.idc && flags(self) == flags(other)
    }

    /// Levels in their order, 1b between 1 and 1.1.
    fn rank(&self) -> u16 {
        let flagged = self.has_flagged_level() && self.iop & 0x10 != 0;
        match flagged || self.level == 9 {
            true => 21,
            false => u16::from(self.level).saturating_mul(2),
        }
    }
}

fn owned(parameters: Option<&str>) -> Parameters {
    parameters.map(|text| Cow::Owned(text.to_string()))
}

/// The value of one of the parameters of an `a=fmtp`.
fn parameter<'a>(parameters: Option<&'a str>, key: &str) -> Option<&'a str> {
    let pairs = parameters?.split(';').filter_map(|one| one.split_once('='));
    pairs
        .map(|(name, value)| (name.trim_ascii(), value.trim_ascii()))
        .find(|(name, _)| name.eq_ignore_ascii_case(key))
        .map(|(_, value)| value)
}

/// The parameters with one of them set.
fn with_parameter(parameters: Option<&str>, key: &str, value: &str) -> String {
    let mut text = String::new();
    let others = parameters.unwrap_or_default().split(';');
    let others = others.filter(|one| {
        let name = one.split('=').next().unwrap_or_default().trim_ascii();
        !name.is_empty() && !name.eq_ignore_ascii_case(key)
    });
    for one in others {
        text.push_str(one.trim_ascii());
        text.push(';');
    }
    text.push_str(key);
    text.push('=');
    text.push_str(value);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codec(name: &'static str, parameters: Option<&'static str>) -> Codec {
        Codec {
            parameters: parameters.map(Cow::Borrowed),
            ..Codec::audio(name, 8000)
        }
    }

    /// What both sides make of it: an answer's parameters, and what each sends by.
    fn met(
        name: &'static str,
        ours: Option<&'static str>,
        theirs: Option<&'static str>,
    ) -> Option<(Option<String>, Option<String>)> {
        let meeting = meet(&codec(name, ours), theirs)?;
        let text = |one: Parameters| one.map(Cow::into_owned);
        Some((text(meeting.receive), text(meeting.send)))
    }

    fn both(receive: &str, send: &str) -> Option<(Option<String>, Option<String>)> {
        let some = |text: &str| Some(text.to_string()).filter(|text| !text.is_empty());
        Some((some(receive), some(send)))
    }

    /// RFC 4856 §2.1.9: yes is implied, and a no of either side is one for both.
    #[test]
    fn silence_is_suppressed_where_both_can() {
        let no = Some("annexb=no");
        assert_eq!(met("G729", None, None), both("", ""));
        assert_eq!(met("G729", None, no), both("annexb=no", "annexb=no"));
        assert_eq!(met("g729", no, None), both("annexb=no", "annexb=no"));
        let yes = Some("annexb=yes");
        assert_eq!(met("G729", yes, None), both("annexb=yes", ""));
        let bitrate = Some("bitrate=6.3;annexa=no");
        let expected = both("annexa=no", "bitrate=6.3;annexa=no");
        assert_eq!(met("G723", None, bitrate), expected);
    }

    /// RFC 4867 §8.3.1.
    #[test]
    fn adaptive_rates_keep_their_packing_and_one_set_of_modes() {
        let aligned = Some("octet-align=1");
        assert_eq!(met("AMR", None, aligned), None);
        assert_eq!(met("AMR-WB", aligned, Some("octet-align=0")), None);
        assert_eq!(
            met("amr", aligned, Some("mode-change-period=2; octet-align=1")),
            both("octet-align=1", "mode-change-period=2; octet-align=1")
        );
        let modes = Some("mode-set=0,2,5,7");
        let echoed = both("mode-set=0,2,5,7", "mode-set=0,2,5,7");
        assert_eq!(met("AMR", None, modes), echoed);
        assert_eq!(met("AMR", modes, None), echoed);
        assert_eq!(
            met("AMR", modes, Some("mode-set=7,5,2,0")),
            both("mode-set=0,2,5,7", "mode-set=7,5,2,0")
        );
        assert_eq!(met("AMR", modes, Some("mode-set=0,2")), None);
        assert_eq!(met("AMR", Some("crc=1"), Some("crc=0")), None);
    }

    /// RFC 3952 §5: 20 against 30 is 30, and so is 20 against nothing.
    #[test]
    fn the_slower_of_two_frame_sizes_is_used() {
        let (short, long) = (Some("mode=20"), Some("mode=30"));
        let (is_short, is_long) = (both("mode=20", "mode=20"), both("mode=30", "mode=30"));
        assert_eq!(met("iLBC", short, short), is_short);
        assert_eq!(met("iLBC", short, long), is_long);
        assert_eq!(met("ilbc", long, short), is_long);
        assert_eq!(met("iLBC", short, None), is_long);
        assert_eq!(met("iLBC", None, None), both("", ""));
    }

    /// RFC 6184 §8.2.2: profile and packetization alike, the level the lower one.
    #[test]
    fn pictures_keep_their_profile_and_take_the_lower_level() {
        let at = Some("profile-level-id=42e01f;packetization-mode=1");
        let lower = Some("packetization-mode=1;profile-level-id=42E00B");
        assert_eq!(
            met("H264", at, lower),
            both(
                "packetization-mode=1;profile-level-id=42e00b",
                "packetization-mode=1;profile-level-id=42E00B"
            )
        );
        assert_eq!(
            met("H264", lower, at),
            both(
                "packetization-mode=1;profile-level-id=42E00B",
                "packetization-mode=1;profile-level-id=42e00b"
            )
        );
        // Another way to packetize, another profile, and what is none.
        assert_eq!(met("H264", at, Some("profile-level-id=42e01f")), None);
        let high = Some("profile-level-id=64001f;packetization-mode=1");
        assert_eq!(met("H264", at, high), None);
        let broken = Some("profile-level-id=+2e01f;packetization-mode=1");
        assert_eq!(met("H264", at, broken), None);
        // Baseline at level 1 is what nothing means.
        assert_eq!(met("H264", None, None), both("", ""));
        let base = Some("profile-level-id=42000d");
        assert_eq!(met("H264", base, None), both("profile-level-id=42000a", ""));
        // 1b is above 1 and below 1.1, and its flag is none of the profile.
        let (one_b, one_one) = (
            Some("profile-level-id=42100b"),
            Some("profile-level-id=42000b"),
        );
        let id = "profile-level-id=42100b";
        assert_eq!(met("H264", one_one, one_b), both(id, id));
        // Where both allow it each direction has its own level.
        let free = "profile-level-id=42e01f;level-asymmetry-allowed=1";
        let slow = "profile-level-id=42e00a;level-asymmetry-allowed=1";
        assert_eq!(met("H264", Some(free), Some(slow)), both(free, slow));
    }

    /// RFC 4733 §2.4.1: lists of events, which have to have one in common; §7.1.1: 0 to 15 is what
    /// no list means.
    #[test]
    fn events_are_those_the_peer_takes() {
        let name = "telephone-event";
        let keys = Some("0-15");
        assert_eq!(met(name, keys, Some("0-11,66")), both("0-15", "0-11,66"));
        assert_eq!(met(name, keys, None), both("0-15", ""));
        assert_eq!(met(name, keys, Some("32,66-70")), None);
        assert_eq!(met(name, None, Some("16-x,15")), both("", "16-x,15"));
        assert_eq!(met(name, keys, Some("255-0,")), None);
    }

    /// RFC 3264 §6.1: what we do not know is what the peer likes to receive.
    #[test]
    fn unknown_parameters_bind_nobody() {
        let ours = Some("useinbandfec=1");
        let theirs = Some("maxplaybackrate=16000");
        let expected = both("useinbandfec=1", "maxplaybackrate=16000");
        assert_eq!(met("opus", ours, theirs), expected);
    }

    #[test]
    fn one_number_may_mean_only_one_configuration() {
        let plain = codec("AMR", None);
        assert!(is_same_format(&plain, &codec("amr", Some("octet-align=0"))));
        assert!(!is_same_format(
            &plain,
            &codec("AMR", Some("octet-align=1"))
        ));
        let (one, other) = (codec("opus", Some("stereo=1")), codec("opus", None));
        assert!(is_same_format(&one, &other));
    }
}
