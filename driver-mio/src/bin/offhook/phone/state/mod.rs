//! What the phone keeps in a file (`--state`), so that one that is started again goes on with its
//! registrations and its calls (RFC 3261 §10.2, §12).
//!
//! The file is text, and whole at any time: the next is written beside it and takes its place. Who
//! may not read it is everybody else, as it says with whom one talks and how to end that.

mod content;
mod page;
mod session;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use offhook::sdp::MediaPlan;
use offhook::sip::ua::{CallHandle, RestoreError, Role, SavedRegistration};

use self::content::{Content, KeptCall};
use super::Phone;
use super::call::Due;
use super::news::News;
use crate::failure::Failure;
use crate::leg::Leg;

/// How often it is looked whether anything has changed that nobody was told of.
pub(super) const LOOK: Duration = Duration::from_secs(1);

/// The file, and what it says.
pub(super) struct State {
    path: PathBuf,
    /// What was found there, until it is taken up.
    found: Content,
    /// What was written last, without what only the time changes.
    written: Option<Content>,
    looked: Instant,
    /// Whether the last attempt to write it failed, which is told once.
    failed: bool,
}

impl State {
    /// Reads the file; where there is none, there is nothing to go on with.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let found = match fs::read(path) {
            Ok(bytes) => understood(path, &bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Content::default(),
            Err(error) => {
                let line = format!("cannot read {}: {error}", path.display());
                return Err(Failure::local(line));
            }
        };
        Ok(Self {
            path: path.to_owned(),
            found,
            written: None,
            looked: Instant::now(),
            failed: false,
        })
    }

    /// When it is to be looked at again.
    pub(super) fn due(&self) -> Instant {
        self.looked + LOOK
    }

    /// Writes it, if it says anything else than what stands there.
    fn write(&mut self, content: Content) -> Result<(), Failure> {
        let still = content.clone().still();
        if self.written.as_ref() == Some(&still) {
            return Ok(());
        }
        let told = |error| Failure::local(format!("cannot write {}: {error}", self.path.display()));
        replace(&self.path, &content.write()).map_err(told)?;
        self.written = Some(still);
        Ok(())
    }
}

/// What a file says, or what is wrong with it; then it stays as it is.
fn understood(path: &Path, bytes: &[u8]) -> Result<Content, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not text".to_owned());
    let content = text.and_then(|text| Content::read(text).map_err(|fault| fault.to_string()));
    content.map_err(|why| {
        let path = path.display();
        let line = format!("{path} is no state of a phone: {why}; name another with --state");
        Failure::local(line)
    })
}

/// Puts a file there that only we may read, all of it at once.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    // One that was left behind may be anybody's to read.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Err(_) | Ok(()) => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

/// Milliseconds of Unix time.
fn unix() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX))
}

impl Phone {
    /// Writes what has changed, if it is time to look or something has happened.
    pub(super) fn keep(&mut self, has_happened: bool) {
        let is_due = |state: &State| has_happened || Instant::now() >= state.due();
        if !self.state.as_ref().is_some_and(is_due) {
            return;
        }
        if let Err(why) = self.write_state() {
            let state = self.state.as_mut();
            if state.is_some_and(|state| !std::mem::replace(&mut state.failed, true)) {
                self.tell(News::error(&why.to_string()));
            }
        }
    }

    /// Writes what the phone is in, if there is a file for it.
    fn write_state(&mut self) -> Result<(), Failure> {
        let content = self.content();
        let Some(state) = &mut self.state else {
            return Ok(());
        };
        state.looked = Instant::now();
        state.write(content)?;
        state.failed = false;
        Ok(())
    }

    fn content(&mut self) -> Content {
        let now = self.driver.now();
        let machine = self.driver.machine_mut(self.id);
        let Some(agent) = machine.and_then(|node| node.phone(now)) else {
            return Content::default();
        };
        let registrations = self.accounts.iter().filter_map(|it| it.registration);
        let registrations = registrations
            .filter_map(|it| agent.save_registration(now, it).ok())
            .collect();
        let kept = |(handle, call): (&CallHandle, &super::Call)| {
            let saved = agent.save_call(now, *handle).ok()?;
            session::can_be_kept(&saved.session).then(|| KeptCall {
                number: call.number,
                peer: call.peer.clone(),
                is_errand: call.is_errand,
                talked: call.answered.map_or(Duration::ZERO, |at| at.elapsed()),
                saved,
            })
        };
        let calls = self.calls.iter().filter_map(kept).collect();
        Content {
            written: unix(),
            registrations,
            calls,
        }
    }

