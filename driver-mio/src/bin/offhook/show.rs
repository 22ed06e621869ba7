//! What is shown: the ladder as it happens, a line of progress on a terminal, plain lines without.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;

use offhook::trace::ladder::Live;
use offhook::trace::{Packet, Passing};
use offhook_mio::MachineId;

use crate::node::Driver;

/// The screen: results go to the standard output, progress to the standard error.
pub(crate) struct Screen {
    progress: bool,
    shown: usize,
}

impl Screen {
    pub(crate) fn new(plain: bool) -> Self {
        Self {
            progress: !plain && std::io::stderr().is_terminal(),
            shown: 0,
        }
    }

    /// A line that stays.
    pub(crate) fn say(&mut self, line: impl AsRef<str>) {
        self.clear();
        // A closed pipe, as under `head`, is no reason to fail a call.
        let _ = writeln!(std::io::stdout(), "{}", line.as_ref());
    }

    /// A line that the next one replaces; nothing where no one watches.
    pub(crate) fn progress(&mut self, line: &str) {
        if self.progress {
            self.clear();
            let mut screen = std::io::stderr();
            let _ = write!(screen, "{line}").and_then(|()| screen.flush());
            self.shown = line.chars().count();
        }
    }

    /// Takes the line of progress away.
    pub(crate) fn clear(&mut self) {
        if self.shown > 0 {
            let mut screen = std::io::stderr();
            let _ = write!(screen, "\r{:width$}\r", "", width = self.shown);
            let _ = screen.flush();
            self.shown = 0;
        }
    }
}

/// The ladder as it happens: reads what the taps kept since it last looked.
pub(crate) struct LiveLadder {
    live: Live,
    names: BTreeMap<SocketAddr, String>,
    stranger: Option<String>,
    seen: BTreeMap<MachineId, usize>,
}

impl LiveLadder {
    /// A ladder with these columns. Addresses nobody named belong to `stranger`, if there is one.
    pub(crate) fn new(columns: &[&str], stranger: Option<&str>, start: offhook::Instant) -> Self {
        Self {
            live: Live::new(columns, start),
            names: BTreeMap::new(),
            stranger: stranger.map(str::to_owned),
            seen: BTreeMap::new(),
        }
    }

    pub(crate) fn heading(&self) -> String {
        self.live.heading()
    }

    /// An address belongs to this column.
    pub(crate) fn name(&mut self, address: SocketAddr, column: &str) {
        self.names.insert(address, column.to_owned());
    }

    /// The lines for what passed since the last call.
    pub(crate) fn news(&mut self, driver: &Driver, machines: &[MachineId]) -> String {
        let mut packets: Vec<Packet> = Vec::new();
        for id in machines {
            let Some(node) = driver.machine(*id) else {
                continue;
            };
            let seen = self.seen.entry(*id).or_default();
            let kept = node.records().packets();
            for (passing, packet) in kept.get(*seen..).unwrap_or(&[]) {
                // What another machine of ours sent stands in that one's records.
                let ours = self.names.contains_key(&packet.source);
                if *passing == Passing::Sent || !ours {
                    packets.push(packet.clone());
                }
            }
            *seen = kept.len();
        }
        packets.sort_by_key(|packet| packet.at);
        packets.iter().map(|packet| self.drawn(packet)).collect()
    }

    fn drawn(&mut self, packet: &Packet) -> String {
        let name =
            |address: &SocketAddr| self.names.get(address).or(self.stranger.as_ref()).cloned();
        match (name(&packet.source), name(&packet.destination)) {
            (Some(from), Some(to)) => self.live.packet(&from, &to, packet),
            _ => String::new(),
        }
    }

    /// The lines of what was still running.
    pub(crate) fn finish(&mut self) -> String {
        self.live.finish()
    }
}
