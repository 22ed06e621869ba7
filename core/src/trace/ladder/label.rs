//! What a packet is called on its arrow.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;

use crate::trace::packet::Packet;

/// Longest label; a longer one is cut.
const LABEL_CHARS: usize = 40;

/// What kind of thing an arrow shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Request,
    Provisional,
    Success,
    /// A 3xx to 6xx.
    Failure,
    Media,
    /// Bytes that are neither SIP nor RTP.
    Other,
}

/// A SIP message, skimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signal {
    pub(super) look: Look,
    pub(super) label: String,
    /// The value of CSeq.
    pub(super) cseq: String,
    pub(super) call_id: String,
    pub(super) is_invite: bool,
}

/// A media packet, skimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// RTP of this payload type.
    Rtp(u8),
    Rtcp,
}

/// The Call-ID of a SIP message, which may be malformed everywhere else.
pub(in crate::trace) fn call_id_of(packet: &Packet) -> String {
    signal(packet).call_id
}

/// Skims a SIP message: its start line and three of its header fields.
pub(super) fn signal(packet: &Packet) -> Signal {
    let text = String::from_utf8_lossy(&packet.bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut lines = head.split("\r\n");
    let start = lines.next().unwrap_or_default();
    let mut words = start.split_ascii_whitespace();
    let first = words.next().unwrap_or_default();
    let cseq = field(head, &["cseq"]);
    let (look, mut label) = if first.eq_ignore_ascii_case("SIP/2.0") {
        let status = start.split_once(' ').map_or("", |(_, status)| status);
        let look = match status.bytes().next() {
            Some(b'1') => Look::Provisional,
            Some(b'2') => Look::Success,
            _ => Look::Failure,
        };
        (look, Cow::Borrowed(status.trim()))
    } else if words
        .last()
        .is_some_and(|version| version.eq_ignore_ascii_case("SIP/2.0"))
    {
        (Look::Request, Cow::Borrowed(first))
    } else {
        (Look::Other, Cow::Owned(format!("{} bytes", packet.length)))
    };
    if let Some(direction) = session_direction(body) {
        label = Cow::Owned(format!("{label} (SDP{direction})"));
    }
    Signal {
        look,
        label: shorten(&label, LABEL_CHARS),
        call_id: String::from(field(head, &["call-id", "i"])),
        is_invite: cseq.ends_with("INVITE"),
        cseq: String::from(cseq),
    }
}

/// Skims a media packet; `None` is anything else (RFC 3550 §5.1, RFC 5761 §4).
pub(super) fn media(bytes: &[u8]) -> Option<Media> {
    let [first, second, ..] = bytes else {
        return None;
    };
    if first >> 6 != 2 {
        return None;
    }
    match second {
        192..=223 => Some(Media::Rtcp),
        byte => Some(Media::Rtp(byte & 0x7f)),
    }
}

/// The encoding name of a static payload type (RFC 3551 §6), or its number.
pub(super) fn payload_name(payload_type: u8) -> Cow<'static, str> {
    match payload_type {
        0 => Cow::Borrowed("PCMU"),
        3 => Cow::Borrowed("GSM"),
        8 => Cow::Borrowed("PCMA"),
        9 => Cow::Borrowed("G722"),
        13 => Cow::Borrowed("CN"),
        18 => Cow::Borrowed("G729"),
        other => Cow::Owned(format!("type {other}")),
    }
}

/// Cuts a text to so many characters.
pub(super) fn shorten(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return String::from(text);
    }
    let mut cut: String = text.chars().take(chars.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// The first value of a header field, by any of its names in lower case.
fn field<'h>(head: &'h str, names: &[&str]) -> &'h str {
    head.split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| names.iter().any(|n| n.eq_ignore_ascii_case(name.trim())))
        .map_or("", |(_, value)| value.trim())
}

/// Which way the media of a session description flows, unless it is both ways; `None`: no
/// description.
fn session_direction(body: &str) -> Option<&'static str> {
    if !body.starts_with("v=0") {
        return None;
    }
    let directions = [
        ("a=sendonly", " sendonly"),
        ("a=recvonly", " recvonly"),
        ("a=inactive", " inactive"),
    ];
    let found = directions
        .iter()
        .find(|(line, _)| body.lines().any(|found| found.trim_end() == *line));
    Some(found.map_or("", |(_, direction)| *direction))
}
