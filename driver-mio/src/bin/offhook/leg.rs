//! The sound of one call: an audio machine, its two sockets, what is said and what is heard.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use offhook::rtp::PayloadType;
use offhook::rtp::audio::{
    AudioConfig, AudioDirection, AudioFormat, AudioPlan, AudioProtection, AudioStream, PressError,
    QualityReport,
};
use offhook::rtp::interval::Bandwidth;
use offhook::rtp::payload::g711::Law;
use offhook::rtp::payload::telephone_event::EventCode;
use offhook::rtp::srtp::Protection;
use offhook::sdp::attribute::EventList;
use offhook::sdp::offer_answer::AgreedCrypto;
use offhook::sdp::{BandwidthLimits, Codec, Direction, LocalMedia, MediaPlan};
use offhook::trace::{Records, Tap};
use offhook_mio::{MachineId, RustCrypto};

use crate::failure::Failure;
use crate::node::{Driver, Node, Sound};
use crate::repair;
use crate::rtpdump::Recorder;

/// How many pairs of ports are tried before giving up.
const PAIRS: usize = 64;

/// How long a key is held down.
const KEY: Duration = Duration::from_millis(120);

/// G.711 µ-law.
pub(crate) fn pcmu() -> Codec {
    Codec::PCMU
}

/// G.711 A-law.
pub(crate) fn pcma() -> Codec {
    Codec::PCMA
}

/// The sound of one call.
pub(crate) struct Leg {
    id: MachineId,
    rtp: SocketAddr,
    rtcp: SocketAddr,
    said: VecDeque<i16>,
    heard: Vec<i16>,
    /// On hold what is said waits.
    sends: bool,
    agreed: Option<AudioPlan>,
    /// The telephone events they take.
    takes: EventList,
}

/// What is left of a leg when its call is over.
pub(crate) struct Closed {
    pub(crate) quality: Quality,
    pub(crate) heard: Vec<i16>,
    /// What was recorded packet by packet, to be closed.
    pub(crate) recorders: Vec<Recorder>,
}

/// How it sounded, as rows for people.
pub(crate) struct Quality(pub(crate) QualityReport);

impl Leg {
    /// An audio machine with a pair of ports: RTP on an even one, RTCP on the next (RFC 3550 §11).
    pub(crate) fn open(
        driver: &mut Driver,
        name: &str,
        ip: IpAddr,
        first_port: u16,
        packets: usize,
    ) -> Result<Self, Failure> {
        for attempt in 0..PAIRS {
            let id = driver.add(audio(name, packets)?);
            let port = match first_port {
                0 => 0,
                first => first.saturating_add(u16::try_from(attempt * 2).unwrap_or(0)),
            };
            match pair(driver, id, SocketAddr::new(ip, port)) {
                Ok(Some(pair)) => return Ok(Self::new(id, pair)),
                Ok(None) => {}
                Err(error) => return Err(Failure::bind(SocketAddr::new(ip, port), &error)),
            }
            // Half a pair is of no use: a fresh machine tries the next.
            driver.remove(id);
        }
        Err(Failure::local(format!(
            "no pair of free ports for sound on {ip}: choose others with --rtp-port"
        )))
    }

    /// An audio machine with RTP at this very address, and RTCP on the next port.
    pub(crate) fn open_at(
        driver: &mut Driver,
        name: &str,
        address: SocketAddr,
        packets: usize,
    ) -> Result<Self, Failure> {
        let id = driver.add(audio(name, packets)?);
        let taken = || std::io::Error::from(ErrorKind::AddrInUse);
        let bound = pair(driver, id, address).and_then(|pair| pair.ok_or_else(taken));
        match bound {
            Ok(pair) => Ok(Self::new(id, pair)),
            Err(error) => {
                driver.remove(id);
                Err(Failure::bind(address, &error))
            }
        }
    }

