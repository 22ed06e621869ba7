//! Which sockets have news: wakers that leave a note, so that a wait costs what has changed and
//! not what is open.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use async_io::Async;

/// What a socket can have become.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum News {
    /// It has packets.
    Readable(usize),
    /// It takes packets again.
    Writable(usize),
}

/// The notes, and the task that reads them.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    /// In the order in which they came: whoever wrote first is read first.
    news: Mutex<VecDeque<News>>,
    /// Sockets that have been read until they would block, and are not watched yet.
    unwatched: Mutex<VecDeque<usize>>,
    task: Mutex<Option<Waker>>,
    woken: AtomicBool,
}

impl Signals {
    /// Names the task to be woken by what comes from now on.
    pub(crate) fn listen(&self, waker: &Waker) {
        let mut task = lock(&self.task);
        match &mut *task {
            Some(task) => task.clone_from(waker),
            None => *task = Some(waker.clone()),
        }
    }

    pub(crate) fn next_news(&self) -> Option<News> {
        lock(&self.news).pop_front()
    }

    pub(crate) fn has_news(&self) -> bool {
        !lock(&self.news).is_empty() || self.woken.load(Ordering::Acquire)
    }

    pub(crate) fn next_unwatched(&self) -> Option<usize> {
        lock(&self.unwatched).pop_front()
    }

    /// Interrupts the wait on behalf of the application.
    pub(crate) fn interrupt(&self) {
        self.woken.store(true, Ordering::Release);
        self.wake_task();
    }

    /// Whether the application interrupted since this was last asked.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.woken.swap(false, Ordering::AcqRel)
    }

    fn leave(&self, news: News) {
        lock(&self.news).push_back(news);
        self.wake_task();
    }

    fn wake_task(&self) {
        // The lock is not held while foreign code runs.
        let task = lock(&self.task).take();
        if let Some(task) = task {
            task.wake();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while a lock is held, and a list of notes is whole at every moment.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Note {
    signals: Arc<Signals>,
    news: News,
}

impl Wake for Note {
    fn wake(self: Arc<Self>) {
        self.signals.leave(self.news);
    }
}

/// A socket that leaves notes.
pub(crate) struct Watched<T> {
    socket: Async<T>,
    signals: Arc<Signals>,
    token: usize,
    reads: Waker,
    writes: Waker,
}

impl<T> Watched<T> {
    pub(crate) fn new(socket: Async<T>, signals: &Arc<Signals>, token: usize) -> Self {
        let note = |news| {
            let signals = Arc::clone(signals);
            Waker::from(Arc::new(Note { signals, news }))
        };
        Self {
            socket,
            signals: Arc::clone(signals),
            token,
            reads: note(News::Readable(token)),
            writes: note(News::Writable(token)),
        }
    }

    pub(crate) fn socket(&self) -> &T {
        self.socket.get_ref()
    }

    /// What reading brought; if nothing, the socket is watched from the next wait on.
    pub(crate) fn read<R>(&self, read: impl FnOnce(&T) -> io::Result<R>) -> io::Result<R> {
        let result = read(self.socket.get_ref());
        if let Err(error) = &result {
            if error.kind() == io::ErrorKind::WouldBlock {
                self.watch_later();
            }
        }
        result
    }

    /// Has it watched from the next wait on: there is nothing left to read.
    pub(crate) fn watch_later(&self) {
        lock(&self.signals.unwatched).push_back(self.token);
    }

    /// Leaves a note as soon as there are packets, those that are there already included.
    ///
    /// # Errors
    /// The selector refuses.
    pub(crate) fn watch_reads(&self) -> io::Result<()> {
        let context = &mut Context::from_waker(&self.reads);
        // Readiness that was told of before is told of once more; all of that has been read, and
        // what came since makes the selector speak as soon as it is asked anew.
        while let Poll::Ready(told) = self.socket.poll_readable(context) {
            told?;
        }
        Ok(())
    }

    /// Leaves a note as soon as there is room; true if there may be some already.
    ///
    /// # Errors
    /// The selector refuses.
    pub(crate) fn watch_writes(&self) -> io::Result<bool> {
        let context = &mut Context::from_waker(&self.writes);
        match self.socket.poll_writable(context) {
            Poll::Ready(told) => told.map(|()| true),
            Poll::Pending => Ok(false),
        }
    }
}
