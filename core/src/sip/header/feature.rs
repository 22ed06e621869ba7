//! Features of a contact and of whom a caller wants: the media feature tags among the parameters of
//! Contact, Accept-Contact and Reject-Contact (RFC 3840 §9), and those that a proxy offers in a
//! Feature-Caps (RFC 6809 §6).

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::text::{Class, Cursor};

use super::expect::fail;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Param, ParamValue, Params, Value};

/// One feature and the values it may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Feature<'a> {
    /// The tag without its plus sign: `audio`, `sip.instance`; compare it without regard to case.
    pub name: &'a str,
    /// What it is said to be.
    pub value: FeatureValue<'a>,
}

/// What a feature is said to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FeatureValue<'a> {
    /// Nothing is said: the feature is there, as if it were `TRUE`.
    True,
    /// One of several: `"a,!b,#>=5"`.
    OneOf(TagValues<'a>),
    /// Text, between `<` and `>` in the quotes and still escaped; its case counts.
    Text(&'a [u8]),
}

/// Values between commas, each of them well formed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TagValues<'a>(&'a str);

/// One of the values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TagValue<'a> {
    /// Whether it is anything but this: `!` stands before it.
    pub is_negated: bool,
    /// The value.
    pub kind: TagKind<'a>,
}

/// What a value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TagKind<'a> {
    /// `TRUE` or `FALSE`.
    Boolean(bool),
    /// A word; compare it without regard to case.
    Token(&'a str),
    /// `#=`, `#<=`, `#>=` and `#a:b`: a range of numbers; where there is no bound on a side, `None`.
    Range(Option<Decimal<'a>>, Option<Decimal<'a>>),
}

/// A decimal number as it is spelt, compared exactly, by its value.
#[derive(Clone, Copy, Debug)]
pub struct Decimal<'a>(&'a str);

/// Features that a proxy or a network offers: one value of Feature-Caps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeatureCaps<'a> {
    /// The features (RFC 6809 §6.3); the names have their plus signs.
    pub params: Params<'a>,
}

/// Tags that stand without a plus sign (RFC 3840 §9).
const BASE_TAGS: [&str; 20] = [
    "audio",
    "automata",
    "class",
    "duplex",
    "data",
    "control",
    "mobility",
    "description",
    "events",
    "priority",
    "methods",
    "schemes",
    "application",
    "video",
    "language",
    "type",
    "isfocus",
    "actor",
    "text",
    "extensions",
];

/// `ALPHA *( ALPHA / DIGIT / "!" / "'" / "." / "-" / "%" )`.
fn is_tag_name(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'!' | b'\'' | b'.' | b'-' | b'%');
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(fits)
}

impl<'a> Feature<'a> {
    /// The feature that a parameter is; `None` if its name is no feature tag, or its value is none
    /// that a feature may have.
    #[must_use]
    pub fn from_param(param: &Param<'a>) -> Option<Self> {
        let name = match param.name.strip_prefix('+') {
            Some(name) => name,
            None => BASE_TAGS
                .iter()
                .any(|tag| tag.eq_ignore_ascii_case(param.name))
                .then_some(param.name)?,
        };
        if !is_tag_name(name) {
            return None;
        }
        let value = match param.value {
            None => FeatureValue::True,
            Some(ParamValue::Plain(_)) => return None,
            Some(ParamValue::Quoted(inside)) => FeatureValue::parse(inside)?,
        };
        Some(Self { name, value })
    }
}

impl<'a> FeatureValue<'a> {
    /// Takes what stands between the quotes.
    #[must_use]
    pub fn parse(inside: &'a [u8]) -> Option<Self> {
        if let [b'<', text @ .., b'>'] = inside {
            let is_plain = !text.iter().any(|b| matches!(b, b'<' | b'>'));
            return is_plain.then_some(Self::Text(text));
        }
        let text = core::str::from_utf8(inside).ok()?;
        let is_fine = text
            .split(',')
            .all(|value| TagValue::parse(value).is_some());
        is_fine.then_some(Self::OneOf(TagValues(text)))
    }

    /// Whether it says `TRUE`, or nothing, which means the same.
    #[must_use]
    pub fn is_true(&self) -> bool {
        match self {
            Self::True => true,
            Self::OneOf(values) => values.iter().any(|value| {
                let is_said = value.kind == TagKind::Boolean(true);
                let is_left = value.kind == TagKind::Boolean(false);
                if value.is_negated { is_left } else { is_said }
            }),
            Self::Text(_) => false,
        }
    }
}

