//! Offer and answer (RFC 3264, RFC 6337).

mod media;

pub use media::{DEFAULT_PTIME_MS, Format, LocalMedia, MediaPlan};
