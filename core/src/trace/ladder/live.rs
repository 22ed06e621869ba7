//! The ladder as it happens, one line at a time.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::rows::Builder;
use super::text::Grid;
use crate::time::Instant;
use crate::trace::packet::Packet;

/// Draws rows while packets pass: the participants are known before, the end is not.
///
/// All Call-IDs share one ladder. Media is counted and drawn when the next message comes.
///
/// ```
/// use offhook::trace::{Packet, ladder::Live};
/// use offhook::{Instant, Transport};
///
/// let mut live = Live::new(&["alice", "bob"], Instant::ZERO);
/// print!("{}", live.heading());
/// let packet = Packet {
///     at: Instant::from_millis(12),
///     transport: Transport::Udp,
///     source: "192.0.2.1:5060".parse().unwrap(),
///     destination: "192.0.2.2:5060".parse().unwrap(),
///     lost: false,
///     length: 29,
///     bytes: b"OPTIONS sip:bob SIP/2.0\r\n\r\n".to_vec(),
/// };
/// let line = live.packet("alice", "bob", &packet);
/// assert!(line.contains(" OPTIONS ") && line.contains('▶'));
/// ```
pub struct Live {
    columns: Vec<String>,
    grid: Grid,
    start: Instant,
    builder: Builder,
}

/// Characters between two columns: the longest usual label fits.
const GAP: usize = 30;

impl Live {
    /// A ladder between the named participants; times count from `start`.
    #[must_use]
    pub fn new(participants: &[&str], start: Instant) -> Self {
        let columns = participants.iter().map(|name| (*name).to_owned());
        Self {
            columns: columns.collect(),
            grid: Grid::even(participants.len(), GAP),
            start,
            builder: Builder::one_ladder(),
        }
    }

    /// The names and the beginning of their lines.
    #[must_use]
    pub fn heading(&self) -> String {
        self.grid.heading(&self.columns)
    }

    /// The lines a packet adds: none for media, which is counted, or one or more, each ended by a
    /// newline. Packets of strangers add nothing.
    pub fn packet(&mut self, from: &str, to: &str, packet: &Packet) -> String {
        let column = |name: &str| self.columns.iter().position(|known| known == name);
        let (Some(from), Some(to)) = (column(from), column(to)) else {
            return String::new();
        };
        self.builder.packet(from, to, packet);
        self.lines()
    }

    /// The lines of the media that was still running.
    pub fn finish(&mut self) -> String {
        self.builder.close_all();
        self.lines()
    }

    fn lines(&mut self) -> String {
        let rows = self.builder.take_rows();
        rows.iter()
            .map(|row| self.grid.row(row, self.start))
            .collect()
    }
}
