//! Lists of entries of a fixed size, as feedback and extended reports have them (RFC 4585 §6,
//! RFC 5104 §4, RFC 3611 §4).

use core::fmt;
use core::marker::PhantomData;

use super::word;

/// An entry of one to three words.
pub trait Entry: Copy + PartialEq + fmt::Debug {
    /// Words of one.
    const WORDS: usize;
    /// From its words; those it does not have are 0.
    fn from_words(words: [u32; 3]) -> Self;
    /// Its words; those it does not have are not written.
    fn to_words(self) -> [u32; 3];
}

/// A list of entries, as it stood in a packet or as it is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Entries<'a, T> {
    place: Place<'a, T>,
}

#[derive(Clone, Copy, Debug)]
enum Place<'a, T> {
    Wire(&'a [u8], PhantomData<T>),
    Ours(&'a [T]),
}

impl<'a, T: Entry> Entries<'a, T> {
    const SIZE: usize = 4_usize.wrapping_mul(T::WORDS);

    /// Any number of whole entries.
    pub(super) fn of(octets: &'a [u8]) -> Option<Self> {
        let is_whole = octets.len().checked_rem(Self::SIZE) == Some(0);
        is_whole.then_some(Self {
            place: Place::Wire(octets, PhantomData),
        })
    }

    /// One entry at least, which most messages require.
    pub(super) fn some_of(octets: &'a [u8]) -> Option<Self> {
        Self::of(octets).filter(|_| !octets.is_empty())
    }

    /// The entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'a, T> {
        let (wire, ours): (&[u8], &[T]) = match self.place {
            Place::Wire(octets, _) => (octets, &[]),
            Place::Ours(entries) => (&[], entries),
        };
        let wire = wire.chunks_exact(Self::SIZE).map(|entry| {
            let at = |place: usize| entry.get(place..).map_or(0, word);
            T::from_words([at(0), at(4), at(8)])
        });
        wire.chain(ours.iter().copied())
    }

    pub(super) fn write(&self, put: &mut dyn FnMut(&[u8])) {
        for entry in self.iter() {
            for word in entry.to_words().into_iter().take(T::WORDS) {
                put(&word.to_be_bytes());
            }
        }
    }

    pub(super) fn write_some(&self, put: &mut dyn FnMut(&[u8])) -> bool {
        self.write(put);
        self.iter().next().is_some()
    }
}

impl<'a, T> From<&'a [T]> for Entries<'a, T> {
    fn from(entries: &'a [T]) -> Self {
        Self {
            place: Place::Ours(entries),
        }
    }
}

impl<T: Entry> PartialEq for Entries<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Entry> Eq for Entries<'_, T> {}
