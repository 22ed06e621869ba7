//! What a mixer adds to the sessions it connects (RFC 3550 §7.1, §7.3, §7.4).
//!
//! ```text
//!   cloud 0: Session 0 ◀─ packets, RTCP ─▶            the sum of the sounds is the application's
//!                                          Contributors 0   whom the packets for cloud 0 name
//!                                          Relay            who is there, told to the other clouds
//!                                          Contributors 1
//!   cloud 1: Session 1 ◀─ packets, RTCP ─▶
//! ```
//!
//! In each cloud a mixer is a participant with a [`Session`](super::Session): its own SSRC, its own
//! reports on what it sends and on whom it hears there, and nothing of the reports of others, for
//! their sources would be no SSRCs in another cloud. What goes through it are the names: as CSRCs in
//! data packets ([`Contributors`], [`Session::send_mixed`](super::Session::send_mixed)), and as SDES
//! and BYE behind the mixer's own reports ([`Relay`]).

mod contributors;
mod description;
mod relay;

pub use contributors::Contributors;
pub use relay::Relay;

#[cfg(test)]
mod tests;
