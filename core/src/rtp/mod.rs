//! RTP and RTCP (RFC 3550), the audio profile (RFC 3551) and playout.
