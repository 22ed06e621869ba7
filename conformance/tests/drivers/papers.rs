//! Certificates for a cast that speaks under TLS.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};

/// Certificates for the addresses of a cast, in files.
pub(crate) struct Papers {
    folder: PathBuf,
}

impl Papers {
    pub(crate) fn new(addresses: impl IntoIterator<Item = SocketAddr>, number: u8) -> Self {
        let folder = format!("papers-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        fs::create_dir_all(&folder).unwrap();
        let papers = Self { folder };
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        fs::write(papers.root(), root.pem()).unwrap();
        let issuer = Issuer::new(params, key);
        for address in addresses {
            let mut params = CertificateParams::default();
            let uri = format!("sip:{}", address.ip());
            params.subject_alt_names = vec![SanType::URI(uri.try_into().unwrap())];
            let key = KeyPair::generate().unwrap();
            let signed = params.signed_by(&key, &issuer).unwrap();
            let (certificate, place) = papers.of(address);
            fs::write(certificate, signed.pem()).unwrap();
            fs::write(place, key.serialize_pem()).unwrap();
        }
        papers
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.join("root.pem")
    }

    /// The certificate for an address, and its key.
    pub(crate) fn of(&self, address: SocketAddr) -> (PathBuf, PathBuf) {
        let file = |kind| self.folder.join(format!("{}.{kind}", address.ip()));
        (file("pem"), file("key"))
    }
}

impl Drop for Papers {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
