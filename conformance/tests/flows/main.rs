//! The call flows of RFC 3665 and of RFC 3261 §24, message by message.
//!
//! In each test one of the parties is a machine of ours, and the others say what the RFC prints for
//! them. What the machine says must be what the RFC prints for it: to the same party, in the same
//! order, and alike in everything but the words that everyone makes up for themselves (tags, branches,
//! Call-IDs, nonces) and the names it is known by; those are remembered, and stand in what the others
//! say from then on.
//!
//! The digests in RFC 3665 are not real (§1.3 there): what a printed client answers to a challenge of
//! ours is computed anew, from the password `zanzibar`.

mod alike;
mod failures;
mod names;
mod printed;
mod proxies;
mod registrations;
mod rfc3261;
mod sessions;
mod stage;
