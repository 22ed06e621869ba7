//! SIP over TCP in a capture: the segments of each direction put in order by their sequence numbers,
//! and cut into messages (RFC 3261 §18.3, RFC 9293 §3.4).
//!
//! A capture may miss segments, begin within a connection, or end within one. What is missing is
//! waited for as long as there is room for what comes after it, then named and stepped over; the
//! next segment that begins with a message is where it goes on.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use offhook::Limits;
use offhook::sip::message::{Frame, ParseError, StreamFramer};

use super::frame::{Segment, is_sip};

/// Both ends of one direction: from and to.
pub(crate) type Ends = (SocketAddr, SocketAddr);

/// Directions that are followed at a time; for more, the one that was quiet for longest is left.
const MOST_STREAMS: usize = 1024;
/// Segments of one direction that wait for others to come before them, and their bytes.
const MOST_SEGMENTS_AHEAD: usize = 256;
const MOST_AHEAD: usize = 1 << 18;
/// Bytes of all directions that wait.
const MOST_AHEAD_OF_ALL: usize = 1 << 24;

/// What came out of a stream.
pub(super) enum Piece {
    /// A message, and what made the stream lose its step behind it.
    Message(Ends, Vec<u8>, Option<ParseError>),
    /// Something that was no message.
    Lost(Ends, Loss),
}

/// What is not there to be looked at.
pub(crate) enum Loss {
    /// So many bytes are missing from the capture, and with them a message of which so many came.
    Gap { missing: u32, begun: usize },
    /// The stream ends within a message, of which so many bytes came.
    Cut { begun: usize },
    /// So many bytes before the next message begin none.
    Skipped { bytes: usize },
}

/// One direction of one connection.
struct Stream {
    /// The sequence number of the byte that comes next.
    next: u32,
    /// Segments that came before others that precede them.
    ahead: Vec<(u32, Vec<u8>)>,
    /// The sequence number behind the last byte, once it is known.
    end: Option<u32>,
    framer: StreamFramer,
    /// The bytes that the framer has not made a message of.
    begun: Vec<u8>,
    /// Whether it waits for a segment that begins with a message.
    is_lost: bool,
    /// Bytes that came while it waited for one.
    skipped: usize,
    /// When something came last, counted in segments.
    used: u64,
}

/// All directions that are followed.
pub(super) struct Streams {
    limits: Limits,
    streams: BTreeMap<Ends, Stream>,
    ahead: usize,
    /// Segments so far.
    count: u64,
    out: Vec<Piece>,
}

impl Streams {
    pub(super) fn new() -> Self {
        Self {
            limits: Limits::default(),
            streams: BTreeMap::new(),
            ahead: 0,
            count: 0,
            out: Vec::new(),
        }
    }

    /// Takes a segment, and gives what came out by it.
    pub(super) fn segment(&mut self, segment: &Segment<'_>) -> Vec<Piece> {
        let ends = (segment.source, segment.destination);
        self.count += 1;
        if segment.is_start {
            // The ports are used again.
            self.close(ends);
            if segment.is_by_port() {
                self.begin(ends, segment.sequence.wrapping_add(1), false);
            }
        } else if !self.streams.contains_key(&ends) && !segment.payload.is_empty() {
            let begins = is_sip(segment.payload);
            if begins || segment.is_by_port() {
                self.begin(ends, segment.sequence, !begins);
            }
        }
        let Some(stream) = self.streams.get_mut(&ends) else {
            return std::mem::take(&mut self.out);
        };
        stream.used = self.count;
        let before = stream.waiting();
        let start = segment.sequence.wrapping_add(u32::from(segment.is_start));
        stream.take(start, segment.payload);
        if segment.is_end {
            stream.end = Some(start.wrapping_add(segment.payload.len() as u32));
        }
        stream.drain(ends, &self.limits, &mut self.out);
        let waits = self.ahead.saturating_sub(before) + stream.waiting();
        if stream.ahead.len() > MOST_SEGMENTS_AHEAD
            || stream.waiting() > MOST_AHEAD
            || waits > MOST_AHEAD_OF_ALL
        {
            stream.step_over(ends, &self.limits, &mut self.out);
        }
        self.ahead = self.ahead.saturating_sub(before) + stream.waiting();
        if segment.is_reset || stream.end == Some(stream.next) {
            self.close(ends);
        }
        std::mem::take(&mut self.out)
    }

