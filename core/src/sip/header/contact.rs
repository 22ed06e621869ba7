//! Contact (RFC 3261 §20.10, §10.2.1), with what outbound and GRUUs put into it (RFC 5626 §4,
//! RFC 5627 §5.3). Its features are among the [`Params`] (RFC 3840 §9).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::text::{Cursor, write_decimal};

use super::name_addr::{take_address, write_address};
use super::value::whole;
use super::{Element, FeatureValue, HeaderError, HeaderErrorKind, ParamValue, Params, Value};

/// One value of a Contact header field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Contact<'a> {
    /// `*`: every binding, in a REGISTER that removes them (RFC 3261 §10.2.2).
    Star,
    /// An address.
    Address(ContactAddress<'a>),
}

/// Where a user may be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContactAddress<'a> {
    /// The display name, without quotes and still escaped; see [`crate::text::unquote`].
    pub display: Option<&'a [u8]>,
    /// The URI.
    pub uri: &'a str,
    /// How much it is preferred to others.
    pub q: Option<QValue>,
    /// Seconds for which it is bound.
    pub expires: Option<u32>,
    /// The other parameters.
    pub params: Params<'a>,
}

/// A preference from 0 to 1 in thousandths (`qvalue`, RFC 3261 §25.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct QValue(u16);

impl QValue {
    /// The highest preference, which is also that of a contact that says none.
    pub const ONE: Self = Self(1000);

    /// `None` above 1000.
    #[must_use]
    pub const fn from_thousandths(thousandths: u16) -> Option<Self> {
        match thousandths {
            0..=1000 => Some(Self(thousandths)),
            _ => None,
        }
    }

    /// The preference in thousandths.
    #[must_use]
    pub const fn thousandths(self) -> u16 {
        self.0
    }

    /// `0`, `1`, or one of them with a point and up to three digits behind.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = match text.as_bytes() {
            [whole] => (whole, &[][..]),
            [whole, b'.', fraction @ ..] if fraction.len() <= 3 => (whole, fraction),
            _ => return None,
        };
        let mut thousandths = match whole {
            b'0' => 0,
            b'1' => 1000,
            _ => return None,
        };
        for (digit, unit) in fraction.iter().zip([100_u16, 10, 1]) {
            let digit = char::from(*digit).to_digit(10)?;
            thousandths = unit
                .wrapping_mul(u16::try_from(digit).ok()?)
                .wrapping_add(thousandths);
        }
        Self::from_thousandths(thousandths)
    }

    /// Appends it with as few digits as it needs.
    pub fn write(self, out: &mut Vec<u8>) {
        out.push(if self.0 >= 1000 { b'1' } else { b'0' });
        let mut left = self.0 % 1000;
        if left > 0 {
            out.push(b'.');
        }
        let mut unit = 100;
        while left > 0 {
            write_decimal(u64::from(left / unit), out);
            left %= unit;
            unit /= 10;
        }
    }
}

const KNOWN: &[&str] = &["q", "expires"];

/// Seconds that a binding lasts whose expires parameter cannot be read (RFC 3261 §10.2.1.1).
const MALFORMED_EXPIRES: u32 = 3600;

impl<'a> Contact<'a> {
    /// A URI alone.
    #[must_use]
    pub const fn new(uri: &'a str) -> Self {
        Self::Address(ContactAddress {
            display: None,
            uri,
            q: None,
            expires: None,
            params: Params::EMPTY,
        })
    }

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// The address, unless it is the star.
    #[must_use]
    pub const fn address(&self) -> Option<&ContactAddress<'a>> {
        match self {
            Self::Star => None,
            Self::Address(address) => Some(address),
        }
    }

    /// The URI, unless it is the star.
    #[must_use]
    pub fn uri(&self) -> Option<&'a str> {
        self.address().map(|address| address.uri)
    }
}

impl<'a> ContactAddress<'a> {
    /// The instance of the user agent, a URN: what stands between the brackets of `+sip.instance`
    /// (RFC 5626 §4.1).
    #[must_use]
    pub fn instance(&self) -> Option<&'a str> {
        match self.params.feature("sip.instance")?.value {
            FeatureValue::Text(text) => core::str::from_utf8(text).ok(),
            FeatureValue::True | FeatureValue::OneOf(_) => None,
        }
    }

    /// Which of several flows of an instance this is, from 1 to 2³¹ − 1 (RFC 5626 §4.2).
    #[must_use]
    pub fn reg_id(&self) -> Option<u32> {
        let id = self.params.get("reg-id")?.value?.number()?;
        (1..=i32::MAX as u32).contains(&id).then_some(id)
    }

    /// The lasting URI by which a registrar routes to this instance (RFC 5627 §5.3).
    #[must_use]
    pub fn pub_gruu(&self) -> Option<Cow<'a, str>> {
        self.gruu("pub-gruu")
    }

    /// The same, but of this registration only, and with nothing of the user in it.
    #[must_use]
    pub fn temp_gruu(&self) -> Option<Cow<'a, str>> {
        self.gruu("temp-gruu")
    }

    fn gruu(&self, name: &str) -> Option<Cow<'a, str>> {
        let value = self.params.get(name)?.value?;
        matches!(value, ParamValue::Quoted(_)).then(|| value.text())
    }

    fn parameter(
        &mut self,
        place: usize,
        value: Option<ParamValue<'a>>,
    ) -> Result<(), HeaderErrorKind> {
        if place == 0 {
            let q = value.and_then(|v| v.plain()).and_then(QValue::parse);
            self.q = Some(q.ok_or(HeaderErrorKind::Number)?);
        } else {
            // RFC 3261 §10.2.1.1: an unreadable value counts as 3600, it does not void the contact.
            let seconds = value.and_then(|v| v.number());
            self.expires = Some(seconds.unwrap_or(MALFORMED_EXPIRES));
        }
        Ok(())
    }
}

impl<'a> Element<'a> for Contact<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        cursor.skip_lws();
        // A display name may start with an asterisk too, so only a lone one is the star.
        let mut ahead = *cursor;
        if ahead.eat(b'*') {
            ahead.skip_lws();
            if ahead.is_at_end() {
                *cursor = ahead;
                return Ok(Self::Star);
            }
        }
        let (display, uri) = take_address(cursor)?;
        let mut address = ContactAddress {
            display,
            uri,
            q: None,
            expires: None,
            params: Params::EMPTY,
        };
        let params = Params::take(cursor, KNOWN, |place, value| {
            address.parameter(place, value)
        })?;
        address.params = params;
        Ok(Self::Address(address))
    }
}

impl Value for Contact<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let Self::Address(address) = self else {
            out.push(b'*');
            return;
        };
        write_address(address.display, address.uri, out);
        if let Some(q) = address.q {
            out.extend_from_slice(b";q=");
            q.write(out);
        }
        if let Some(expires) = address.expires {
            out.extend_from_slice(b";expires=");
            write_decimal(u64::from(expires), out);
        }
        address.params.write(out);
    }
}
