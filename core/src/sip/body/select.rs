//! Which parts of a body are to be dealt with (RFC 5621 §6, §7, §8; RFC 3204 §4).

use alloc::vec::Vec;

use crate::Limits;

use super::{BodyError, BodyErrorKind, Boundary, Part, Parts};

/// The parts of `body` that `is_known` knows and that are to be dealt with, in order: `body` itself
/// if it is no multipart, else of an alternative the last that is known, of a signed one what is
/// signed, and of any other multipart all. What is not known and optional is left out.
///
/// # Errors
/// [`BodyErrorKind::Unsupported`] if one whose handling is required is not known; what is wrong with
/// the body otherwise.
pub fn understood_parts<'a>(
    body: Part<'a>,
    limits: &Limits,
    is_known: impl Fn(&Part<'a>) -> bool,
) -> Result<Vec<Part<'a>>, BodyError> {
    let mut search = Search {
        limits,
        is_known,
        left: limits.body_parts,
        found: Vec::new(),
    };
    let is_optional = disposition_is_optional(&body)?;
    if search.select(body, 0)? || is_optional {
        Ok(search.found)
    } else {
        Err(BodyError::new(BodyErrorKind::Unsupported, 0))
    }
}

fn disposition_is_optional(part: &Part<'_>) -> Result<bool, BodyError> {
    match part.disposition() {
        Ok(disposition) => Ok(disposition.is_optional),
        Err(_) => Err(BodyError::new(BodyErrorKind::Field, 0)),
    }
}

struct Search<'a, 'l, K> {
    limits: &'l Limits,
    is_known: K,
    /// How many more parts may come, over all multiparts.
    left: usize,
    found: Vec<Part<'a>>,
}

impl<'a, K: Fn(&Part<'a>) -> bool> Search<'a, '_, K> {
    /// Adds what is to be dealt with in `part`, and says whether it is understood. If it is not,
    /// nothing is added. Goes no deeper than the limit says.
    fn select(&mut self, part: Part<'a>, depth: usize) -> Result<bool, BodyError> {
        let content_type = part
            .content_type()
            .map_err(|_| BodyError::new(BodyErrorKind::Field, 0))?;
        if !content_type.kind.eq_ignore_ascii_case("multipart") {
            let is_known = (self.is_known)(&part);
            if is_known {
                self.found.push(part);
            }
            return Ok(is_known);
        }
        if depth >= self.limits.body_depth {
            return Err(BodyError::new(BodyErrorKind::TooDeep, 0));
        }
        let parts = Parts::new(part.content, Boundary::of(&content_type)?, self.limits);
        if content_type.subtype.eq_ignore_ascii_case("alternative") {
            self.alternative(parts, depth)
        } else if content_type.subtype.eq_ignore_ascii_case("signed") {
            self.signed(parts, depth)
        } else {
            self.mixed(parts, depth)
        }
    }

    fn count(&mut self) -> Result<(), BodyError> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(BodyError::new(BodyErrorKind::TooManyParts, 0)),
        }
    }

    /// RFC 2046 §5.1.4: the last one understood is the best. RFC 5621 §8.3: what the parts say
    /// about their handling does not count.
    fn alternative(&mut self, parts: Parts<'a>, depth: usize) -> Result<bool, BodyError> {
        let start = self.found.len();
        let mut is_understood = false;
        for part in parts {
            self.count()?;
            let before = self.found.len();
            if self.select(part?, depth.saturating_add(1))? {
                self.found.drain(start..before);
                is_understood = true;
            }
        }
        Ok(is_understood)
    }

    /// RFC 3261 §23.3: a signature stands in a part of its own so that who cannot verify it reads
    /// the rest nonetheless. Nothing is verified here; the second part is not looked into.
    fn signed(&mut self, parts: Parts<'a>, depth: usize) -> Result<bool, BodyError> {
        let mut is_understood = false;
        for (place, part) in parts.enumerate() {
            self.count()?;
            let part = part?;
            if place == 0 {
                let is_optional = disposition_is_optional(&part)?;
                is_understood = self.select(part, depth.saturating_add(1))? || is_optional;
            }
        }
        Ok(is_understood)
    }

    /// RFC 5621 §4.2: what is of an unknown subtype is dealt with as mixed, and so is related
    /// (§7.3). §8.2: a required part that is not understood makes the whole not understood, and
    /// whether that matters is the handling of the whole.
    fn mixed(&mut self, parts: Parts<'a>, depth: usize) -> Result<bool, BodyError> {
        let start = self.found.len();
        let mut is_understood = true;
        for part in parts {
            self.count()?;
            let part = part?;
            let is_optional = disposition_is_optional(&part)?;
            is_understood &= self.select(part, depth.saturating_add(1))? || is_optional;
        }
        if !is_understood {
            self.found.truncate(start);
        }
        Ok(is_understood)
    }
}
