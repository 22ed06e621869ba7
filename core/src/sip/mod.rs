//! SIP (RFC 3261): wire formats first, then the machines that stand on them.

pub mod auth;
pub mod body;
pub mod dialog;
pub mod endpoint;
pub mod event;
pub mod header;
pub mod message;
pub mod overload;
pub mod proxy;
pub mod registrar;
pub mod server;
pub mod transaction;
pub mod transport;
pub mod ua;
pub mod uri;

pub use endpoint::{Endpoint, EndpointConfig, Events, Stack, TransactionUser, TuEvent, UserTimer};
