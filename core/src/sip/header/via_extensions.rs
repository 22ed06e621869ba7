//! What extensions put into a Via: overload control (RFC 7339 §4, RFC 7415 §3), `keep` (RFC 6223 §4),
//! `alias` (RFC 5923 §5), `comp` (RFC 3486 §5) and `sigcomp-id` (RFC 5049 §9.1).

use alloc::borrow::Cow;
use core::time::Duration;

use crate::text::Class;

use super::{Decimal, ParamValue, Via};

/// Whether and how a server wants less traffic from the client of this hop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overload<'a> {
    /// How much: percent to hold back by `loss`, requests per second to send by `rate`. A client
    /// asks with nothing.
    pub limit: Option<u32>,
    /// The algorithms in order, between commas: those a client has, or the one a server chose.
    algorithms: &'a str,
    /// For how long; half a second if the server does not say (RFC 7339 §4.3).
    pub validity: Duration,
    /// Which of two answers is newer.
    pub sequence: Option<Decimal<'a>>,
}

/// How long the limit holds of which the server does not say.
const VALIDITY: u32 = 500;

impl<'a> Overload<'a> {
    /// The algorithms in order; `loss` is understood by all.
    pub fn algorithms(&self) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
        self.algorithms
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
    }

    /// Whether there is a limit to keep to: none is there for no time at all (RFC 7339 §4.3).
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        self.limit.is_some() && !self.validity.is_zero()
    }
}

impl<'a> Via<'a> {
    /// The overload control of this hop; `None` if one of its parameters is malformed too.
    #[must_use]
    pub fn overload(&self) -> Option<Overload<'a>> {
        let limit = match self.params.get("oc")?.value {
            None => None,
            Some(value) => Some(value.number()?),
        };
        let algorithms = match self.params.get("oc-algo") {
            None => "loss",
            Some(param) => match param.value? {
                ParamValue::Plain(_) => return None,
                ParamValue::Quoted(inside) => core::str::from_utf8(inside).ok()?,
            },
        };
        let validity = match self.params.get("oc-validity") {
            None => VALIDITY,
            Some(param) => param.value?.number()?,
        };
        let sequence = match self.params.get("oc-seq") {
            None => None,
            Some(param) => Some(sequence(param.value?.plain()?)?),
        };
        Some(Overload {
            limit,
            algorithms,
            validity: Duration::from_millis(u64::from(validity)),
            sequence,
        })
    }

    /// Whether the sender of the request would send keep-alives (`keep`), and how often the
    /// receiver wants them, in seconds; zero is said for no recommendation.
    #[must_use]
    pub fn keep(&self) -> Option<Option<u32>> {
        match self.params.get("keep")?.value {
            None => Some(None),
            Some(value) => value.number().map(Some),
        }
    }

    /// Whether requests may come back over the connection that this one came over.
    #[must_use]
    pub fn has_alias(&self) -> bool {
        self.params.get("alias").is_some()
    }

    /// The compression that the sender wants for responses: `sigcomp`.
    #[must_use]
    pub fn comp(&self) -> Option<&'a str> {
        self.params.get("comp")?.value?.plain()
    }

    /// The URN that tells the sender's compartments apart.
    #[must_use]
    pub fn sigcomp_id(&self) -> Option<Cow<'a, str>> {
        Some(self.params.get("sigcomp-id")?.value?.text())
    }
}

/// `1*12DIGIT "." 1*5DIGIT`.
fn sequence(text: &str) -> Option<Decimal<'_>> {
    let (whole, fraction) = text.split_once('.')?;
    let is_number = |text: &str, most| text.len() <= most && Class::DIGIT.holds(text.as_bytes());
    if is_number(whole, 12) && is_number(fraction, 5) {
        Decimal::parse(text)
    } else {
        None
    }
}
