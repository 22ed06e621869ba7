//! One stream and what it could not take at once.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};

use crate::net::StreamSocket;

/// Beyond this, what a parked message grew is given back once it has left.
const KEPT: usize = 16_384;

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
    parked: VecDeque<u8>,
}

impl<S: StreamSocket> Pipe<S> {
    pub(crate) const fn new(socket: S) -> Self {
        Self {
            socket,
            parked: VecDeque::new(),
        }
    }

    /// Whether something waits for the socket to be writable.
    pub(crate) fn is_empty(&self) -> bool {
        self.parked.is_empty()
    }

    /// Sends behind what waits already; `bound` bytes may wait.
    pub(crate) fn send(&mut self, bytes: &[u8], bound: usize) -> Poured {
        let mut rest = bytes;
        while self.parked.is_empty() && !rest.is_empty() {
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
        self.park(rest, bound)
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
        while !self.parked.is_empty() {
            let (front, _) = self.parked.as_slices();
            match self.socket.send(front) {
                Ok(taken) => drop(self.parked.drain(..taken)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.parked.shrink_to(KEPT);
        Ok(())
    }

    /// The next bytes; none when the other end has finished.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`] when there are none now; otherwise the connection broke.
    pub(crate) fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.receive(buffer)
    }
}
