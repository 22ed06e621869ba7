//! Whoever takes part, as one machine.

use alloc::boxed::Box;
use alloc::vec::Vec;

use offhook::rtp::audio::AudioStream;
use offhook::sip::server::ServerEndpoint;
use offhook::sip::ua::{UaEvent, UserAgentEndpoint};
use offhook::{Input, Instant, Machine, Output};

/// A phone, the audio of its call, or a server.
pub enum Party {
    Phone(Box<UserAgentEndpoint>),
    Audio(Box<AudioStream>),
    Server(Box<ServerEndpoint>),
}

/// What one of them tells.
pub enum Event {
    Phone(UaEvent),
    /// What the scenario does not need: sounds, and the server's log.
    Other,
}

impl Machine for Party {
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
