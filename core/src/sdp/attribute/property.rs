//! Attributes that say all by being there.

use crate::sdp::session::Attribute;

/// An attribute without a value, other than the four directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Property {
    /// `rtcp-mux`: RTP and RTCP on one port (RFC 5761 §5.1.1).
    RtcpMux,
    /// `rtcp-rsize`: RTCP packets that are not compounds may be sent (RFC 5506 §5).
    RtcpReducedSize,
    /// `bundle-only`: to be refused outside of a bundle (RFC 9143 §6).
    BundleOnly,
    /// `extmap-allow-mixed`: header extensions of both forms may be mixed (RFC 8285 §6).
    ExtmapAllowMixed,
}

impl Property {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::RtcpMux,
        Self::RtcpReducedSize,
        Self::BundleOnly,
        Self::ExtmapAllowMixed,
    ];

    /// The name of the attribute.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RtcpMux => "rtcp-mux",
            Self::RtcpReducedSize => "rtcp-rsize",
            Self::BundleOnly => "bundle-only",
            Self::ExtmapAllowMixed => "extmap-allow-mixed",
        }
    }

    /// The attribute, to be put into a description.
    #[must_use]
    pub const fn to_attribute(self) -> Attribute<'static> {
        Attribute::property(self.as_str())
    }

    pub(super) fn is_in(self, attributes: &[Attribute<'_>]) -> bool {
        attributes
            .iter()
            .any(|one| one.value.is_none() && one.name == self.as_str())
    }
}
