//! The relationship of two user agents that lasts for some time (RFC 3261 §12).
//!
//! A [`Dialog`] is data: what is needed to write a request the peer will take, and to judge one
//! the peer sent. It holds no message and no timer; those are its user's. Either end builds one:
//!
//! ```text
//!              UAC                                  UAS
//!   Call-ID    of the request                       of the request
//!   tags       local = From, remote = To            local = To, remote = From
//!   route set  Record-Route of the response,        Record-Route of the request,
//!              reversed                             in order
//!   target     Contact of the response              Contact of the request
//!   sequence   local = CSeq, remote unknown         remote = CSeq, local unknown
//! ```

mod id;
mod route_set;
mod saved;
mod state;
mod usage;

pub use id::DialogId;
pub use route_set::{RouteSet, Routing};
pub use saved::{SavedDialog, SavedDialogError};
pub use state::{Dialog, DialogError, DialogState, OutOfOrder};
pub use usage::Impact;
