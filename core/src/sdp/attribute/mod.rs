//! Attributes whose values have a form of their own (RFC 8866 §6 and the RFCs named in each file).
//!
//! A description keeps its `a=` lines as they came. Whoever wants to know what one means asks for
//! its type, and only then its value is read: [`SessionDescription::typed`],
//! [`MediaDescription::typed`], and [`MediaDescription::typed_in`] for those that a session may
//! say for all its media. A value that breaks a rule of its RFC is passed over like an attribute
//! that is not understood (RFC 8866 §5.13).
//!
//! What has no value is a [`Property`] or a [`Direction`](super::Direction).

mod amr;
mod capability;
mod connection_oriented;
mod crypto;
mod decimal;
mod describing;
mod extended_reports;
mod extmap;
mod feedback;
mod fingerprint;
mod format;
mod group;
mod key_mgmt;
mod msrp;
mod packet_time;
mod precondition;
mod presentation;
mod property;
mod rtcp;
mod source;
mod telephone_event;

use alloc::string::String;
use core::fmt;

use super::media::MediaDescription;
use super::session::{Attribute, SessionDescription};

pub use amr::AmrParameters;
pub use capability::{
    ActualConfiguration, AttributeCapability, AttributeChoice, ConfigurationPart, Deletion,
    PotentialConfiguration, RequiredExtensions, SupportedExtensions, TransportCapability,
};
pub use connection_oriented::{ConnectionReuse, Setup};
pub use crypto::{Crypto, CryptoSuite, FecOrder, InlineKey, MasterKeyIdentifier, SessionParameter};
pub use decimal::Decimal;
pub use describing::{Cat, Charset, ConferenceType, Keywds, Lang, SdpLang, Tool};
pub use extended_reports::{ExtendedReports, StatFlag, XrFormat};
pub use extmap::Extmap;
pub use feedback::{Feedback, RtcpFeedback};
pub use fingerprint::{Fingerprint, HashFunction};
pub use format::{Fmtp, FormatParameters, RedFormats};
pub use group::{Group, Mid, Semantics};
pub use key_mgmt::KeyManagement;
pub use msrp::{AcceptTypes, AcceptWrappedTypes, MaxSize, MsrpPath};
pub use packet_time::{MaxPacketRate, MaxPtime, Ptime};
pub use precondition::{
    ConfirmStatus, CurrentStatus, DesiredStatus, PreconditionDirection, StatusType, Strength,
};
pub use presentation::{FrameRate, Label, Orientation, Quality};
pub use property::Property;
pub use rtcp::RtcpAddress;
pub use source::{SourceAttribute, SourceGroup};
pub use telephone_event::EventList;

/// An attribute whose value has a form of its own.
pub trait TypedAttribute<'a>: Sized {
    /// The name.
    const NAME: &'static str;

    /// Reads a value; `None` if the grammar does not know it or a rule of its RFC forbids it.
    #[must_use]
    fn parse(value: &'a str) -> Option<Self>;

    /// Writes the value.
    ///
    /// # Errors
    ///
    /// Those of what it is written to.
    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result;

    /// The value as text.
    ///
    /// Nothing is checked: parts taken from elsewhere must be of the form their field names.
    fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let written = self.write(&mut text);
        debug_assert!(written.is_ok());
        text
    }

    /// The attribute, to be put into a description.
    fn to_attribute(&self) -> Attribute<'static> {
        Attribute::value(Self::NAME, self.to_text())
    }
}

impl Attribute<'_> {
    /// What this means as an attribute of a type; `None` if it is another one, or if
    /// [`TypedAttribute::parse`] says so.
    #[must_use]
    pub fn typed<'s, T: TypedAttribute<'s>>(&'s self) -> Option<T> {
        if self.name != T::NAME {
            return None;
        }
        T::parse(self.text()?)
    }
}

impl SessionDescription<'_> {
    /// The session-level attributes of a type, in their order.
    pub fn typed<'s, T: TypedAttribute<'s>>(&'s self) -> impl Iterator<Item = T> {
        self.attributes.iter().filter_map(Attribute::typed)
    }

    /// Whether there is a session-level attribute of this name without a value.
    #[must_use]
    pub fn has(&self, property: Property) -> bool {
        property.is_in(&self.attributes)
    }
}

impl MediaDescription<'_> {
    /// The attributes of a type, in their order.
    pub fn typed<'s, T: TypedAttribute<'s>>(&'s self) -> impl Iterator<Item = T> {
        self.attributes.iter().filter_map(Attribute::typed)
    }

    /// The attributes of a type from here or, if there are none, from the session: for those that
    /// a media description overrides (`lang`, `sdplang`, `setup`, `connection`, `fingerprint`,
    /// `key-mgmt`, `extmap`, ...).
    pub fn typed_in<'s, T: TypedAttribute<'s>>(
        &'s self,
        session: &'s SessionDescription<'_>,
    ) -> impl Iterator<Item = T> {
        let own = self.attributes.iter().any(|one| one.name == T::NAME);
        let attributes = if own {
            &self.attributes
        } else {
            &session.attributes
        };
        attributes.iter().filter_map(Attribute::typed)
    }

    /// Whether there is an attribute of this name without a value.
    #[must_use]
    pub fn has(&self, property: Property) -> bool {
        property.is_in(&self.attributes)
    }
}

/// The one of `all` whose name this is; case matters.
fn named<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, word: &str) -> Option<T> {
    all.iter().copied().find(|one| name(*one) == word)
}

/// Words with something between them.
fn write_list<T: fmt::Display>(
    f: &mut dyn fmt::Write,
    list: impl IntoIterator<Item = T>,
    between: char,
) -> fmt::Result {
    for (place, one) in list.into_iter().enumerate() {
        if place > 0 {
            f.write_char(between)?;
        }
        write!(f, "{one}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
