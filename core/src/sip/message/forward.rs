//! Forwarding is a rewrite: what is not touched leaves byte by byte, in order (RFC 3261 §16.6,
//! §16.7).

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use crate::sip::header::{Element, NameAddr, Value, Via};
use crate::text::{Class, Cursor, write_decimal};

use super::placement::Names;
use super::request::OutgoingRequest;
use super::response::OutgoingResponse;
use super::scratch::Field;
use super::writer::{BuildError, write_content_length, write_row};
use super::{HeaderName, Message, MessageView};

/// Bytes that the rows a proxy adds usually take.
const USUAL_CHANGES: usize = 256;

/// The changes a proxy makes to a request on its way through.
///
/// New Record-Route, Route and Max-Forwards rows go behind the Vias at the top; the order of rows
/// with different names means nothing (RFC 3261 §7.3.1).
#[derive(Clone, Debug)]
pub struct Forward<'m> {
    message: MessageView<'m, 'm>,
    uri: Option<String>,
    /// As `replaced`, for what changes at every hop.
    max_forwards: Option<u8>,
    /// Rows to stand in front of what is there, with room behind them for the whole message.
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
            max_forwards: None,
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
        self.replaced
            .retain(|(other, _)| *other != HeaderName::MaxForwards);
        self.max_forwards = Some(hops);
        self
    }

    /// One more Record-Route on top of those there are (RFC 3261 §16.6 step 4): a URI, or a URI in
    /// brackets with parameters behind.
    #[inline]
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
        if name == HeaderName::MaxForwards {
            self.max_forwards = None;
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

    /// The request as it goes on; to be called once, since the rows in front go with it.
    ///
    /// # Errors
    /// The first fault of all that was put in; or a Route that is to go cannot be read.
    // A call that is not inlined copies the request out: some sixty instructions of fifteen hundred.
    #[inline(always)]
    pub fn finish(&mut self) -> Result<OutgoingRequest, BuildError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let view = &self.message;
        let mut bytes = mem::take(&mut self.top);
        // What was written before stays where it is: to move the whole request there costs more.
        let start = bytes.len();
        if bytes.capacity() == 0 {
            bytes = Vec::with_capacity(self.room());
        }
        let behind = |place: u32| start.saturating_add(place as usize);
        let head = &view.head;
        let (uri_end, fields, copied) = match &self.uri {
            // As it came, and together with the rows that follow.
            None => (behind(head.target_end), behind(head.fields), 0),
            Some(uri) => {
                bytes.extend_from_slice(view.slice(0, head.method_end.saturating_add(1)));
                bytes.extend_from_slice(uri.as_bytes());
                let uri_end = bytes.len();
                bytes.extend_from_slice(b" SIP/2.0\r\n");
                (uri_end, bytes.len(), head.fields)
            }
        };
        self.write_rows(start, copied, &mut bytes)?;
        Ok(OutgoingRequest {
            bytes,
            start,
            method_end: behind(head.method_end),
            uri_end,
            fields,
        })
    }

    /// Bytes that the request takes unless its changes are unusually long.
    fn room(&self) -> usize {
        let changed = self.uri.as_ref().map_or(0, String::len);
        let size = self.message.as_bytes().len().saturating_add(changed);
        size.saturating_add(USUAL_CHANGES)
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
        if self.top.capacity() == 0 {
            self.top = Vec::with_capacity(self.room());
        }
        let rows = if is_last {
            &mut self.last_routes
        } else {
            &mut self.top
        };
        let start = rows.len();
        let written = write_route(name, route, rows);
        if !is_last && start > 0 {
            // The last one pushed is the topmost.
            let row = rows.len().saturating_sub(start);
            rows.rotate_right(row);
        }
        if let Err(error) = written {
            self.fail(error);
        }
        self
    }

    /// Copies what follows `copied` in runs as long as nothing is to be changed. The first `top`
    /// bytes of `out` are the rows to stand in front.
    fn write_rows(&self, top: usize, mut copied: u32, out: &mut Vec<u8>) -> Result<(), BuildError> {
        let view = &self.message;
        let end_of_rows = view.head.body.saturating_sub(2);
        let start_of = |place: usize| view.rows.get(place).map_or(end_of_rows, |row| row.start);
        let mut routes = RoutesLeft::new(self)?;
        let changed = self.changed(&routes);
        let (looked_at, last_route) = match self.last_route() {
            Some(place) => (changed.with(HeaderName::Route), Some(place)),
            None => (changed, None),
        };
        let mut place = view
            .rows
            .iter()
            .take_while(|row| row.name == HeaderName::Via)
            .count();
        out.extend_from_slice(view.slice(copied, start_of(place)));
        copied = start_of(place);
        self.write_top(top, out);
        let mut written = Names::NONE;
        while let Some((row, next)) = next_of(looked_at, view.rows, place) {
            let is_last_route = last_route == Some(next.wrapping_sub(1));
            place = next;
            let next = start_of(next);
            let is_copied = !changed.contains(row.name);
            let kept = if is_copied { next } else { row.start };
            out.extend_from_slice(view.slice(copied, kept));
            copied = next;
            if !is_copied
                && !self.write_replacement(row.name, written, out)
                && !self.removed.contains(&row.name)
            {
                routes.write(view.slice(row.value, row.end), out)?;
            }
            written = written.with(row.name);
            if is_last_route {
                out.extend_from_slice(&self.last_routes);
            }
        }
        let is_length = |row: &Field| row.name == HeaderName::ContentLength;
        if view.rows.iter().rev().any(is_length) {
            out.extend_from_slice(view.slice(copied, view.head.end));
            return Ok(());
        }
        out.extend_from_slice(view.slice(copied, end_of_rows));
        write_content_length(view.body().len(), out);
        out.extend_from_slice(view.slice(end_of_rows, view.head.end));
        Ok(())
    }

    /// The place of the Route that something is to stand behind.
    fn last_route(&self) -> Option<usize> {
        if self.last_routes.is_empty() {
            return None;
        }
        let is_route = |row: &Field| row.name == HeaderName::Route;
        self.message.rows.iter().rposition(is_route)
    }

    /// The names whose rows do not leave as they came.
    fn changed(&self, routes: &RoutesLeft) -> Names {
        let mut names = Names::NONE;
        if self.max_forwards.is_some() {
            names = names.with(HeaderName::MaxForwards);
        }
        if routes.is_shortened() {
            names = names.with(HeaderName::Route);
        }
        for (name, _) in &self.replaced {
            names = names.with(*name);
        }
        for name in &self.removed {
            names = names.with(*name);
        }
        names
    }

    /// Writes what stands in place of the rows with this name, unless that is written already;
    /// whether there is such a thing.
    fn write_replacement(&self, name: HeaderName, written: Names, out: &mut Vec<u8>) -> bool {
        if let (HeaderName::MaxForwards, Some(hops)) = (name, self.max_forwards) {
            if !written.contains(name) {
                write_max_forwards(hops, out);
            }
            return true;
        }
        let Some((_, row)) = self.replaced.iter().find(|(other, _)| *other == name) else {
            return false;
        };
        if !written.contains(name) {
            out.extend_from_slice(row);
        }
        true
    }

    /// What stands in front: the new rows, and replacements of rows that are not there.
    fn write_top(&self, top: usize, out: &mut Vec<u8>) {
        out.extend_from_within(..top);
        if let Some(hops) = self.max_forwards {
            if self.message.field(HeaderName::MaxForwards).is_none() {
                write_max_forwards(hops, out);
            }
        }
        for (name, row) in &self.replaced {
            if self.message.field(*name).is_none() {
                out.extend_from_slice(row);
            }
        }
        if !self.last_routes.is_empty() && self.message.field(HeaderName::Route).is_none() {
            out.extend_from_slice(&self.last_routes);
        }
    }
}

