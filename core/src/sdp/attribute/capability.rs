//! Capabilities beside the description that is offered, and configurations made of them: `csup`,
//! `creq`, `acap`, `tcap`, `pcfg` and `acfg` (RFC 5939 §3.3 to §3.5).

use alloc::vec::Vec;
use core::fmt;

use super::{TypedAttribute, write_list};
use crate::sdp::token::{digits, is_token, token_length};

/// `csup`: the extensions of capability negotiation that the writer supports (§3.3.1). Session or
/// media level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportedExtensions<'a>(pub Vec<&'a str>);

impl<'a> TypedAttribute<'a> for SupportedExtensions<'a> {
    const NAME: &'static str = "csup";

    fn parse(value: &'a str) -> Option<Self> {
        option_tags(value).map(Self)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write_list(f, &self.0, ',')
    }
}

/// `creq`: the extensions the reader has to support (§3.3.2). Session or media level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredExtensions<'a>(pub Vec<&'a str>);

impl<'a> TypedAttribute<'a> for RequiredExtensions<'a> {
    const NAME: &'static str = "creq";

    fn parse(value: &'a str) -> Option<Self> {
        option_tags(value).map(Self)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write_list(f, &self.0, ',')
    }
}

/// `acap`: an attribute that a configuration may have (§3.4.1). Session or media level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttributeCapability<'a> {
    /// Its number, 1 to 2^31 - 1: no two alike in a description.
    pub number: u32,
    /// The name of the attribute; none of those of this negotiation.
    pub name: &'a str,
    /// What follows its colon, which is not nothing.
    pub value: Option<&'a str>,
}

impl<'a> TypedAttribute<'a> for AttributeCapability<'a> {
    const NAME: &'static str = "acap";

    fn parse(value: &'a str) -> Option<Self> {
        let (number, attribute) = numbered(value)?;
        let length = token_length(attribute.as_bytes());
        let (name, rest) = attribute.split_at_checked(length)?;
        let value = match rest {
            "" => None,
            rest => Some(rest.strip_prefix(':').filter(|value| !value.is_empty())?),
        };
        // §3.4.1: a capability holds no capability negotiation.
        let nested = ["csup", "creq", "acap", "tcap", "pcfg", "acfg"].contains(&name);
        (!name.is_empty() && !nested).then_some(Self {
            number,
            name,
            value,
        })
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{} {}", self.number, self.name)?;
        match self.value {
            Some(value) => write!(f, ":{value}"),
            None => Ok(()),
        }
    }
}

/// `tcap`: transports that a configuration may have (§3.4.2). Session or media level, once each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportCapability<'a> {
    /// The number of the first, 1 to 2^31 - 1; the next one has the next number.
    pub first: u32,
    /// The transports as an `m=` line names them; not none.
    pub protos: Vec<&'a str>,
}

impl TransportCapability<'_> {
    /// The transport of a number.
    #[must_use]
    pub fn proto(&self, number: u32) -> Option<&str> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.protos.get(place).copied()
    }
}

impl<'a> TypedAttribute<'a> for TransportCapability<'a> {
    const NAME: &'static str = "tcap";

    fn parse(value: &'a str) -> Option<Self> {
        let (first, protos) = numbered(value)?;
        let proto = |word: &'a str| word.split('/').all(is_token).then_some(word);
        let capability = Self {
            first,
            protos: words(protos).map(proto).collect::<Option<_>>()?,
        };
        let last = u32::try_from(capability.protos.len().checked_sub(1)?).ok()?;
        let last = first.checked_add(last)?;
        (last <= MOST).then_some(capability)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{} ", self.first)?;
        write_list(f, &self.protos, ' ')
    }
}

/// `pcfg`: a configuration the writer would like better than the description (§3.5.1). Media level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PotentialConfiguration<'a> {
    /// Its number, 1 to 2^31 - 1; the lower, the better liked.
    pub number: u32,
    /// What it is made of.
    pub parts: Vec<ConfigurationPart<'a>>,
}

/// `acfg`: the configuration of the offer that an answer follows (§3.5.2). Media level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActualConfiguration<'a> {
    /// The number in the offer.
    pub number: u32,
    /// What was chosen of its parts.
    pub parts: Vec<ConfigurationPart<'a>>,
}

/// A part of a configuration (§3.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigurationPart<'a> {
    /// `a=`: which attributes of the description go, and which come instead.
    Attributes {
        /// Which go.
        deletion: Option<Deletion>,
        /// Which come: one of these; none if some only go.
        choices: Vec<AttributeChoice>,
    },
    /// `t=`: one of these transports.
    Transports(Vec<u32>),
    /// That of an extension.
    Extension {
        /// Whether the configuration is no use without it: a leading `+`.
        is_mandatory: bool,
        /// Letters and digits.
        name: &'a str,
        /// What the extension makes of it.
        value: &'a str,
    },
}

/// Attributes of the description that a configuration does without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// `-m`: those of the stream.
    Media,
    /// `-s`: those of the session.
    Session,
    /// `-ms`: both.
    Both,
}

impl Deletion {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Media => "-m",
            Self::Session => "-s",
            Self::Both => "-ms",
        }
    }
}

/// Attribute capabilities that come together.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AttributeChoice {
    /// Those that have to be understood.
    pub mandatory: Vec<u32>,
    /// Those that need not, written in brackets.
    pub optional: Vec<u32>,
}

/// The largest number of a capability or configuration.
const MOST: u32 = (1 << 31) - 1;

