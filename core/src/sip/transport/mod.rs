//! The transport layer (RFC 3261 §18).
