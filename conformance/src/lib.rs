//! Proof that offhook does what the RFCs say.
