//! The Session Description Protocol (RFC 8866) and offer/answer (RFC 3264).
