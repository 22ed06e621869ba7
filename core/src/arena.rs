//! Tables whose entries are named by generational handles: a stale handle finds nothing.

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;

/// Names one entry of an [`Arena`], and never a later one in the same place.
pub struct Handle<T> {
    index: u32,
    generation: u32,
    kind: PhantomData<fn() -> T>,
}

impl<T> Handle<T> {
    /// The two halves, to be carried in a timer or a log.
    #[must_use]
    pub const fn to_raw(self) -> (u32, u32) {
        (self.index, self.generation)
    }

    /// A handle from its two halves; whether it names anything is for [`Arena::get`] to say.
    #[must_use]
    pub const fn from_raw(index: u32, generation: u32) -> Self {
        Self {
            index,
            generation,
            kind: PhantomData,
        }
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Handle<T> {}
impl<T> PartialEq for Handle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.to_raw() == other.to_raw()
    }
}
impl<T> Eq for Handle<T> {}
impl<T> PartialOrd for Handle<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Handle<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.to_raw().cmp(&other.to_raw())
    }
}
impl<T> Hash for Handle<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.to_raw().hash(state);
    }
}
impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}.{}", self.index, self.generation)
    }
}

enum Slot<T> {
    Free { generation: u32 },
    Used { generation: u32, value: T },
}

/// A table with a stated capacity.
pub struct Arena<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    capacity: usize,
}

impl<T> Arena<T> {
    /// A table that never holds more than `capacity` entries. It allocates as it grows.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            capacity,
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether [`Arena::insert`] would refuse.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() >= self.capacity
    }

    /// Adds an entry and names it.
    ///
    /// # Errors
    /// Gives the value back when the table is at its capacity.
    pub fn insert(&mut self, value: T) -> Result<Handle<T>, T> {
        if self.is_full() {
            return Err(value);
        }
        if let Some(index) = self.free.pop() {
            if let Some(slot) = self.slots.get_mut(index as usize) {
                let generation = match slot {
                    Slot::Free { generation } | Slot::Used { generation, .. } => *generation,
                };
                *slot = Slot::Used { generation, value };
                return Ok(Handle::from_raw(index, generation));
            }
        }
        let Ok(index) = u32::try_from(self.slots.len()) else {
            return Err(value);
        };
        self.slots.push(Slot::Used {
            generation: 0,
            value,
        });
        Ok(Handle::from_raw(index, 0))
    }

    /// The entry, unless the handle is stale.
    #[must_use]
    pub fn get(&self, handle: Handle<T>) -> Option<&T> {
        match self.slots.get(handle.index as usize)? {
            Slot::Used { generation, value } if *generation == handle.generation => Some(value),
            Slot::Used { .. } | Slot::Free { .. } => None,
        }
    }

    /// The entry to change, unless the handle is stale.
    pub fn get_mut(&mut self, handle: Handle<T>) -> Option<&mut T> {
        match self.slots.get_mut(handle.index as usize)? {
            Slot::Used { generation, value } if *generation == handle.generation => Some(value),
            Slot::Used { .. } | Slot::Free { .. } => None,
        }
    }

    /// Takes the entry out; its handle is stale from then on.
    pub fn remove(&mut self, handle: Handle<T>) -> Option<T> {
        self.get(handle)?;
        let slot = self.slots.get_mut(handle.index as usize)?;
        let next = Slot::Free {
            generation: handle.generation.wrapping_add(1),
        };
        match core::mem::replace(slot, next) {
            Slot::Used { value, .. } => {
                self.free.push(handle.index);
                Some(value)
            }
            Slot::Free { .. } => None,
        }
    }

    /// All entries with their handles, in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = (Handle<T>, &T)> {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(index, slot)| match slot {
                Slot::Used { generation, value } => Some((
                    Handle::from_raw(u32::try_from(index).ok()?, *generation),
                    value,
                )),
                Slot::Free { .. } => None,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_handle_finds_nothing() {
        let mut arena = Arena::new(2);
        let first = arena.insert("first").unwrap();
        assert_eq!(arena.remove(first), Some("first"));
        let second = arena.insert("second").unwrap();
        assert_eq!(arena.get(first), None);
        assert_eq!(arena.remove(first), None);
        assert_eq!(arena.get(second), Some(&"second"));
    }

    #[test]
    fn the_capacity_is_kept() {
        let mut arena = Arena::new(1);
        let only = arena.insert(1).unwrap();
        assert_eq!(arena.insert(2), Err(2));
        arena.remove(only);
        assert!(arena.is_empty());
        assert!(arena.insert(3).is_ok());
    }
}
