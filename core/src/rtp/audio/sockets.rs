//! The sockets of a stream (RFC 3550 §11, RFC 5761): one for RTP, one for RTCP unless that has the
//! same, and those of before or of next when it moves to other ports (RFC 3264 §8.3.1).

use core::net::SocketAddr;

use super::stream::AudioStream;
use crate::machine::FlowId;

/// Sockets beside those we send from.
#[derive(Debug)]
pub(super) struct Other {
    pub(super) rtp: FlowId,
    pub(super) rtcp: Option<FlowId>,
    /// Whether they come next; if not, they were before.
    pub(super) is_next: bool,
    /// Whether media have come to the new one of both.
    pub(super) is_heard: bool,
}

impl AudioStream {
    /// Takes on other sockets, which are bound already: what comes to them is heard from now on, and
    /// with the next plan what is sent goes from there, under the same SSRC. What still comes to the
    /// old ones is heard as well (RFC 3264 §8.3.1). Of RTCP on the port of RTP there is no socket of
    /// its own.
    pub fn move_to(&mut self, rtp: FlowId, rtcp: Option<FlowId>) {
        self.other = Some(Other {
            rtp,
            rtcp,
            is_next: true,
            is_heard: false,
        });
    }

    /// The socket media may still come to after [`move_to`](Self::move_to), though it is not the new
    /// one: once there is none any more, the old ones may be closed.
    #[must_use]
    pub fn previous_flow(&self) -> Option<FlowId> {
        let other = self.other.as_ref()?;
        match (other.is_next, other.is_heard) {
            (true, _) => self.rtp,
            (false, false) => Some(other.rtp),
            (false, true) => None,
        }
    }

    /// Sends from the sockets that come next, if there are any; whether there were.
    pub(super) fn switch_sockets(&mut self) -> bool {
        let Some(other) = self.other.as_mut().filter(|other| other.is_next) else {
            return false;
        };
        let next = Some(other.rtp);
        if let Some(before) = core::mem::replace(&mut self.rtp, next) {
            other.rtp = before;
            core::mem::swap(&mut self.rtcp, &mut other.rtcp);
            other.is_next = false;
        } else {
            self.rtcp = other.rtcp;
            self.other = None;
        }
        true
    }

    /// RTCP has a socket of its own unless the plan puts it on the one of RTP (RFC 5761).
    pub(super) fn route_reports(&mut self) {
        let Some(active) = &self.active else {
            return;
        };
        let shared = active.plan.remote_rtcp == active.plan.remote_rtp;
        let flow = if shared { self.rtp } else { self.rtcp };
        if let Some(flow) = flow {
            let mut to = active.plan.remote_rtcp;
            if active.guard.target() != active.guard.signalled() {
                // Latched: reports follow, to the port beside the new one or to the same.
                let target = active.guard.target();
                let beside = if shared { 0 } else { 1 };
                to = SocketAddr::new(target.ip(), target.port().wrapping_add(beside));
            }
            self.session.set_route(flow, to);
        }
    }

    pub(super) fn on_bound(&mut self, flow: FlowId) {
        if self.rtp.is_none() {
            self.rtp = Some(flow);
        } else if self.rtcp.is_none() {
            self.rtcp = Some(flow);
        }
        self.route_reports();
    }
}
