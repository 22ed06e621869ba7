//! Noting in the top Via where a request came from (RFC 3261 §18.2.1, RFC 3581 §4).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::SocketAddr;

use crate::sip::header::{Element, Param, Rport, Via};
use crate::sip::uri::write_address;
use crate::text::{Cursor, write_decimal};

use super::{HeaderName, Message, MessageView};

/// The message with the top Via filled in; a copy as it is if it is a response, if there is nothing
/// to fill in, or if there is no Via that can be read.
pub(super) fn note_source(view: &MessageView<'_, '_>, source: SocketAddr) -> Message {
    filled_in(view, source).unwrap_or_else(|| view.to_message())
}

fn filled_in(view: &MessageView<'_, '_>, source: SocketAddr) -> Option<Message> {
    if !view.is_request() {
        return None;
    }
    let place = view.rows.iter().position(|r| r.name == HeaderName::Via)?;
    let row = view.rows.get(place)?;
    let value = view.slice(row.value, row.end);
    let mut cursor = Cursor::new(value);
    let via = Via::element(&mut cursor).ok()?;
    let old = value.get(..cursor.position())?;
    let is_honest = via.sent_by.host.ip() == Some(source.ip());
    if is_honest && via.received.is_none() && via.rport == Rport::Absent {
        return None;
    }
    let mut new = Vec::with_capacity(old.len().saturating_add(64));
    rewrite(old, source, &mut new)?;

    let start = row.value as usize;
    let (before, rest) = view.raw.split_at_checked(start)?;
    let after = rest.get(old.len()..)?;
    let mut raw = Vec::with_capacity(
        view.raw
            .len()
            .wrapping_add(new.len())
            .wrapping_sub(old.len()),
    );
    for part in [before, &new, after] {
        raw.extend_from_slice(part);
    }
    // All places behind the value move by as much as it grew, or shrank.
    let grown = (new.len() as u32).wrapping_sub(old.len() as u32);
    let mut rows: Box<[_]> = Box::from(view.rows);
    for (index, row) in rows.iter_mut().enumerate().skip(place) {
        if index > place {
            row.start = row.start.wrapping_add(grown);
            row.value = row.value.wrapping_add(grown);
        }
        row.end = row.end.wrapping_add(grown);
    }
    let mut head = view.head;
    head.body = head.body.wrapping_add(grown);
    head.end = head.end.wrapping_add(grown);
    Some(Message {
        raw: raw.into_boxed_slice(),
        rows,
        head,
    })
}

/// Copies one Via value and gives its rport and received the right values.
///
/// RFC 3581 §4: an rport that is there is set to the source port, and received always goes with it.
/// RFC 3261 §18.2.1: received is added if sent-by is a name or another address. One that the sender
/// put in itself is not believed: the response would go wherever it says.
fn rewrite(old: &[u8], source: SocketAddr, new: &mut Vec<u8>) -> Option<()> {
    let mut cursor = Cursor::new(old);
    let head = cursor
        .take_until(b';')
        .unwrap_or_else(|| cursor.take(old.len()));
    new.extend_from_slice(head.trim_ascii_end());
    let mut is_received = false;
    while cursor.eat_separator(b';') {
        let start = cursor.position();
        let param = Param::take(&mut cursor).ok()?;
        new.push(b';');
        if param.name.eq_ignore_ascii_case("rport") {
            new.extend_from_slice(b"rport=");
            write_decimal(u64::from(source.port()), new);
        } else if param.name.eq_ignore_ascii_case("received") {
            is_received = true;
            write_received(source, new);
        } else {
            new.extend_from_slice(old.get(start..cursor.position())?);
        }
    }
    if !is_received {
        new.push(b';');
        write_received(source, new);
    }
    Some(())
}

fn write_received(source: SocketAddr, new: &mut Vec<u8>) {
    new.extend_from_slice(b"received=");
    write_address(source.ip(), new);
}
