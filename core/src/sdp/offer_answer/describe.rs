//! Whole descriptions: of a session, and of what could be one (RFC 3264 §9).

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::payload_types::PayloadTypes;
use super::slot;
use super::{Format, LocalMedia};
use crate::sdp::session::address_type;
use crate::sdp::{
    Codec, Connection, Direction, MediaDescription, Origin, SessionDescription, TimeDescription,
};

/// A description of what could be negotiated, for a response to OPTIONS or in a 488: every port is
/// zero, so that nobody takes it for an offer (§9).
///
/// `session_id` has to be another one each time.
#[must_use]
pub fn capabilities(session_id: u64, address: IpAddr, codecs: &[Codec]) -> Vec<u8> {
    let mut numbers = PayloadTypes::default();
    let formats: Vec<Format> = codecs
        .iter()
        .filter_map(|codec| {
            Some(Format {
                payload_type: numbers.assign(codec, None)?,
                codec: codec.clone(),
            })
        })
        .collect();
    let local = LocalMedia {
        ptime_ms: None,
        ..LocalMedia::audio((address, 0).into())
    };
    let media = slot::audio(&local, &formats, Direction::SendRecv);
    let session_id = (session_id >> 2).to_string();
    let texts = Texts::new(address, address);
    let times = Vec::from([TimeDescription::default()]);
    let description = texts.description(&session_id, times, Vec::from([media]));
    description.to_bytes()
}

/// The addresses of a description, as text.
pub(super) struct Texts {
    origin: (IpAddr, String),
    connection: (IpAddr, String),
}

impl Texts {
    pub(super) fn new(origin: IpAddr, connection: IpAddr) -> Self {
        Self {
            origin: (origin, origin.to_string()),
            connection: (connection, connection.to_string()),
        }
    }

    /// A session of ours, version 1, in the form of RFC 3264 §5: no name and no contact.
    pub(super) fn description<'t>(
        &'t self,
        session_id: &'t str,
        times: Vec<TimeDescription>,
        media: Vec<MediaDescription<'t>>,
    ) -> SessionDescription<'t> {
        SessionDescription {
            origin: Origin {
                username: b"-",
                session_id,
                session_version: "1",
                network_type: "IN",
                address_type: address_type(self.origin.0),
                address: &self.origin.1,
            },
            session_name: b"-",
            information: None,
            uri: None,
            emails: Vec::new(),
            phones: Vec::new(),
            connection: Some(Connection::to_ip(self.connection.0, &self.connection.1)),
            bandwidths: Vec::new(),
            times,
            attributes: Vec::new(),
            media,
        }
    }
}
