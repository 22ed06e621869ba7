//! What everybody thinks at one moment.

use std::fmt;

use offhook::sdp::{Direction, MediaPlan};
use offhook::sip::ua::{CallHandle, EndReason, Stage, UaEvent, UserAgentEndpoint};

/// What everybody thinks of their calls, and the server of where everybody is, at one moment.
#[derive(Debug)]
pub(crate) struct Moment {
    /// Which.
    pub(crate) when: &'static str,
    /// Every call of every phone, in the order in which they began.
    pub(crate) views: Vec<View>,
    /// Addresses-of-record and the contacts they are bound to.
    pub(crate) bindings: Vec<(String, String)>,
    /// How many packets had been sent.
    pub(crate) packets: usize,
}

/// What one end thinks of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    /// Whose.
    pub(crate) phone: &'static str,
    /// Which of them.
    pub(crate) call: CallHandle,
    /// How far the call has come; nothing if it is over and forgotten.
    pub(crate) stage: Option<Stage>,
    /// The Call-ID, our tag and the other one's.
    pub(crate) dialog: Option<[String; 3]>,
    /// The streams as they are agreed.
    pub(crate) plans: Vec<MediaPlan>,
    /// Whether this end has the other on hold.
    pub(crate) holds: bool,
    /// Why it is over, if it is.
    pub(crate) ended: Option<EndReason>,
}

impl View {
    pub(crate) fn of(
        phone: &'static str,
        agent: &UserAgentEndpoint,
        handle: CallHandle,
        events: &[UaEvent],
    ) -> Self {
        let call = agent.user().call(handle);
        let dialog = call.and_then(|call| call.dialog());
        let ended = events.iter().find_map(|event| match event {
            UaEvent::Ended { call, reason, .. } if *call == handle => Some(*reason),
            _ => None,
        });
        let plans = call.into_iter().flat_map(|call| call.plans());
        Self {
            phone,
            call: handle,
            stage: call.map(|call| call.stage()),
            dialog: dialog.map(|dialog| {
                let id = dialog.id();
                [&id.call_id, &id.local_tag, &id.remote_tag].map(ToString::to_string)
            }),
            plans: plans.map(|(_, plan)| plan.clone()).collect(),
            holds: call.is_some_and(|call| call.is_held()),
            ended,
        }
    }
}

impl Moment {
    /// What is to be said of it to who knows what was before: not again where everybody is, nor that a
    /// call is over.
    pub(crate) fn told(&self, before: Option<&Self>) -> String {
        let mut text = format!("{}\n", self.when);
        let known = before.map_or(&[][..], |it| &it.bindings);
        for (address, contact) in self.bindings.iter().filter(|it| !known.contains(it)) {
            text.push_str(&format!("    the server has {address} at {contact}\n"));
        }
        let gone = known.iter().filter(|it| !self.bindings.contains(it));
        for (address, _) in gone {
            text.push_str(&format!("    the server has {address} nowhere\n"));
        }
        let known = before.map_or(&[][..], |it| &it.views);
        let is_new = |view: &&View| view.ended.is_none() || !known.contains(view);
        for view in self.views.iter().filter(is_new) {
            text.push_str(&format!("    {view}\n"));
        }
        text
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.phone)?;
        if let Some(reason) = self.ended {
            return write!(f, "over, {reason}");
        }
        match self.stage {
            Some(Stage::Established) => f.write_str("talking")?,
            Some(Stage::Calling) => f.write_str("calling")?,
            Some(Stage::Offered) => f.write_str("being called")?,
            Some(Stage::Ending(_) | Stage::Ended) | None => f.write_str("at its end")?,
        }
        for plan in &self.plans {
            let direction = match plan.direction {
                Direction::SendRecv => "both ways",
                Direction::SendOnly => "sends only",
                Direction::RecvOnly => "receives only",
                Direction::Inactive => "silent",
            };
            let (codec, to) = (&plan.codec.name, plan.remote);
            write!(f, "; {codec} with {to}, {direction}")?;
            if let Some(crypto) = &plan.crypto {
                write!(f, ", {}", crypto.suite.as_str())?;
            }
        }
        if self.holds {
            f.write_str("; holds the other")?;
        }
        Ok(())
    }
}
