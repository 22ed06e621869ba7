//! Whose sound is in a mixed packet (RFC 3550 §5.1, §7.1, §7.4).

use crate::rtp::number::Ssrc;
use crate::rtp::packet::Packet;

/// CSRCs a packet can name (§5.1).
const MOST: usize = 15;

/// The contributing sources of the next packet to one cloud, each once, in the order they were added.
#[derive(Clone, Copy, Debug)]
pub struct Contributors {
    list: [Ssrc; MOST],
    count: usize,
    left_out: usize,
}

impl Default for Contributors {
    fn default() -> Self {
        Self {
            list: [Ssrc::new(0); MOST],
            count: 0,
            left_out: 0,
        }
    }
}

impl Contributors {
    /// Nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The sound of this packet is in the mix. §7.4: of one that is a mix itself, it is those it
    /// names who contribute, and not the mixer.
    pub fn add_packet(&mut self, packet: &Packet<'_>) {
        let mut named = packet.csrc();
        if named.len() == 0 {
            self.add(packet.ssrc());
        } else {
            named.by_ref().for_each(|csrc| self.add(csrc));
        }
    }

    /// This source contributes: the mixer itself, if it speaks as well (§7.1).
    pub fn add(&mut self, ssrc: Ssrc) {
        if self.as_slice().contains(&ssrc) {
            return;
        }
        match self.list.get_mut(self.count) {
            Some(place) => {
                *place = ssrc;
                self.count = self.count.saturating_add(1);
            }
            // §7.4: the remainder cannot be included.
            None => self.left_out = self.left_out.saturating_add(1),
        }
    }

    /// At most fifteen.
    #[must_use]
    pub fn as_slice(&self) -> &[Ssrc] {
        self.list.get(..self.count).unwrap_or_default()
    }

    /// How often a source was added for which there was no room.
    #[must_use]
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// Nobody again, for the next packet.
    pub fn clear(&mut self) {
        *self = Self::new();
    }
}
