//! What can go wrong, as one line that says what and what to do, and an exit code.

use std::fmt;
use std::io;

/// The exit codes of the program, as `offhook --help` lists them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// The job was done but its result is not right: what was heard is not what was said, a
    /// message is invalid.
    Wrong = 1,
    /// The command line cannot be understood, or names a file to check that cannot be read.
    Usage = 2,
    /// Something on this machine is missing or taken: a file, a port, a permission.
    Local = 3,
    /// The other side would not: busy, declined, unknown user, wrong password.
    Refused = 4,
    /// The other side said nothing: no answer, no server there.
    Silent = 5,
}

/// One line for the person in front of the screen, and the exit code that goes with it.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    line: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, line: impl Into<String>) -> Self {
        Self {
            exit,
            line: line.into(),
        }
    }

    pub(crate) fn usage(line: impl Into<String>) -> Self {
        Self::new(Exit::Usage, line)
    }

    pub(crate) fn local(line: impl Into<String>) -> Self {
        Self::new(Exit::Local, line)
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// A port that could not be bound, with what to do about it.
    pub(crate) fn bind(address: impl fmt::Display, error: &io::Error) -> Self {
        let advice = match error.kind() {
            io::ErrorKind::AddrInUse => "another program has it: choose another with --listen",
            io::ErrorKind::AddrNotAvailable => "this machine has no such address",
            io::ErrorKind::PermissionDenied => "ports below 1024 need permission: choose another",
            _ => "choose another with --listen",
        };
        Self::local(format!("cannot listen on {address}: {error} ({advice})"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::local(error.to_string())
    }
}
