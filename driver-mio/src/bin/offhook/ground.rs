//! What the program stands on: sockets of every kind, and the certificates some of them show.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use offhook::Transport;
use offhook_mio::{
    ClientCertificates, Listening, MachineId, TlsClient, TlsClientFiles, TlsServer, TlsServerFiles,
};

use crate::failure::Failure;
use crate::node::Driver;

/// Certificates, read once and again when asked to.
pub(crate) struct Ground {
    server: Option<TlsServer>,
    client: Option<TlsClient>,
}

impl Ground {
    /// Reads what is named: the certificate to show with its key, whom to trust, and whom those
    /// who connect must lead to.
    pub(crate) fn new(
        papers: Option<(PathBuf, PathBuf)>,
        trusted: &[PathBuf],
        clients: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let server = papers.clone().map(|(certificates, key)| {
            TlsServer::open(TlsServerFiles {
                certificates,
                key,
                clients: clients.map_or(ClientCertificates::NotAsked, ClientCertificates::Required),
            })
        });
        let client = (!trusted.is_empty()).then(|| {
            TlsClient::open(TlsClientFiles {
                roots: trusted.to_vec(),
                certificates: papers,
            })
        });
        Ok(Self {
            server: server.transpose()?,
            client: client.transpose()?,
        })
    }

    /// Lets connections be asked for under TLS, if anybody is trusted.
    pub(crate) fn trust(&self, driver: &mut Driver) {
        if let Some(client) = &self.client {
            driver.set_tls_client(client.clone());
        }
    }

    /// Whether there is a certificate for those who connect.
    pub(crate) const fn has_papers(&self) -> bool {
        self.server.is_some()
    }

    /// Reads all of it anew.
    pub(crate) fn reload(&self) -> io::Result<()> {
        self.server.as_ref().map_or(Ok(()), TlsServer::reload)?;
        self.client.as_ref().map_or(Ok(()), TlsClient::reload)
    }

    /// Opens a socket for a machine, and gives its address. Over UDP and TCP both if `over` does
    /// not say: RFC 3261 §18.2.1 wants both at one port.
    pub(crate) fn open(
        &self,
        driver: &mut Driver,
        id: MachineId,
        over: Option<Transport>,
        address: SocketAddr,
    ) -> io::Result<SocketAddr> {
        let opened = match (over, &self.server) {
            (None | Some(Transport::Udp), _) => driver.bind_udp_apart(id, address),
            (Some(Transport::Tcp), _) => driver.listen_tcp(id, address),
            (Some(Transport::Ws), _) => driver.listen(id, address, Listening::Ws),
            (Some(Transport::Tls), Some(server)) => {
                driver.listen(id, address, Listening::Tls(server.clone()))
            }
            (Some(Transport::Wss), Some(server)) => {
                driver.listen(id, address, Listening::Wss(server.clone()))
            }
            (Some(Transport::Tls | Transport::Wss), None) => {
                Err(io::Error::other("there is no certificate to show"))
            }
            (Some(Transport::Sctp | Transport::TlsSctp), _) => {
                Err(io::ErrorKind::Unsupported.into())
            }
        };
        let (_, local) = opened?;
        if over.is_none() {
            match driver.listen_tcp(id, local) {
                // The system chose the port, and not with TCP in mind.
                Err(error) if address.port() != 0 => return Err(error),
                Err(_) | Ok(_) => {}
            }
        }
        Ok(local)
    }
}
