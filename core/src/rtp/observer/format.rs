//! What payload types mean: by what was announced, or for good (RFC 3551 §6).

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::net::SocketAddr;

use super::stream::StreamId;
use crate::rtp::number::PayloadType;
use crate::rtp::profile::{Assignment, assignment};

/// A payload format as an observer needs it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StreamFormat {
    /// The encoding's name, if anybody said it.
    pub name: Option<String>,
    /// Ticks of the timestamp a second; 0 if nobody said that.
    pub clock_rate: u32,
}

/// What a session description says of one payload type at one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Where such packets are received.
    pub address: SocketAddr,
    /// Their payload type.
    pub payload_type: PayloadType,
    /// The encoding's name.
    pub name: String,
    /// Ticks of the timestamp a second.
    pub clock_rate: u32,
}

impl StreamFormat {
    /// Whether these are telephone events (RFC 4733).
    #[must_use]
    pub fn is_telephone_event(&self) -> bool {
        self.is_named("telephone-event")
    }

    /// Whether this is redundant data (RFC 2198), of which the blocks have payload types of their own.
    #[must_use]
    pub fn is_redundant(&self) -> bool {
        self.is_named("red")
    }

    /// Whether this is G.711, of which it is known how losses sound.
    #[must_use]
    pub fn is_g711(&self) -> bool {
        self.clock_rate == 8000 && (self.is_named("PCMU") || self.is_named("PCMA"))
    }

    fn is_named(&self, encoding: &str) -> bool {
        let name = self.name.as_deref();
        name.is_some_and(|name| name.eq_ignore_ascii_case(encoding))
    }

    /// What a number means without any negotiation.
    fn of_profile(payload_type: PayloadType) -> Self {
        match assignment(payload_type) {
            Assignment::Static(format) => Self {
                name: Some(format.name.into()),
                clock_rate: format.clock_rate,
            },
            Assignment::Dynamic | Assignment::Reserved | Assignment::Unassigned => Self::default(),
        }
    }
}

/// All that was announced.
#[derive(Debug, Default)]
pub(super) struct Formats {
    announced: BTreeMap<SocketAddr, BTreeMap<u8, StreamFormat>>,
    /// How often something was announced.
    pub(super) edition: u64,
}

impl Formats {
    pub(super) fn announce(&mut self, said: Announcement, limit: usize) {
        if self.announced.len() >= limit && !self.announced.contains_key(&said.address) {
            return;
        }
        let format = StreamFormat {
            name: Some(said.name),
            clock_rate: said.clock_rate,
        };
        let types = self.announced.entry(said.address).or_default();
        types.insert(said.payload_type.as_u8(), format);
        self.edition = self.edition.wrapping_add(1);
    }

    /// Whether anything was announced of either end.
    pub(super) fn knows(&self, id: &StreamId) -> bool {
        let mut ends = [&id.destination, &id.source].into_iter();
        ends.any(|end| self.announced.contains_key(end))
    }

    pub(super) fn format(&self, id: &StreamId, payload_type: PayloadType) -> StreamFormat {
        let of = |end: &SocketAddr| self.announced.get(end)?.get(&payload_type.as_u8());
        let said = of(&id.destination).or_else(|| of(&id.source));
        said.cloned()
            .unwrap_or_else(|| StreamFormat::of_profile(payload_type))
    }
}
