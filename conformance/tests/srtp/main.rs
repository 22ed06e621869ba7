//! SRTP with the ciphers the drivers bring: what the RFCs print, and what must hold for any packet.

mod checklist;
mod contexts;
mod packets;
mod properties;
mod published;
