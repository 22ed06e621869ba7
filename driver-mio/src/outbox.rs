//! What a socket could not take at once: a bounded queue that keeps the order.

use std::collections::VecDeque;
use std::io;

use crate::net::Path;

/// Datagrams parked per flow; one more is dropped, as a full queue in the network would.
pub(crate) const PARKED: usize = 256;

/// What became of a datagram.
#[derive(Debug)]
pub(crate) enum Sent {
    /// The socket took it.
    Gone,
    /// It waits for the socket to be writable.
    Parked,
    /// Too many wait already.
    Dropped,
    /// It cannot be sent to that address; the socket is none the worse.
    Failed(io::Error),
}

/// The datagrams of one flow that wait.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    parked: VecDeque<(Path, Vec<u8>)>,
}

impl Outbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.parked.is_empty()
    }

    /// Sends through `attempt`, behind what waits already.
    pub(crate) fn send(
        &mut self,
        bytes: &[u8],
        path: Path,
        attempt: impl FnMut(&[u8], Path) -> io::Result<usize>,
    ) -> Sent {
        if self.parked.is_empty() {
            match offer(bytes, path, attempt) {
                Ok(()) => return Sent::Gone,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Sent::Failed(error),
            }
        }
        if self.parked.len() >= PARKED {
            return Sent::Dropped;
        }
        self.parked.push_back((path, bytes.to_vec()));
        Sent::Parked
    }

    /// Sends what waits until the socket blocks again, and tells `report` of each that went or
    /// failed.
    pub(crate) fn flush(
        &mut self,
        mut attempt: impl FnMut(&[u8], Path) -> io::Result<usize>,
        mut report: impl FnMut(Path, io::Result<()>),
    ) {
        while let Some((path, bytes)) = self.parked.pop_front() {
            match offer(&bytes, path, &mut attempt) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.parked.push_front((path, bytes));
                    return;
                }
                result => report(path, result),
            }
        }
    }
}

fn offer(
    bytes: &[u8],
    path: Path,
    mut attempt: impl FnMut(&[u8], Path) -> io::Result<usize>,
) -> io::Result<()> {
    let mut told_of_another = false;
    loop {
        let Err(error) = attempt(bytes, path) else {
            return Ok(());
        };
        match error.kind() {
            io::ErrorKind::Interrupted => {}
            // Some systems hand the network's answer to an earlier datagram, to whoever it went,
            // to the next call on the socket. It says nothing about this one: try once more.
            io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
                if !told_of_another =>
            {
                told_of_another = true;
            }
            _ => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::io::ErrorKind;

    /// A socket that takes as many datagrams as it has room for.
    #[derive(Default)]
    struct Wire {
        room: usize,
        taken: Vec<Vec<u8>>,
        errors: Vec<ErrorKind>,
    }

    impl Wire {
        fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(kind) = self.errors.pop() {
                return Err(kind.into());
            }
            if self.room == 0 {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.room -= 1;
            self.taken.push(bytes.to_vec());
            Ok(bytes.len())
        }
    }

    fn path() -> Path {
        Path {
            from: None,
            to: ([192, 0, 2, 1], 9).into(),
        }
    }

    #[test]
    fn what_blocks_is_parked_and_leaves_in_order() {
        let mut wire = Wire {
            room: 1,
            ..Wire::default()
        };
        let mut outbox = Outbox::default();
        for n in 0..4 {
            let sent = outbox.send(&[n], path(), |bytes, _| wire.take(bytes));
            assert!(matches!((n, sent), (0, Sent::Gone) | (1.., Sent::Parked)));
        }
        wire.room = 2;
        let mut reported = 0;
        outbox.flush(|bytes, _| wire.take(bytes), |_, _| reported += 1);
        assert_eq!(reported, 2);
        assert!(!outbox.is_empty());
        // Room, but one is still waiting: the next one must not overtake it.
        wire.room = 1;
        let sent = outbox.send(&[4], path(), |bytes, _| wire.take(bytes));
        assert!(matches!(sent, Sent::Parked));
        wire.room = 9;
        outbox.flush(|bytes, _| wire.take(bytes), |_, _| {});
        assert!(outbox.is_empty());
        assert_eq!(wire.taken, [[0], [1], [2], [3], [4]]);
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut outbox = Outbox::default();
        for _ in 0..PARKED {
            let sent = outbox.send(b"x", path(), |_, _| Err(ErrorKind::WouldBlock.into()));
            assert!(matches!(sent, Sent::Parked));
        }
        let sent = outbox.send(b"x", path(), |_, _| Ok(1));
        assert!(matches!(sent, Sent::Dropped));
    }

    #[test]
    fn the_answer_to_an_earlier_datagram_does_not_fail_this_one() {
        let mut wire = Wire {
            room: 1,
            errors: vec![ErrorKind::ConnectionRefused, ErrorKind::Interrupted],
            ..Wire::default()
        };
        let sent = Outbox::default().send(b"x", path(), |bytes, _| wire.take(bytes));
        assert!(matches!(sent, Sent::Gone));
    }

    #[test]
    fn one_bad_address_fails_alone_and_the_rest_is_flushed() {
        let wire = RefCell::new(Wire::default());
        let mut outbox = Outbox::default();
        for n in 0..3 {
            let _ = outbox.send(&[n], path(), |bytes, _| wire.borrow_mut().take(bytes));
        }
        wire.borrow_mut().room = 9;
        wire.borrow_mut().errors = vec![ErrorKind::HostUnreachable];
        let mut failed = Vec::new();
        outbox.flush(
            |bytes, _| wire.borrow_mut().take(bytes),
            |_, result| failed.push(result.is_err()),
        );
        assert_eq!(failed, [true, false, false]);
        assert_eq!(wire.borrow().taken, [[1], [2]]);
    }
}