    /// The capture has ended: what is left of all of them.
    pub(super) fn finish(&mut self) -> Vec<Piece> {
        let all: Vec<Ends> = self.streams.keys().copied().collect();
        for ends in all {
            self.close(ends);
        }
        std::mem::take(&mut self.out)
    }

    fn begin(&mut self, ends: Ends, next: u32, is_lost: bool) {
        if self.streams.len() >= MOST_STREAMS {
            let quiet = self.streams.iter().min_by_key(|(_, stream)| stream.used);
            if let Some(quiet) = quiet.map(|(ends, _)| *ends) {
                self.close(quiet);
            }
        }
        let stream = Stream {
            next,
            ahead: Vec::new(),
            end: None,
            framer: StreamFramer::new(),
            begun: Vec::new(),
            is_lost,
            skipped: 0,
            used: self.count,
        };
        self.streams.insert(ends, stream);
    }

    fn close(&mut self, ends: Ends) {
        let Some(mut stream) = self.streams.remove(&ends) else {
            return;
        };
        self.ahead = self.ahead.saturating_sub(stream.waiting());
        while !stream.ahead.is_empty() {
            stream.step_over(ends, &self.limits, &mut self.out);
        }
        stream.tell_skipped(ends, &mut self.out);
        let begun = stream.begun.len();
        if begun > 0 {
            self.out.push(Piece::Lost(ends, Loss::Cut { begun }));
        }
    }
}

/// How far `to` is behind `from`, which may be before it.
const fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from) as i32
}

