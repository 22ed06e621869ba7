//! Which device this is, wherever it is and however often it is switched off (RFC 5626 §4.1).

use alloc::string::String;
use core::fmt;
use core::fmt::Write as _;

/// The URN of one user agent instance: the same after every start, and of no other device.
///
/// It is the application's to keep. A device makes one with [`InstanceId::from_entropy`] when it is
/// set up, and gives the same one back each time it starts.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct InstanceId(String);

impl InstanceId {
    /// The instance of a URN, such as `urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6`. None if it is
    /// no URN, or has a character that a URN may not have (RFC 2141 §2.2).
    #[must_use]
    pub fn from_urn(urn: &str) -> Option<Self> {
        let (scheme, rest) = urn.split_once(':')?;
        let (name_space, specific) = rest.split_once(':')?;
        let is_id = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
        let is_part = |c: u8| c.is_ascii_alphanumeric() || b"()+,-.:=@;$_!*'%/?#".contains(&c);
        let is_urn = scheme.eq_ignore_ascii_case("urn")
            && !name_space.is_empty()
            && name_space.bytes().all(is_id)
            && !specific.is_empty()
            && specific.bytes().all(is_part);
        is_urn.then(|| Self(urn.into()))
    }

    /// A new instance: a random UUID (RFC 4122 §4.4) of 16 bytes of entropy.
    #[must_use]
    pub fn from_entropy(mut bytes: [u8; 16]) -> Self {
        let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
        *version = *version & 0x0F | 0x40;
        *variant = *variant & 0x3F | 0x80;
        let mut urn = String::from("urn:uuid:");
        for (at, byte) in bytes.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                urn.push('-');
            }
            // Writing into a string cannot fail.
            let _ = write!(urn, "{byte:02x}");
        }
        Self(urn)
    }

    /// The URN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_urn_is_taken_as_it_is_and_nothing_else_is() {
        let urn = "urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF";
        assert_eq!(InstanceId::from_urn(urn).unwrap().as_str(), urn);
        let none = [
            "",
            "uuid:1",
            "urn:uuid",
            "urn:uuid:",
            "urn::1",
            "urn:a:\"",
            "urn:a:<b>",
        ];
        for text in none {
            assert_eq!(InstanceId::from_urn(text), None, "{text}");
        }
    }

    /// RFC 4122 §4.4: version 4, and the variant of that RFC; the rest is as random as it came.
    #[test]
    fn a_new_one_is_a_random_uuid() {
        let made = InstanceId::from_entropy([0xFF; 16]);
        assert_eq!(
            made.as_str(),
            "urn:uuid:ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        let made = InstanceId::from_entropy([0; 16]);
        assert_eq!(
            made.as_str(),
            "urn:uuid:00000000-0000-4000-8000-000000000000"
        );
        assert_eq!(InstanceId::from_urn(made.as_str()), Some(made));
    }
}
