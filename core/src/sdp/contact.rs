//! Who is responsible for a session: the two ways to write `e=` and `p=` (RFC 8866 §5.6, §9).

/// An address or number, and perhaps a name, out of an `e=` or `p=` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact<'a> {
    /// The mail address or the phone number.
    pub address: &'a [u8],
    /// Whose it is.
    pub name: Option<&'a [u8]>,
}

impl<'a> Contact<'a> {
    /// Takes an `e=` value apart; `None` if the grammar does not know its form.
    #[must_use]
    pub fn email(value: &'a [u8]) -> Option<Self> {
        // Between an address and a name there is a space (§9).
        let is_apart = |before: &[u8]| before.ends_with(b" ");
        Self::split(value, is_apart, |address| {
            // The whole of RFC 5322's addr-spec is not needed to tell a name from an address.
            let at = address.iter().filter(|byte| **byte == b'@').count();
            let graphic = address.iter().all(|byte| byte.is_ascii_graphic());
            let inside = !address.starts_with(b"@") && !address.ends_with(b"@");
            at == 1 && graphic && inside
        })
    }

    /// Takes a `p=` value apart; `None` if the grammar does not know its form.
    #[must_use]
    pub fn phone(value: &'a [u8]) -> Option<Self> {
        Self::split(
            value,
            |_| true,
            |number| {
                let digits = number.strip_prefix(b"+").unwrap_or(number);
                let rest = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b' ' | b'-');
                digits.len() > 1
                    && digits.first().is_some_and(u8::is_ascii_digit)
                    && digits.iter().all(rest)
            },
        )
    }

    /// `is_apart` tells of what stands before the bracket whether it ends as it has to.
    fn split(
        value: &'a [u8],
        is_apart: impl Fn(&[u8]) -> bool,
        is_address: impl Fn(&[u8]) -> bool,
    ) -> Option<Self> {
        let (address, name) = if let Some(inner) = value.strip_suffix(b">") {
            let (name, address) = split_at_byte(inner, b'<')?;
            let name = Some(name).filter(|name| is_apart(name))?;
            (address, Some(name.trim_ascii_end()))
        } else if let Some(inner) = value.strip_suffix(b")") {
            let (address, name) = split_at_byte(inner, b'(')?;
            let address = Some(address).filter(|address| is_apart(address))?;
            (address.trim_ascii_end(), Some(name))
        } else {
            (value, None)
        };
        let safe = |name: &[u8]| {
            let quoting = |byte: &u8| matches!(byte, b'(' | b')' | b'<' | b'>');
            !name.is_empty() && !name.iter().any(quoting)
        };
        let fits = is_address(address) && name.is_none_or(safe);
        fits.then_some(Self { address, name })
    }
}

fn split_at_byte(value: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = value.iter().position(|one| *one == byte)?;
    let (before, from) = value.split_at_checked(at)?;
    Some((before, from.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8866 §5.6, both forms of the same contact.
    // shows: S020
    #[test]
    fn both_quoting_conventions_name_the_same_person() {
        let jane = Contact {
            address: b"j.doe@example.com",
            name: Some(b"Jane Doe"),
        };
        assert_eq!(Contact::email(b"j.doe@example.com (Jane Doe)"), Some(jane));
        assert_eq!(Contact::email(b"Jane Doe <j.doe@example.com>"), Some(jane));
        let bare = Contact { name: None, ..jane };
        assert_eq!(Contact::email(b"j.doe@example.com"), Some(bare));
    }

    #[test]
    fn phone_numbers_keep_their_spacing() {
        let phone = Contact::phone(b"+1 617 555-6011").unwrap();
        assert_eq!(phone.address, b"+1 617 555-6011");
        let named = Contact::phone(b"+44 20 7946 (Desk)").unwrap();
        assert_eq!(named.name, Some(&b"Desk"[..]));
        assert_eq!(named.address, b"+44 20 7946");
        assert_eq!(Contact::phone(b"+44 20 7946(Desk)"), Some(named));
        assert_eq!(Contact::phone(b"Desk<+44 20 7946>"), Some(named));
    }

    #[test]
    fn other_forms_are_not_guessed_at() {
        for wrong in [
            &b"Jane jane@example.com"[..],
            b"jane@example.com(Jane)",
            b"Jane<jane@example.com>",
            b"jane@example.com (Ja(ne)",
            b"<>",
            b")",
            b"a@b (",
            b"@",
            b"",
        ] {
            assert_eq!(Contact::email(wrong), None, "{wrong:?}");
        }
        assert_eq!(Contact::phone(b"one"), None);
    }
}
