//! Notifiers and subscribers that a test plays by hand, at 192.0.2.9 (RFC 6665): Alice at 192.0.2.1
//! subscribes to them, or they watch Bob there.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::net::{Net, Sent, address, response};
use super::puppets::from_caller;
use crate::sip::event::{NotifierState, SubscriberState};
use crate::sip::ua::{
    EventService, EventState, Notification, Subscribe, SubscriptionEnd, SubscriptionHandle,
    UaEvent, UserAgentConfig, WatcherEnd, WatcherHandle,
};

/// Whom Alice subscribes to.
pub(super) const PUPPET: &str = "sip:bob@192.0.2.9";

/// To the presence of somebody, for ten minutes at a time.
pub(super) fn presence() -> Subscribe {
    Subscribe {
        expires: Duration::from_secs(600),
        ..Subscribe::new("presence")
    }
}

/// A NOTIFY in answer to a SUBSCRIBE, from the notifier with this tag.
pub(super) fn notify((subscribe, tag): (&Sent, &str), cseq: u32, state: &str) -> String {
    let to = subscribe.field("To").split(';').next().unwrap_or_default();
    let ours = subscribe.tag("From");
    format!(
        "NOTIFY sip:alice@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{tag}{cseq}{ours}\r\n\
         Max-Forwards: 70\r\n\
         From: {to};tag={tag}\r\n\
         To: {}\r\n\
         Call-ID: {}\r\n\
         CSeq: {cseq} NOTIFY\r\n\
         Contact: <sip:bob@192.0.2.9>\r\n\
         Event: {}\r\n\
         Subscription-State: {state}\r\n\
         Content-Length: 0\r\n\r\n",
        subscribe.field("From"),
        subscribe.field("Call-ID"),
        subscribe.field("Event"),
    )
}

/// The same with a body of this type.
pub(super) fn with_body(notify: &str, kind: &str, body: &str) -> String {
    let head = format!("Content-Type: {kind}\r\nContent-Length: {}", body.len());
    notify.replace("Content-Length: 0", &head) + body
}

/// What the puppet sends to the user agent.
pub(super) fn puppet_sends(net: &mut Net, text: &str) {
    let to = net.nodes[0].address;
    net.inject(address(9), to, text);
}

/// The puppet answers a request.
pub(super) fn puppet_answers(net: &mut Net, request: &Sent, status: &str, more: &str) {
    net.inject(
        address(9),
        request.from,
        &response(request, status, "t", more, ""),
    );
}

/// The next SUBSCRIBE that the puppet gets, however long that takes.
pub(super) fn next_subscribe(net: &mut Net) -> Sent {
    for _ in 0..40_000 {
        while let Some(sent) = net.puppet.pop_front() {
            if sent.label() == "SUBSCRIBE" {
                return sent;
            }
        }
        net.run_ms(100);
    }
    panic!("no SUBSCRIBE came; {:#?}", net.labels());
}

/// The next NOTIFY that the puppet gets; not one that it got before.
pub(super) fn next_notify(net: &mut Net) -> Sent {
    let seen = |net: &Net, notify: &Sent| {
        let of_log = net.log.iter().filter(|sent| sent.at < notify.at);
        of_log.filter(|sent| sent.text == notify.text).count() > 0
    };
    loop {
        let notify = net.puppet_receives("NOTIFY");
        if !seen(net, &notify) {
            return notify;
        }
    }
}

/// The puppet takes a SUBSCRIBE for so many seconds.
pub(super) fn puppet_takes(net: &mut Net, subscribe: &Sent, secs: u32) {
    let more = format!("Contact: <sip:bob@192.0.2.9>\r\nExpires: {secs}\r\n");
    puppet_answers(net, subscribe, "200 OK", &more);
}

/// Alice subscribes to the puppet: the SUBSCRIBE.
pub(super) fn asked(net: &mut Net, subscribe: Subscribe) -> (Sent, SubscriptionHandle) {
    let (alice, now) = net.at(0);
    let handle = alice.subscribe(now, PUPPET, subscribe).unwrap();
    (net.puppet_receives("SUBSCRIBE"), handle)
}

