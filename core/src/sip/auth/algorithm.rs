//! The algorithms and qualities of protection there are (RFC 7616 §3.3, RFC 8760 §2.1).

/// The hash function of an algorithm.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HashAlgorithm {
    /// MD5: for peers that know nothing better.
    Md5,
    /// SHA-256.
    Sha256,
    /// SHA-512/256.
    Sha512_256,
}

impl HashAlgorithm {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Md5, Self::Sha256, Self::Sha512_256];
}

/// A digest algorithm: a hash function, and whether the key is derived anew for each session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Algorithm {
    /// The hash function.
    pub hash: HashAlgorithm,
    /// The `-sess` variant: both nonces go into the key (RFC 7616 §3.4.2).
    pub is_session: bool,
}

impl Algorithm {
    /// What is meant where no algorithm is named.
    pub const MD5: Self = Self::new(HashAlgorithm::Md5, false);
    /// `MD5-sess`.
    pub const MD5_SESS: Self = Self::new(HashAlgorithm::Md5, true);
    /// `SHA-256`.
    pub const SHA_256: Self = Self::new(HashAlgorithm::Sha256, false);
    /// `SHA-256-sess`.
    pub const SHA_256_SESS: Self = Self::new(HashAlgorithm::Sha256, true);
    /// `SHA-512-256`.
    pub const SHA_512_256: Self = Self::new(HashAlgorithm::Sha512_256, false);
    /// `SHA-512-256-sess`.
    pub const SHA_512_256_SESS: Self = Self::new(HashAlgorithm::Sha512_256, true);

    /// All six.
    pub const ALL: [Self; 6] = [
        Self::MD5,
        Self::MD5_SESS,
        Self::SHA_256,
        Self::SHA_256_SESS,
        Self::SHA_512_256,
        Self::SHA_512_256_SESS,
    ];

    const fn new(hash: HashAlgorithm, is_session: bool) -> Self {
        Self { hash, is_session }
    }

    /// The name in a header field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match (self.hash, self.is_session) {
            (HashAlgorithm::Md5, false) => "MD5",
            (HashAlgorithm::Md5, true) => "MD5-sess",
            (HashAlgorithm::Sha256, false) => "SHA-256",
            (HashAlgorithm::Sha256, true) => "SHA-256-sess",
            (HashAlgorithm::Sha512_256, false) => "SHA-512-256",
            (HashAlgorithm::Sha512_256, true) => "SHA-512-256-sess",
        }
    }

    /// The algorithm of that name, in any case; MD5 where none is named (RFC 7616 §3.3).
    #[must_use]
    pub fn from_name(name: Option<&str>) -> Option<Self> {
        let Some(name) = name else {
            return Some(Self::MD5);
        };
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.as_str().eq_ignore_ascii_case(name))
    }
}

/// A quality of protection (RFC 7616 §3.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Qop {
    /// `auth`: who it is.
    Auth,
    /// `auth-int`: and that the body is theirs.
    AuthInt,
}

impl Qop {
    /// The name in a header field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }

    /// The quality of that name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut both = [Self::Auth, Self::AuthInt].into_iter();
        both.find(|one| one.as_str().eq_ignore_ascii_case(name))
    }
}
