//! The proxy (RFC 3261 §16).
