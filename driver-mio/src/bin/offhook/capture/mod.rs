//! What is in captures, pcap and pcapng: SIP over UDP and TCP, message by message, and the datagrams
//! that are none.

mod file;
mod frame;
mod stream;

use std::fmt;
use std::io::{self, Read};
use std::time::Duration;

use offhook::Transport;
use offhook::sip::message::ParseError;

use self::file::Capture;
use self::frame::Content;
use self::stream::{Piece, Streams};

pub(crate) use self::file::is_capture;
pub(crate) use self::stream::{Ends, Loss};

/// What was found in a capture.
pub(crate) enum Found {
    /// A message, or a datagram that should be one.
    Message(Captured),
    /// A datagram that is not meant as SIP.
    Datagram(Captured),
    /// Something of a stream that was no message.
    Lost(Ends, Loss),
}

/// A message or a datagram as it was captured.
pub(crate) struct Captured {
    /// When the packet that made it whole was captured, since the beginning of 1970.
    pub(crate) at: Duration,
    pub(crate) transport: Transport,
    pub(crate) ends: Ends,
    pub(crate) bytes: Vec<u8>,
    /// What made a stream lose its step behind it.
    pub(crate) fault: Option<ParseError>,
}

/// A capture that is being read.
pub(crate) struct CaptureReader<R> {
    capture: Capture<R>,
    streams: Streams,
    /// The time of the packet before.
    at: Duration,
    /// Packets so far.
    pub(crate) packets: usize,
    /// Those with SIP in fragments, which are not put together.
    pub(crate) fragments: usize,
    /// Those with something else than SIP and TCP.
    pub(crate) others: usize,
    is_over: bool,
}

impl<R: Read> CaptureReader<R> {
    /// Takes the header; `start` are the four bytes read already.
    ///
    /// # Errors
    /// It cannot be read, or is damaged; so too of what follows.
    pub(crate) fn open(start: [u8; 4], source: R) -> io::Result<Self> {
        Ok(Self {
            capture: Capture::open(start, source)?,
            streams: Streams::new(),
            at: Duration::ZERO,
            packets: 0,
            fragments: 0,
            others: 0,
            is_over: false,
        })
    }

    /// What the next packet brought, which may be nothing; `None` at the end.
    pub(crate) fn next_packet(&mut self) -> io::Result<Option<Vec<Found>>> {
        if self.is_over {
            return Ok(None);
        }
        let Some(packet) = self.capture.next_packet()? else {
            self.is_over = true;
            let at = self.at;
            let left = self.streams.finish();
            return Ok(Some(
                left.into_iter().map(|piece| found(at, piece)).collect(),
            ));
        };
        self.packets += 1;
        self.at = packet.at.unwrap_or(self.at);
        let at = self.at;
        Ok(Some(match frame::content(packet.link, packet.bytes) {
            Content::Datagram(datagram) => {
                let captured = Captured {
                    at,
                    transport: Transport::Udp,
                    ends: (datagram.source, datagram.destination),
                    bytes: datagram.payload.to_vec(),
                    fault: None,
                };
                if datagram.is_sip {
                    vec![Found::Message(captured)]
                } else {
                    self.others += 1;
                    vec![Found::Datagram(captured)]
                }
            }
            Content::Segment(segment) => {
                let pieces = self.streams.segment(&segment);
                pieces.into_iter().map(|piece| found(at, piece)).collect()
            }
            Content::Unread => {
                self.fragments += 1;
                Vec::new()
            }
            Content::Other => {
                self.others += 1;
                Vec::new()
            }
        }))
    }
}

fn found(at: Duration, piece: Piece) -> Found {
    match piece {
        Piece::Message(ends, bytes, fault) => Found::Message(Captured {
            at,
            transport: Transport::Tcp,
            ends,
            bytes,
            fault,
        }),
        Piece::Lost(ends, loss) => Found::Lost(ends, loss),
    }
}

/// Why a capture could not be read to its end.
pub(crate) fn said(name: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            format!("{name} ends in the midst of a packet: the capture was cut short")
        }
        _ => format!("cannot read {name}: {error}"),
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { missing, begun: 0 } => {
                write!(f, "{} are not in the capture", bytes_of(*missing as usize))
            }
            Self::Gap { missing, begun } => write!(
                f,
                "{} are not in the capture; the message of which {} came before is left out",
                bytes_of(*missing as usize),
                bytes_of(*begun),
            ),
            Self::Skipped { bytes } => {
                write!(f, "{} before any message are left out", bytes_of(*bytes))
            }
            Self::Cut { begun } => write!(
                f,
                "ends within a message, {} of which are left out",
                bytes_of(*begun)
            ),
        }
    }
}

fn bytes_of(count: usize) -> String {
    counted(count, "byte")
}

/// `1 byte`, `2 bytes`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
