//! The hashes that digest authentication and STUN need: MD5, SHA-1, SHA-2, HMAC, CRC-32.
