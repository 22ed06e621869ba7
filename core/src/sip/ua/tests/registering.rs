//! Registrations (RFC 3261 §10.2) and the answers to challenges (§22).
