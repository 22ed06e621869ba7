//! From a file to the streams in it.

use std::io::{self, Read};
use std::time::Duration;

use offhook::Instant;
use offhook::rtp::PayloadType;
use offhook::rtp::observer::{Announcement, Observer};
use offhook::sdp::SessionDescription;

use crate::capture::{self, CaptureReader, Found, counted, is_capture};
use crate::failure::Failure;
use crate::rtpdump::{self, is_rtpdump};

/// What was found in a file.
pub(super) struct Streams {
    pub(super) observer: Observer,
    /// Packets of any kind.
    pub(super) packets: usize,
    /// Why the file could not be read to its end.
    pub(super) cut: Option<String>,
}

/// Reads a capture or an rtpdump; `start` are the four bytes read already.
pub(super) fn streams(name: &str, start: [u8; 4], source: impl Read) -> Result<Streams, Failure> {
    if is_capture(start) {
        return captured(name, start, source);
    }
    if is_rtpdump(start) {
        return recorded(name, start, source);
    }
    Err(Failure::local(format!(
        "{name} is no capture and no rtpdump: record one with `offhook phone --record FILE.rtp`, or \
         with tcpdump"
    )))
}

fn captured(name: &str, start: [u8; 4], source: impl Read) -> Result<Streams, Failure> {
    let failed = |error| Failure::local(capture::said(name, &error));
    let mut capture = CaptureReader::open(start, source).map_err(failed)?;
    let mut observer = Observer::default();
    let mut cut = None;
    loop {
        match capture.next_packet() {
            Ok(Some(found)) => {
                for found in found {
                    observe(&mut observer, found);
                }
            }
            Ok(None) => break,
            Err(error) => {
                cut = Some(capture::said(name, &error));
                break;
            }
        }
    }
    if capture.fragments > 0 {
        let fragments = counted(capture.fragments, "packet");
        eprintln!("offhook: {name}: not read: {fragments} with SIP in fragments");
    }
    Ok(Streams {
        observer,
        packets: capture.packets,
        cut,
    })
}

fn observe(observer: &mut Observer, found: Found) {
    match found {
        Found::Message(message) => announce(observer, &message.bytes),
        Found::Datagram(datagram) => {
            let (source, destination) = datagram.ends;
            observer.observe(instant(datagram.at), source, destination, &datagram.bytes);
        }
        Found::Lost(..) => {}
    }
}

fn recorded(name: &str, start: [u8; 4], source: impl Read) -> Result<Streams, Failure> {
    let said = |error: &io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            format!("{name} ends in the midst of a packet: the rtpdump was cut short")
        }
        _ => format!("cannot read {name}: {error}"),
    };
    let failed = |error: io::Error| Failure::local(said(&error));
    let mut reader = rtpdump::Reader::open(start, source).map_err(failed)?;
    let session = reader.session();
    let mut streams = Streams {
        observer: Observer::default(),
        packets: 0,
        cut: None,
    };
    loop {
        match reader.next_packet() {
            Ok(Some(packet)) => {
                streams.packets += 1;
                let at = instant(session.start + packet.after);
                let (source, destination) = (session.source, session.destination);
                let bytes = &packet.bytes;
                streams.observer.observe(at, source, destination, bytes);
            }
            Ok(None) => return Ok(streams),
            Err(error) => {
                streams.cut = Some(said(&error));
                return Ok(streams);
            }
        }
    }
}

fn instant(since_1970: Duration) -> Instant {
    Instant::from_nanos(u64::try_from(since_1970.as_nanos()).unwrap_or(u64::MAX))
}

/// What the session descriptions of a SIP message say of who receives what. They are found as a
/// reader finds them, alone or as parts of a body.
fn announce(observer: &mut Observer, message: &[u8]) {
    const BEGIN: &[u8] = b"\r\n\r\nv=0";
    let mut rest = message;
    while let Some(at) = find(rest, BEGIN) {
        rest = rest.get(at + 4..).unwrap_or_default();
        let end = find(rest, b"\r\n--").map_or(rest.len(), |end| end + 2);
        let text = rest.get(..end).unwrap_or(rest);
        if let Ok(description) = SessionDescription::parse(text) {
            announce_all(observer, &description);
        }
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

fn announce_all(observer: &mut Observer, description: &SessionDescription<'_>) {
    let is_rtp = |proto: &str| proto.split('/').any(|part| part == "RTP");
    for media in description
        .media
        .iter()
        .filter(|it| is_rtp(it.proto) && it.port != 0)
    {
        let addresses = media.rtp_addresses(description);
        // On hold as RFC 2543 had it: nobody receives there.
        for address in addresses.filter(|address| !address.ip().is_unspecified()) {
            for number in media.payload_types() {
                let format = media.rtp_map(number).zip(PayloadType::new(number));
                if let Some((map, payload_type)) = format {
                    observer.announce(Announcement {
                        address,
                        payload_type,
                        name: map.name.to_owned(),
                        clock_rate: map.clock_rate,
                    });
                }
            }
        }
    }
}
