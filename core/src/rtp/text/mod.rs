//! Text conversation (RFC 4103): what is typed goes out every 300 ms and again with the packets
//! after it; what is lost for good is marked.

mod receiver;
mod sender;

pub use receiver::TextReceiver;
pub use sender::{TextFormat, TextPacket, TextSender};

#[cfg(test)]
mod tests;
