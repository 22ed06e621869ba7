//! The header extension (RFC 3550 §5.3.1) and the elements inside it (RFC 8285 §4).

/// The one header extension a packet may have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Extension<'a> {
    /// The 16 bits "defined by profile": 0xBEDE for one-byte elements, 0x100x for two-byte ones.
    pub profile: u16,
    /// The extension's words, a multiple of four octets.
    pub data: &'a [u8],
}

/// One element of an RFC 8285 extension.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Element<'a> {
    /// The local identifier that signalling mapped to a meaning.
    pub id: u8,
    /// The element's octets.
    pub data: &'a [u8],
}

/// How the elements of an extension are framed (RFC 8285 §4.2, §4.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    OneByte,
    TwoByte,
}

impl Form {
    fn of(profile: u16) -> Option<Self> {
        match profile {
            0xbede => Some(Self::OneByte),
            // The low four bits are "appbits", free for the application.
            word if word >> 4 == 0x100 => Some(Self::TwoByte),
            _ => None,
        }
    }
}

impl<'a> Extension<'a> {
    /// Takes an extension off the front of `bytes`, if it fits.
    pub(super) fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&[p0, p1, l0, l1], rest) = bytes.split_first_chunk::<4>()?;
        let octets = usize::from(u16::from_be_bytes([l0, l1])).checked_mul(4)?;
        let (data, rest) = rest.split_at_checked(octets)?;
        let profile = u16::from_be_bytes([p0, p1]);
        Some((Self { profile, data }, rest))
    }

    /// Writes elements to the front of `out`, in the form that `profile` stands for, padded to the
    /// word; `None` if they do not fit, or cannot be said in that form.
    #[must_use]
    pub fn pack(profile: u16, elements: &[Element<'_>], out: &'a mut [u8]) -> Option<Self> {
        let form = Form::of(profile)?;
        let mut at = 0_usize;
        for Element { id, data } in elements {
            let head = match form {
                // §4.2: identifiers 1 to 14, and 1 to 16 octets, written as one less.
                Form::OneByte => {
                    let length = u8::try_from(data.len().checked_sub(1)?).ok()?;
                    let fits = (1..=14).contains(id) && length < 16;
                    ([fits.then_some((id << 4) | length)?, 0], 1)
                }
                Form::TwoByte => {
                    let length = u8::try_from(data.len()).ok()?;
                    ([(*id != 0).then_some(*id)?, length], 2)
                }
            };
            for octets in [head.0.get(..head.1)?, data] {
                let end = at.checked_add(octets.len())?;
                out.get_mut(at..end)?.copy_from_slice(octets);
                at = end;
            }
        }
        let end = at.checked_next_multiple_of(4)?;
        out.get_mut(at..end)?.fill(0);
        let data = out.get(..end)?;
        Some(Self { profile, data })
    }

    /// The elements inside, if the profile word says that there are elements (RFC 8285 §4).
    #[must_use]
    pub fn elements(&self) -> Elements<'a> {
        let form = Form::of(self.profile);
        Elements {
            form,
            rest: if form.is_some() { self.data } else { &[] },
        }
    }
}

/// The elements of one extension, in order; whatever is cut short ends them.
#[derive(Clone, Copy, Debug)]
pub struct Elements<'a> {
    form: Option<Form>,
    rest: &'a [u8],
}

impl Elements<'_> {
    /// Octets of the extension behind the element that came last.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Nothing behind here counts.
    fn end<T>(&mut self) -> Option<T> {
        self.rest = &[];
        None
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let form = self.form?;
        loop {
            let (&first, rest) = self.rest.split_first()?;
            // RFC 8285 §4.2, §4.3: an octet of zero is padding between elements, in both forms.
            if first == 0 {
                self.rest = rest;
                continue;
            }
            let (id, length, rest) = match form {
                // §4.2: identifier 15 is kept for the future, and §4.1.2: 0 has no length; whoever
                // meets either stops.
                Form::OneByte if matches!(first >> 4, 0 | 15) => return self.end(),
                Form::OneByte => {
                    let length = usize::from(first & 0x0f).wrapping_add(1);
                    (first >> 4, length, rest)
                }
                Form::TwoByte => {
                    let (&length, rest) = rest.split_first()?;
                    (first, usize::from(length), rest)
                }
            };
            let Some((data, rest)) = rest.split_at_checked(length) else {
                return self.end();
            };
            self.rest = rest;
            return Some(Element { id, data });
        }
    }
}