    fn new(id: MachineId, (rtp, rtcp): (SocketAddr, SocketAddr)) -> Self {
        Self {
            id,
            rtp,
            rtcp,
            said: VecDeque::new(),
            heard: Vec::new(),
            sends: false,
            agreed: None,
            takes: EventList::default(),
        }
    }

    /// Writes what arrives from now on to `path`, as an rtpdump.
    pub(crate) fn record(&self, driver: &mut Driver, path: &Path) {
        let recorders = driver.machine_mut(self.id).and_then(Node::recorders);
        if let Some(recorders) = recorders {
            recorders.push(Recorder::new(path, self.rtp));
        }
    }

    fn take_recorders(&self, driver: &mut Driver) -> Vec<Recorder> {
        let recorders = driver.machine_mut(self.id).and_then(Node::recorders);
        recorders.map(std::mem::take).unwrap_or_default()
    }

    /// Takes over what is still to be said and what was heard from a leg that ends, and goes on with
    /// its recordings.
    pub(crate) fn go_on_for(&mut self, before: &mut Self, driver: &mut Driver) {
        let recorders = before.take_recorders(driver);
        if let Some(ours) = driver.machine_mut(self.id).and_then(Node::recorders) {
            *ours = recorders;
        }
        self.heard = before.leave(driver).heard;
        self.said = std::mem::take(&mut before.said);
    }

    /// The media of a phone that only signals: an address to name, and codecs.
    pub(crate) fn silent(address: SocketAddr, codecs: Vec<Codec>) -> LocalMedia {
        let mut media = LocalMedia::audio(address);
        media.codecs = codecs;
        media
    }

    /// What to offer or answer for this leg.
    pub(crate) fn media(&self, codecs: Vec<Codec>) -> LocalMedia {
        Self::silent(self.rtp, codecs)
    }

    pub(crate) fn id(&self) -> MachineId {
        self.id
    }

    /// Where RTP and RTCP are received.
    pub(crate) fn addresses(&self) -> [SocketAddr; 2] {
        [self.rtp, self.rtcp]
    }

    /// Adds to what is still to be said.
    pub(crate) fn say(&mut self, samples: &[i16]) {
        self.said.extend(samples);
    }

    /// Takes what offer and answer agreed on. What cannot be protected as it was is not begun.
    pub(crate) fn agree(&mut self, driver: &mut Driver, plan: &MediaPlan) -> Result<(), String> {
        let now = driver.now();
        let Some(agreed) = audio_plan(plan)? else {
            return Ok(());
        };
        self.sends = agreed.direction.sends();
        self.takes = plan.telephone_events;
        self.agreed = Some(agreed.clone());
        if let Some(stream) = driver.machine_mut(self.id).and_then(|node| node.audio(now)) {
            stream.set_plan(now, agreed);
        }
        Ok(())
    }

    /// Its stream was removed (RFC 3264 §8.2): nothing is sent, and what comes is not heard.
    pub(crate) fn silence(&mut self, driver: &mut Driver) {
        self.sends = false;
        let now = driver.now();
        let stream = driver.machine_mut(self.id).and_then(|node| node.audio(now));
        if let (Some(stream), Some(mut plan)) = (stream, self.agreed.take()) {
            plan.direction = AudioDirection::Inactive;
            stream.set_plan(now, plan);
        }
    }

    /// Presses keys, one after the other.
    pub(crate) fn press(&self, driver: &mut Driver, keys: &str) -> Result<(), String> {
        let now = driver.now();
        let stream = driver.machine_mut(self.id).and_then(|node| node.audio(now));
        let Some(stream) = stream else {
            return Ok(());
        };
        for key in keys.chars() {
            let code = EventCode::of_key(key).ok_or_else(|| format!("{key:?} is no key"))?;
            // RFC 4733 §2.5.1.1: what they did not list must not be sent.
            let is_taken = self.takes.contains(code.as_u8());
            let pressed = if is_taken {
                stream.press(now, code, KEY)
            } else {
                Err(PressError::NotAgreed)
            };
            pressed.map_err(|error| format!("cannot press {key}: {error}"))?;
        }
        Ok(())
    }

