//! What a source says of itself, kept to be said elsewhere (RFC 3550 §6.5, §7.3).

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::rtp::rtcp::{Chunk, SdesItem, SdesKind};

/// Items kept of one source: all the kinds there are, and a few private ones.
const MOST_ITEMS: usize = 16;

/// The items of one source, the last of each kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Description(Vec<(SdesKind, Box<[u8]>)>);

impl Description {
    /// Learns what a chunk says; the rest stays as it was.
    pub(super) fn learn(&mut self, chunk: &Chunk<'_>) {
        for item in chunk.items() {
            let place = self.0.iter().position(|(kind, text)| {
                let known = SdesItem { kind: *kind, text };
                item.kind == *kind && prefix(&known) == prefix(&item)
            });
            let has_room = self.0.len() < MOST_ITEMS;
            match place.map(|place| self.0.get_mut(place)) {
                Some(Some((_, text))) if **text != *item.text => *text = item.text.into(),
                Some(_) => {}
                None if has_room => self.0.push((item.kind, item.text.into())),
                None => {}
            }
        }
    }

    /// All of them, as they were received.
    pub(super) fn items(&self) -> impl Iterator<Item = SdesItem<'_>> {
        self.0
            .iter()
            .map(|(kind, text)| SdesItem { kind: *kind, text })
    }

    /// The one that must be forwarded (§7.3).
    pub(super) fn cname(&self) -> impl Iterator<Item = SdesItem<'_>> {
        self.items().filter(|item| item.kind == SdesKind::Cname)
    }
}

/// What tells private items apart (§6.5.8).
fn prefix<'a>(item: &SdesItem<'a>) -> Option<&'a [u8]> {
    item.private().map(|(prefix, _)| prefix)
}
