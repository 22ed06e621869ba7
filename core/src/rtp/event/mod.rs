//! Telephone events over time (RFC 4733 §2.5): when to report them, and what reports tell.
//!
//! Both machines count in ticks of the media clock, which is that of the audio the events go along
//! with (§2.1); neither allocates after its start.

mod receiver;
mod sender;

pub use receiver::{EventNews, EventReceiver};
pub use sender::{EventReport, EventSender};
