//! The static payload types of the audio and video profile (RFC 3551 §6, tables 4 and 5).

use super::number::PayloadType;

/// What a payload type number means without any negotiation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Assignment {
    /// A format with a number of its own.
    Static(StaticFormat),
    /// 96–127: signalling says.
    Dynamic,
    /// Never to be used: 1, 2, 19, and 72–76 which would look like RTCP.
    Reserved,
    /// Not given to anything.
    Unassigned,
}

/// A format with a number of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StaticFormat {
    /// The encoding's name, as in SDP.
    pub name: &'static str,
    /// Ticks of the timestamp per second.
    pub clock_rate: u32,
    /// Channels, for audio; 0 for video, and where the payload itself tells.
    pub channels: u8,
}

const fn format(name: &'static str, clock_rate: u32, channels: u8) -> Assignment {
    Assignment::Static(StaticFormat {
        name,
        clock_rate,
        channels,
    })
}

/// What `payload_type` means under RTP/AVP.
#[must_use]
pub const fn assignment(payload_type: PayloadType) -> Assignment {
    match payload_type.as_u8() {
        0 => format("PCMU", 8_000, 1),
        3 => format("GSM", 8_000, 1),
        4 => format("G723", 8_000, 1),
        5 => format("DVI4", 8_000, 1),
        6 => format("DVI4", 16_000, 1),
        7 => format("LPC", 8_000, 1),
        8 => format("PCMA", 8_000, 1),
        // §4.5.2: sampled at 16 kHz, but the clock was written down as 8000 once and stays so.
        9 => format("G722", 8_000, 1),
        10 => format("L16", 44_100, 2),
        11 => format("L16", 44_100, 1),
        12 => format("QCELP", 8_000, 1),
        13 => format("CN", 8_000, 1),
        14 => format("MPA", 90_000, 0),
        15 => format("G728", 8_000, 1),
        16 => format("DVI4", 11_025, 1),
        17 => format("DVI4", 22_050, 1),
        18 => format("G729", 8_000, 1),
        25 => format("CelB", 90_000, 0),
        26 => format("JPEG", 90_000, 0),
        28 => format("nv", 90_000, 0),
        31 => format("H261", 90_000, 0),
        32 => format("MPV", 90_000, 0),
        33 => format("MP2T", 90_000, 0),
        34 => format("H263", 90_000, 0),
        1 | 2 | 19 | 72..=76 => Assignment::Reserved,
        96..=127 => Assignment::Dynamic,
        _ => Assignment::Unassigned,
    }
}

#[cfg(test)]
mod tests;
