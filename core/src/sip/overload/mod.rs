//! Overload control between neighbours: by loss (RFC 7339) and by rate (RFC 7415).
//!
//! ```text
//!   client                                        server
//!   throttle ── request, Via: …;oc;oc-algo ─────▶ admission ─▶ transaction
//!      ▲                                              │    └──▶ 503
//!      └────── response, Via: …;oc=30;oc-seq ◀────────┘
//! ```
//!
//! A server says in the Via of its responses how much less it wants, to the client of that hop
//! alone, and turns away what is too much all the same. A client holds back what it may, the
//! requests that begin something before those of what is under way.

mod admission;
mod category;
mod control;
mod feedback;
mod policy;
mod throttle;

pub(crate) use admission::{Admission, Occupancy, Verdict};
pub(crate) use category::category;
pub(crate) use feedback::{OFFER, heeds};
pub use policy::OverloadPolicy;
pub(crate) use throttle::Throttle;
