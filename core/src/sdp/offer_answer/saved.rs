//! A session as plain data, for one that lives longer than the program that has it: what both ends
//! agreed on, and what later descriptions have to keep to (RFC 3264 §8).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

use super::negotiation::{Agreed, Negotiation};
use super::payload_types::PayloadTypes;
use super::slot::{self, Closed, Place, Slot};
use super::{Format, Group, Grouping, LocalMedia, MediaPlan, bundle};
use crate::sdp::{SdpError, SessionDescription};

/// The largest payload type (RFC 3550 §5.1: seven bits).
const LAST_PAYLOAD_TYPE: u8 = 127;

/// All a [`Negotiation`] has to know to go on, as of the last complete exchange.
///
/// An exchange that is under way when it is saved is lost, as if its offer had been refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedSession {
    /// The last description we gave the peer, as it was sent. The next one has its origin, and a
    /// version one higher if it says anything else (RFC 3264 §8).
    pub description: Vec<u8>,
    /// The places of media descriptions, from the top.
    pub places: Vec<SavedPlace>,
    /// What we brought to the last exchange.
    pub local: Vec<LocalMedia>,
    /// The streams that were agreed, in the order of their places: which of the local media, and
    /// the plan.
    pub plans: Vec<(usize, MediaPlan)>,
    /// The groups both ends know of (RFC 5888).
    pub groups: Vec<Group>,
    /// Which groups we understand and want.
    pub grouping: Option<Grouping>,
}

/// The place of a media description. There are never fewer (RFC 3264 §8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedPlace {
    /// What stands there.
    pub used_for: PlaceUse,
    /// Every payload type we have announced there, each for one format for good (RFC 3264 §8.3.2).
    pub payload_types: Vec<Format>,
    /// Its name, where streams are grouped (RFC 5888 §4).
    pub mid: Option<String>,
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceUse {
    /// A stream: which of the local media.
    Stream(usize),
    /// A stream that was refused or removed, with the port 0: what its `m=` line says.
    Closed {
        /// The media type.
        media: String,
        /// The transport.
        transport: String,
        /// The one format that is left of it.
        format: String,
    },
    /// Nothing that was agreed: an offer that came to nothing has described it. All places below
    /// are like this.
    Unused,
}

/// Why a saved session cannot be taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedSessionError {
    /// The description cannot be read.
    Description(SdpError),
    /// The origin in it is none of ours: session and version are numbers, the address is one.
    Origin,
    /// A stream of the local media has no format, no address, or text that cannot be written: which.
    LocalMedia(usize),
    /// A place has text that cannot be written, or payload types beyond 127 or twice: which.
    Place(usize),
    /// The plans do not fit the places: for every stream there is one, of the same kind, and its
    /// payload types are none beyond 127.
    Plans,
    /// A group has a stream that is not there.
    Groups,
}

impl fmt::Display for SavedSessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Description(error) => write!(f, "the description: {error}"),
            Self::Origin => f.write_str("the origin of the description is none of ours"),
            Self::LocalMedia(at) => write!(f, "stream {at} of the local media cannot be offered"),
            Self::Place(at) => write!(f, "place {at} cannot be written"),
            Self::Plans => f.write_str("the plans do not fit the places"),
            Self::Groups => f.write_str("a group has a stream that is not there"),
        }
    }
}

impl core::error::Error for SavedSessionError {}

impl Negotiation {
    /// What it has come to, as plain data; nothing before we have given the peer a description.
    #[must_use]
    pub fn save(&self) -> Option<SavedSession> {
        if self.sent.is_empty() {
            return None;
        }
        let agreed = &self.agreed;
        let slots = agreed.slots.iter().map(Some);
        let slots = slots.chain(core::iter::repeat(None));
        let places = self.places.iter().zip(slots);
        Some(SavedSession {
            description: self.sent.to_vec(),
            places: places
                .map(|(place, slot)| SavedPlace {
                    used_for: slot.map_or(PlaceUse::Unused, PlaceUse::of),
                    payload_types: place.numbers.all().to_vec(),
                    mid: place.mid.as_deref().map(String::from),
                })
                .collect(),
            local: agreed.locals.clone(),
            plans: agreed.plans.clone(),
            groups: agreed.groups.clone(),
            grouping: self.grouping.as_deref().cloned(),
        })
    }

    /// Goes on where a session was when it was saved.
    ///
    /// # Errors
    ///
    /// When it does not hold together: nobody can have saved it so.
    pub fn restore(saved: &SavedSession) -> Result<Self, SavedSessionError> {
        let description = SessionDescription::parse(&saved.description);
        let description = description.map_err(SavedSessionError::Description)?;
        let origin = &description.origin;
        let number = |text: &str| text.parse::<u64>().ok();
        let session_id = number(origin.session_id).ok_or(SavedSessionError::Origin)?;
        let version = number(origin.session_version).ok_or(SavedSessionError::Origin)?;
        let address: Option<IpAddr> = origin.address.parse().ok();
        let address = address.ok_or(SavedSessionError::Origin)?;
        let grouping = saved.grouping.clone().map(Box::new);
        if let Some(at) = saved.local.iter().position(|one| !slot::is_sound(one)) {
            return Err(SavedSessionError::LocalMedia(at));
        }
        let agreed = saved.agreed()?;
        let places = saved.places.iter().enumerate();
        let places: Result<Vec<Place>, SavedSessionError> = places
            .map(|(at, place)| place.read().ok_or(SavedSessionError::Place(at)))
            .collect();
        let times = description.times.iter();
        let times = times.map(|time| (time.start, time.stop)).collect();
        let mut restored = Self::new(0, address);
        restored.session_id = session_id;
        restored.version = version;
        restored.sent = saved.description.as_slice().into();
        restored.places = places?;
        restored.times = times;
        restored.grouping = grouping;
        restored.bundler = bundle::restored(&agreed);
        restored.agreed = agreed;
        Ok(restored)
    }
}

