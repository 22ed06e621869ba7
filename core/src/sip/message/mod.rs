//! SIP messages (RFC 3261 §7, §18.3).