/// Writes a row for a URI, or for a URI in brackets with a name before it and parameters behind.
fn write_route(name: HeaderName, route: &str, rows: &mut Vec<u8>) -> Result<(), BuildError> {
    let bracketed = route
        .strip_prefix('<')
        .and_then(|uri| uri.strip_suffix('>'));
    let uri = bracketed.unwrap_or(route);
    if Class::URI.holds(uri.as_bytes()) {
        // Nothing that a URI may hold breaks the line.
        rows.extend_from_slice(name.as_str().as_bytes());
        rows.extend_from_slice(b": <");
        rows.extend_from_slice(uri.as_bytes());
        rows.extend_from_slice(b">\r\n");
        return Ok(());
    }
    let mut cursor = Cursor::of_str(route);
    let address = NameAddr::element(&mut cursor).map_err(|_| BuildError::Uri)?;
    cursor.skip_lws();
    if !route.contains('<') || !cursor.is_at_end() {
        return Err(BuildError::Uri);
    }
    write_row(name, &address, rows)
}

fn write_max_forwards(hops: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Max-Forwards: ");
    write_decimal(u64::from(hops), out);
    out.extend_from_slice(b"\r\n");
}

/// The next row from `place` on with one of these names, and the place behind it.
fn next_of(names: Names, rows: &[Field], place: usize) -> Option<(&Field, usize)> {
    let rest = rows.get(place..)?;
    let found = rest.iter().position(|row| names.contains(row.name))?;
    Some((rest.get(found)?, place.wrapping_add(found).wrapping_add(1)))
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
