//! Writing a session description (RFC 8866 §5): sized first, then written into room that suffices.

use alloc::vec::Vec;

use super::media::MediaDescription;
use super::session::{Attribute, Bandwidth, Connection, SessionDescription};
use super::time::TimeDescription;
use crate::text::write_decimal;

/// The letter, the equals sign, the end, and the numbers and separators of the line they are most
/// of in.
const LINE_BYTES: usize = 24;

impl SessionDescription<'_> {
    /// Appends the description to `out`, in the order of RFC 8866 §5, every line ended by CRLF.
    ///
    /// Nothing is checked: fields taken from elsewhere must not hold line ends.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.reserve(self.length());
        let mut lines = Lines(out);
        lines.line(b'v', b"0");
        lines.start(b'o');
        lines.bytes(self.origin.username);
        for word in [
            self.origin.session_id,
            self.origin.session_version,
            self.origin.network_type,
            self.origin.address_type,
            self.origin.address,
        ] {
            lines.text(" ");
            lines.text(word);
        }
        lines.end();
        lines.line(b's', self.session_name);
        for (letter, values) in [
            (b'i', self.information.as_slice()),
            (b'u', self.uri.as_slice()),
            (b'e', &self.emails),
            (b'p', &self.phones),
        ] {
            for value in values {
                lines.line(letter, value);
            }
        }
        lines.connections(self.connection.as_slice());
        lines.bandwidths(&self.bandwidths);
        for time in &self.times {
            time.write(&mut lines);
        }
        lines.attributes(&self.attributes);
        for media in &self.media {
            media.write(&mut lines);
        }
    }

    /// The description as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    /// How many bytes the description has at most.
    fn length(&self) -> usize {
        let origin = &self.origin;
        let words = [
            origin.session_id,
            origin.session_version,
            origin.network_type,
            origin.address_type,
            origin.address,
        ];
        let origin = origin
            .username
            .len()
            .saturating_add(words.map(str::len).iter().sum());
        let texts = [&self.information, &self.uri];
        let texts = texts
            .into_iter()
            .flatten()
            .chain(&self.emails)
            .chain(&self.phones);
        let texts = texts.map(|text| text.len().saturating_add(LINE_BYTES));
        origin
            .saturating_add(self.session_name.len())
            .saturating_add(3 * LINE_BYTES)
            .saturating_add(texts.sum())
            .saturating_add(connections_length(self.connection.as_slice()))
            .saturating_add(bandwidths_length(&self.bandwidths))
            .saturating_add(self.times.iter().map(TimeDescription::length).sum())
            .saturating_add(attributes_length(&self.attributes))
            .saturating_add(self.media.iter().map(MediaDescription::length).sum())
    }
}

impl MediaDescription<'_> {
    fn length(&self) -> usize {
        let formats = self.formats.iter();
        let formats = formats.map(|format| format.len().saturating_add(1));
        let words = self.media.len().saturating_add(self.proto.len());
        let information = self.information.map_or(0, <[u8]>::len);
        words
            .saturating_add(information)
            .saturating_add(2 * LINE_BYTES)
            .saturating_add(formats.sum())
            .saturating_add(connections_length(&self.connections))
            .saturating_add(bandwidths_length(&self.bandwidths))
            .saturating_add(attributes_length(&self.attributes))
    }

    fn write(&self, lines: &mut Lines<'_>) {
        lines.start(b'm');
        lines.text(self.media);
        lines.text(" ");
        lines.number(u64::from(self.port));
        if let Some(count) = self.port_count {
            lines.text("/");
            lines.number(u64::from(count));
        }
        lines.text(" ");
        lines.text(self.proto);
        for format in &self.formats {
            lines.text(" ");
            lines.text(format);
        }
        lines.end();
        if let Some(information) = self.information {
            lines.line(b'i', information);
        }
        lines.connections(&self.connections);
        lines.bandwidths(&self.bandwidths);
        lines.attributes(&self.attributes);
    }
}

fn connections_length(connections: &[Connection<'_>]) -> usize {
    let length = |one: &Connection<'_>| {
        let network = one
            .network_type
            .len()
            .saturating_add(one.address_type.len());
        let address = one.address.len().saturating_add(LINE_BYTES);
        network.saturating_add(address)
    };
    connections.iter().map(length).sum()
}

fn bandwidths_length(bandwidths: &[Bandwidth<'_>]) -> usize {
    let length = |one: &Bandwidth<'_>| one.kind.as_str().len().saturating_add(2 * LINE_BYTES);
    bandwidths.iter().map(length).sum()
}

fn attributes_length(attributes: &[Attribute<'_>]) -> usize {
    let length = |one: &Attribute<'_>| {
        let value = one.value.as_deref().map_or(0, <[u8]>::len);
        // `a=`, the colon and the line end.
        one.name.len().saturating_add(value).saturating_add(5)
    };
    attributes.iter().map(length).sum()
}

/// Appends lines.
pub(super) struct Lines<'o>(&'o mut Vec<u8>);

impl Lines<'_> {
    pub(super) fn start(&mut self, letter: u8) {
        self.0.extend_from_slice(&[letter, b'=']);
    }

    pub(super) fn end(&mut self) {
        self.0.extend_from_slice(b"\r\n");
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn number(&mut self, number: u64) {
        write_decimal(number, self.0);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn line(&mut self, letter: u8, value: &[u8]) {
        self.start(letter);
        self.bytes(value);
        self.end();
    }

    fn connections(&mut self, connections: &[Connection<'_>]) {
        for one in connections {
            self.start(b'c');
            for word in [one.network_type, " ", one.address_type, " ", one.address] {
                self.text(word);
            }
            for number in [one.ttl.map(u32::from), one.count].into_iter().flatten() {
                self.text("/");
                self.number(u64::from(number));
            }
            self.end();
        }
    }

    fn bandwidths(&mut self, bandwidths: &[Bandwidth<'_>]) {
        for one in bandwidths {
            self.start(b'b');
            self.text(one.kind.as_str());
            self.text(":");
            self.number(one.value);
            self.end();
        }
    }

    fn attributes(&mut self, attributes: &[Attribute<'_>]) {
        for one in attributes {
            self.start(b'a');
            self.text(one.name);
            if let Some(value) = &one.value {
                self.text(":");
                self.bytes(value);
            }
            self.end();
        }
    }
}
