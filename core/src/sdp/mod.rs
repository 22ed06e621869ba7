//! The Session Description Protocol (RFC 8866) and offer/answer (RFC 3264).

mod codec;
mod direction;
pub mod offer_answer;

pub use codec::Codec;
pub use direction::{AnswerDirection, Direction};
pub use offer_answer::{DEFAULT_PTIME_MS, Format, LocalMedia, MediaPlan};
