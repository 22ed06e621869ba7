//! TLS for streams: certificates from files, and what they prove.
//!
//! Versions 1.2 and 1.3 alone (RFC 8996). A chain is always verified, its times and its use with
//! it; which *name* a certificate must be for is left to the machine, which knows whom it looks
//! for and by which rules (RFC 5922).

mod files;
mod verifier;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use offhook::{PeerIdentity, ServerName};
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection};

use self::verifier::ChainVerifier;

/// What a listener shows to those who connect, and asks of them; all files are PEM.
#[derive(Clone, Debug)]
pub struct TlsServerFiles {
    /// Its certificate, and those between it and the one others trust.
    pub certificates: PathBuf,
    /// The key of the first.
    pub key: PathBuf,
    /// Whether those who connect show a certificate.
    pub clients: ClientCertificates,
}

/// What is asked of those who connect.
#[derive(Clone, Debug, Default)]
pub enum ClientCertificates {
    /// Nothing.
    #[default]
    NotAsked,
    /// A certificate that leads to one in this file, or none at all.
    Optional(PathBuf),
    /// A certificate that leads to one in this file.
    Required(PathBuf),
}

/// Whom a client trusts, and what it shows when it is asked; all files are PEM.
#[derive(Clone, Debug, Default)]
pub struct TlsClientFiles {
    /// The certificates that are trusted. Without any, no server is.
    pub roots: Vec<PathBuf>,
    /// Its certificate with those between, and the key; none if it shows nothing.
    pub certificates: Option<(PathBuf, PathBuf)>,
}

/// The server side of TLS, for [`Listening`](crate::Listening). Copies share what
/// [`TlsServer::reload`] reads.
#[derive(Clone)]
pub struct TlsServer {
    files: TlsServerFiles,
    config: Arc<Mutex<Arc<ServerConfig>>>,
}

impl TlsServer {
    /// Reads the files.
    ///
    /// # Errors
    /// A file that cannot be read, or does not hold what it should; its name is in the text.
    pub fn open(files: TlsServerFiles) -> io::Result<Self> {
        let config = Mutex::new(server_config(&files)?);
        Ok(Self {
            files,
            config: Arc::new(config),
        })
    }

    /// Reads the files anew: handshakes from now on use what they hold now, and the connections
    /// there are stay as they are.
    ///
    /// # Errors
    /// As of [`TlsServer::open`]; what was read before stays in use then.
    pub fn reload(&self) -> io::Result<()> {
        let config = server_config(&self.files)?;
        *self.config.lock().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub(crate) fn accept(&self) -> io::Result<Connection> {
        let config = self.config.lock();
        let config = Arc::clone(&config.unwrap_or_else(PoisonError::into_inner));
        let session = ServerConnection::new(config).map_err(io::Error::other)?;
        Ok(session.into())
    }
}

/// The client side of TLS. Copies share what [`TlsClient::reload`] reads.
#[derive(Clone)]
pub struct TlsClient {
    files: TlsClientFiles,
    config: Arc<Mutex<Arc<ClientConfig>>>,
}

impl TlsClient {
    /// Reads the files.
    ///
    /// # Errors
    /// As of [`TlsServer::open`].
    pub fn open(files: TlsClientFiles) -> io::Result<Self> {
        let config = Mutex::new(client_config(&files)?);
        Ok(Self {
            files,
            config: Arc::new(config),
        })
    }

    /// Reads the files anew, as [`TlsServer::reload`].
    ///
    /// # Errors
    /// As of [`TlsServer::reload`].
    pub fn reload(&self) -> io::Result<()> {
        let config = client_config(&self.files)?;
        *self.config.lock().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Begins with `name`, or with an address that goes by no name.
    pub(crate) fn connect(
        &self,
        name: Option<&ServerName>,
        peer: SocketAddr,
    ) -> io::Result<Connection> {
        let name = match name {
            Some(name) => rustls_pki_types::ServerName::try_from(name.as_str().to_owned())
                .map_err(io::Error::other)?,
            None => rustls_pki_types::ServerName::from(peer.ip()),
        };
        let config = self.config.lock();
        let config = Arc::clone(&config.unwrap_or_else(PoisonError::into_inner));
        let session = ClientConnection::new(config, name).map_err(io::Error::other)?;
        Ok(session.into())
    }
}

/// The names in the certificate the other end has shown, which was verified in the handshake.
pub(crate) fn identity(session: &Connection) -> Option<PeerIdentity> {
    let certificate = session.peer_certificates()?.first()?;
    let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
    Some(PeerIdentity {
        uris: certificate.valid_uri_names().map(str::to_owned).collect(),
        dns_names: certificate.valid_dns_names().map(str::to_owned).collect(),
        is_verified: true,
    })
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn server_config(files: &TlsServerFiles) -> io::Result<Arc<ServerConfig>> {
    let provider = provider();
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let trusted = |path| {
        let roots = Arc::new(files::roots([path])?);
        Ok::<_, io::Error>(WebPkiClientVerifier::builder_with_provider(roots, provider))
    };
    let verifier = match &files.clients {
        ClientCertificates::NotAsked => WebPkiClientVerifier::no_client_auth(),
        ClientCertificates::Optional(path) => trusted(path)?
            .allow_unauthenticated()
            .build()
            .map_err(io::Error::other)?,
        ClientCertificates::Required(path) => trusted(path)?.build().map_err(io::Error::other)?,
    };
    let (certificates, key) = files::identity(&files.certificates, &files.key)?;
    let config = builder
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates, key)
        .map_err(|error| files::named(&files.certificates, &error))?;
    Ok(Arc::new(config))
}

fn client_config(files: &TlsClientFiles) -> io::Result<Arc<ClientConfig>> {
    let provider = provider();
    let verifier = ChainVerifier::new(files::roots(&files.roots)?, &provider);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match &files.certificates {
        Some((certificates, key)) => {
            let (chain, key) = files::identity(certificates, key)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| files::named(certificates, &error))?
        }
        None => builder.with_no_client_auth(),
    };
    // A session taken up again proves nothing new: each connection shows its certificate.
    config.resumption = rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}

impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TlsServer").field(&self.files).finish()
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TlsClient").field(&self.files).finish()
    }
}
