//! The subscriber against a table of RFC 6665 §4.1.2.
