//! Forwarding is a rewrite: what is not touched leaves byte by byte, in order (RFC 3261 §16.6,
//! §16.7).

use alloc::string::String;
use alloc::vec::Vec;

use crate::sip::header::{Element, NameAddr, Value, Via};
use crate::text::{Class, Cursor};

use super::request::OutgoingRequest;
use super::response::OutgoingResponse;
use super::writer::{BuildError, write_content_length, write_row};
use super::{HeaderName, Message, MessageView};

/// The changes a proxy makes to a request on its way through.
///
/// New Record-Route, Route and Max-Forwards rows go behind the Vias at the top; the order of rows
/// with different names means nothing (RFC 3261 §7.3.1).
#[derive(Clone, Debug)]
pub struct Forward<'m> {
    message: MessageView<'m, 'm>,
    uri: Option<String>,
    /// Rows to stand in front of what is there.
    top: Vec<u8>,
    /// Route rows to stand behind the last Route there is.
    last_routes: Vec<u8>,
    /// Values of these rows replace the first row of that name; others of that name go.
    replaced: Vec<(HeaderName, Vec<u8>)>,
    removed: Vec<HeaderName>,
    pop_first: usize,
    pop_last: usize,
    fault: Option<BuildError>,
}

impl<'m> Forward<'m> {
    /// A copy of `request` to be changed.
    #[must_use]
    pub fn request(request: &'m Message) -> Self {
        Self {
            message: request.view(),
            uri: None,
            top: Vec::new(),
            last_routes: Vec::new(),
            replaced: Vec::new(),
            removed: Vec::new(),
            pop_first: 0,
            pop_last: 0,
            fault: (!request.is_request()).then_some(BuildError::Kind),
        }
    }

    /// `response` without its top Via value (RFC 3261 §16.7 step 3); other values in the same row
    /// stay.
    ///
    /// # Errors
    /// It is a request, or its top Via is missing or malformed.
    pub fn response(response: &Message) -> Result<OutgoingResponse, BuildError> {
        let view = response.view();
        let status = response.status().ok_or(BuildError::Kind)?;
        let name = HeaderName::Via;
        let place = view.rows.iter().position(|row| row.name == name);
        let place = place.ok_or(BuildError::Missing(name))?;
        let row = view.rows.get(place).ok_or(BuildError::Missing(name))?;
        let value = view.slice(row.value, row.end);
        let mut cursor = Cursor::new(value);
        Via::element(&mut cursor).map_err(|_| BuildError::Malformed(name))?;
        let next = if cursor.eat_separator(b',') {
            // More values in the row: the name and the rest of them stay.
            row.value.saturating_add(cursor.position() as u32)
        } else {
            view.rows.get(place.saturating_add(1)).map_or_else(
                || view.head.body.saturating_sub(2),
                |next_row| next_row.start,
            )
        };
        let kept = if next > row.end { row.start } else { row.value };
        let mut bytes = Vec::with_capacity(view.raw.len());
        bytes.extend_from_slice(view.slice(0, kept));
        bytes.extend_from_slice(view.slice(next, view.head.end));
        Ok(OutgoingResponse { bytes, status })
    }

    /// Another Request-URI (RFC 3261 §16.6 step 2).
    pub fn request_uri(&mut self, uri: &str) -> &mut Self {
        if !Class::URI.holds(uri.as_bytes()) {
            self.fail(BuildError::Uri);
        }
        self.uri = Some(uri.into());
        self
    }

    /// Another Max-Forwards, added if there is none (RFC 3261 §16.6 step 3).
    pub fn max_forwards(&mut self, hops: u8) -> &mut Self {
        self.replace(HeaderName::MaxForwards, &hops)
    }

    /// One more Record-Route on top of those there are (RFC 3261 §16.6 step 4): a URI, or a URI in
    /// brackets with parameters behind.
    pub fn push_record_route(&mut self, route: &str) -> &mut Self {
        self.add_address(HeaderName::RecordRoute, route, false)
    }

    /// Takes the first Route value away (RFC 3261 §16.4).
    pub fn pop_route(&mut self) -> &mut Self {
        self.pop_first = self.pop_first.saturating_add(1);
        self
    }

