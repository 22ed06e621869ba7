//! Session-Expires and Min-SE (RFC 4028 §4, §5).

use alloc::vec::Vec;

use crate::text::{Cursor, write_decimal};

use super::expect::{take_decimal, token};
use super::params::write_param;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, Value};

/// How long a session lasts without a refresh.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionExpires<'a> {
    /// Seconds.
    pub seconds: u32,
    /// Who refreshes it.
    pub refresher: Option<Refresher>,
    /// The other parameters.
    pub params: Params<'a>,
}

/// Who refreshes a session: a role in the transaction, not in the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refresher {
    /// The client of this transaction.
    Uac,
    /// Its server.
    Uas,
}

/// The shortest session interval that somebody on the way accepts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MinSe<'a> {
    /// Seconds.
    pub seconds: u32,
    /// Parameters.
    pub params: Params<'a>,
}

impl<'a> SessionExpires<'a> {
    /// An interval, and who refreshes it if that is settled.
    #[must_use]
    pub const fn new(seconds: u32, refresher: Option<Refresher>) -> Self {
        Self {
            seconds,
            refresher,
            params: Params::EMPTY,
        }
    }

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> MinSe<'a> {
    /// What counts when the field is not there (RFC 4028 §5).
    pub const DEFAULT_SECONDS: u32 = 90;

    /// A number of seconds.
    #[must_use]
    pub const fn new(seconds: u32) -> Self {
        Self {
            seconds,
            params: Params::EMPTY,
        }
    }

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl Refresher {
    /// The parameter's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uac => "uac",
            Self::Uas => "uas",
        }
    }
}

impl<'a> Element<'a> for SessionExpires<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let seconds = take_decimal(cursor)?;
        let mut refresher = None;
        let params = Params::take(cursor, &["refresher"], |_, value| {
            let role = token(value)?;
            refresher = [Refresher::Uac, Refresher::Uas]
                .into_iter()
                .find(|known| known.as_str().eq_ignore_ascii_case(role));
            refresher.map(|_| ()).ok_or(HeaderErrorKind::Parameter)
        })?;
        Ok(Self {
            seconds,
            refresher,
            params,
        })
    }
}

impl<'a> Element<'a> for MinSe<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let seconds = take_decimal(cursor)?;
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        Ok(Self { seconds, params })
    }
}

impl Value for SessionExpires<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_decimal(u64::from(self.seconds), out);
        if let Some(refresher) = self.refresher {
            write_param("refresher", refresher.as_str(), out);
        }
        self.params.write(out);
    }
}

impl Value for MinSe<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_decimal(u64::from(self.seconds), out);
        self.params.write(out);
    }
}
