//! One stream, plain or under TLS, and what it could not take at once.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use offhook::PeerIdentity;
use rustls::Connection;

use crate::net::StreamSocket;
use crate::tls;

/// Beyond this, what a parked message grew is given back once it has left.
const KEPT: usize = 16_384;
/// Bytes that become one record of TLS (RFC 8446 §5.1).
const RECORD: usize = 16_384;

/// What became of bytes for a stream.
#[derive(Debug)]
pub(crate) enum Poured {
    /// The socket took them.
    Gone,
    /// Some wait for the socket to be writable.
    Parked,
    /// Too many wait already: these cannot, and a stream has no gaps.
    Overflow,
    /// The connection broke.
    Broken,
}

/// A stream that keeps, in order and up to a bound, what it could not send yet.
pub(crate) struct Pipe<S> {
    pub(crate) socket: S,
    session: Option<Box<Connection>>,
    parked: VecDeque<u8>,
}

impl<S: StreamSocket> Pipe<S> {
    pub(crate) fn new(socket: S, session: Option<Connection>) -> Self {
        Self {
            socket,
            session: session.map(Box::new),
            parked: VecDeque::new(),
        }
    }

    /// Whether something waits for the socket to be writable.
    pub(crate) fn is_empty(&self) -> bool {
        self.parked.is_empty() && !self.has_records()
    }

    /// Whether records of TLS wait for the socket to be writable.
    pub(crate) fn has_records(&self) -> bool {
        let session = self.session.as_ref();
        session.is_some_and(|session| session.wants_write())
    }

    /// Goes on with the handshake; true when it is done, or there is none.
    ///
    /// # Errors
    /// The connection broke, or the two ends do not come together.
    pub(crate) fn shake_hands(&mut self) -> io::Result<bool> {
        loop {
            self.flush_session()?;
            let Some(session) = &mut self.session else {
                return Ok(true);
            };
            if !session.is_handshaking() {
                return Ok(true);
            }
            match session.read_tls(&mut Wire(&self.socket)) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => self.process()?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    /// The names in the other end's certificate, once hands are shaken.
    pub(crate) fn identity(&self) -> Option<PeerIdentity> {
        tls::identity(self.session.as_ref()?)
    }

    /// Sends behind what waits already; `bound` bytes may wait.
    pub(crate) fn send(&mut self, bytes: &[u8], bound: usize) -> Poured {
        let mut rest = bytes;
        while self.session.is_none() && self.parked.is_empty() && !rest.is_empty() {
            match self.socket.send(rest) {
                Ok(taken) => rest = rest.get(taken..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return Poured::Broken,
            }
        }
        if rest.is_empty() {
            return Poured::Gone;
        }
        let parked = self.park(rest, bound);
        if self.session.is_some() && matches!(parked, Poured::Parked) {
            if self.flush().is_err() {
                return Poured::Broken;
            }
            if self.is_empty() {
                return Poured::Gone;
            }
        }
        parked
    }

    /// Lets bytes wait without trying the socket.
    pub(crate) fn park(&mut self, bytes: &[u8], bound: usize) -> Poured {
        if self.parked.len().saturating_add(bytes.len()) > bound {
            return Poured::Overflow;
        }
        self.parked.extend(bytes);
        Poured::Parked
    }

    /// Sends what waits until the socket blocks again.
    ///
    /// # Errors
    /// The connection broke.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.flush_session()?;
        while !self.parked.is_empty() {
            let (front, _) = self.parked.as_slices();
            let taken = match &mut self.session {
                None => self.socket.send(front),
                // What was made of the record before must be gone first, so that what waits is
                // counted where it is bounded; and nothing of it may go before the handshake.
                Some(session) if session.wants_write() || session.is_handshaking() => {
                    return Ok(());
                }
                Some(session) => {
                    let record = front.get(..RECORD).unwrap_or(front);
                    session.writer().write(record)
                }
            };
            match taken {
                Ok(taken) => drop(self.parked.drain(..taken)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
            self.flush_session()?;
        }
        self.parked.shrink_to(KEPT);
        Ok(())
    }

    /// The next bytes; none when the other end has finished.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`] when there are none now; otherwise the connection broke.
    pub(crate) fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(session) = &mut self.session else {
                return self.socket.receive(buffer);
            };
            match session.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
            session.read_tls(&mut Wire(&self.socket))?;
            self.process()?;
            self.flush_session()?;
        }
    }

    /// Throws away the next bytes; none when the other end has finished.
    ///
    /// # Errors
    /// As of [`Pipe::receive`].
    pub(crate) fn discard(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.receive(buffer)
    }

    /// Says that nothing follows; true once that is said.
    ///
    /// # Errors
    /// The connection broke.
    pub(crate) fn finish(&mut self) -> io::Result<bool> {
        if let Some(session) = &mut self.session {
            session.send_close_notify();
            self.flush_session()?;
        }
        if !self.is_empty() {
            return Ok(false);
        }
        self.socket.finish().map(|()| true)
    }

    /// Takes in what was read. What the other end is to be told of an error goes out before.
    fn process(&mut self) -> io::Result<()> {
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        if let Err(error) = session.process_new_packets() {
            let _ = self.flush_session();
            return Err(io::Error::new(ErrorKind::InvalidData, error));
        }
        Ok(())
    }

    /// Writes records, as far as the socket takes them.
    fn flush_session(&mut self) -> io::Result<()> {
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        while session.wants_write() {
            match session.write_tls(&mut Wire(&self.socket)) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The socket as rustls wants to see it.
struct Wire<'s, S>(&'s S);

impl<S: StreamSocket> Read for Wire<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.receive(buffer)
    }
}

impl<S: StreamSocket> Write for Wire<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