impl SavedSession {
    /// What was agreed, if it holds together.
    fn agreed(&self) -> Result<Agreed, SavedSessionError> {
        let mut slots = Vec::with_capacity(self.places.len());
        let is_used = |place: &&SavedPlace| place.used_for != PlaceUse::Unused;
        let used = self.places.iter().take_while(is_used).count();
        for (at, place) in self.places.iter().enumerate() {
            match place.used_for.slot() {
                Some(slot) if at < used => slots.push(slot),
                None if at >= used && place.used_for == PlaceUse::Unused => {}
                Some(_) | None => return Err(SavedSessionError::Place(at)),
            }
        }
        let is_there = |local: &usize| *local < self.local.len();
        let open = slots.iter().filter_map(Slot::local);
        let planned = self.plans.iter().map(|(local, _)| *local);
        let mut once: Vec<usize> = planned.clone().collect();
        once.sort_unstable();
        once.dedup();
        let fits = |(local, plan): &(usize, MediaPlan)| {
            let local = self.local.get(*local);
            local.is_some_and(|local| local.kind == plan.kind) && is_numbered(plan)
        };
        if !open.eq(planned) || once.len() != self.plans.len() || !self.plans.iter().all(fits) {
            return Err(SavedSessionError::Plans);
        }
        let bundled = |(_, plan): &(usize, MediaPlan)| {
            let bundle = plan.bundle.as_deref();
            bundle.is_none_or(|it| once.contains(&it.tagged) && is_line(&it.mid))
        };
        if !self.plans.iter().all(bundled) {
            return Err(SavedSessionError::Groups);
        }
        let wanted = self.grouping.iter().flat_map(|it| &it.offered);
        let mut members = self.groups.iter().chain(wanted).flat_map(|it| &it.members);
        if !members.all(is_there) {
            return Err(SavedSessionError::Groups);
        }
        Ok(Agreed {
            slots,
            locals: self.local.clone(),
            plans: self.plans.clone(),
            groups: self.groups.clone(),
            // Was told when it was new.
            lack: None,
        })
    }
}

impl SavedPlace {
    fn read(&self) -> Option<Place> {
        if !self.mid.as_deref().is_none_or(is_line) {
            return None;
        }
        Some(Place {
            numbers: PayloadTypes::from_all(&self.payload_types)?,
            mid: self.mid.as_deref().map(Box::from),
            // New ones are made when they are needed, which is never wrong.
            keys: Vec::new(),
        })
    }
}

fn is_line(text: &str) -> bool {
    !text.bytes().any(|byte| matches!(byte, 0 | b'\r' | b'\n'))
}

impl PlaceUse {
    fn of(slot: &Slot) -> Self {
        match slot {
            Slot::Open { local } => Self::Stream(*local),
            Slot::Closed(closed) => Self::Closed {
                media: (*closed.media).into(),
                transport: (*closed.proto).into(),
                format: (*closed.format).into(),
            },
        }
    }

    /// The slot it stands for; none if it is not used, or has text that cannot be written.
    fn slot(&self) -> Option<Slot> {
        match self {
            Self::Stream(local) => Some(Slot::Open { local: *local }),
            Self::Closed {
                media,
                transport,
                format,
            } => {
                let is_word = |text: &&String| {
                    !text.is_empty() && text.bytes().all(|byte| byte > b' ' && byte != 0x7f)
                };
                [media, transport, format].iter().all(is_word).then(|| {
                    Slot::Closed(Closed {
                        media: media.as_str().into(),
                        proto: transport.as_str().into(),
                        format: format.as_str().into(),
                    })
                })
            }
            Self::Unused => None,
        }
    }
}

/// Whether the payload types of a plan are such.
fn is_numbered(plan: &MediaPlan) -> bool {
    let formats = plan.receive_formats.iter().chain(&plan.beside);
    let formats = formats.map(|one| one.payload_type);
    let mut numbers = [plan.send_payload_type, plan.receive_payload_type]
        .into_iter()
        .chain(plan.telephone_event)
        .chain(plan.receive_telephone_event)
        .chain(formats);
    numbers.all(|number| number <= LAST_PAYLOAD_TYPE) && plan.ptime_ms > 0
}

impl PayloadTypes {
    /// Those that were announced, each once; none if that is not so.
    fn from_all(all: &[Format]) -> Option<Self> {
        let is_first = |at: usize, one: &Format| {
            let mut before = all.iter().take(at);
            one.payload_type <= LAST_PAYLOAD_TYPE
                && before.all(|other| other.payload_type != one.payload_type)
        };
        let is_sound = all.iter().enumerate().all(|(at, one)| is_first(at, one));
        is_sound.then(|| Self::of(all.to_vec()))
    }
}
