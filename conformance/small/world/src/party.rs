//! Whoever takes part, as one machine.

use alloc::boxed::Box;
use alloc::vec::Vec;

use offhook::rtp::audio::AudioStream;
use offhook::sip::ua::{UaEvent, UserAgentEndpoint};
use offhook::{Input, Instant, Machine, Output};

/// A phone, the audio of its call, or a server.
pub enum Party<S> {
    Phone(Box<UserAgentEndpoint>),
    Audio(Box<AudioStream>),
    Server(Box<S>),
}

/// What one of them tells.
pub enum Event {
    Phone(UaEvent),
    /// What the scenario does not need: sounds, and the server's log.
    Other,
}

impl<S: Machine> Machine for Party<S> {
    type Event = Event;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match self {
            Self::Phone(phone) => phone.handle_input(now, input),
            Self::Audio(audio) => audio.handle_input(now, input),
            Self::Server(server) => server.handle_input(now, input),
        }
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<Self::Event> {
        match self {
            Self::Phone(phone) => phone.poll_output(bytes).map(Event::Phone),
            Self::Audio(audio) => audio.poll_output(bytes).map(|_| Event::Other),
            Self::Server(server) => server.poll_output(bytes).map(|_| Event::Other),
        }
    }
}

/// The server of a scenario without one: there is none to be linked.
#[derive(Debug)]
pub enum Nobody {}

impl Machine for Nobody {
    type Event = ();

    fn handle_input(&mut self, _: Instant, _: Input<'_>) {
        match *self {}
    }

    fn poll_output(&mut self, _: &mut Vec<u8>) -> Output<()> {
        match *self {}
    }
}
