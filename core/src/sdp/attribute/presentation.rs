//! How a stream is to be shown: `orient`, `framerate`, `quality` (RFC 8866 §6.8, §6.13, §6.14), and
//! what it is called: `label` (RFC 4574 §4).

use core::fmt;

use super::packet_time::non_zero;
use super::{Decimal, TypedAttribute, named};
use crate::sdp::token::{digits, is_token};

/// `orient`: which way round a workspace is (§6.8). Media level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// Higher than wide.
    Portrait,
    /// Wider than high.
    Landscape,
    /// Landscape upside down.
    Seascape,
}

impl Orientation {
    const ALL: [Self; 3] = [Self::Portrait, Self::Landscape, Self::Seascape];

    /// The value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Portrait => "portrait",
            Self::Landscape => "landscape",
            Self::Seascape => "seascape",
        }
    }
}

impl TypedAttribute<'_> for Orientation {
    const NAME: &'static str = "orient";

    fn parse(value: &str) -> Option<Self> {
        named(&Self::ALL, Self::as_str, value)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `framerate`: frames per second at most (§6.13); not zero. Media level, video only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRate(pub Decimal);

impl TypedAttribute<'_> for FrameRate {
    const NAME: &'static str = "framerate";

    fn parse(value: &str) -> Option<Self> {
        non_zero(value).map(Self)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// `quality`: for video 0 to 10, where 5 is what goes without saying (§6.14). Media level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality(pub u32);

impl TypedAttribute<'_> for Quality {
    const NAME: &'static str = "quality";

    fn parse(value: &str) -> Option<Self> {
        u32::try_from(digits(value)?).ok().map(Self)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// `label`: a name by which the application that made the description finds the stream again (RFC
/// 4574 §4). Media level; no two alike in a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label<'a>(pub &'a str);

impl<'a> TypedAttribute<'a> for Label<'a> {
    const NAME: &'static str = "label";

    fn parse(value: &'a str) -> Option<Self> {
        is_token(value).then_some(Self(value))
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.0)
    }
}
