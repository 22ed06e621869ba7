//! What becomes of the packets of one cloud in another (RFC 3550 §7.1, §7.2), and how their numbers
//! and times go there and back.

use alloc::vec::Vec;

use crate::rtp::number::PayloadType;

/// How the data of one cloud go into another: as they are, unless something else is said.
///
/// Each source is translated likewise, telephone events and comfort noise of it included: they share
/// its numbers and its clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    payload_types: Vec<(PayloadType, PayloadType)>,
    is_encoded_anew: bool,
    /// Ticks a second, here and there.
    clock_rates: (u32, u32),
    /// So many packets here are so many there.
    packets: (u8, u8),
    is_cname_alone: bool,
}

impl Default for Translation {
    fn default() -> Self {
        Self {
            payload_types: Vec::new(),
            is_encoded_anew: false,
            clock_rates: (1, 1),
            packets: (1, 1),
            is_cname_alone: false,
        }
    }
}

impl Translation {
    /// Packets and reports go through untouched.
    #[must_use]
    pub fn unchanged() -> Self {
        Self::default()
    }

    /// One payload type is another there. Those that nothing is said of stay.
    #[must_use]
    pub fn with_payload_type(mut self, here: PayloadType, there: PayloadType) -> Self {
        self.payload_types.retain(|(number, _)| *number != here);
        self.payload_types.push((here, there));
        self
    }

    /// Payloads are encoded anew, and have other lengths.
    #[must_use]
    pub const fn with_encoding(mut self) -> Self {
        self.is_encoded_anew = true;
        self
    }

    /// The timestamps have another frequency: ticks a second, here and there. A zero changes nothing.
    #[must_use]
    pub const fn with_clock_rates(mut self, here: u32, there: u32) -> Self {
        if here > 0 && there > 0 {
            self.clock_rates = (here, there);
        }
        self
    }

    /// So many packets here become so many there. A zero changes nothing.
    #[must_use]
    pub const fn with_packets(mut self, here: u8, there: u8) -> Self {
        if here > 0 && there > 0 {
            self.packets = (here, there);
        }
        self
    }

    /// Of what sources say of themselves only the CNAME goes through, where bandwidth is limited
    /// (§7.2).
    #[must_use]
    pub const fn with_cname_alone(mut self) -> Self {
        self.is_cname_alone = true;
        self
    }

    /// Whether RTCP may go through as it is.
    pub(super) fn is_plain(&self) -> bool {
        self.keeps_data() && !self.is_cname_alone
    }

    /// Whether data go through as they are.
    pub(super) fn keeps_data(&self) -> bool {
        self.payload_types.is_empty()
            && !self.is_encoded_anew
            && self.keeps_times()
            && self.keeps_numbers()
    }

    pub(super) const fn is_encoded_anew(&self) -> bool {
        self.is_encoded_anew
    }

    pub(super) const fn is_cname_alone(&self) -> bool {
        self.is_cname_alone
    }

    pub(super) const fn keeps_times(&self) -> bool {
        self.clock_rates.0 == self.clock_rates.1
    }

    pub(super) const fn keeps_numbers(&self) -> bool {
        self.packets.0 == self.packets.1 && self.packets.0 == 1
    }

    /// The packets of a group, here and there.
    pub(super) const fn packets(&self) -> (u8, u8) {
        self.packets
    }

    pub(super) fn payload_type(&self, here: PayloadType) -> PayloadType {
        let mut named = self.payload_types.iter();
        let there = named.find(|(number, _)| *number == here);
        there.map_or(here, |(_, there)| *there)
    }

    /// The group of a packet that came so many after the first one, and its place in it.
    pub(super) fn group(&self, after: i64) -> (i64, u8) {
        let here = i64::from(self.packets.0);
        let place = after.checked_rem_euclid(here).unwrap_or(0);
        (
            after.checked_div_euclid(here).unwrap_or(after),
            u8::try_from(place).unwrap_or(0),
        )
    }

    /// How many after the first one there such a packet of a group is.
    pub(super) fn number(&self, group: i64, place: u8) -> i64 {
        let there = i64::from(self.packets.1);
        group
            .saturating_mul(there)
            .saturating_add(i64::from(place).min(there.saturating_sub(1)))
    }

    /// The last packet there of all that such a packet here goes into.
    pub(super) fn last_number(&self, after: i64) -> i64 {
        self.number(self.group(after).0, u8::MAX)
    }

    /// The last packet here that is wholly in one there: the inverse (§7.2).
    pub(super) fn number_back(&self, after: i64) -> i64 {
        let (here, there) = (i64::from(self.packets.0), i64::from(self.packets.1));
        let group = after.checked_div_euclid(there).unwrap_or(after);
        let place = after.checked_rem_euclid(there).unwrap_or(0);
        let begun = place.saturating_add(1).saturating_mul(here);
        let begun = begun.saturating_add(there.saturating_sub(1));
        let wholly = begun.checked_div(there).unwrap_or(begun).saturating_sub(1);
        group.saturating_mul(here).saturating_add(wholly)
    }

    /// A time there, in ticks since the first one.
    pub(super) fn ticks(&self, after: i64) -> i64 {
        scale(after, self.clock_rates.1, self.clock_rates.0)
    }

    /// A span here, of one in ticks there.
    pub(super) fn ticks_back(&self, span: u32) -> u32 {
        let span = scale(i64::from(span), self.clock_rates.0, self.clock_rates.1);
        u32::try_from(span).unwrap_or(u32::MAX)
    }

    /// A span there, of one in ticks here.
    pub(super) fn span(&self, span: u32) -> u32 {
        u32::try_from(self.ticks(i64::from(span))).unwrap_or(u32::MAX)
    }

    /// How many packets here so many lost ones there were: the inverse (§7.2).
    pub(super) fn lost_back(&self, there: i32) -> i32 {
        share(there, self.packets.0, self.packets.1)
    }

    /// How many packets there so many lost ones here are.
    pub(super) fn lost(&self, here: i32) -> i32 {
        share(here, self.packets.1, self.packets.0)
    }
}

fn share(count: i32, times: u8, parts: u8) -> i32 {
    let all = i64::from(count).saturating_mul(i64::from(times));
    let share = all.checked_div(i64::from(parts)).unwrap_or(all);
    i32::try_from(share).unwrap_or(i32::MAX)
}

/// Towards the past, so that times never run backwards about zero.
fn scale(ticks: i64, times: u32, parts: u32) -> i64 {
    let all = i128::from(ticks).saturating_mul(i128::from(times));
    let scaled = all.checked_div_euclid(i128::from(parts)).unwrap_or(all);
    i64::try_from(scaled).unwrap_or(i64::MAX)
}
