//! Whole descriptions: of a session, and of what could be one (RFC 3264 §9).

use alloc::string::ToString;
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
    let times = Vec::from([TimeDescription::default()]);
    description(&session_id, 1, address, address, times, &[media])
}

/// A session of ours in the form of RFC 3264 §5: no name, no contact.
pub(super) fn description(
    session_id: &str,
    version: u64,
    origin: IpAddr,
    connection: IpAddr,
    times: Vec<TimeDescription>,
    media: &[MediaDescription<'_>],
) -> Vec<u8> {
    let (origin_text, connection_text) = (origin.to_string(), connection.to_string());
    let description = SessionDescription {
        origin: Origin {
            username: b"-",
            session_id,
            session_version: &version.to_string(),
            network_type: "IN",
            address_type: address_type(origin),
            address: &origin_text,
        },
        session_name: b"-",
        information: None,
        uri: None,
        emails: Vec::new(),
        phones: Vec::new(),
        connection: Some(Connection::to_ip(connection, &connection_text)),
        bandwidths: Vec::new(),
        times,
        attributes: Vec::new(),
        media: media.to_vec(),
    };
    description.to_bytes()
}
