//! SDES and BYE from one cloud to the others (RFC 3550 §7.3). SR and RR are not forwarded, APP is for
//! the application.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::description::Description;
use crate::rtp::number::Ssrc;
use crate::rtp::rtcp::{Chunk, Compound, CompoundWriter, Goodbye, RtcpPacket};

/// Clouds one relay connects at most.
const MOST_CLOUDS: usize = 64;
/// Sources that one BYE can name.
const MOST_OF_ONE: usize = 31;

/// Who is in which cloud, and what the other clouds have yet to be told of them. Clouds are counted
/// from 0.
#[derive(Debug)]
pub struct Relay {
    clouds: usize,
    most: usize,
    sources: BTreeMap<Ssrc, Known>,
}

/// A source of one of the clouds.
#[derive(Debug)]
struct Known {
    cloud: usize,
    description: Description,
    /// The clouds it was forwarded to.
    told: Clouds,
    /// The clouds that its description is still to be forwarded to.
    untold: Clouds,
    /// Why it left, if it did, and the clouds that have yet to be told that.
    left: Option<(Box<[u8]>, Clouds)>,
}

/// A set of clouds, a bit for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Clouds(u64);

impl Clouds {
    const fn of(cloud: usize) -> Self {
        Self(if cloud < MOST_CLOUDS { 1 << cloud } else { 0 })
    }

    const fn has(self, cloud: usize) -> bool {
        self.0 & Self::of(cloud).0 != 0
    }

    const fn with(self, cloud: usize) -> Self {
        Self(self.0 | Self::of(cloud).0)
    }

    const fn without(self, cloud: usize) -> Self {
        Self(self.0 & !Self::of(cloud).0)
    }
}

impl Relay {
    /// Between so many clouds, 64 at most, for so many sources in all of them.
    #[must_use]
    pub fn new(clouds: usize, most_sources: usize) -> Self {
        Self {
            clouds: clouds.min(MOST_CLOUDS),
            most: most_sources,
            sources: BTreeMap::new(),
        }
    }

    /// Takes what was said in a cloud; a [`Session`](crate::rtp::Session) has to have taken it for
    /// good before.
    pub fn hear(&mut self, cloud: usize, compound: &Compound<'_>) {
        if cloud >= self.clouds {
            return;
        }
        for packet in compound.packets() {
            match packet {
                RtcpPacket::SourceDescription(description) => {
                    description
                        .chunks()
                        .for_each(|chunk| self.described(cloud, &chunk));
                }
                RtcpPacket::Goodbye(goodbye) => self.goodbye(cloud, &goodbye),
                // What is reported on in one cloud is no SSRC in the others; and of what these ask
                // for, the mixer is the source.
                RtcpPacket::SenderReport(_)
                | RtcpPacket::ReceiverReport(_)
                | RtcpPacket::ApplicationDefined(_)
                | RtcpPacket::Feedback(_)
                | RtcpPacket::Extended(_)
                | RtcpPacket::Obsolete(_)
                | RtcpPacket::Unknown { .. } => {}
            }
        }
    }

    fn others(&self, cloud: usize) -> Clouds {
        let all = (0..self.clouds).fold(Clouds::default(), Clouds::with);
        all.without(cloud)
    }

    fn described(&mut self, cloud: usize, chunk: &Chunk<'_>) {
        let others = self.others(cloud);
        let is_new = !self.sources.contains_key(&chunk.ssrc());
        if is_new && self.sources.len() >= self.most {
            return;
        }
        let known = self.sources.entry(chunk.ssrc()).or_insert_with(|| Known {
            cloud,
            description: Description::default(),
            told: Clouds::default(),
            untold: Clouds::default(),
            left: None,
        });
        // §8.2: two sources of one name, or one that comes around: the first goes on.
        if known.cloud == cloud && known.left.is_none() {
            known.description.learn(chunk);
            known.untold = others;
        }
    }

