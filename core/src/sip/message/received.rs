//! Noting in the top Via where a request came from (RFC 3261 §18.2.1, RFC 3581 §4).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::ops::Range;
use core::str;

use crate::sip::header::{RECEIVED, RPORT, Rport, Via};
use crate::text::{Cursor, write_decimal, write_ip};

use super::owned::Raw;
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
    let (new, old) = rewrite(value, view.cursor(row), source)?;

    let start = row.value as usize;
    let end = start.saturating_add(old);
    let raw = match (view.texts(), str::from_utf8(&new)) {
        (Some((header, body)), Ok(new)) => {
            Raw::joined(&[header.get(..start)?, new, header.get(end..)?, body])
        }
        _ => Raw::Bytes(
            [view.raw.get(..start)?, &new, view.raw.get(end..)?]
                .concat()
                .into(),
        ),
    };
    // All places behind the value move by as much as it grew, or shrank.
    let grown = (new.len() as u32).wrapping_sub(old as u32);
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
        raw,
        rows,
        head,
        essentials: None,
    })
}

/// The first Via of `value`, before which `cursor` stands, with the right values of rport and received,
/// and how long it was. `None` if nothing is to be changed, or if it cannot be read.
///
/// RFC 3581 §4: an rport that is there is set to the source port, and received always goes with it.
/// RFC 3261 §18.2.1: received is added if sent-by is a name or another address. One that the sender
/// put in itself is not believed: the response would go wherever it says.
fn rewrite<'a>(
    value: &'a [u8],
    mut cursor: Cursor<'a>,
    source: SocketAddr,
) -> Option<(Vec<u8>, usize)> {
    // Each stands there once at most; in the order in which they do.
    let mut wrong: [Option<(usize, Range<usize>)>; 2] = [None, None];
    let via = Via::take_noting(&mut cursor, |place, range| {
        if place == RPORT || place == RECEIVED {
            if let Some(free) = wrong.iter_mut().find(|one| one.is_none()) {
                *free = Some((place, range));
            }
        }
    })
    .ok()?;
    let is_honest = via.sent_by.host.ip() == Some(source.ip());
    if is_honest && via.received.is_none() && via.rport == Rport::Absent {
        return None;
    }
    let end = cursor.position();
    let mut new = Vec::with_capacity(end.saturating_add(64));
    let mut copied: usize = 0;
    for (place, range) in wrong.into_iter().flatten() {
        new.extend_from_slice(value.get(copied..range.start)?);
        copied = range.end;
        if place == RPORT {
            new.extend_from_slice(b"rport=");
            write_decimal(u64::from(source.port()), &mut new);
        } else {
            write_received(source, &mut new);
        }
    }
    new.extend_from_slice(value.get(copied..end)?);
    if via.received.is_none() {
        new.push(b';');
        write_received(source, &mut new);
    }
    Some((new, end))
}

fn write_received(source: SocketAddr, new: &mut Vec<u8>) {
    new.extend_from_slice(b"received=");
    write_ip(source.ip(), new);
}
