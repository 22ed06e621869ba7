//! What the connections of a listener carry.

use offhook::Transport;

/// What the connections that come in at an address carry.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Listening {
    /// Bytes, for a machine that frames them as messages: [`Transport::Tcp`].
    Tcp,
    /// Bytes, for a machine that finds WebSocket frames in them: [`Transport::Ws`].
    Ws,
}

impl Listening {
    /// What the machine is told they carry.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        match self {
            Self::Tcp => Transport::Tcp,
            Self::Ws => Transport::Ws,
        }
    }
}