    fn goodbye(&mut self, cloud: usize, goodbye: &Goodbye<'_>) {
        let others = self.others(cloud);
        let reason = goodbye.reason().unwrap_or_default();
        for ssrc in goodbye.sources() {
            let known = self.sources.get_mut(&ssrc);
            if let Some(known) = known.filter(|known| known.cloud == cloud) {
                known.left.get_or_insert_with(|| (reason.into(), others));
            }
        }
    }

    /// A source is gone without a goodbye (§6.3.5).
    pub fn forget(&mut self, ssrc: Ssrc) {
        self.sources.remove(&ssrc);
    }

    /// Whether a source has left of which this cloud should hear soon; a compound packet of the
    /// mixer's is to be sent there that [`Relay::stack`] can add to.
    #[must_use]
    pub fn has_goodbye(&self, cloud: usize) -> bool {
        let mut left = self
            .sources
            .values()
            .filter_map(|known| known.left.as_ref());
        left.any(|(_, clouds)| clouds.has(cloud))
    }

    /// Adds what this cloud has yet to be told to a compound packet that the mixer's session there
    /// is about to send, as far as it has room in `most` octets; the rest waits for the next one.
    pub fn stack(&mut self, cloud: usize, compound: &mut Vec<u8>, most: usize) {
        for (ssrc, known) in &mut self.sources {
            if known.untold.has(cloud) && known.stack_description(*ssrc, compound, most) {
                known.untold = known.untold.without(cloud);
                known.told = known.told.with(cloud);
            }
            // §6.1: what is said of a source comes before its goodbye.
            if let Some((reason, clouds)) = &mut known.left {
                if clouds.has(cloud) && stack_goodbye(&[*ssrc], reason, compound, most) {
                    *clouds = clouds.without(cloud);
                }
            }
        }
        self.sources
            .retain(|_, known| known.left.as_ref().is_none_or(|(_, clouds)| clouds.0 != 0));
    }

    /// Adds a BYE of all sources that were forwarded to this cloud, because the mixer ceases to
    /// (§7.3); its own SSRC is for its session to say goodbye for. Whether there was room for all.
    pub fn cease(&mut self, cloud: usize, compound: &mut Vec<u8>, most: usize) -> bool {
        let told = self
            .sources
            .iter()
            .filter(|(_, known)| known.told.has(cloud));
        let told: Vec<Ssrc> = told.map(|(ssrc, _)| *ssrc).collect();
        for names in told.chunks(MOST_OF_ONE) {
            if !stack_goodbye(names, &[], compound, most) {
                return false;
            }
            for name in names {
                if let Some(known) = self.sources.get_mut(name) {
                    known.told = known.told.without(cloud);
                    known.untold = known.untold.without(cloud);
                }
            }
        }
        true
    }
}

impl Known {
    /// The whole description, or the CNAME alone where the whole would not even go by itself.
    fn stack_description(&self, ssrc: Ssrc, compound: &mut Vec<u8>, most: usize) -> bool {
        // A report with all its blocks leaves a third of a packet.
        let whole: usize = self.description.items().map(|item| item.text.len()).sum();
        if whole > most / 4 {
            let cname = || self.description.cname();
            return stack(compound, most, |writer| {
                writer.source_description(ssrc, cname());
            });
        }
        stack(compound, most, |writer| {
            writer.source_description(ssrc, self.description.items());
        })
    }
}

fn stack_goodbye(names: &[Ssrc], reason: &[u8], compound: &mut Vec<u8>, most: usize) -> bool {
    stack(compound, most, |writer| {
        writer.goodbye(names, reason);
    })
}

/// Puts a packet behind those of a compound, if it has room in `most` octets.
fn stack(compound: &mut Vec<u8>, most: usize, write: impl FnOnce(&mut CompoundWriter<'_>)) -> bool {
    let before = compound.len();
    compound.resize(before.max(most), 0);
    let place = compound.get_mut(before..).unwrap_or_default();
    let mut writer = CompoundWriter::reduced_size(place);
    write(&mut writer);
    let size = writer.finish().unwrap_or(0);
    compound.truncate(before.saturating_add(size));
    size > 0
}