    /// Takes the last Route value away: a strict router put the target there (RFC 3261 §16.4).
    pub fn pop_last_route(&mut self) -> &mut Self {
        self.pop_last = self.pop_last.saturating_add(1);
        self
    }

    /// One more Route in front of those there are (RFC 3261 §16.6 step 6).
    pub fn push_route(&mut self, route: &str) -> &mut Self {
        self.add_address(HeaderName::Route, route, false)
    }

    /// One more Route behind those there are: where the target goes when the next hop is a strict
    /// router (RFC 3261 §16.6 step 6).
    pub fn append_route(&mut self, route: &str) -> &mut Self {
        self.add_address(HeaderName::Route, route, true)
    }

    /// Puts `value` in place of all rows with this name, or adds it if there is none.
    pub fn replace(&mut self, name: HeaderName, value: &(impl Value + ?Sized)) -> &mut Self {
        let mut row = Vec::new();
        self.check_name(name);
        if let Err(error) = write_row(name, value, &mut row) {
            self.fail(error);
        }
        self.replaced.retain(|(other, _)| *other != name);
        self.replaced.push((name, row));
        self
    }

    /// Adds a row in front of those there are.
    pub fn add(&mut self, name: HeaderName, value: &(impl Value + ?Sized)) -> &mut Self {
        self.check_name(name);
        if let Err(error) = write_row(name, value, &mut self.top) {
            self.fail(error);
        }
        self
    }

    /// Takes all rows with this name away.
    pub fn remove(&mut self, name: HeaderName) -> &mut Self {
        self.check_name(name);
        self.removed.push(name);
        self
    }

    /// The request as it goes on.
    ///
    /// # Errors
    /// The first fault of all that was put in; or a Route that is to go cannot be read.
    pub fn finish(&mut self) -> Result<OutgoingRequest, BuildError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let view = self.message;
        let size = view.raw.len().saturating_add(self.top.len());
        let mut bytes = Vec::with_capacity(size.saturating_add(256));
        bytes.extend_from_slice(view.slice(0, view.head.method_end.saturating_add(1)));
        match &self.uri {
            Some(uri) => bytes.extend_from_slice(uri.as_bytes()),
            None => bytes.extend_from_slice(view.request_uri().unwrap_or_default().as_bytes()),
        }
        let uri_end = bytes.len();
        bytes.extend_from_slice(b" SIP/2.0\r\n");
        let fields = bytes.len();
        self.write_rows(&mut bytes)?;
        Ok(OutgoingRequest {
            bytes,
            method_end: view.head.method_end as usize,
            uri_end,
            fields,
        })
    }

    fn fail(&mut self, error: BuildError) {
        self.fault = self.fault.or(Some(error));
    }

    /// The stack writes Via, and the length of the body does not change on the way.
    fn check_name(&mut self, name: HeaderName) {
        match name {
            HeaderName::Via | HeaderName::ContentLength => self.fail(BuildError::Reserved(name)),
            HeaderName::Other => self.fail(BuildError::FieldName),
            _ => {}
        }
    }

    fn add_address(&mut self, name: HeaderName, route: &str, is_last: bool) -> &mut Self {
        let parsed = if route.contains('<') {
            NameAddr::parse(route.as_bytes())
        } else if Class::URI.holds(route.as_bytes()) {
            Ok(NameAddr::new(route))
        } else {
            NameAddr::parse(b"")
        };
        let Ok(address) = parsed else {
            self.fail(BuildError::Uri);
            return self;
        };
        let mut row = Vec::new();
        if let Err(error) = write_row(name, &address, &mut row) {
            self.fail(error);
        }
        if is_last {
            self.last_routes.extend_from_slice(&row);
        } else {
            // The last one pushed is the topmost.
            row.append(&mut self.top);
            self.top = row;
        }
        self
    }

    /// Copies the rows in runs as long as nothing is to be changed, then the body.
    fn write_rows(&self, out: &mut Vec<u8>) -> Result<(), BuildError> {
        let view = self.message;
        let name_at = |place: usize| view.rows.get(place).map(|row| row.name);
        let top = view.rows.iter().position(|row| row.name != HeaderName::Via);
        let top = top.unwrap_or(view.rows.len());
        let last_route = view
            .rows
            .iter()
            .rposition(|row| row.name == HeaderName::Route);
        let end_of_rows = view.head.body.saturating_sub(2);
        let mut routes = RoutesLeft::new(self)?;
        let mut copied = view.head.fields;
        let mut is_written = alloc::vec![false; self.replaced.len()];
        let mut place = 0;
        while let Some(row) = view.rows.get(place) {
            if place == top {
                out.extend_from_slice(view.slice(copied, row.start));
                copied = row.start;
                self.write_top(out);
            }
            let next_row = view.rows.get(place.saturating_add(1));
            let next = next_row.map_or(end_of_rows, |next_row| next_row.start);
            let replacement = self.replaced.iter().position(|(name, _)| *name == row.name);
            let is_route = row.name == HeaderName::Route && routes.is_shortened();
            if replacement.is_some() || is_route || self.removed.contains(&row.name) {
                out.extend_from_slice(view.slice(copied, row.start));
                copied = next;
            }
            if let Some((replacement, seen)) =
                replacement.and_then(|at| Some((self.replaced.get(at)?, is_written.get_mut(at)?)))
            {
                if !core::mem::replace(seen, true) {
                    out.extend_from_slice(&replacement.1);
                }
            } else if is_route && !self.removed.contains(&row.name) {
                routes.write(view.slice(row.value, row.end), out)?;
            }
            if Some(place) == last_route {
                out.extend_from_slice(view.slice(copied, next));
                copied = next;
                out.extend_from_slice(&self.last_routes);
            }
            place = place.saturating_add(1);
        }
        out.extend_from_slice(view.slice(copied, end_of_rows));
        if name_at(top).is_none() {
            self.write_top(out);
        }
        if view.field(HeaderName::ContentLength).is_none() {
            write_content_length(view.body().len(), out);
        }
        out.extend_from_slice(view.slice(end_of_rows, view.head.end));
        Ok(())
    }

    /// What stands in front: the new rows, and replacements of rows that are not there.
    fn write_top(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.top);
        for (name, row) in &self.replaced {
            if self.message.field(*name).is_none() {
                out.extend_from_slice(row);
            }
        }
        if self.message.field(HeaderName::Route).is_none() {
            out.extend_from_slice(&self.last_routes);
        }
    }
}

