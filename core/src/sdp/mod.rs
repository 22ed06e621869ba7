//! The Session Description Protocol (RFC 8866) and offer/answer (RFC 3264).
//!
//! [`SessionDescription`] is the wire format: read whole, written by the same type; [`attribute`]
//! tells what its attributes mean. A [`Negotiation`] is the machine above it: it makes offers and
//! answers out of [`LocalMedia`] and says what was agreed as a [`MediaPlan`], plain data for whoever
//! runs the RTP session.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod attribute;
mod codec;
mod contact;
mod direction;
mod error;
mod media;
pub mod offer_answer;
mod parse;
mod reader;
mod session;
mod time;
mod token;
mod tolerance;
mod value;
mod write;

pub use codec::{Codec, RtpMap};
pub use contact::Contact;
pub use direction::{AnswerDirection, Direction};
pub use error::{SdpError, SdpErrorKind};
pub use media::MediaDescription;
pub use offer_answer::{
    AgreedCrypto, BandwidthLimits, BundledStream, Bundling, CryptoKey, CryptoSide,
    DEFAULT_PTIME_MS, Format, Group, GroupSemantics, Grouping, LocalCrypto, LocalMedia, MediaKind,
    MediaPlan, Negotiation, NegotiationError, OtherAttribute, PlaceUse, SavedPlace, SavedSession,
    SavedSessionError,
};
pub use session::{Attribute, Bandwidth, BandwidthKind, Connection, Origin, SessionDescription};
/// The media type of a description (RFC 8866 §8.1).
pub const MEDIA_TYPE: &str = "application/sdp";

pub use time::{Repeat, TimeDescription, ZoneAdjustment};
pub use tolerance::{DescriptionLimits, Tolerance};

#[cfg(test)]
mod tests;
