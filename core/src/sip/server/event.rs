//! What the server tells the application: plain data for a log that people read.

use alloc::string::String;
use core::fmt;
use core::net::SocketAddr;

use crate::sip::message::StatusCode;

/// Something happened that an operator may want to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// A contact was bound, or its binding refreshed.
    Registered {
        /// The address-of-record, `user@domain`.
        address_of_record: String,
        /// The URI it can be reached at.
        contact: String,
        /// Seconds it lasts.
        expires: u32,
        /// Whether the contact was bound before.
        refreshed: bool,
    },
    /// A binding was removed at its owner's request.
    Unregistered {
        /// The address-of-record.
        address_of_record: String,
        /// The URI that is no longer tried.
        contact: String,
    },
    /// A binding was not refreshed in time.
    Expired {
        /// The address-of-record.
        address_of_record: String,
        /// The URI that is no longer tried.
        contact: String,
    },
    /// A request that no dialog covers was sent on; tried in turn, each group of targets counts.
    Forwarded {
        /// Its method.
        method: String,
        /// The URI of its From.
        from: String,
        /// The URI of its To.
        to: String,
        /// Where the first copy went.
        next_hop: SocketAddr,
        /// How many copies were sent.
        branches: usize,
    },
    /// Whoever sent a request was told to try elsewhere (RFC 3261 §8.3).
    Redirected {
        /// Its method.
        method: String,
        /// The URI of its From.
        from: String,
        /// The URI of its To.
        to: String,
        /// 301 or 302.
        status: StatusCode,
        /// How many places it was given.
        contacts: usize,
    },
    /// The final response to a forwarded request was sent upstream.
    Answered {
        /// The method of the request.
        method: String,
        /// The URI of its From.
        from: String,
        /// The URI of its To.
        to: String,
        /// What it was answered.
        status: StatusCode,
    },
    /// A BYE that came by was confirmed.
    Ended {
        /// The URI of the From of whoever hung up.
        from: String,
        /// The URI of its To.
        to: String,
    },
    /// The server itself turned a request down.
    Refused {
        /// The method of the request.
        method: String,
        /// The URI of its From.
        from: String,
        /// The URI of its To.
        to: String,
        /// Why.
        status: StatusCode,
        /// Who sent it.
        source: SocketAddr,
    },
}

impl fmt::Display for ServerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered {
                address_of_record,
                contact,
                expires,
                refreshed,
            } => {
                let verb = if *refreshed {
                    "refreshed"
                } else {
                    "registered"
                };
                write!(f, "{verb} {address_of_record} at {contact} for {expires} s")
            }
            Self::Unregistered {
                address_of_record,
                contact,
            } => write!(f, "unregistered {address_of_record} at {contact}"),
            Self::Expired {
                address_of_record,
                contact,
            } => write!(f, "expired {address_of_record} at {contact}"),
            Self::Forwarded {
                method,
                from,
                to,
                next_hop,
                branches,
            } => {
                write!(f, "{method} {from} -> {to} sent on to {next_hop}")?;
                match branches {
                    0 | 1 => Ok(()),
                    more => write!(f, " and {} more", more - 1),
                }
            }
            Self::Redirected {
                method,
                from,
                to,
                status,
                contacts,
            } => {
                let code = status.as_u16();
                write!(f, "{method} {from} -> {to} redirected {code}")?;
                match contacts {
                    0 | 1 => Ok(()),
                    more => write!(f, ", {more} contacts"),
                }
            }
            Self::Answered {
                method,
                from,
                to,
                status,
            } => {
                let code = status.as_u16();
                write!(f, "{method} {from} -> {to} answered {code}")
            }
            Self::Ended { from, to } => write!(f, "ended by {from} with {to}"),
            Self::Refused {
                method,
                from,
                to,
                status,
                source,
            } => {
                let code = status.as_u16();
                write!(f, "{method} {from} -> {to} from {source} refused {code}")
            }
        }
    }
}
