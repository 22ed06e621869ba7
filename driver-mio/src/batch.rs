//! Datagrams on their way in: as many at once as the system hands over, handed on one by one.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Datagrams that are taken at once, at most.
pub(crate) const BATCH: usize = 16;
/// No datagram is longer.
pub(crate) const LONGEST: usize = 65_535;

/// What one datagram came with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) source: SocketAddr,
    /// The address of ours that it was sent to, if that was asked for and the system told.
    pub(crate) hit: Option<IpAddr>,
    /// How many bytes it has.
    pub(crate) length: usize,
}

/// What was taken from one socket and is not handed on yet.
pub(crate) struct Batch {
    /// A piece for each datagram. The system gives memory for what is used of it.
    bytes: Vec<u8>,
    arrivals: [Arrival; BATCH],
    next: usize,
    filled: usize,
}

impl Batch {
    pub(crate) fn new() -> Self {
        let nothing = Arrival {
            source: SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0),
            hit: None,
            length: 0,
        };
        Self {
            bytes: vec![0; BATCH * LONGEST],
            arrivals: [nothing; BATCH],
            next: 0,
            filled: 0,
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.next >= self.filled
    }

    /// Throws away what is left.
    pub(crate) fn clear(&mut self) {
        self.next = self.filled;
    }

    /// Fills it anew: `fill` is lent the arrivals and, each of [`LONGEST`] bytes, their pieces, and
    /// says how many it has filled.
    pub(crate) fn fill(
        &mut self,
        fill: impl FnOnce(&mut [Arrival; BATCH], &mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        (self.next, self.filled) = (0, 0);
        self.filled = fill(&mut self.arrivals, &mut self.bytes)?.min(BATCH);
        Ok(self.filled)
    }

    /// What the next datagram came with.
    pub(crate) fn peek(&self) -> Option<Arrival> {
        self.arrivals.get(self.next..self.filled)?.first().copied()
    }

    /// Takes the next datagram.
    pub(crate) fn take(&mut self) -> &[u8] {
        let Some(Arrival { length, .. }) = self.peek() else {
            return &[];
        };
        let start = self.next * LONGEST;
        self.next += 1;
        self.bytes.get(start..start + length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_datagram_comes_with_its_own() {
        let mut batch = Batch::new();
        assert!(batch.is_empty());
        let filled = batch.fill(|arrivals, bytes| {
            for n in 0..3 {
                bytes[n * LONGEST..][..=n].fill(n as u8);
                arrivals[n].length = n + 1;
                arrivals[n].source.set_port(n as u16);
            }
            Ok(3)
        });
        assert_eq!(filled.unwrap(), 3);
        for n in 0..3 {
            let arrival = batch.peek().unwrap();
            assert_eq!(usize::from(arrival.source.port()), n);
            assert_eq!(batch.take(), vec![n as u8; n + 1]);
        }
        assert!(batch.is_empty());
        assert!(batch.peek().is_none());
        assert!(batch.take().is_empty());
    }

    #[test]
    fn what_could_not_be_filled_is_empty() {
        let mut batch = Batch::new();
        batch.fill(|_, _| Ok(2)).unwrap();
        batch.clear();
        assert!(batch.is_empty());
        batch.fill(|_, _| Ok(2)).unwrap();
        let blocked = || io::Error::from(io::ErrorKind::WouldBlock);
        assert!(batch.fill(|_, _| Err(blocked())).is_err());
        assert!(batch.is_empty());
    }
}
