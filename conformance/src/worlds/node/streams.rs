//! Which streams a phone has, written and read as one word.

use std::net::SocketAddr;

use offhook::sdp::offer_answer::LocalMedia;
use offhook::sdp::{Codec, MediaKind};

/// The streams of `PCMU,PCMA,event/H261`, the first at `media` and each of the others two ports
/// further on. A stream without one of the formats of sound is a picture.
pub(super) fn streams(word: &str, media: SocketAddr) -> Result<Vec<LocalMedia>, String> {
    let mut streams = Vec::new();
    let mut at = media;
    for names in word.split('/') {
        let codecs = names.split(',').map(codec);
        let codecs: Result<Vec<(bool, Codec)>, String> = codecs.collect();
        let codecs = codecs?;
        let kind = if codecs.iter().any(|(sounds, _)| *sounds) {
            MediaKind::Audio
        } else {
            MediaKind::Video
        };
        let codecs = codecs.into_iter().map(|(_, codec)| codec).collect();
        streams.push(LocalMedia::rtp(kind, at, codecs));
        at.set_port(at.port().wrapping_add(2));
    }
    Ok(streams)
}

/// A format, and whether it is one of sound.
fn codec(name: &str) -> Result<(bool, Codec), String> {
    match name {
        "PCMU" => Ok((true, Codec::PCMU)),
        "PCMA" => Ok((true, Codec::PCMA)),
        "event" => Ok((true, Codec::TELEPHONE_EVENT)),
        "L16" => Ok((true, Codec::audio("L16", 16_000))),
        "speex" => Ok((true, Codec::audio("speex", 8000))),
        "H261" => Ok((false, Codec::audio("H261", 90_000))),
        "VP8" => Ok((false, Codec::audio("VP8", 90_000))),
        _ => Err(format!("no format {name}")),
    }
}
