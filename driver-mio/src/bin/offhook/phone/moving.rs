//! A host whose address has changed while the phone runs: sockets are opened at the new one, the user
//! agent is told, and the sound of each call moves with it.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::Phone;
use super::call::Due;
use super::news::News;
use crate::leg::Leg;

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(5);

impl Phone {
    /// Looks from now on which address leads to the outside, unless it was said which to use.
    pub(super) fn begin_looking(&mut self) {
        if self.place.may_move() {
            self.due.push((Instant::now() + LOOK, Due::Look));
        }
    }

    /// Looks, and goes along if the address is another.
    pub(super) fn look(&mut self) {
        self.begin_looking();
        let here = self.place.here();
        if let Some(new) = here.filter(|new| *new != self.place.local.ip()) {
            self.move_to(new);
        }
    }

    /// Goes on at another address of this host. If nothing can be opened there, it stays.
    pub(super) fn move_to(&mut self, new: IpAddr) {
        let old = self.place.local;
        if new == old.ip() {
            return;
        }
        let opened = self
            .place
            .open(&self.ground, &mut self.driver, self.id, new);
        if let Err(why) = opened {
            self.tell(News::error(&why.to_string()));
            return;
        }
        self.move_legs(new);
        if let Some((now, agent)) = self.agent() {
            agent.local_address_changed(now, old.ip(), new);
        }
        let place = self.place.local;
        if let Some(ladder) = &mut self.ladder {
            ladder.name(place, "phone");
        }
        let here = match self.place.listens {
            true => place.to_string(),
            false => place.ip().to_string(),
        };
        let line = format!("moved from {} to {here}", old.ip());
        self.tell(News::new("moved", line).text("address", &here));
    }

    /// Opens the sound of every call anew, at the port it had: that is where it is expected.
    fn move_legs(&mut self, new: IpAddr) {
        let kept = self.kept_packets();
        let mut failed = Vec::new();
        for call in self.calls.values_mut() {
            let Some(leg) = &mut call.leg else { continue };
            let [rtp, _] = leg.addresses();
            let name = format!("sound {}", call.number);
            match Leg::open_at(
                &mut self.driver,
                &name,
                SocketAddr::new(new, rtp.port()),
                kept,
            ) {
                Ok(mut fresh) => {
                    fresh.go_on_for(leg, &mut self.driver);
                    self.closing.push(std::mem::replace(leg, fresh));
                }
                Err(why) => failed.push((call.number, why)),
            }
        }
        for (number, why) in failed {
            let line = format!("the sound of call {number} has stayed behind: {why}");
            self.tell(News::error(&line));
        }
    }
}
