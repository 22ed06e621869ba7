//! What the lenient reader puts right in URIs (RFC 3261 §19.1.1, §25.1; RFC 5954 §3.1).

use alloc::vec::Vec;

use crate::sip::uri::bare_at_in_headers;
use crate::text::find_byte;

use super::Deviation;
use super::mend::Mender;

impl Mender<'_, '_> {
    /// A header field.
    pub(super) fn row(&mut self, start: usize, end: usize) {
        let mut from = start;
        for at in self.bare_ats(start, end) {
            self.three_colons(from, at);
            from = at.saturating_add(1);
            self.replace(Deviation::BareAtInUriHeader, at, from, b"%40");
        }
        self.three_colons(from, end);
    }

    /// Where a bare `@` stands in the headers of a URI in angle brackets, in order.
    fn bare_ats(&self, start: usize, end: usize) -> Vec<usize> {
        let mut found = Vec::new();
        if !self.policy.allows(Deviation::BareAtInUriHeader) {
            return found;
        }
        let mut from = start;
        while let Some(open) = find_byte(self.slice(from, end), b'<') {
            from = from.saturating_add(open).saturating_add(1);
            let rest = self.slice(from, end);
            let length = find_byte(rest, b'>').unwrap_or_default();
            let uri = rest
                .get(..length)
                .and_then(|uri| core::str::from_utf8(uri).ok());
            let ats = bare_at_in_headers(uri.unwrap_or_default());
            found.extend(ats.map(|at| from.saturating_add(at)));
            from = from.saturating_add(length);
        }
        found
    }

    pub(super) fn request_uri(&mut self, start: usize, end: usize) {
        let (mut inner, mut inner_end) = (start, end);
        let brackets = Deviation::BracketedRequestUri;
        let is_bracketed = matches!(self.slice(start, end), [b'<', _, .., b'>']);
        if is_bracketed && self.policy.allows(brackets) {
            inner = start.saturating_add(1);
            inner_end = end.saturating_sub(1);
            self.replace(brackets, start, inner, b"");
        }
        let uri = self.slice(inner, inner_end);
        let is_sip = [&b"sip:"[..], b"sips:"].iter().any(|scheme| {
            uri.get(..scheme.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        });
        // RFC 3261 §25.1: a `?` may stand in the user part, an `@` may not stand in headers.
        let host = uri.iter().rposition(|b| *b == b'@').unwrap_or_default();
        let host_part = uri.get(host..).unwrap_or_default();
        let question = find_byte(host_part, b'?').filter(|_| is_sip);
        let uri_end = question.map_or(inner_end, |question| {
            inner.saturating_add(host).saturating_add(question)
        });
        self.three_colons(inner, uri_end);
        if uri_end < inner_end {
            self.replace(Deviation::RequestUriHeaders, uri_end, inner_end, b"");
        }
        if inner_end < end {
            self.replace(brackets, inner_end, end, b"");
        }
    }

    /// `[hexpart:::IPv4address]`, nothing else with three colons.
    fn three_colons(&mut self, start: usize, end: usize) {
        if !self.policy.allows(Deviation::ThreeColons) {
            return;
        }
        let mut at = start;
        while let Some(bracket) = find_byte(self.slice(at, end), b'[') {
            at = at.saturating_add(bracket).saturating_add(1);
            let rest = self.slice(at, end);
            let is_address = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.');
            let length = rest.iter().position(|b| !is_address(b)).unwrap_or_default();
            let (address, behind) = rest.split_at_checked(length).unwrap_or_default();
            let colons = address.windows(3).position(|three| three == b":::");
            if let (Some(colons), Some(b']')) = (colons, behind.first()) {
                let after = address.get(colons.saturating_add(3)..).unwrap_or_default();
                if after.contains(&b'.') && !after.contains(&b':') {
                    let place = at.saturating_add(colons);
                    let end = place.saturating_add(3);
                    self.replace(Deviation::ThreeColons, place, end, b"::");
                }
            }
            at = at.saturating_add(length);
        }
    }
}
