//! Writing a message into a lent buffer (RFC 8489 §6.1, §14).

use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use super::attribute::{AttributeType, xored};
use super::message::{Class, TransactionId, code_over};
use super::{COOKIE, FINGERPRINT_XOR, HEADER_BYTES};
use crate::hash::{Crc32, Sha1, Sha256};

/// A Binding message under way. What would not fit into a message, 64 kB, is left out.
#[derive(Debug)]
pub struct Writer<'b> {
    out: &'b mut Vec<u8>,
    id: TransactionId,
}

impl<'b> Writer<'b> {
    /// Begins a message; `out` is cleared.
    pub fn new(out: &'b mut Vec<u8>, class: Class, id: TransactionId) -> Self {
        out.clear();
        out.extend_from_slice(&class.message_type().to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&COOKIE.to_be_bytes());
        out.extend_from_slice(&id.0);
        Self { out, id }
    }

    /// Adds an attribute of any type.
    pub fn attribute(&mut self, kind: AttributeType, value: &[u8]) -> &mut Self {
        let end = self.out.len().saturating_add(value.len());
        // Room for its head, its padding, and the attributes that end a message.
        let fits = end.saturating_add(128) <= usize::from(u16::MAX);
        if let (true, Ok(length)) = (fits, u16::try_from(value.len())) {
            self.out.extend_from_slice(&kind.0.to_be_bytes());
            self.out.extend_from_slice(&length.to_be_bytes());
            self.out.extend_from_slice(value);
            while self.out.len() % 4 != 0 {
                self.out.push(0);
            }
        }
        self
    }

    /// Adds the address the request came from, hidden (§14.2).
    pub fn xor_mapped_address(&mut self, address: SocketAddr) -> &mut Self {
        let hidden = xored(address, self.id);
        self.address(AttributeType::XOR_MAPPED_ADDRESS, hidden)
    }

    /// Adds the address the request came from, for clients of RFC 3489 (§14.1).
    pub fn mapped_address(&mut self, address: SocketAddr) -> &mut Self {
        self.address(AttributeType::MAPPED_ADDRESS, address)
    }

    /// Adds why the request is refused; `code` is 300 to 699 (§14.8).
    pub fn error_code(&mut self, code: u16, reason: &str) -> &mut Self {
        let (class, number) = (code / 100 % 8, code % 100);
        let mut value = Vec::with_capacity(reason.len().saturating_add(4));
        value.extend_from_slice(&[0, 0, class as u8, number as u8]);
        value.extend_from_slice(reason.as_bytes());
        self.attribute(AttributeType::ERROR_CODE, &value)
    }

    /// Adds which attributes were not understood (§14.13).
    pub fn unknown_attributes(
        &mut self,
        types: impl IntoIterator<Item = AttributeType>,
    ) -> &mut Self {
        let bytes = types.into_iter().flat_map(|kind| kind.0.to_be_bytes());
        let value: Vec<u8> = bytes.collect();
        self.attribute(AttributeType::UNKNOWN_ATTRIBUTES, &value)
    }

    /// Adds the HMAC-SHA1 of all before it (§14.5); only MESSAGE-INTEGRITY-SHA256 and the
    /// fingerprint may follow.
    pub fn message_integrity(&mut self, key: &[u8]) -> &mut Self {
        let code = code_over::<Sha1>(key, self.out, 20);
        self.attribute(AttributeType::MESSAGE_INTEGRITY, &code)
    }

    /// Adds the HMAC-SHA256 of all before it (§14.6); only the fingerprint may follow.
    pub fn message_integrity_sha256(&mut self, key: &[u8]) -> &mut Self {
        let code = code_over::<Sha256>(key, self.out, 32);
        self.attribute(AttributeType::MESSAGE_INTEGRITY_SHA256, &code)
    }

    /// Ends it.
    pub fn finish(&mut self) {
        self.set_length(self.out.len());
    }

    /// Ends it with the CRC-32 of all before (§14.7).
    pub fn finish_with_fingerprint(&mut self) {
        // §14.7: the length counts the fingerprint before there is one.
        self.set_length(self.out.len().saturating_add(8));
        let crc = Crc32::of(self.out) ^ FINGERPRINT_XOR;
        self.attribute(AttributeType::FINGERPRINT, &crc.to_be_bytes());
    }

    fn address(&mut self, kind: AttributeType, address: SocketAddr) -> &mut Self {
        let mut value = [0; 20];
        let port = address.port().to_be_bytes();
        let length = match address.ip() {
            IpAddr::V4(ip) => {
                fill(&mut value, &[0, 1], port, &ip.octets());
                8
            }
            IpAddr::V6(ip) => {
                fill(&mut value, &[0, 2], port, &ip.octets());
                20
            }
        };
        self.attribute(kind, value.get(..length).unwrap_or_default())
    }

    fn set_length(&mut self, end: usize) {
        let length = u16::try_from(end.saturating_sub(HEADER_BYTES)).unwrap_or(u16::MAX);
        if let Some(field) = self.out.get_mut(2..4) {
            field.copy_from_slice(&length.to_be_bytes());
        }
    }
}

fn fill(value: &mut [u8; 20], family: &[u8; 2], port: [u8; 2], ip: &[u8]) {
    let bytes = family.iter().chain(&port).chain(ip);
    for (to, from) in value.iter_mut().zip(bytes) {
        *to = *from;
    }
}
