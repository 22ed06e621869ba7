//! The call flows of RFC 3665 and of RFC 3261 §24, message by message.
//!
//! In each test one of the parties is a machine of ours, and the others say what the RFC prints for
//! them. What the machine says must be what the RFC prints for it: to the same party, in the same
//! order, and alike in everything but the words that everyone makes up for themselves (tags, branches,
//! Call-IDs, nonces) and the names it is known by; those are remembered, and stand in what the others
//! say from then on.
//!
//! Every party of every flow is played but two: the box of §3.5 that stands between Alice and the world
//! is a proxy that also rewrites descriptions, which no proxy may (RFC 3261 §16.6 item 1); what of it
//! is a proxy is played. And who is silent in §3.4 and §3.10 has nothing to say.
//!
//! The digests in RFC 3665 are not real (§1.3 there): what a printed client answers to a challenge of
//! ours is computed anew, from the password `zanzibar`.

mod alike;
mod before;
mod failures;
mod hosts;
mod names;
mod phones;
mod printed;
mod proxies;
mod registrations;
mod rfc3261;
mod servers;
mod sessions;
mod stage;
mod text;
