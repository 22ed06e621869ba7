//! Our payload type numbers: once given, never given to another format (RFC 3264 §8.3.2).

use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::Format;
use super::bundle::Beside;
use super::parameters::is_same_format;
use crate::sdp::Codec;

/// Numbers that look like RTCP where both share a port (RFC 5761 §4).
const LIKE_RTCP: RangeInclusive<u8> = 64..=95;

/// Whether a payload type could be taken for RTCP on the same port.
pub(super) fn is_like_rtcp(number: u8) -> bool {
    LIKE_RTCP.contains(&number)
}

/// Every mapping from payload type to format we have announced for one stream of this session.
///
/// It only grows: there is no way to take a mapping out or to put another in its place, so a
/// number that has moved cannot be written down.
#[derive(Clone, Debug, Default)]
pub(super) struct PayloadTypes(Vec<Format>);

impl PayloadTypes {
    /// Those that were announced before, each number once.
    pub(super) fn of(announced: Vec<Format>) -> Self {
        Self(announced)
    }

    /// All that were announced.
    pub(super) fn all(&self) -> &[Format] {
        &self.0
    }

    /// The number for a format, `wanted` if the peer already uses that and we do not use it for
    /// something else, nor another stream of the same bundle.
    ///
    /// `None` when all numbers are taken.
    pub(super) fn assign(
        &mut self,
        codec: &Codec,
        wanted: Option<u8>,
        beside: Option<&dyn Beside>,
    ) -> Option<u8> {
        let is_allowed = |number: &u8| beside.is_none_or(|it| it.allows(*number, codec));
        let usable = wanted.filter(|number| self.may_be(*number, codec) && is_allowed(number));
        let number = usable
            .or_else(|| self.known(codec).find(is_allowed))
            .or_else(|| codec.static_payload_type().filter(is_allowed))
            .or_else(|| self.free(beside))?;
        match self.0.iter_mut().find(|one| one.payload_type == number) {
            // The format is the same; what its owner likes to receive may have changed.
            Some(one) => one.codec.parameters.clone_from(&codec.parameters),
            None => {
                // They stay as long as the call, and are few.
                self.0.reserve_exact(1);
                self.0.push(Format {
                    payload_type: number,
                    codec: codec.clone(),
                });
            }
        }
        Some(number)
    }

    /// The format we have announced under a number.
    pub(super) fn get(&self, number: u8) -> Option<&Format> {
        self.0.iter().find(|one| one.payload_type == number)
    }

    /// The number a format of ours has got.
    pub(super) fn number(&self, codec: &Codec) -> Option<u8> {
        self.known(codec).next()
    }

    /// What may arrive: `current` first, then formats of numbers we gave out before and which a
    /// packet on its way may still carry (§8.3.2).
    pub(super) fn receivable(&self, mut current: Vec<Format>, local: &[Codec]) -> Vec<Format> {
        for one in &self.0 {
            let given = current
                .iter()
                .any(|other| other.payload_type == one.payload_type);
            let spoken = local.iter().any(|codec| is_same_format(codec, &one.codec));
            if !given && spoken {
                current.push(one.clone());
            }
        }
        current
    }

    fn may_be(&self, number: u8, codec: &Codec) -> bool {
        match self.get(number) {
            Some(one) => is_same_format(&one.codec, codec),
            // A number with a fixed meaning can only mean that.
            None => match Codec::from_static_payload_type(number) {
                Some(fixed) => fixed.matches(codec),
                None => true,
            },
        }
    }

    fn known(&self, codec: &Codec) -> impl Iterator<Item = u8> {
        let same = self
            .0
            .iter()
            .filter(|one| is_same_format(&one.codec, codec));
        same.map(|one| one.payload_type)
    }

    /// The next dynamic number (RFC 3551 §6), and after those the unassigned ones below 64, which
    /// RTCP cannot be mistaken for (RFC 5761 §4).
    fn free(&self, beside: Option<&dyn Beside>) -> Option<u8> {
        let taken = |number: u8| self.0.iter().any(|one| one.payload_type == number);
        let is_free = |number: u8| !taken(number) && beside.is_none_or(|it| it.is_unused(number));
        (96..=127).chain(35..=63).find(|number| is_free(*number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_never_changes_its_meaning() {
        let opus = Codec::audio("opus", 48000);
        let speex = Codec::audio("speex", 8000);
        let mut numbers = PayloadTypes::default();
        assert_eq!(numbers.assign(&opus, None, None), Some(96));
        assert_eq!(numbers.assign(&speex, Some(96), None), Some(97));
        assert_eq!(numbers.assign(&opus, None, None), Some(96));
        // Two numbers for one format are allowed.
        assert_eq!(numbers.assign(&opus, Some(111), None), Some(111));
        assert_eq!(numbers.assign(&speex, Some(111), None), Some(97));
    }

    /// RFC 4867 §8.3.1: another packing is another format, though it has the same name.
    #[test]
    fn configurations_have_numbers_of_their_own() {
        let plain = Codec::audio("AMR", 8000);
        let aligned = Codec {
            parameters: Some("octet-align=1".into()),
            ..plain.clone()
        };
        let mut numbers = PayloadTypes::default();
        assert_eq!(numbers.assign(&plain, Some(100), None), Some(100));
        assert_eq!(numbers.assign(&aligned, Some(100), None), Some(96));
        assert_eq!(numbers.number(&aligned), Some(96));
        assert_eq!(numbers.number(&plain), Some(100));
    }

    #[test]
    fn fixed_numbers_are_used_and_never_lent() {
        let mut numbers = PayloadTypes::default();
        assert_eq!(numbers.assign(&Codec::PCMU, None, None), Some(0));
        assert_eq!(numbers.assign(&Codec::PCMA, Some(0), None), Some(8));
        // But a peer may number G.711 dynamically, and RFC 3264 §8.3.2 even shows it.
        assert_eq!(numbers.assign(&Codec::PCMU, Some(46), None), Some(46));
    }

    #[test]
    fn numbers_run_out_without_harm() {
        let mut numbers = PayloadTypes::default();
        let given =
            (1..200).filter_map(|rate| numbers.assign(&Codec::audio("x", rate), None, None));
        assert_eq!(given.count(), 61);
    }
}
