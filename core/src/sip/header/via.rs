//! Via (RFC 3261 §20.42, §18.1.1, §18.2.1; RFC 3581 §3).

use alloc::vec::Vec;
use core::net::IpAddr;
use core::ops::Range;

use crate::sip::uri::{Host, HostPort, take_port};
use crate::text::{Cursor, write_decimal, write_ip};

use super::params::write_param;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, ParamValue, Params, Value};

/// One hop a request has taken, and where its response goes back to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Via<'a> {
    /// The transport as spelt: `UDP`, `TCP`, `TLS`, …; compare it without regard to case.
    pub transport: &'a str,
    /// Where the sender wants responses.
    pub sent_by: HostPort<'a>,
    /// Names the transaction.
    pub branch: Option<&'a str>,
    /// Where the request really came from (RFC 3261 §18.2.1).
    pub received: Option<IpAddr>,
    /// The port it really came from, or the wish to be told (RFC 3581).
    pub rport: Rport,
    /// How far a multicast request may go.
    pub ttl: Option<u8>,
    /// The multicast address, or the host to send the response to.
    pub maddr: Option<Host<'a>>,
    /// The other parameters.
    pub params: Params<'a>,
}

/// The rport parameter (RFC 3581 §3, §4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Rport {
    /// Not there.
    #[default]
    Absent,
    /// There without a value: a client wants to be told.
    Requested,
    /// The port the request came from.
    Filled(u16),
}

/// Place of rport in the parameters that have a field.
pub(crate) const RPORT: usize = 1;
/// Place of received in the parameters that have a field.
pub(crate) const RECEIVED: usize = 2;

const KNOWN: &[&str] = &["branch", "rport", "received", "maddr", "ttl"];

impl<'a> Via<'a> {
    /// What starts the branch of an element that follows RFC 3261 (§8.1.1.7).
    pub const MAGIC_COOKIE: &'static str = "z9hG4bK";

    /// A Via as a client writes it: asks for rport (RFC 3581 §3).
    #[must_use]
    pub const fn new(transport: &'a str, sent_by: HostPort<'a>, branch: &'a str) -> Self {
        Self {
            transport,
            sent_by,
            branch: Some(branch),
            received: None,
            rport: Rport::Requested,
            ttl: None,
            maddr: None,
            params: Params::EMPTY,
        }
    }

    /// Takes a value that is one Via.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// The branch, if it starts with the magic cookie and so is unique by itself (§17.2.3).
    #[must_use]
    pub fn rfc3261_branch(&self) -> Option<&'a str> {
        self.branch.filter(|b| {
            b.as_bytes()
                .split_first_chunk::<7>()
                .is_some_and(|(start, _)| start.eq_ignore_ascii_case(b"z9hG4bK"))
        })
    }

    fn parameter(&mut self, place: usize, value: Option<ParamValue<'a>>) -> Option<()> {
        match place {
            0 => self.branch = Some(value?.plain()?),
            RPORT => {
                self.rport = match value {
                    None => Rport::Requested,
                    Some(port) => Rport::Filled(u16::try_from(port.number()?).ok()?),
                }
            }
            RECEIVED => self.received = Some(Host::parse(value?.plain()?)?.ip()?),
            3 => self.maddr = Some(Host::parse(value?.plain()?)?),
            _ => self.ttl = Some(u8::try_from(value?.number()?).ok()?),
        }
        Some(())
    }
}

impl<'a> Via<'a> {
    /// As [`Element::element`], and says where the known parameters stand: their place in
    /// [`KNOWN`] and their bytes, without the semicolon.
    pub(crate) fn take_noting(
        cursor: &mut Cursor<'a>,
        mut note: impl FnMut(usize, Range<usize>),
    ) -> Result<Self, HeaderError> {
        let fail = |kind, cursor: &Cursor<'_>| HeaderError::new(kind, cursor.position());
        // Nearly all write it so; what is spaced or in lower case is as good.
        let is_usual = cursor.rest().starts_with(b"SIP/2.0/");
        if is_usual {
            cursor.take(8);
        } else if !(cursor.eat_ignore_case(b"SIP")
            && cursor.eat_separator(b'/')
            && cursor.eat_ignore_case(b"2.0")
            && cursor.eat_separator(b'/'))
        {
            return Err(fail(HeaderErrorKind::Protocol, cursor));
        }
        let transport = cursor
            .take_token()
            .ok_or_else(|| fail(HeaderErrorKind::Token, cursor))?;
        let before = cursor.position();
        cursor.skip_lws();
        if cursor.position() == before {
            return Err(fail(HeaderErrorKind::Syntax, cursor));
        }
        let host = Host::take(cursor).ok_or_else(|| fail(HeaderErrorKind::Host, cursor))?;
        let port = if cursor.eat_separator(b':') {
            Some(take_port(cursor).ok_or_else(|| fail(HeaderErrorKind::Number, cursor))?)
        } else {
            None
        };
        let mut via = Self::new(transport, HostPort { host, port }, "");
        via.branch = None;
        via.rport = Rport::Absent;
        let params = Params::take_noting(cursor, KNOWN, |place, value, range| {
            note(place, range);
            via.parameter(place, value)
                .ok_or(HeaderErrorKind::Parameter)
        })?;
        via.params = params;
        Ok(via)
    }
}

impl<'a> Element<'a> for Via<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        Self::take_noting(cursor, |_, _| {})
    }
}

impl Value for Via<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"SIP/2.0/");
        out.extend_from_slice(self.transport.as_bytes());
        out.push(b' ');
        self.sent_by.write(out);
        if let Some(branch) = self.branch {
            write_param("branch", branch, out);
        }
        match self.rport {
            Rport::Absent => {}
            Rport::Requested => out.extend_from_slice(b";rport"),
            Rport::Filled(port) => {
                out.extend_from_slice(b";rport=");
                write_decimal(u64::from(port), out);
            }
        }
        if let Some(address) = self.received {
            // RFC 5118 §4.5: an IPv6 address stands here without brackets.
            out.extend_from_slice(b";received=");
            write_ip(address, out);
        }
        if let Some(host) = self.maddr {
            out.extend_from_slice(b";maddr=");
            host.write(out);
        }
        if let Some(ttl) = self.ttl {
            out.extend_from_slice(b";ttl=");
            write_decimal(u64::from(ttl), out);
        }
        self.params.write(out);
    }
}
