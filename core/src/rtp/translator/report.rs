//! Reports through a translator (RFC 3550 §7.2): what is said of data that are others elsewhere.

use super::machine::Translator;
use super::numbers::nearest;
use super::translation::Translation;
use crate::rtp::number::{Ssrc, Timestamp};
use crate::rtp::rtcp::{CompoundWriter, ReportBlock, SenderInfo};

/// Blocks of a report.
const MOST_OF_ONE: usize = 31;

impl Translator {
    /// §7.2, SR sender information: "MUST be modified if required by the translation".
    pub(super) fn sender_info(
        &self,
        to: usize,
        from: usize,
        ssrc: Ssrc,
        info: SenderInfo,
    ) -> SenderInfo {
        let (Some(way), Some(known)) = (self.way(from, to), self.sources.get(ssrc)) else {
            return info;
        };
        let mut info = info;
        let sent = known.sent.get(to).copied().unwrap_or_default();
        // "If a translator changes the data encoding, it MUST change the sender's byte count field."
        if way.is_encoded_anew() || !way.keeps_numbers() {
            info.octets = sent.octets;
        }
        // "If it also combines several data packets into one output packet, it MUST change the
        // sender's packet count field."
        if !way.keeps_numbers() {
            info.packets = sent.packets;
        }
        // "If it changes the timestamp frequency, it MUST change the RTP timestamp field."
        if !way.keeps_times() {
            let mut numbers = known.numbers;
            let ticks = way.ticks(numbers.time(info.timestamp)) as u32;
            let first = numbers.first_time().unwrap_or_default();
            info.timestamp = Timestamp::new(first.wrapping_add(ticks));
        }
        info
    }

    pub(super) fn report(
        &self,
        to: usize,
        from: usize,
        ssrc: Ssrc,
        info: Option<&SenderInfo>,
        blocks: impl Iterator<Item = ReportBlock>,
        writer: &mut CompoundWriter<'_>,
    ) {
        let nothing = ReportBlock {
            ssrc: Ssrc::new(0),
            fraction_lost: 0,
            cumulative_lost: 0,
            extended_highest_sequence: 0,
            jitter: 0,
            lsr: 0,
            dlsr: 0,
        };
        let mut translated = [nothing; MOST_OF_ONE];
        let mut count = 0_usize;
        let blocks = blocks.filter_map(|block| self.block(to, from, block));
        for (place, block) in translated.iter_mut().zip(blocks) {
            *place = block;
            count = count.saturating_add(1);
        }
        writer.report(ssrc, info, translated.get(..count).unwrap_or_default());
    }

    /// §7.2, reception report blocks: "flow in the direction opposite to the data. The SSRC is left
    /// intact. If a translator combines several data packets into one output packet, and therefore
    /// changes the sequence numbers, it MUST make the inverse manipulation for the packet loss fields
    /// and the extended last sequence number field." What is said of a source in one cloud is turned
    /// into what would be said of it where it is at home, and that into what would be said in the
    /// cloud it goes to. "There may be no meaningful way to translate the reception reports": then
    /// none is passed on.
    fn block(&self, to: usize, from: usize, block: ReportBlock) -> Option<ReportBlock> {
        let home = self.sources.get(block.ssrc).map(|known| known.cloud);
        let is_plain = self.translations.iter().all(Translation::keeps_data);
        let Some(home) = home else {
            return is_plain.then_some(block);
        };
        let here = self.way(home, from);
        let there = self.way(home, to);
        let keeps_numbers = |way: Option<&Translation>| way.is_none_or(Translation::keeps_numbers);
        let mut block = block;
        if !keeps_numbers(here) || !keeps_numbers(there) {
            let numbers = &self.sources.get(block.ssrc)?.numbers;
            let (first, highest) = (numbers.first_sequence()?, numbers.highest()?);
            let number = block.extended_highest_sequence as u16;
            let last = here.map_or(highest, |way| way.last_number(highest));
            let after = nearest(first, last, number);
            // No more than there were: a group may have been sent before it was whole.
            let after = here
                .map_or(after, |way| way.number_back(after))
                .min(highest);
            let after = there.map_or(after, |way| way.last_number(after));
            block.extended_highest_sequence = u32::from(first).wrapping_add(after as u32);
            // The fraction lost is one of packets on either side.
            let lost = block.cumulative_lost;
            let lost = here.map_or(lost, |way| way.lost_back(lost));
            block.cumulative_lost = there.map_or(lost, |way| way.lost(lost));
        }
        // "So that it still reflects the reception quality": jitter is in ticks.
        let jitter = here.map_or(block.jitter, |way| way.ticks_back(block.jitter));
        block.jitter = there.map_or(jitter, |way| way.span(jitter));
        Some(block)
    }
}
