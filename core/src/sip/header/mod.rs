//! Typed header fields (RFC 3261 §20).
