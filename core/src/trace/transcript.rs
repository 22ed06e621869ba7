//! A list of packets and the names of those who sent them.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::format::{self, FormatError};
use super::ladder::call_id_of;
use super::packet::Packet;

/// A name, and the addresses at which its bearer sends and receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// What a ladder calls it.
    pub name: String,
    /// Its addresses; port 0 stands for every port of the host.
    pub addresses: Vec<SocketAddr>,
}

/// What was sent, by whom, to whom, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    participants: Vec<Participant>,
    packets: Vec<Packet>,
}

impl Transcript {
    /// An empty transcript.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            participants: Vec::new(),
            packets: Vec::new(),
        }
    }

    /// Reads the text format that [`Transcript::to_text`] writes.
    ///
    /// # Errors
    /// Names the first line that is not of the format.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        format::parse(text)
    }

    /// Writes the text format: SIP stays readable, media becomes hexadecimal.
    #[must_use]
    pub fn to_text(&self) -> String {
        format::write(self)
    }

    /// Gives an address a name; the order of first mention is the order of a ladder's columns.
    pub fn name(&mut self, name: &str, address: SocketAddr) {
        let found = self.participants.iter_mut().find(|who| who.name == name);
        match found {
            Some(who) if who.addresses.contains(&address) => {}
            Some(who) => who.addresses.push(address),
            None => self.participants.push(Participant {
                name: name.to_owned(),
                addresses: Vec::from([address]),
            }),
        }
    }

    /// Adds a packet behind the others.
    pub fn push(&mut self, packet: Packet) {
        self.packets.push(packet);
    }

    /// Puts the packets in the order of their times; those of one instant keep theirs.
    pub fn sort(&mut self) {
        self.packets.sort_by_key(|packet| packet.at);
    }

    /// Those who have names.
    #[must_use]
    pub fn participants(&self) -> &[Participant] {
        &self.participants
    }

    /// The packets, in order.
    #[must_use]
    pub fn packets(&self) -> &[Packet] {
        &self.packets
    }

    /// The name at an address: the one given to it, or the one of its host, or the address itself.
    #[must_use]
    pub fn name_of(&self, address: SocketAddr) -> Cow<'_, str> {
        let host = SocketAddr::new(address.ip(), 0);
        for sought in [address, host] {
            let found = self
                .participants
                .iter()
                .find(|who| who.addresses.contains(&sought));
            if let Some(who) = found {
                return Cow::Borrowed(&who.name);
            }
        }
        Cow::Owned(address.to_string())
    }

    /// The transcript without media packets, or with nothing else.
    #[must_use]
    pub fn only_text(&self, text: bool) -> Self {
        let packets = self.packets.iter();
        Self {
            participants: self.participants.clone(),
            packets: packets
                .filter(|packet| packet.is_text() == text)
                .cloned()
                .collect(),
        }
    }

    /// The transcript of the messages with this Call-ID alone.
    #[must_use]
    pub fn only_call(&self, call_id: &str) -> Self {
        let packets = self.packets.iter().filter(|packet| packet.is_text());
        Self {
            participants: self.participants.clone(),
            packets: packets
                .filter(|packet| call_id_of(packet) == call_id)
                .cloned()
                .collect(),
        }
    }
}

impl core::fmt::Display for Transcript {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&format!(
            "{} packets between {} participants",
            self.packets.len(),
            self.participants.len()
        ))
    }
}
