//! Frames of audio, one after the other (RFC 3551 §4.4): the oldest first, whole ones only.

use core::marker::PhantomData;

use super::depacketiser::{Entry, Payload};

/// A frame-based encoding: how long its frames are, in octets and in time.
pub trait Framing {
    /// What kinds of frames there are.
    type Kind: Copy + PartialEq + core::fmt::Debug;

    /// The encoding's name in SDP.
    const ENCODING_NAME: &'static str;

    /// The samples of one frame, and the ticks of the timestamp too: all run at 8000 Hz.
    const FRAME_TICKS: u32;

    /// The kind of the frame at the front of these octets, which are not empty, and how many
    /// octets it takes. Nothing if no frame begins so.
    fn measure(octets: &[u8]) -> Option<(Self::Kind, usize)>;

    /// Whether a frame of this kind ends a payload.
    fn is_last(_kind: Self::Kind) -> bool {
        false
    }
}

/// One frame of a payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a, K> {
    /// What kind of frame.
    pub kind: K,
    /// How many ticks after the packet's timestamp it begins.
    pub ticks: u32,
    /// What the decoder is given.
    pub octets: &'a [u8],
}

/// A payload of whole frames.
#[derive(Debug)]
pub struct Frames<'a, F: Framing> {
    octets: &'a [u8],
    format: PhantomData<F>,
}

impl<F: Framing> Clone for Frames<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: Framing> Copy for Frames<'_, F> {}

impl<F: Framing> PartialEq for Frames<'_, F> {
    fn eq(&self, other: &Self) -> bool {
        self.octets == other.octets
    }
}

impl<'a, F: Framing> Frames<'a, F> {
    /// Reads a payload, unless it is anything but whole frames.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let mut rest = payload;
        while !rest.is_empty() {
            let (kind, size) = measure::<F>(rest)?;
            rest = rest.get(size..)?;
            if F::is_last(kind) && !rest.is_empty() {
                return None;
            }
        }
        Some(Self {
            octets: payload,
            format: PhantomData,
        })
    }

    /// The frames, the oldest first.
    pub fn iter(&self) -> FrameIter<'a, F> {
        FrameIter {
            octets: self.octets,
            ticks: 0,
            format: PhantomData,
        }
    }

    /// Writes frames to the front of `out`, the oldest first, and says how many octets they took.
    /// Nothing if one is not a frame of this encoding or must not stand there, or if they do not
    /// fit.
    pub fn pack<'f>(frames: impl IntoIterator<Item = &'f [u8]>, out: &mut [u8]) -> Option<usize> {
        let mut at = 0_usize;
        let mut is_ended = false;
        for frame in frames {
            let (kind, size) = measure::<F>(frame)?;
            if is_ended || size != frame.len() {
                return None;
            }
            is_ended = F::is_last(kind);
            let end = at.checked_add(size)?;
            out.get_mut(at..end)?.copy_from_slice(frame);
            at = end;
        }
        Some(at)
    }
}

impl<F: Framing> Payload for Frames<'_, F> {
    /// Decoders of speech can begin at any frame.
    fn entry(&self) -> Entry {
        Entry::Refresh
    }
}

/// The kind and size of the first frame: at least an octet, and no more than there are.
fn measure<F: Framing>(octets: &[u8]) -> Option<(F::Kind, usize)> {
    let (kind, size) = F::measure(octets)?;
    (1..=octets.len()).contains(&size).then_some((kind, size))
}

/// The frames of a payload.
#[derive(Debug)]
pub struct FrameIter<'a, F: Framing> {
    octets: &'a [u8],
    ticks: u32,
    format: PhantomData<F>,
}

impl<'a, F: Framing> Iterator for FrameIter<'a, F> {
    type Item = Frame<'a, F::Kind>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.octets.is_empty() {
            return None;
        }
        let (kind, size) = measure::<F>(self.octets)?;
        let (octets, rest) = self.octets.split_at_checked(size)?;
        let ticks = self.ticks;
        self.octets = rest;
        self.ticks = ticks.wrapping_add(F::FRAME_TICKS);
        Some(Frame {
            kind,
            ticks,
            octets,
        })
    }
}

impl<'a, F: Framing> IntoIterator for &Frames<'a, F> {
    type Item = Frame<'a, F::Kind>;
    type IntoIter = FrameIter<'a, F>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
