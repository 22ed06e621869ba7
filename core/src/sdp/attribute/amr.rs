//! The parameters of AMR and AMR-WB (RFC 4867 §8.1, §8.2).

use core::fmt;

use super::{FormatParameters, write_list};

/// What an `fmtp` says about AMR or AMR-WB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AmrParameters {
    /// `octet-align`: fields end at octets. Three others imply it: ask
    /// [`is_octet_aligned`](Self::is_octet_aligned).
    pub octet_align: bool,
    /// `mode-set`: a bit for each mode that may be used; `None` for all.
    pub mode_set: Option<u16>,
    /// `mode-change-period`: the mode changes only every second frame-block.
    pub changes_every_second: bool,
    /// `mode-change-capability`: the writer can keep to that when it sends.
    pub can_change_every_second: bool,
    /// `mode-change-neighbor`: the mode should only change to the next one of the set.
    pub changes_to_neighbor: bool,
    /// `crc`: each frame has a checksum.
    pub crc: bool,
    /// `robust-sorting`: the bits of the frames are sorted by weight.
    pub robust_sorting: bool,
    /// `interleaving`: the most frame-blocks of an interleaving group.
    pub interleaving: Option<u16>,
    /// `max-red`: milliseconds between the first transmission of a frame and the last.
    pub max_redundancy_ms: Option<u16>,
}

impl AmrParameters {
    /// Reads the parameters of an `fmtp` of AMR, or of AMR-WB, which has one mode more. Those not
    /// known are passed over; `None` where a known one has a value it cannot have.
    #[must_use]
    pub fn parse(parameters: FormatParameters<'_>, is_wideband: bool) -> Option<Self> {
        let number = |text: Option<&str>| crate::sdp::token::digits(text?);
        // Without a value, as RFC 3890 §6.7 prints it, a flag can only be meant to be set.
        let flag = |text| match text {
            None | Some("1") => Some(true),
            Some("0") => Some(false),
            Some(_) => None,
        };
        let one_or_two = |text| match number(text)? {
            1 => Some(false),
            2 => Some(true),
            _ => None,
        };
        let small = |text| u16::try_from(number(text)?).ok();
        let mut read = Self::default();
        for (name, value) in parameters.iter() {
            match name.to_ascii_lowercase().as_str() {
                "octet-align" => read.octet_align = flag(value)?,
                "mode-set" => read.mode_set = Some(modes(value?, is_wideband)?),
                "mode-change-period" => read.changes_every_second = one_or_two(value)?,
                "mode-change-capability" => read.can_change_every_second = one_or_two(value)?,
                "mode-change-neighbor" => read.changes_to_neighbor = flag(value)?,
                "crc" => read.crc = flag(value)?,
                "robust-sorting" => read.robust_sorting = flag(value)?,
                "interleaving" => read.interleaving = Some(small(value).filter(|most| *most > 0)?),
                "max-red" => read.max_redundancy_ms = Some(small(value)?),
                _ => {}
            }
        }
        Some(read)
    }

    /// Whether fields end at octets: said so, or implied by checksums, sorting or interleaving.
    #[must_use]
    pub const fn is_octet_aligned(&self) -> bool {
        self.octet_align || self.crc || self.robust_sorting || self.interleaving.is_some()
    }

    /// Whether a mode may be used.
    #[must_use]
    pub fn allows_mode(&self, mode: u8) -> bool {
        let in_set = |set: u16| set.checked_shr(mode.into()).is_some_and(|set| set & 1 != 0);
        self.mode_set.is_none_or(in_set)
    }
}

/// Mode numbers with commas between them, as a set.
fn modes(list: &str, is_wideband: bool) -> Option<u16> {
    let most = if is_wideband { 8 } else { 7 };
    let mut set: u16 = 0;
    for word in list.split(',') {
        let mode = crate::sdp::token::digits(word.trim_ascii()).filter(|mode| *mode <= most)?;
        set |= 1_u16.checked_shl(u32::try_from(mode).ok()?)?;
    }
    Some(set)
}

impl fmt::Display for AmrParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lead = "";
        let mut start = |f: &mut fmt::Formatter<'_>| {
            f.write_str(lead)?;
            lead = ";";
            Ok(())
        };
        for (is_said, text) in [
            (self.octet_align, "octet-align=1"),
            (self.changes_every_second, "mode-change-period=2"),
            (self.can_change_every_second, "mode-change-capability=2"),
            (self.changes_to_neighbor, "mode-change-neighbor=1"),
            (self.crc, "crc=1"),
            (self.robust_sorting, "robust-sorting=1"),
        ] {
            if is_said {
                start(f)?;
                f.write_str(text)?;
            }
        }
        if self.mode_set.is_some() {
            start(f)?;
            f.write_str("mode-set=")?;
            write_list(f, (0..16).filter(|mode| self.allows_mode(*mode)), ',')?;
        }
        for (name, number) in [
            ("interleaving", self.interleaving),
            ("max-red", self.max_redundancy_ms),
        ] {
            if let Some(number) = number {
                start(f)?;
                write!(f, "{name}={number}")?;
            }
        }
        Ok(())
    }
}