impl<'a> TagValues<'a> {
    /// The values in order.
    pub fn iter(&self) -> impl Iterator<Item = TagValue<'a>> + Clone + use<'a> {
        self.0.split(',').filter_map(TagValue::parse)
    }
}

impl<'a> TagValue<'a> {
    /// Takes `["!"] ( token / boolean / numeric )`.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (is_negated, text) = match text.strip_prefix('!') {
            Some(text) => (true, text),
            None => (false, text),
        };
        let kind = match text.strip_prefix('#') {
            Some(range) => TagKind::range(range)?,
            None if text.eq_ignore_ascii_case("TRUE") => TagKind::Boolean(true),
            None if text.eq_ignore_ascii_case("FALSE") => TagKind::Boolean(false),
            None => TagKind::token(text)?,
        };
        Some(Self { is_negated, kind })
    }
}

impl<'a> TagKind<'a> {
    /// Takes what follows the number sign.
    fn range(text: &'a str) -> Option<Self> {
        if let Some(number) = text.strip_prefix(">=") {
            return Some(Self::Range(Some(Decimal::parse(number)?), None));
        }
        if let Some(number) = text.strip_prefix("<=") {
            return Some(Self::Range(None, Some(Decimal::parse(number)?)));
        }
        let (from, to) = match text.strip_prefix('=') {
            Some(number) => (number, number),
            None => text.split_once(':')?,
        };
        Some(Self::Range(
            Some(Decimal::parse(from)?),
            Some(Decimal::parse(to)?),
        ))
    }

    /// `token-nobang`: no exclamation mark.
    fn token(text: &'a str) -> Option<Self> {
        let is_token = Class::TOKEN.holds(text.as_bytes()) && !text.contains('!');
        is_token.then_some(Self::Token(text))
    }

    /// Whether a number is in the range; no number is in what is none.
    #[must_use]
    pub fn holds(&self, number: Decimal<'_>) -> bool {
        match self {
            Self::Boolean(_) | Self::Token(_) => false,
            Self::Range(from, to) => {
                from.is_none_or(|from| from <= number) && to.is_none_or(|to| number <= to)
            }
        }
    }
}

impl<'a> Decimal<'a> {
    /// Takes `[ "+" / "-" ] 1*DIGIT [ "." *DIGIT ]`.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = Class::DIGIT.holds(whole.as_bytes())
            && fraction.bytes().all(|digit| digit.is_ascii_digit());
        is_number.then_some(Self(text))
    }

    /// The number as it is spelt.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// Whether it is below zero, and its digits before and behind the point, without useless zeros.
    fn parts(&self) -> (bool, &'a str, &'a str) {
        let digits = self.0.strip_prefix(['+', '-']).unwrap_or(self.0);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        let is_zero = whole.is_empty() && fraction.is_empty();
        (self.0.starts_with('-') && !is_zero, whole, fraction)
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (is_negative, whole, fraction) = self.parts();
        let (is_other_negative, other_whole, other_fraction) = other.parts();
        let by_size = (whole.len(), whole, fraction);
        let by_size = by_size.cmp(&(other_whole.len(), other_whole, other_fraction));
        match (is_negative, is_other_negative) {
            (false, false) => by_size,
            (true, true) => by_size.reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal<'_> {}

impl<'a> Params<'a> {
    /// The features among the parameters, in order. What is no feature is skipped: it may be a
    /// parameter of any other extension.
    pub fn features(&self) -> impl Iterator<Item = Feature<'a>> + Clone + use<'a> {
        self.iter().filter_map(|param| Feature::from_param(&param))
    }

    /// The feature of that name, which is without the plus sign, in any case.
    #[must_use]
    pub fn feature(&self, name: &str) -> Option<Feature<'a>> {
        self.features()
            .find(|feature| feature.name.eq_ignore_ascii_case(name))
    }
}

impl<'a> FeatureCaps<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

/// `"*"`, which stands before every set of features.
pub(super) fn take_star(cursor: &mut Cursor<'_>) -> Result<(), HeaderError> {
    if cursor.eat(b'*') {
        Ok(())
    } else {
        fail(HeaderErrorKind::Syntax, cursor)
    }
}

impl<'a> Element<'a> for FeatureCaps<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        take_star(cursor)?;
        let at = cursor.position();
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        // RFC 6809 §6.3.2: all of them are features, and all have the plus sign.
        let is_feature =
            |param: Param<'_>| param.name.starts_with('+') && Feature::from_param(&param).is_some();
        if params.iter().all(is_feature) {
            Ok(Self { params })
        } else {
            Err(HeaderError::new(HeaderErrorKind::Parameter, at))
        }
    }
}

impl Value for FeatureCaps<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'*');
        self.params.write(out);
    }
}
