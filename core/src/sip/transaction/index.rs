//! Handles by the seeded hash of what names them.
//!
//! An open-addressed table, probed in a line. With a million entries a tree of them has many levels
//! that are in no cache; here a look-up, an insertion and a removal touch one place each. The hash is
//! keyed, so that nobody outside can choose entries that crowd one place; how many may stand under
//! the very same hash is for the table around this to bound.

use alloc::vec::Vec;

use crate::arena::Handle;

/// A set of handles by hash.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// A power of two of them, or none.
    slots: Vec<Slot>,
    used: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Slot {
    hash: u64,
    handle: (u32, u32),
}

/// No arena ever names an entry so.
const FREE: Slot = Slot {
    hash: 0,
    handle: (u32::MAX, u32::MAX),
};

/// Slots of the smallest table.
const FEWEST: usize = 16;

impl Index {
    /// Adds an entry.
    pub(crate) fn insert<T>(&mut self, hash: u64, handle: Handle<T>) {
        // Three quarters full: runs stay short.
        if self.used.saturating_add(1).saturating_mul(4) > self.slots.len().saturating_mul(3) {
            self.rebuild(self.slots.len().saturating_mul(2).max(FEWEST));
        }
        self.used = self.used.saturating_add(1);
        let handle = handle.to_raw();
        self.put(Slot { hash, handle });
    }

    /// Takes an entry out.
    pub(crate) fn remove<T>(&mut self, hash: u64, handle: Handle<T>) {
        let handle = handle.to_raw();
        let sought = Slot { hash, handle };
        let Some(at) = self.run(hash).find(|(_, slot)| *slot == sought) else {
            return;
        };
        self.close(at.0);
        self.used = self.used.saturating_sub(1);
        // What a burst took is given back.
        if self.slots.len() > FEWEST && self.used.saturating_mul(8) < self.slots.len() {
            self.rebuild(self.slots.len() / 2);
        }
    }

    /// The entries under a hash; hardly ever more than one.
    pub(crate) fn under<T>(&self, hash: u64) -> impl Iterator<Item = Handle<T>> {
        self.run(hash)
            .filter(move |(_, slot)| slot.hash == hash)
            .map(|(_, slot)| Handle::from_raw(slot.handle.0, slot.handle.1))
    }

    /// How many entries there are.
    pub(crate) const fn len(&self) -> usize {
        self.used
    }

    /// The slots from the place of a hash to the next free one.
    fn run(&self, hash: u64) -> impl Iterator<Item = (usize, Slot)> {
        let home = self.home(hash);
        (0..self.slots.len())
            .map(move |step| home.wrapping_add(step) & self.mask())
            .map_while(|at| Some((at, *self.slots.get(at)?)))
            .take_while(|(_, slot)| *slot != FREE)
    }

    fn mask(&self) -> usize {
        self.slots.len().saturating_sub(1)
    }

    /// Where an entry stands if nobody was there before it.
    fn home(&self, hash: u64) -> usize {
        hash as usize & self.mask()
    }

    fn put(&mut self, slot: Slot) {
        let mut at = self.home(slot.hash);
        while self.slots.get(at).is_some_and(|there| *there != FREE) {
            at = at.wrapping_add(1) & self.mask();
        }
        if let Some(free) = self.slots.get_mut(at) {
            *free = slot;
        }
    }

    /// Frees a slot, and moves up what has only been behind it because it was taken.
    fn close(&mut self, mut hole: usize) {
        let mask = self.mask();
        let mut at = hole;
        loop {
            at = at.wrapping_add(1) & mask;
            let Some(slot) = self.slots.get(at).copied().filter(|slot| *slot != FREE) else {
                break;
            };
            let from_home = at.wrapping_sub(self.home(slot.hash)) & mask;
            if from_home >= at.wrapping_sub(hole) & mask {
                if let Some(free) = self.slots.get_mut(hole) {
                    *free = slot;
                }
                hole = at;
            }
        }
        if let Some(last) = self.slots.get_mut(hole) {
            *last = FREE;
        }
    }

    fn rebuild(&mut self, slots: usize) {
        let old = core::mem::replace(&mut self.slots, alloc::vec![FREE; slots]);
        for slot in old.into_iter().filter(|slot| *slot != FREE) {
            self.put(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;
    use crate::rng::Rng;

    /// Against an ordered set, with hashes that crowd and hashes that do not.
    #[test]
    fn it_holds_what_a_set_would() {
        for spread in [3, 40, u64::MAX] {
            let mut rng = Rng::from_seed([5; 32]);
            let mut index = Index::default();
            let mut set = BTreeSet::new();
            for round in 0..4000_u32 {
                // It grows, and later shrinks.
                let is_to_grow = rng.below(4000) > u64::from(round);
                let hash = rng.below(spread);
                if is_to_grow {
                    index.insert(hash, Handle::<()>::from_raw(round, 7));
                    set.insert((hash, round));
                } else {
                    let next = set.range((hash, 0)..).next().or(set.iter().next());
                    let Some((hash, number)) = next.copied() else {
                        continue;
                    };
                    index.remove(hash, Handle::<()>::from_raw(number, 7));
                    set.remove(&(hash, number));
                }
                assert_eq!(index.len(), set.len());
                let mut found: Vec<u32> = index.under::<()>(hash).map(|h| h.to_raw().0).collect();
                found.sort_unstable();
                let wanted = set.range((hash, 0)..=(hash, u32::MAX));
                assert!(wanted.map(|(_, number)| number).eq(&found));
            }
            assert!(index.slots.len() <= FEWEST.max(index.used * 8));
        }
    }

    /// What a burst took is given back by halves, when an eighth of it is in use no longer, and
    /// never below the fewest.
    #[test]
    fn room_is_given_back_at_an_eighth_and_not_before() {
        let mut index = Index::default();
        let count = u32::try_from(FEWEST).unwrap() * 4;
        let handle = |number| Handle::<()>::from_raw(number, 1);
        for number in 0..count {
            index.insert(u64::from(number), handle(number));
        }
        let room = index.slots.len();
        for number in 0..count {
            let before = index.slots.len();
            index.remove(u64::from(number), handle(number));
            let is_sparse = index.used * 8 < before && before > FEWEST;
            let wanted = if is_sparse { before / 2 } else { before };
            assert_eq!(index.slots.len(), wanted, "{number} of {room}");
        }
        assert_eq!(index.slots.len(), FEWEST);
    }

    #[test]
    fn what_is_not_there_is_not_taken_out() {
        let mut index = Index::default();
        index.remove(1, Handle::<()>::from_raw(1, 1));
        index.insert(1, Handle::<()>::from_raw(1, 1));
        index.remove(1, Handle::<()>::from_raw(1, 2));
        assert_eq!(index.len(), 1);
        assert_eq!(index.under::<()>(1).count(), 1);
    }
}
