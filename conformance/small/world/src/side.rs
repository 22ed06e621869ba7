//! One phone of the call: what it does by itself, what it says and what it hears.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::SocketAddr;

use offhook::rtp::PayloadType;
use offhook::rtp::audio::{AudioConfig, AudioDirection, AudioFormat, AudioPlan, AudioStream};
use offhook::rtp::payload::g711::Law;
use offhook::sdp::{Codec, Direction, LocalMedia, MediaPlan};
use offhook::sip::ua::{CallHandle, EndReason, UaEvent};

use crate::network::{Enter, Network};
use crate::party::Party;
use crate::{Failure, Owner};

/// Samples a second.
const RATE: u32 = 8000;
const LOUD: i16 = 8000;

pub struct Side {
    pub owner: Owner,
    pub phone: usize,
    pub audio: Option<usize>,
    pub call: Option<CallHandle>,
    /// Where audio is received.
    pub media: SocketAddr,
    /// The tone it speaks: samples until the sign turns.
    pub half_period: u32,
    pub answered: bool,
    pub held: bool,
    pub ended: Option<EndReason>,
    pub registered: bool,
    pub heard: Heard,
    said: u32,
}

/// What came out of the loudspeaker.
#[derive(Clone, Copy, Default, Debug)]
pub struct Heard {
    pub loud_samples: u32,
    turns: u32,
    last: i16,
}

impl Heard {
    fn hear(&mut self, pcm: &[i16]) {
        for sample in pcm.iter().filter(|sample| sample.unsigned_abs() > 2000) {
            self.loud_samples += 1;
            self.turns += u32::from((*sample > 0) != (self.last > 0));
            self.last = *sample;
        }
    }

    /// Whether it was a tone whose sign turns every `half_period` samples, give or take a tenth.
    pub fn is_tone(&self, half_period: u32) -> bool {
        let expected = self.loud_samples / half_period;
        self.turns.abs_diff(expected) <= expected / 10
    }
}

impl Side {
    pub fn new(owner: Owner, phone: usize, media: SocketAddr, half_period: u32) -> Self {
        Self {
            owner,
            phone,
            audio: None,
            call: None,
            media,
            half_period,
            answered: false,
            held: false,
            ended: None,
            registered: false,
            heard: Heard::default(),
            said: 0,
        }
    }

    /// Reacts to what the phone tells: rings and answers, opens the audio, closes it.
    pub fn on_event(
        &mut self,
        network: &mut Network<Party>,
        enter: Enter<'_>,
        event: UaEvent,
    ) -> Result<(), Failure> {
        match event {
            UaEvent::Registered { .. } => self.registered = true,
            UaEvent::Unregistered { .. } => self.registered = false,
            UaEvent::Incoming { call, .. } => {
                self.call = Some(call);
                let media = LocalMedia::audio(self.media);
                let accepted = network.command(enter, self.phone, |party, now| match party {
                    Party::Phone(phone) => {
                        phone.ring(now, call).is_ok() && phone.accept(now, call, media).is_ok()
                    }
                    Party::Audio(_) | Party::Server(_) => false,
                });
                if accepted != Some(true) {
                    return Err("an incoming call cannot be accepted");
                }
            }
            UaEvent::MediaAgreed { plan, .. } => self.on_media(network, enter, &plan)?,
            UaEvent::Answered { .. } => self.answered = true,
            UaEvent::HoldDone { .. } => self.held = true,
            UaEvent::ResumeDone { .. } => self.held = false,
            UaEvent::Ended { reason, .. } => {
                self.ended = Some(reason);
                if let Some(audio) = self.audio {
                    network.command(enter, audio, |party, now| {
                        if let Party::Audio(audio) = party {
                            audio.leave(now);
                        }
                    });
                }
            }
            UaEvent::RegistrationFailed { .. } => return Err("a registration failed"),
            UaEvent::ChangeRefused { .. } => return Err("a hold was refused"),
            UaEvent::Ringing { .. }
            | UaEvent::EarlyDialogTerminated { .. }
            | UaEvent::Message { .. }
            | UaEvent::MessageAnswered { .. }
            | UaEvent::CallMessageAnswered { .. }
            | UaEvent::EarlyMedia { .. }
            | UaEvent::StreamAgreed { .. }
            | UaEvent::StreamRemoved { .. }
            | UaEvent::StreamRefused { .. }
            | UaEvent::ModifyDone { .. }
            | UaEvent::RemoteHold { .. }
            | UaEvent::RemoteResumed { .. }
            | UaEvent::Info { .. }
            | UaEvent::InfoAnswered { .. }
            | UaEvent::SessionRefreshed { .. }
            | UaEvent::BindingsAnswered { .. }
            | UaEvent::PeerIdentified { .. }
            | UaEvent::IdentityDone { .. }
            | UaEvent::Subscribed { .. }
            | UaEvent::Notified { .. }
            | UaEvent::SubscriptionForked { .. }
            | UaEvent::SubscriptionEnded { .. }
            | UaEvent::ReferAnswered { .. }
            | UaEvent::ReferProgress { .. }
            | UaEvent::SubscriptionRequested { .. }
            | UaEvent::Referred { .. }
            | UaEvent::WatcherEnded { .. }
            | UaEvent::OptionsAnswered { .. } => {}
        }
        Ok(())
    }

