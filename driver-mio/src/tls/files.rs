//! Certificates and keys, from PEM files (RFC 7468).

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::path::Path;

use rustls::RootCertStore;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Every certificate of these files, to be trusted.
pub(super) fn roots(paths: impl IntoIterator<Item: AsRef<Path>>) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for path in paths {
        for certificate in certificates(path.as_ref())? {
            roots
                .add(certificate)
                .map_err(|error| named(path.as_ref(), &error))?;
        }
    }
    Ok(roots)
}

/// A chain of certificates and the key of its first.
pub(super) fn identity(
    chain: &Path,
    key: &Path,
) -> io::Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let text = read(key)?;
    let read = PrivateKeyDer::from_pem_slice(&text).map_err(|error| named(key, &error))?;
    Ok((certificates(chain)?, read))
}

fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let text = read(path)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let all = all.map_err(|error| named(path, &error))?;
    if all.is_empty() {
        return Err(named(path, &"there is no certificate in it"));
    }
    Ok(all)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        let text = format!("cannot read {}: {error}", path.display());
        io::Error::new(error.kind(), text)
    })
}

/// Says which file is at fault.
pub(super) fn named(path: &Path, error: &impl Display) -> io::Error {
    let text = format!("{}: {error}", path.display());
    io::Error::new(ErrorKind::InvalidData, text)
}
