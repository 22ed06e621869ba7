//! What the connections of a listener carry.

use std::io;

use offhook::Transport;
use rustls::Connection;

use crate::tls::TlsServer;

/// What the connections that come in at an address carry.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Listening {
    /// Bytes, for a machine that frames them as messages: [`Transport::Tcp`].
    Tcp,
    /// The same under TLS: [`Transport::Tls`].
    Tls(TlsServer),
    /// Bytes, for a machine that finds WebSocket frames in them: [`Transport::Ws`].
    Ws,
    /// The same under TLS: [`Transport::Wss`].
    Wss(TlsServer),
}

impl Listening {
    /// What the machine is told they carry.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        match self {
            Self::Tcp => Transport::Tcp,
            Self::Tls(_) => Transport::Tls,
            Self::Ws => Transport::Ws,
            Self::Wss(_) => Transport::Wss,
        }
    }

    /// What one of its connections begins with, before the machine's bytes.
    pub(crate) fn session(&self) -> io::Result<Option<Connection>> {
        match self {
            Self::Tcp | Self::Ws => Ok(None),
            Self::Tls(server) | Self::Wss(server) => server.accept().map(Some),
        }
    }
}
