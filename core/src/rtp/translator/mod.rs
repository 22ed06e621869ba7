//! A translator: what connects two or more clouds and leaves each source its name (RFC 3550 §7.1,
//! §7.2, §8.2).
//!
//! ```text
//!   cloud 0 ─ packet ─▶ Translator::receive ─▶ Incoming ─▶ forward / send ─▶ cloud 1, cloud 2 …
//!           ─ RTCP ───▶ receive_rtcp ────────▶ Control ──▶ send_rtcp ──────▶ cloud 1, cloud 2 …
//!                            │
//!                            └ comes around, or two have one name (§8.2): goes nowhere
//! ```
//!
//! What becomes of the data is the application's: it takes an [`Incoming`] as it came
//! ([`Translator::forward`]), or encodes its payload anew, one packet of several, or several of one
//! ([`Translator::send`]). What follows from that for the numbers, the times, and the reports is the
//! translator's, by the [`Translation`] it is told for each way between two clouds.
//!
//! §7.1: each cloud has to differ from all the others in protocol, address or port, or be isolated
//! from them, and no two translators may forward the same sources side by side: else packets come
//! around. A translator takes no packet of a source from anywhere but where it was first heard.
//!
//! It needs no SSRC of its own (§7.2). One that is to report on what it hears has a
//! [`Session`](super::Session) in each cloud besides, which also says who it is, and its goodbye.
//! Layers of one encoding, each in a session of its own (§2.4), are as many translators: which layers
//! go on is whether their packets are forwarded.
//!
//! All memory is taken at the start.
//!
//! ```
//! use offhook::Instant;
//! use offhook::rtp::translator::{Translation, Translator, TranslatorLimits};
//! use offhook::rtp::PayloadType;
//!
//! let mut translator = Translator::new(TranslatorLimits::default());
//! let dynamic = PayloadType::new(97).unwrap();
//! let other = Translation::unchanged().with_payload_type(PayloadType::PCMU, dynamic);
//! translator.set_translation(0, 1, other);
//!
//! let alice = "192.0.2.1:4000".parse().unwrap();
//! let packet = [0x80, 0, 0, 1, 0, 0, 0, 160, 0, 0, 0, 17, 0xff, 0xff];
//! let incoming = translator.receive(Instant::ZERO, 0, alice, &packet).unwrap();
//! let mut out = [0; 1500];
//! let size = translator.forward(1, &incoming, &mut out).unwrap();
//! assert_eq!((size, out[1], &out[2..14]), (14, 97, &packet[2..]));
//!
//! // It comes around, from the other cloud.
//! let mallory = "198.51.100.1:4000".parse().unwrap();
//! assert!(translator.receive(Instant::ZERO, 1, mallory, &out[..size]).is_err());
//! ```

mod control;
mod machine;
mod numbers;
mod report;
mod sources;
mod translation;

pub use control::Control;
pub use machine::{Group, Incoming, Piece, Place, TranslateError, Translator, TranslatorLimits};
pub use sources::Refusal;
pub use translation::Translation;

#[cfg(test)]
mod tests;