    /// Feeds what is said, takes what is heard.
    pub(crate) fn pump(&mut self, driver: &mut Driver) {
        let now = driver.now();
        let Some(stream) = driver.machine_mut(self.id).and_then(|node| node.audio(now)) else {
            return;
        };
        if self.sends {
            let taken = stream.push_capture(self.said.make_contiguous());
            self.said.drain(..taken);
        }
        let waiting = stream.playout_len();
        let start = self.heard.len();
        self.heard.resize(start + waiting, 0);
        let moved = stream.take_playout(&mut self.heard[start..]);
        self.heard.truncate(start + moved);
    }

    /// Stops the sound, says goodbye in RTCP, and gives what was heard. [`Leg::remove`] follows
    /// once [`Leg::is_gone`].
    pub(crate) fn leave(&mut self, driver: &mut Driver) -> Closed {
        self.pump(driver);
        let now = driver.now();
        let report = driver
            .machine_mut(self.id)
            .and_then(|node| node.audio(now))
            .map(|stream| {
                let report = stream.report();
                stream.leave(now);
                report
            });
        let empty = || AudioStream::new(AudioConfig::new(""), [0; 32]).report();
        Closed {
            quality: Quality(report.unwrap_or_else(empty)),
            heard: std::mem::take(&mut self.heard),
            recorders: self.take_recorders(driver),
        }
    }

    /// Whether the goodbye has left.
    pub(crate) fn is_gone(&self, driver: &mut Driver) -> bool {
        let now = driver.now();
        let stream = driver.machine_mut(self.id).and_then(|node| node.audio(now));
        stream.is_none_or(|stream| stream.is_ended())
    }

    /// Closes the sockets and gives what the tap kept.
    pub(crate) fn remove(self, driver: &mut Driver) -> Option<Records> {
        match driver.remove(self.id) {
            Some(Node::Audio(sound)) => Some(sound.tap.into_parts().1),
            _ => None,
        }
    }
}

/// What an audio stream has to know of what offer and answer agreed on; `None` if that is in nothing
/// we speak.
pub(crate) fn audio_plan(plan: &MediaPlan) -> Result<Option<AudioPlan>, String> {
    let format = |number: u8, codec: &Codec| {
        let law = if codec.matches(&Codec::PCMA) {
            Law::A
        } else {
            Law::Mu
        };
        let known = law == Law::A || codec.matches(&Codec::PCMU);
        let payload_type = PayloadType::new(number).filter(|_| known)?;
        Some(AudioFormat { payload_type, law })
    };
    let Some(send) = format(plan.send_payload_type, &plan.codec) else {
        return Ok(None);
    };
    let receive = plan.receive_formats.iter();
    let receive = receive
        .filter_map(|f| format(f.payload_type, &f.codec))
        .collect();
    let direction = match plan.direction {
        // A peer at 0.0.0.0 is on hold (RFC 3264 §8.4): there is nowhere to send.
        Direction::SendRecv if plan.rtp_destination().is_none() => AudioDirection::RecvOnly,
        Direction::SendOnly if plan.rtp_destination().is_none() => AudioDirection::Inactive,
        Direction::SendRecv => AudioDirection::SendRecv,
        Direction::SendOnly => AudioDirection::SendOnly,
        Direction::RecvOnly => AudioDirection::RecvOnly,
        Direction::Inactive => AudioDirection::Inactive,
    };
    let mut agreed = AudioPlan::new(send.law, plan.remote, direction);
    agreed.remote_rtcp = plan.remote_rtcp;
    agreed.send = send;
    agreed.receive = receive;
    agreed.ptime_ms = plan.ptime_ms;
    agreed.bandwidth = bandwidth(&plan.bandwidth);
    agreed.protection = plan.crypto.as_ref().map(protection).transpose()?;
    repair::agree(plan, &mut agreed);
    // Events count on the clock of the sound they go along with, or not at all (RFC 4733 §2.1).
    let number = plan.receive_telephone_event;
    let beside = plan.receive_formats.iter();
    let mut beside = beside.filter(|f| Some(f.payload_type) == number);
    if beside.any(|f| f.codec.clock_rate == plan.codec.clock_rate) {
        agreed.send_events = plan.telephone_event.and_then(PayloadType::new);
        agreed.receive_events = number.and_then(PayloadType::new);
    }
    Ok(Some(agreed))
}

