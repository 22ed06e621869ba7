//! Far ends that a test plays by hand, at 192.0.2.9: who is called, and who calls.

use alloc::string::String;

use super::net::{Net, Sent, address, media, response, sdp};
use crate::sdp::offer_answer::MediaPlan;
use crate::sip::ua::{CallHandle, UaEvent, UserAgentConfig};

pub(super) fn plan(event: &UaEvent) -> Option<MediaPlan> {
    match event {
        UaEvent::MediaAgreed { plan, .. } => Some(plan.clone()),
        _ => None,
    }
}

pub(super) fn forget_events(net: &mut Net) {
    net.drain();
    for node in &mut net.nodes {
        node.events.clear();
    }
}

/// One user agent at 192.0.2.1, against puppets.
pub(super) fn alone() -> Net {
    Net::new([UserAgentConfig::new("sip:alice@example.org")])
}

/// Alice has called a puppet, which has answered: its INVITE, and the call.
pub(super) fn call_to_puppet(net: &mut Net) -> (Sent, CallHandle) {
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    let answer = response(&invite, "200 OK", "t", contact, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &answer);
    net.puppet_receives("ACK");
    (invite, a)
}

/// A request of the puppet's in the dialog of `invite`, which it got from Alice.
pub(super) fn in_dialog(invite: &Sent, method: &str, cseq: u32, more: &str, body: &str) -> String {
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    alloc::format!(
        "{method} sip:alice@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{method}{cseq}\r\n\
         Max-Forwards: 70\r\n\
         From: {};tag=t\r\n\
         To: {}\r\n\
         Call-ID: {}\r\n\
         CSeq: {cseq} {method}\r\n\
         Contact: <sip:bob@192.0.2.9>\r\n\
         {more}{kind}Content-Length: {}\r\n\r\n{body}",
        invite.field("To"),
        invite.field("From"),
        invite.field("Call-ID"),
        body.len()
    )
}

/// A request of a puppet that calls the user agent at 192.0.2.1; `to_tag` is that agent's.
pub(super) fn from_caller(method: &str, cseq: u32, to_tag: &str, more: &str, body: &str) -> String {
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    let tag = if to_tag.is_empty() {
        String::new()
    } else {
        alloc::format!(";tag={to_tag}")
    };
    alloc::format!(
        "{method} sip:bob@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{method}{cseq}\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:alice@example.org>;tag=f\r\n\
         To: <sip:bob@example.org>{tag}\r\n\
         Call-ID: caller\r\n\
         CSeq: {cseq} {method}\r\n\
         Contact: <sip:alice@192.0.2.9>\r\n\
         {more}{kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
