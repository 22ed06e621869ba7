//! The user agent (RFC 3261 §8 to §15).
