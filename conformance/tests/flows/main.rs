//! The call flows of RFC 3665, of RFC 3666 and of RFC 3261 §24, message by message.
//!
//! In each test one of the parties is a machine of ours, and the others say what the RFC prints for
//! them. What the machine says must be what the RFC prints for it: to the same party, in the same
//! order, and alike in everything but the words that everyone makes up for themselves (tags, branches,
//! Call-IDs, nonces) and the names it is known by; those are remembered, and stand in what the others
//! say from then on.
//!
//! Every party of every flow is played but three: the box of §3.5 that stands between Alice and the world
//! is a proxy that also rewrites descriptions, which no proxy may (RFC 3261 §16.6 item 1); what of it
//! is a proxy is played. Proxy 1 of RFC 3666 §3.8 keeps no state, as no proxy of ours does. And who is
//! silent in RFC 3665 §3.4 and §3.10 and in RFC 3666 §3.7 and §3.8 has nothing to say. Of RFC 3666 the
//! side of SIP is played: what the telephone network says to a gateway is what the gateway is told to do.
//!
//! The digests are not real (§1.3 of both RFCs): what a printed client answers to a challenge of
//! ours is computed anew, from the password `zanzibar`.

mod alike;
mod before;
mod failures;
mod gateways;
mod hosts;
mod misprints;
mod names;
mod phones;
mod printed;
mod proxies;
mod registrations;
mod rfc3261;
mod routing;
mod servers;
mod sessions;
mod stage;
mod text;
mod whole;
