//! The machines of the program as one type, so that one driver can hold them all.

use offhook::rtp::audio::{AudioEvent, AudioStream};
use offhook::sip::endpoint::Endpoint;
use offhook::sip::server::{Server, ServerEvent};
use offhook::sip::ua::{UaEvent, UserAgent};
use offhook::trace::{Records, Tap};
use offhook::{Input, Instant, Machine, Output};

use crate::rtpdump::Recorder;

/// The driver of this program.
pub(crate) type Driver = offhook_mio::Driver<Node>;

/// One machine, with a tap around it that keeps what passes for the ladder.
pub(crate) enum Node {
    Phone(Box<Tap<Endpoint<UserAgent>>>),
    Server(Box<Tap<Endpoint<Server>>>),
    Audio(Box<Sound>),
}

/// The sound of a call, and those who write down what arrives for it.
pub(crate) struct Sound {
    pub(crate) tap: Tap<AudioStream>,
    pub(crate) recorders: Vec<Recorder>,
}

/// What one of them reports.
#[derive(Debug)]
pub(crate) enum Event {
    Phone(Box<UaEvent>),
    Server(ServerEvent),
    Audio(AudioEvent),
}

impl Node {
    /// What the tap kept.
    pub(crate) fn records(&self) -> &Records {
        match self {
            Self::Phone(tap) => tap.records(),
            Self::Server(tap) => tap.records(),
            Self::Audio(sound) => sound.tap.records(),
        }
    }

    /// The user agent, if it is one, for a command at `now`.
    pub(crate) fn phone(&mut self, now: Instant) -> Option<&mut Endpoint<UserAgent>> {
        match self {
            Self::Phone(tap) => Some(tap.machine_mut(now)),
            Self::Server(_) | Self::Audio(_) => None,
        }
    }

    /// The sound of a call, if it is that, for a command at `now`.
    pub(crate) fn audio(&mut self, now: Instant) -> Option<&mut AudioStream> {
        match self {
            Self::Audio(sound) => Some(sound.tap.machine_mut(now)),
            Self::Phone(_) | Self::Server(_) => None,
        }
    }

    /// Those who write down what arrives for it, if it is the sound of a call.
    pub(crate) fn recorders(&mut self) -> Option<&mut Vec<Recorder>> {
        match self {
            Self::Audio(sound) => Some(&mut sound.recorders),
            Self::Phone(_) | Self::Server(_) => None,
        }
    }
}

impl Machine for Node {
    type Event = Event;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match self {
            Self::Phone(tap) => tap.handle_input(now, input),
            Self::Server(tap) => tap.handle_input(now, input),
            Self::Audio(sound) => {
                if let Input::Datagram { source, bytes, .. } = &input {
                    for recorder in &mut sound.recorders {
                        recorder.take(now, *source, bytes);
                    }
                }
                sound.tap.handle_input(now, input);
            }
        }
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<Event> {
        match self {
            Self::Phone(tap) => tap
                .poll_output(bytes)
                .map(|event| Event::Phone(Box::new(event))),
            Self::Server(tap) => tap.poll_output(bytes).map(Event::Server),
            Self::Audio(sound) => sound.tap.poll_output(bytes).map(Event::Audio),
        }
    }
}