    fn on_media(
        &mut self,
        network: &mut Network<Party>,
        enter: Enter<'_>,
        plan: &MediaPlan,
    ) -> Result<(), Failure> {
        let plan = audio_plan(plan).ok_or("a codec was agreed that nobody offered")?;
        let audio = match self.audio {
            Some(audio) => audio,
            None => {
                enter(self.owner);
                let stream = AudioStream::new(AudioConfig::small("phone"), [self.owner as u8; 32]);
                let mut rtcp = self.media;
                rtcp.set_port(rtcp.port() + 1);
                let party = Party::Audio(Box::new(stream));
                network.add(enter, self.owner, party, &[self.media, rtcp])
            }
        };
        self.audio = Some(audio);
        network.command(enter, audio, |party, now| {
            if let Party::Audio(audio) = party {
                audio.set_plan(now, plan);
            }
        });
        Ok(())
    }

    /// Twenty milliseconds of the tone into the microphone, and as much as there is out of the
    /// loudspeaker.
    pub fn speak_and_hear(&mut self, network: &mut Network<Party>, enter: Enter<'_>) {
        let Some(audio) = self.audio else {
            return;
        };
        let mut spoken = [0; RATE as usize / 50];
        for sample in &mut spoken {
            let is_up = (self.said / self.half_period) % 2 == 0;
            *sample = if is_up { LOUD } else { -LOUD };
            self.said += 1;
        }
        let heard = &mut self.heard;
        network.command(enter, audio, |party, _| {
            if let Party::Audio(audio) = party {
                audio.push_capture(&spoken);
                let mut pcm = [0; 160];
                while let taken @ 1.. = audio.take_playout(&mut pcm) {
                    heard.hear(pcm.get(..taken).unwrap_or_default());
                }
            }
        });
    }
}

/// What was negotiated, in the numbers of a stream.
pub fn audio_plan(plan: &MediaPlan) -> Option<AudioPlan> {
    let law = |codec: &Codec| match codec {
        codec if *codec == Codec::PCMU => Some(Law::Mu),
        codec if *codec == Codec::PCMA => Some(Law::A),
        _ => None,
    };
    let format = |payload_type, codec| {
        Some(AudioFormat {
            payload_type: PayloadType::new(payload_type)?,
            law: law(codec)?,
        })
    };
    let receive: Vec<_> = plan
        .receive_formats
        .iter()
        .filter_map(|known| format(known.payload_type, &known.codec))
        .collect();
    Some(AudioPlan {
        remote_rtp: plan.remote,
        remote_rtcp: plan.remote_rtcp,
        direction: match plan.direction {
            Direction::SendRecv => AudioDirection::SendRecv,
            Direction::SendOnly => AudioDirection::SendOnly,
            Direction::RecvOnly => AudioDirection::RecvOnly,
            Direction::Inactive => AudioDirection::Inactive,
        },
        send: format(plan.send_payload_type, &plan.codec)?,
        receive,
        comfort_noise: None,
        send_events: None,
        receive_events: None,
        send_redundancy: None,
        receive_redundancy: None,
        send_retransmission: None,
        receive_retransmission: None,
        ptime_ms: plan.ptime_ms,
        bandwidth: None,
        protection: None,
    })
}