impl Stream {
    fn waiting(&self) -> usize {
        self.ahead.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// Keeps what was not here before; it is looked at by [`drain`](Self::drain).
    fn take(&mut self, start: u32, payload: &[u8]) {
        let is_here =
            |(other, bytes): &(u32, Vec<u8>)| *other == start && bytes.len() >= payload.len();
        let end = start.wrapping_add(payload.len() as u32);
        if distance(self.next, end) > 0 && !self.ahead.iter().any(is_here) {
            self.ahead.push((start, payload.to_vec()));
        }
    }

    /// Takes in what is in order now.
    fn drain(&mut self, ends: Ends, limits: &Limits, out: &mut Vec<Piece>) {
        while let Some(place) = self.first().filter(|place| {
            let first = self.ahead.get(*place);
            first.is_some_and(|(start, _)| distance(self.next, *start) <= 0)
        }) {
            let (start, bytes) = self.ahead.swap_remove(place);
            // A retransmission may begin before what is new in it.
            let known = distance(start, self.next).max(0) as usize;
            if let Some(new) = bytes.get(known..).filter(|new| !new.is_empty()) {
                self.next = self.next.wrapping_add(new.len() as u32);
                self.read(new, ends, limits, out);
            }
        }
    }

    /// The segment that comes first of those that wait.
    fn first(&self) -> Option<usize> {
        let starts = self.ahead.iter().enumerate();
        let first = starts.min_by_key(|(_, (start, _))| distance(self.next, *start));
        first.map(|(place, _)| place)
    }

    /// What is missing will not come: goes on behind it.
    fn step_over(&mut self, ends: Ends, limits: &Limits, out: &mut Vec<Piece>) {
        let first = self.first().and_then(|place| self.ahead.get(place));
        let Some((start, _)) = first else { return };
        let missing = distance(self.next, *start).max(0) as u32;
        self.next = *start;
        let begun = self.begun.len();
        out.push(Piece::Lost(ends, Loss::Gap { missing, begun }));
        self.lose();
        self.drain(ends, limits, out);
    }

    fn lose(&mut self) {
        self.is_lost = true;
        self.framer = StreamFramer::new();
        self.begun.clear();
    }

    fn tell_skipped(&mut self, ends: Ends, out: &mut Vec<Piece>) {
        let bytes = std::mem::take(&mut self.skipped);
        if bytes > 0 {
            out.push(Piece::Lost(ends, Loss::Skipped { bytes }));
        }
    }

    /// The next bytes of the stream.
    fn read(&mut self, bytes: &[u8], ends: Ends, limits: &Limits, out: &mut Vec<Piece>) {
        if self.is_lost && !is_sip(bytes) {
            // Line ends keep a connection open and are nothing to miss.
            if !bytes.trim_ascii().is_empty() {
                self.skipped += bytes.len();
            }
            return;
        }
        self.tell_skipped(ends, out);
        self.is_lost = false;
        self.begun.extend_from_slice(bytes);
        self.framer.push(bytes);
        loop {
            match self.framer.next_frame(limits) {
                Ok(Some(Frame::Crlf)) => {
                    self.begun.drain(..2);
                }
                Ok(Some(Frame::Message(message))) => {
                    let length = message.len();
                    let message = self.begun.drain(..length).collect();
                    out.push(Piece::Message(ends, message, None));
                }
                Ok(None) => return,
                Err(fault) => {
                    let message = std::mem::take(&mut self.begun);
                    out.push(Piece::Message(ends, message, Some(fault)));
                    self.lose();
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(port: u16, sequence: u32, payload: &[u8]) -> Segment<'_> {
        Segment {
            source: SocketAddr::from(([192, 0, 2, 1], port)),
            destination: SocketAddr::from(([192, 0, 2, 2], 5060)),
            sequence,
            is_start: false,
            is_end: false,
            is_reset: false,
            payload,
        }
    }

    #[test]
    fn what_waits_is_bounded_whatever_comes() {
        let mut streams = Streams::new();
        let begin = |port| segment(port, 0, b"OPTIONS sip:a@b SIP/2.0\r\n");
        let mut gaps = 0;
        for port in 0..=u16::try_from(MOST_STREAMS).expect("a port") {
            streams.segment(&begin(port));
            for number in 0..2 {
                streams.segment(&segment(port, 1000 + 2 * number, b"x"));
            }
        }
        assert_eq!(streams.streams.len(), MOST_STREAMS);
        assert_eq!(streams.ahead, 2 * MOST_STREAMS);
        // Every other byte of a stream, one by one.
        for number in 0..10 * MOST_SEGMENTS_AHEAD as u32 {
            let pieces = streams.segment(&segment(7, 2000 + 2 * number, b"x"));
            gaps += pieces.len();
            let stream = streams.streams.values().max_by_key(|stream| stream.used);
            assert!(stream.is_some_and(|stream| stream.ahead.len() <= MOST_SEGMENTS_AHEAD));
        }
        assert!(gaps > 0);
        streams.finish();
        assert_eq!((streams.streams.len(), streams.ahead), (0, 0));
    }

    #[test]
    fn the_quietest_stream_is_left_for_a_new_one() {
        let mut streams = Streams::new();
        let text = b"OPTIONS sip:a@b SIP/2.0\r\n";
        for port in 0..u16::try_from(MOST_STREAMS).expect("a port") {
            streams.segment(&segment(port, 0, text));
        }
        streams.segment(&segment(0, text.len() as u32, b"X: y\r\n"));
        let pieces = streams.segment(&segment(9000, 0, text));
        let [Piece::Lost((from, _), Loss::Cut { begun })] = pieces.as_slice() else {
            panic!("one is left");
        };
        assert_eq!((from.port(), *begun), (1, text.len()));
    }
}
