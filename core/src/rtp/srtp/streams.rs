//! What is kept of each source, by SSRC (RFC 3711 §3.2.3).

use alloc::vec::Vec;

/// A few sources, found by their SSRC.
pub(super) struct Streams<T> {
    /// In the order of the SSRCs.
    rows: Vec<(u32, T)>,
    most: usize,
}

/// Where a source is, or would be.
#[derive(Clone, Copy)]
pub(super) enum Spot {
    Here(usize),
    New(usize),
}

impl<T> Streams<T> {
    pub(super) const fn new(most: usize) -> Self {
        Self {
            rows: Vec::new(),
            most,
        }
    }

    pub(super) fn find(&self, ssrc: u32) -> Spot {
        match self.rows.binary_search_by_key(&ssrc, |(of, _)| *of) {
            Ok(at) => Spot::Here(at),
            Err(at) => Spot::New(at),
        }
    }

    pub(super) fn peek(&self, spot: Spot) -> Option<&T> {
        match spot {
            Spot::Here(at) => self.rows.get(at).map(|(_, row)| row),
            Spot::New(_) => None,
        }
    }

    /// Whether the source is there, or there is room for it.
    pub(super) fn has_room(&self, spot: Spot) -> bool {
        matches!(spot, Spot::Here(_)) || self.rows.len() < self.most
    }

    /// The source, made if it was not there; `None` if there is no room.
    pub(super) fn enter(
        &mut self,
        spot: Spot,
        ssrc: u32,
        make: impl FnOnce() -> T,
    ) -> Option<&mut T> {
        let at = match spot {
            Spot::Here(at) => at,
            Spot::New(at) => {
                let is_place = self.has_room(spot) && at <= self.rows.len();
                is_place.then(|| self.rows.insert(at, (ssrc, make())))?;
                at
            }
        };
        self.rows.get_mut(at).map(|(_, row)| row)
    }

    /// The same sources, with what `copy` makes of each.
    pub(super) fn copied(&self, most: usize, copy: impl Fn(&T) -> T) -> Self {
        let rows = self.rows.iter().map(|(ssrc, row)| (*ssrc, copy(row)));
        Self {
            rows: rows.collect(),
            most,
        }
    }

    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.rows.iter_mut().map(|(_, row)| row)
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}