/// Which Route values stay, counted over all rows.
struct RoutesLeft {
    is_shortened: bool,
    /// How many are behind us.
    seen: usize,
    first: usize,
    end: usize,
}

impl RoutesLeft {
    fn new(forward: &Forward<'_>) -> Result<Self, BuildError> {
        let is_shortened = forward.pop_first > 0 || forward.pop_last > 0;
        let mut total: usize = 0;
        if is_shortened {
            for route in forward.message.routes() {
                route.map_err(|_| BuildError::Malformed(HeaderName::Route))?;
                total = total.saturating_add(1);
            }
        }
        Ok(Self {
            is_shortened,
            seen: 0,
            first: forward.pop_first,
            end: total.saturating_sub(forward.pop_last),
        })
    }

    const fn is_shortened(&self) -> bool {
        self.is_shortened
    }

    /// Writes what stays of one row, as it is spelt.
    fn write(&mut self, value: &[u8], out: &mut Vec<u8>) -> Result<(), BuildError> {
        let malformed = BuildError::Malformed(HeaderName::Route);
        let mut cursor = Cursor::new(value);
        let mut kept: Option<(usize, usize)> = None;
        loop {
            let start = cursor.position();
            NameAddr::element(&mut cursor).map_err(|_| malformed)?;
            let end = cursor.position();
            if self.seen >= self.first && self.seen < self.end {
                kept = Some((kept.map_or(start, |(start, _)| start), end));
            }
            self.seen = self.seen.saturating_add(1);
            if !cursor.eat_separator(b',') {
                break;
            }
        }
        if let Some(kept) = kept.and_then(|(start, end)| value.get(start..end)) {
            out.extend_from_slice(b"Route: ");
            out.extend_from_slice(kept);
            out.extend_from_slice(b"\r\n");
        }
        Ok(())
    }
}
