//! What a payload depends on, and whether it was there (RFC 2736 §3 and §4): every payload format
//! says where a decoder can begin, and one depacketiser for all of them begins at any packet and
//! names what was lost.

use crate::rtp::number::SequenceNumber;

/// What a decoder can begin with at the front of a payload.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Entry {
    /// Nothing: it goes on with what an earlier packet began.
    Inside,
    /// A part of its own (a group of blocks, a slice) which refers to what was decoded before.
    Part,
    /// A part of its own which refers to nothing, though what comes later may refer to parts
    /// beside it.
    Intra,
    /// Everything: nothing here or later refers to what was before.
    Refresh,
}

/// A payload of some format, as its unpacking gives it.
pub trait Payload {
    /// What a decoder can begin with here.
    fn entry(&self) -> Entry;
}

/// Whether what a payload depends on was there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dependency {
    /// All of it.
    Met,
    /// It can be decoded, but refers to something that was lost: what comes out is wrong in
    /// places until the sender refreshes it.
    ReferenceLost,
    /// The beginning of what it goes on with was lost; a decoder cannot use it.
    BeginningLost,
}

/// A payload, and what is known of what went before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unpacked<P> {
    /// The payload.
    pub payload: P,
    /// How many packets just before it did not come, or could not be read; unknown, and 0, for the
    /// first one.
    pub missing: u16,
    /// Whether what it depends on was there.
    pub dependency: Dependency,
}

/// Follows the payloads of one source in the order of their sequence numbers, from whichever
/// packet on.
#[derive(Clone, Debug, Default)]
pub struct Depacketiser {
    next: Option<SequenceNumber>,
    /// Whether everything was there since the last refresh.
    is_whole: bool,
    /// The dependency of the part that the last payload left open.
    part: Option<Dependency>,
}

impl Depacketiser {
    /// One that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            next: None,
            is_whole: false,
            part: None,
        }
    }

    /// Goes on to the packet with this number. Nothing if its payload could not be unpacked, which
    /// makes it missing for those that follow, or if it comes again or too late.
    pub fn follow<P: Payload>(
        &mut self,
        sequence: SequenceNumber,
        payload: Option<P>,
    ) -> Option<Unpacked<P>> {
        let missing = self.next.map(|next| sequence.distance_from(next));
        if missing.is_some_and(|missing| missing >= 0x8000) {
            return None;
        }
        let payload = payload?;
        self.next = Some(sequence.next());
        if missing != Some(0) {
            self.is_whole = false;
            self.part = None;
        }
        let dependency = match payload.entry() {
            Entry::Inside => self.part.unwrap_or(Dependency::BeginningLost),
            Entry::Part if self.is_whole => Dependency::Met,
            Entry::Part => Dependency::ReferenceLost,
            Entry::Intra => Dependency::Met,
            Entry::Refresh => {
                self.is_whole = true;
                Dependency::Met
            }
        };
        self.part = Some(dependency);
        Some(Unpacked {
            payload,
            missing: missing.unwrap_or(0),
            dependency,
        })
    }
}

#[cfg(test)]
mod tests;
