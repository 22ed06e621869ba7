//! What comes from outside the network: Ctrl-C, SIGTERM, SIGHUP, and lines from the keyboard.

use std::io::BufRead;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use offhook_mio::Waker;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::failure::Failure;

/// Something a person or the system wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// End in good order.
    Leave,
    /// Read again what was read from files.
    Reload,
    /// A line that was typed.
    Line(String),
}

/// Watches for signals, and for lines of the keyboard if `keyboard`; each wish wakes the driver.
pub(crate) fn watch(waker: Waker, keyboard: bool) -> Result<Receiver<Wish>, Failure> {
    let (wishes, received) = channel();
    // A phone ends with its terminal; a server has none, and for it the signal means this.
    let watched: &[_] = if keyboard {
        &[SIGINT, SIGTERM]
    } else {
        &[SIGINT, SIGTERM, SIGHUP]
    };
    let mut signals = Signals::new(watched)
        .map_err(|error| Failure::local(format!("cannot watch for signals: {error}")))?;
    let (sender, wake) = (wishes.clone(), waker.clone());
    thread::spawn(move || {
        for signal in signals.forever() {
            let wish = if signal == SIGHUP {
                Wish::Reload
            } else {
                Wish::Leave
            };
            if sender.send(wish).is_err() || wake.wake().is_err() {
                return;
            }
        }
    });
    if keyboard {
        thread::spawn(move || read_lines(&wishes, &waker));
    }
    Ok(received)
}

fn read_lines(wishes: &Sender<Wish>, waker: &Waker) {
    for line in std::io::stdin().lock().lines() {
        // The end of the input is no wish to leave: a phone may run without a keyboard.
        let Ok(line) = line else { return };
        if wishes.send(Wish::Line(line)).is_err() || waker.wake().is_err() {
            return;
        }
    }
}