/// `1*10(DIGIT)`, 1 to 2^31 - 1.
fn number(word: &str) -> Option<u32> {
    let number = u32::try_from(digits(word)?).ok()?;
    (word.len() <= 10 && (1..=MOST).contains(&number)).then_some(number)
}

fn numbers(list: &str, between: char) -> Option<Vec<u32>> {
    list.split(between).map(number).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\t']).filter(|word| !word.is_empty())
}

/// A number, white space, and the rest.
fn numbered(value: &str) -> Option<(u32, &str)> {
    let (word, rest) = value.split_once([' ', '\t'])?;
    Some((number(word)?, rest.trim_ascii_start()))
}

fn option_tags(value: &str) -> Option<Vec<&str>> {
    let tag = |tag| is_token(tag).then_some(tag);
    value.split(',').map(tag).collect()
}

/// `config-number [1*WSP pot-cfg-list]`.
fn configuration(value: &str) -> Option<(u32, Vec<ConfigurationPart<'_>>)> {
    let (config, rest) = value.split_once([' ', '\t']).unwrap_or((value, ""));
    let parts = words(rest).map(ConfigurationPart::parse);
    Some((number(config)?, parts.collect::<Option<_>>()?))
}

fn write_configuration(
    f: &mut dyn fmt::Write,
    number: u32,
    parts: &[ConfigurationPart<'_>],
) -> fmt::Result {
    write!(f, "{number}")?;
    parts.iter().try_for_each(|part| write!(f, " {part}"))
}

impl<'a> TypedAttribute<'a> for PotentialConfiguration<'a> {
    const NAME: &'static str = "pcfg";

    fn parse(value: &'a str) -> Option<Self> {
        let (number, parts) = configuration(value)?;
        Some(Self { number, parts })
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write_configuration(f, self.number, &self.parts)
    }
}

impl<'a> TypedAttribute<'a> for ActualConfiguration<'a> {
    const NAME: &'static str = "acfg";

    fn parse(value: &'a str) -> Option<Self> {
        let (number, parts) = configuration(value)?;
        // §3.5.2: of each part one was chosen.
        let is_chosen = |part: &ConfigurationPart<'_>| match part {
            ConfigurationPart::Attributes { choices, .. } => choices.len() == 1,
            ConfigurationPart::Transports(numbers) => numbers.len() == 1,
            ConfigurationPart::Extension { is_mandatory, .. } => !is_mandatory,
        };
        parts
            .iter()
            .all(is_chosen)
            .then_some(Self { number, parts })
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write_configuration(f, self.number, &self.parts)
    }
}

impl<'a> ConfigurationPart<'a> {
    fn parse(word: &'a str) -> Option<Self> {
        let (name, value) = word.split_once('=')?;
        match name {
            "a" => Self::attributes(value),
            "t" => numbers(value, '|').map(Self::Transports),
            _ => {
                let bare = name.strip_prefix('+');
                let (is_mandatory, name) = (bare.is_some(), bare.unwrap_or(name));
                let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric());
                let is_visible = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
                let fits = !name.is_empty() && is_name(name) && is_visible(value);
                (fits && !value.is_empty()).then_some(Self::Extension {
                    is_mandatory,
                    name,
                    value,
                })
            }
        }
    }

    /// `attribute-config-list` behind its `a=`.
    fn attributes(value: &'a str) -> Option<Self> {
        let (deletion, list) = match (value.starts_with('-'), value.split_once(':')) {
            (false, _) => (None, Some(value)),
            (true, Some((deletion, list))) => (Some(deletion), Some(list)),
            (true, None) => (Some(value), None),
        };
        let deletion = match deletion {
            None => None,
            Some("-m") => Some(Deletion::Media),
            Some("-s") => Some(Deletion::Session),
            Some("-ms") => Some(Deletion::Both),
            Some(_) => return None,
        };
        let choices = list.map_or("", |list| list).split('|');
        let choices = match list {
            None => Vec::new(),
            Some(_) => choices.map(AttributeChoice::parse).collect::<Option<_>>()?,
        };
        Some(Self::Attributes { deletion, choices })
    }
}

impl fmt::Display for ConfigurationPart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attributes { deletion, choices } => {
                write!(f, "a={}", deletion.map_or("", Deletion::as_str))?;
                if deletion.is_some() && !choices.is_empty() {
                    f.write_str(":")?;
                }
                write_list(f, choices, '|')
            }
            Self::Transports(numbers) => {
                f.write_str("t=")?;
                write_list(f, numbers, '|')
            }
            Self::Extension {
                is_mandatory,
                name,
                value,
            } => write!(f, "{}{name}={value}", if *is_mandatory { "+" } else { "" }),
        }
    }
}

impl AttributeChoice {
    /// `mo-att-cap-list`.
    fn parse(list: &str) -> Option<Self> {
        let Some((mandatory, optional)) = list.split_once('[') else {
            return Some(Self {
                mandatory: numbers(list, ',')?,
                optional: Vec::new(),
            });
        };
        let mandatory = match mandatory {
            "" => Vec::new(),
            list => numbers(list.strip_suffix(',')?, ',')?,
        };
        Some(Self {
            mandatory,
            optional: numbers(optional.strip_suffix(']')?, ',')?,
        })
    }
}

impl fmt::Display for AttributeChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, &self.mandatory, ',')?;
        if self.optional.is_empty() {
            return Ok(());
        }
        f.write_str(if self.mandatory.is_empty() { "[" } else { ",[" })?;
        write_list(f, &self.optional, ',')?;
        f.write_str("]")
    }
}