/// Alice has subscribed to the puppet, which is active for ten minutes: the SUBSCRIBE.
pub(super) fn subscribed(net: &mut Net, subscribe: Subscribe) -> (Sent, SubscriptionHandle) {
    let (first, handle) = asked(net, subscribe);
    puppet_takes(net, &first, 600);
    let active = notify((&first, "t"), 1, "active;expires=600");
    puppet_sends(net, &active);
    net.puppet_receives("200 NOTIFY");
    (first, handle)
}

/// The puppet notifies once more and gets this answer.
pub(super) fn notified(net: &mut Net, text: &str, answer: &str) -> Sent {
    puppet_sends(net, text);
    net.puppet_receives(&format!("{answer} NOTIFY"))
}

/// The next state that Alice is told.
pub(super) fn told(net: &mut Net) -> Notification {
    net.expect(0, |event| match event {
        UaEvent::Notified { notification, .. } => Some((**notification).clone()),
        _ => None,
    })
}

/// Why the next subscription of Alice's has ended, and when it is begun anew.
pub(super) fn subscription_ended(net: &mut Net) -> (SubscriptionEnd, Option<Duration>) {
    net.expect(0, |event| match event {
        UaEvent::SubscriptionEnded {
            reason, retry_in, ..
        } => Some((*reason, *retry_in)),
        _ => None,
    })
}

/// Bob, who can be watched.
pub(super) fn bob() -> UserAgentConfig {
    UserAgentConfig {
        events: Some(EventService::new(["presence", "dialog"])),
        ..UserAgentConfig::new("sip:bob@example.org")
    }
}

/// Bob at 192.0.2.1, against puppets.
pub(super) fn bob_alone() -> Net {
    Net::new([bob()])
}

/// A SUBSCRIBE of the puppet's to Bob's presence, for so many seconds.
pub(super) fn subscribe(cseq: u32, to_tag: &str, secs: u32) -> String {
    let more = format!("Event: presence\r\nExpires: {secs}\r\n");
    from_caller("SUBSCRIBE", cseq, to_tag, &more, "")
}

/// The next who wants to watch a node.
pub(super) fn requested(net: &mut Net, node: usize) -> WatcherHandle {
    net.expect(node, |event| match event {
        UaEvent::SubscriptionRequested { watcher, .. } => Some(*watcher),
        _ => None,
    })
}

/// Why the next of those who watch a node do no more.
pub(super) fn watcher_ended(net: &mut Net, node: usize) -> WatcherEnd {
    net.expect(node, |event| match event {
        UaEvent::WatcherEnded { reason, .. } => Some(*reason),
        _ => None,
    })
}

/// A state in words.
pub(super) fn state(words: &str) -> EventState {
    EventState {
        content_type: "text/plain".into(),
        body: words.into(),
    }
}

/// The puppet asks to watch Bob for ten minutes.
pub(super) fn asking(net: &mut Net) -> WatcherHandle {
    puppet_sends(net, &subscribe(1, "", 600));
    net.run_ms(20);
    requested(net, 0)
}

/// The puppet watches Bob for ten minutes and knows the state "one": the NOTIFY that told it.
pub(super) fn watching(net: &mut Net) -> (Sent, WatcherHandle) {
    let watcher = asking(net);
    let (bob, now) = net.at(0);
    bob.grant_subscription(now, watcher, state("one")).unwrap();
    let notify = net.puppet_receives("NOTIFY");
    puppet_answers(net, &notify, "200 OK", "");
    net.run_ms(20);
    (notify, watcher)
}

/// How a subscription of Alice's stands; none once it is over.
pub(super) fn subscription_state(
    net: &mut Net,
    subscription: SubscriptionHandle,
) -> Option<SubscriberState> {
    let user = net.at(0).0.user();
    user.subscription(subscription).map(|it| it.state())
}

/// How it stands with somebody who watches Bob; none once they do no more.
pub(super) fn watcher_state(net: &mut Net, watcher: WatcherHandle) -> Option<NotifierState> {
    net.at(0).0.user().watcher_of(watcher).map(|it| it.state())
}

/// Alice leaves: the SUBSCRIBE.
pub(super) fn leave(net: &mut Net, subscription: SubscriptionHandle) -> Sent {
    let (alice, now) = net.at(0);
    alice.leave_subscription(now, subscription).unwrap();
    next_subscribe(net)
}