    /// Goes on with what was found in the file, and shows that it can be written.
    pub(super) fn take_up(&mut self) -> Result<(), Failure> {
        let Some(state) = &mut self.state else {
            return Ok(());
        };
        let found = std::mem::take(&mut state.found);
        let path = state.path.clone();
        let known = |aor: &str| self.place.homes.iter().any(|home| home.aor == aor);
        let calls = found.calls.iter().map(|it| &it.saved.address_of_record);
        let aors = found.registrations.iter().map(|it| &it.address_of_record);
        if let Some(other) = aors.chain(calls).find(|aor| !known(aor)) {
            let path = path.display();
            let line = format!("{path} is the state of {other}: give it with --aor");
            return Err(Failure::usage(line));
        }
        let away = Duration::from_millis(unix().saturating_sub(found.written));
        for registration in found.registrations {
            self.take_up_registration(registration, away);
        }
        for call in found.calls {
            self.take_up_call(call, away)?;
        }
        self.write_state()
    }

    /// Goes on with a registration; one that is not wanted any more is ended.
    fn take_up_registration(&mut self, mut saved: SavedRegistration, away: Duration) {
        let mut homes = self.place.homes.iter();
        let aor = &saved.address_of_record;
        let Some(at) = homes.position(|home| home.aor == *aor) else {
            return;
        };
        let wanted = self.options.accounts.get(at).is_some_and(|it| it.register)
            && self.place.homes[at].registrar_uri == saved.registrar;
        for flow in &mut saved.flows {
            flow.expires = self.options.expires;
        }
        let Some((now, agent)) = self.agent() else {
            return;
        };
        match agent.restore_registration(now, &saved, away) {
            Ok(handle) if wanted => {
                self.accounts[at].registration = Some(handle);
                self.accounts[at].was_registered = true;
            }
            Ok(handle) => {
                let done = agent.unregister(now, handle);
                self.report(done.err());
            }
            // It is registered anew.
            Err(why) => {
                let aor = &saved.address_of_record;
                let line = format!("cannot go on with the registration of {aor}: {why}");
                self.tell(News::error(&line));
            }
        }
    }

    fn take_up_call(&mut self, kept: KeptCall, away: Duration) -> Result<(), Failure> {
        let Some((now, agent)) = self.agent() else {
            return Ok(());
        };
        let restored: Result<CallHandle, RestoreError> = agent.restore_call(now, &kept.saved, away);
        let (number, peer) = (kept.number, kept.peer.clone());
        self.begun = self.begun.max(number);
        let handle = match restored {
            Ok(handle) => handle,
            Err(why) => {
                let line = format!("cannot go on with call {number} with {peer}: {why}");
                self.tell(News::error(&line));
                return Ok(());
            }
        };
        let talked = kept.talked + away;
        let is_callee = kept.saved.role == Role::Callee;
        let mut call = super::Call::new(number, &peer, is_callee);
        call.is_errand = kept.is_errand;
        call.answered = Some(
            Instant::now()
                .checked_sub(talked)
                .unwrap_or_else(Instant::now),
        );
        call.agreed = true;
        let plan = kept.saved.session.plans.first().map(|(_, plan)| plan);
        call.held_by_them = plan.is_some_and(MediaPlan::is_held_by_peer);
        self.calls.insert(handle, call);
        if kept.is_errand {
            // It was called before the restart.
            self.options.call = None;
            self.options.calls.get_or_insert(1);
        }
        if let Some(after) = self.options.duration {
            let left = after.saturating_sub(talked);
            self.due.push((Instant::now() + left, Due::HangUp(handle)));
        }
        let line = format!("still in call {number} with {peer}");
        let news = News::about("restored", number, line).text("peer", &peer);
        self.tell(news);
        plan.map_or(Ok(()), |plan| self.take_up_sound(handle, number, plan))
    }

    /// Opens the sound of a call where it is expected; if somebody has that port now, elsewhere, and
    /// they are told.
    fn take_up_sound(
        &mut self,
        handle: CallHandle,
        number: usize,
        plan: &MediaPlan,
    ) -> Result<(), Failure> {
        if !self.options.audio {
            return Ok(());
        }
        // If we are at another address now, they are told so by the user agent.
        let place = SocketAddr::new(self.place.local.ip(), plan.local.port());
        let (name, kept) = (format!("sound {number}"), self.kept_packets());
        let opened = Leg::open_at(&mut self.driver, &name, place, kept);
        let (mut leg, moved) = match opened {
            Ok(mut leg) => {
                self.furnish(&mut leg, number);
                (Some(leg), None)
            }
            Err(_) => {
                let (leg, media) = self.open_leg(number)?;
                (leg, Some(media.address))
            }
        };
        if let Some(leg) = &mut leg {
            if let Err(why) = leg.agree(&mut self.driver, plan) {
                self.tell(News::error(&why));
                self.hang_up(handle);
                return Ok(());
            }
        }
        if let Some(call) = self.calls.get_mut(&handle) {
            call.leg = leg;
        }
        if let (Some(address), Some((now, agent))) = (moved, self.agent()) {
            let media = agent.user().call(handle).map(|it| it.media().to_vec());
            let mut media = media.unwrap_or_default();
            for one in &mut media {
                one.address = address;
            }
            let done = agent.modify_session(now, handle, media);
            self.report(done.err());
        }
        Ok(())
    }
}