/// What reports may take, by the `b=` lines of who gets them (RFC 3556 §3, §4).
fn bandwidth(limits: &BandwidthLimits) -> Option<Bandwidth> {
    let BandwidthLimits {
        session_kbps: session,
        rtcp_senders_bps: senders,
        rtcp_receivers_bps: receivers,
        ..
    } = *limits;
    session.or(senders).or(receivers)?;
    let whole = session.map_or(Bandwidth::TELEPHONE, |kbps| {
        Bandwidth::of_session(kbps.saturating_mul(1000))
    });
    Some(whole.agreed(senders, receivers))
}

/// What the keys in both descriptions come to.
fn protection(agreed: &AgreedCrypto) -> Result<Box<AudioProtection>, String> {
    let suite = agreed.suite.as_str();
    let both = Protection::of_sent(agreed).zip(Protection::of_received(agreed));
    let (send, receive) = both.ok_or_else(|| format!("there is no {suite} here"))?;
    let protection = AudioProtection::new(&RustCrypto, send, receive);
    let protection = protection.map_err(|why| format!("cannot protect with {suite}: {why}"));
    Ok(Box::new(protection?))
}

/// An audio machine, of which so many packets are kept.
fn audio(name: &str, packets: usize) -> Result<Node, Failure> {
    let stream = AudioStream::new(AudioConfig::new(name), offhook_mio::seed()?);
    let tap = Tap::new(name, stream).with_media_bytes(12);
    Ok(Node::Audio(Box::new(Sound {
        tap: tap.with_limit(packets),
        recorders: Vec::new(),
    })))
}

/// RTP and RTCP sockets on neighbouring ports; `None` if the neighbour is taken.
fn pair(
    driver: &mut Driver,
    id: MachineId,
    address: SocketAddr,
) -> std::io::Result<Option<(SocketAddr, SocketAddr)>> {
    let rtp = match driver.bind_udp(id, address) {
        Ok((_, rtp)) => rtp,
        Err(error) if error.kind() == ErrorKind::AddrInUse => return Ok(None),
        Err(error) => return Err(error),
    };
    if rtp.port() % 2 == 1 || rtp.port() == u16::MAX {
        return Ok(None);
    }
    match driver.bind_udp(id, SocketAddr::new(rtp.ip(), rtp.port() + 1)) {
        Ok((_, rtcp)) => Ok(Some((rtp, rtcp))),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(None),
        Err(error) => Err(error),
    }
}

impl Quality {
    /// The row of one direction: what `from` sent and `to` heard.
    pub(crate) fn direction(&self, from: &str, to: &str, sent: u64) -> String {
        let heard = &self.0;
        let round_trip = heard.round_trip.map_or_else(|| "-".to_owned(), millis);
        format!(
            "{from:<6} -> {to:<6} sent {sent:>5}  received {:>5}  lost {:>3}  late {:>3}  jitter {:>7}  \
             delay {:>7}  round trip {round_trip:>7}  MOS {}.{:02}",
            heard.received,
            heard.lost,
            heard.late,
            millis(heard.jitter),
            millis(heard.delay),
            heard.mos.hundredths() / 100,
            heard.mos.hundredths() % 100,
        )
    }
}

fn millis(span: Duration) -> String {
    format!("{:.1} ms", span.as_secs_f64() * 1000.0)
}
