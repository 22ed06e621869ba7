//! What the file of a phone says: its registrations, and its calls.

use std::time::Duration;

use offhook::Transport;
use offhook::sip::dialog::{DialogId, SavedDialog};
use offhook::sip::ua::{
    Role, SavedBinding, SavedCall, SavedFlow, SavedPeer, SavedRegistration, SavedSessionTimer,
};

use super::page::{Done, Fault, Page};
use super::session::{self, NOWHERE};

/// The first line; another number is another list of fields.
const HEADING: &str = "offhook phone state 1";

/// All a phone keeps for after a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// When it was written, in milliseconds of Unix time.
    pub(super) written: u64,
    pub(super) registrations: Vec<SavedRegistration>,
    pub(super) calls: Vec<KeptCall>,
}

/// A call, and what the phone knows of it beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeptCall {
    pub(super) number: usize,
    pub(super) peer: String,
    /// Whether the command line asked for it.
    pub(super) is_errand: bool,
    /// For how long it has been answered.
    pub(super) talked: Duration,
    pub(super) saved: SavedCall,
}

impl Content {
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let mut content = Self::default();
        content.fields(&mut Page::to_read(text))?;
        Ok(content)
    }

    pub(super) fn write(mut self) -> String {
        let mut page = Page::to_write();
        // Only what is read can be wrong.
        let _ = self.fields(&mut page);
        page.text()
    }

    /// The same without what only the time changes.
    pub(super) fn still(mut self) -> Self {
        self.written = 0;
        let flows = self.registrations.iter_mut().flat_map(|it| &mut it.flows);
        for binding in flows.filter_map(|flow| flow.binding.as_mut()) {
            binding.remaining = Duration::ZERO;
        }
        for call in &mut self.calls {
            call.talked = Duration::ZERO;
            if let Some(timer) = &mut call.saved.session_timer {
                timer.remaining = Duration::ZERO;
            }
        }
        self
    }

    fn fields(&mut self, page: &mut Page<'_>) -> Done {
        page.heading(HEADING)?;
        page.plain("written", &mut self.written)?;
        let registrations = &mut self.registrations;
        page.list(
            "registrations",
            registrations,
            no_registration,
            registration,
        )?;
        page.list("calls", &mut self.calls, no_call, kept_call)?;
        // What was cut off is not taken for all there is.
        page.heading("end")
    }
}

fn no_registration() -> SavedRegistration {
    SavedRegistration {
        address_of_record: String::new(),
        registrar: String::new(),
        flows: Vec::new(),
        binds_flows: None,
        service_route: Vec::new(),
        pub_gruu: None,
        temp_gruus: Vec::new(),
    }
}

fn registration(page: &mut Page<'_>, it: &mut SavedRegistration) -> Done {
    page.text_of("address-of-record", &mut it.address_of_record)?;
    page.text_of("registrar", &mut it.registrar)?;
    let no_flow = || SavedFlow {
        call_id: String::new(),
        cseq: 0,
        expires: Duration::ZERO,
        asks_outbound: false,
        is_refused: false,
        binding: None,
    };
    page.list("flows", &mut it.flows, no_flow, flow)?;
    page.maybe_plain("binds-flows", &mut it.binds_flows)?;
    texts(page, "service-route", &mut it.service_route)?;
    page.maybe_text("pub-gruu", &mut it.pub_gruu)?;
    texts(page, "temp-gruus", &mut it.temp_gruus)
}

fn flow(page: &mut Page<'_>, it: &mut SavedFlow) -> Done {
    page.text_of("call-id", &mut it.call_id)?;
    page.plain("cseq", &mut it.cseq)?;
    span(page, "expires", &mut it.expires)?;
    page.plain("asks-outbound", &mut it.asks_outbound)?;
    page.plain("is-refused", &mut it.is_refused)?;
    let no_binding = || SavedBinding {
        contact: String::new(),
        remaining: Duration::ZERO,
        is_outbound: false,
        path: Vec::new(),
    };
    page.maybe("binding", &mut it.binding, no_binding, |page, it| {
        page.text_of("contact", &mut it.contact)?;
        span(page, "remaining", &mut it.remaining)?;
        page.plain("is-outbound", &mut it.is_outbound)?;
        texts(page, "path", &mut it.path)
    })
}

fn no_call() -> KeptCall {
    let dialog = SavedDialog {
        id: DialogId {
            call_id: "".into(),
            local_tag: "".into(),
            remote_tag: "".into(),
        },
        local_uri: String::new(),
        remote_uri: String::new(),
        remote_target: String::new(),
        route_set: Vec::new(),
        local_seq: None,
        remote_seq: None,
        is_secure: false,
        owns_call_id: false,
    };
    let saved = SavedCall {
        address_of_record: String::new(),
        role: Role::Caller,
        dialog,
        session: session::blank(),
        is_held: false,
        peer: SavedPeer::default(),
        session_timer: None,
        min_se: 0,
        transport: Transport::Udp,
        remote_address: NOWHERE,
        local_contact: String::new(),
    };
    KeptCall {
        number: 0,
        peer: String::new(),
        is_errand: false,
        talked: Duration::ZERO,
        saved,
    }
}

fn kept_call(page: &mut Page<'_>, it: &mut KeptCall) -> Done {
    page.plain("call", &mut it.number)?;
    page.text_of("peer", &mut it.peer)?;
    page.plain("is-errand", &mut it.is_errand)?;
    span(page, "talked", &mut it.talked)?;
    let it = &mut it.saved;
    page.text_of("address-of-record", &mut it.address_of_record)?;
    let tell = |role: &Role| match role {
        Role::Caller => "caller".to_owned(),
        Role::Callee => "callee".to_owned(),
    };
    page.named("role", &mut it.role, tell, |word| match word {
        "caller" => Some(Role::Caller),
        "callee" => Some(Role::Callee),
        _ => None,
    })?;
    dialog(page, &mut it.dialog)?;
    session::session(page, &mut it.session)?;
    page.plain("is-held", &mut it.is_held)?;
    page.plain("takes-update", &mut it.peer.takes_update)?;
    page.plain("takes-from-change", &mut it.peer.takes_from_change)?;
    texts(page, "info-packages", &mut it.peer.info_packages)?;
    texts(page, "left-out", &mut it.peer.left_out)?;
    texts(page, "required", &mut it.peer.required)?;
    let no_timer = || SavedSessionTimer {
        interval: Duration::ZERO,
        we_refresh: false,
        remaining: Duration::ZERO,
    };
    page.maybe(
        "session-timer",
        &mut it.session_timer,
        no_timer,
        |page, it| {
            span(page, "interval", &mut it.interval)?;
            page.plain("we-refresh", &mut it.we_refresh)?;
            span(page, "remaining", &mut it.remaining)
        },
    )?;
    page.plain("min-se", &mut it.min_se)?;
    let tell = |it: &Transport| crate::options::name_of(*it).to_owned();
    page.named("transport", &mut it.transport, tell, |word| {
        crate::options::transport(word).ok()
    })?;
    page.plain("remote-address", &mut it.remote_address)?;
    page.text_of("local-contact", &mut it.local_contact)
}

fn dialog(page: &mut Page<'_>, it: &mut SavedDialog) -> Done {
    page.text_of("call-id", &mut it.id.call_id)?;
    page.text_of("local-tag", &mut it.id.local_tag)?;
    page.text_of("remote-tag", &mut it.id.remote_tag)?;
    page.text_of("local-uri", &mut it.local_uri)?;
    page.text_of("remote-uri", &mut it.remote_uri)?;
    page.text_of("remote-target", &mut it.remote_target)?;
    texts(page, "route-set", &mut it.route_set)?;
    page.maybe_plain("local-seq", &mut it.local_seq)?;
    page.maybe_plain("remote-seq", &mut it.remote_seq)?;
    page.plain("is-secure", &mut it.is_secure)?;
    page.plain("owns-call-id", &mut it.owns_call_id)
}

fn texts(page: &mut Page<'_>, name: &str, it: &mut Vec<String>) -> Done {
    page.list(name, it, String::new, |page, it| page.text_of("-", it))
}

/// A time span, in milliseconds.
fn span(page: &mut Page<'_>, name: &str, it: &mut Duration) -> Done {
    let tell = |it: &Duration| it.as_millis().to_string();
    let read = |text: &str| text.parse().ok().map(Duration::from_millis);
    page.named(name, it, tell, read)
}

#[cfg(test)]
mod tests {
    use offhook::sdp::attribute::EventList;
    use offhook::sdp::offer_answer::Negotiation;
    use offhook::sdp::{BandwidthLimits, Codec, LocalMedia, MediaKind, PlaceUse, SavedPlace};

    use super::*;

    /// A session of an offer and its answer, with something of everything in it.
    fn session() -> offhook::sdp::SavedSession {
        let media = |port| LocalMedia::audio(([192, 0, 2, 1], port).into());
        let mut ours = Negotiation::for_media(7, &[media(4000)]);
        let mut theirs = Negotiation::for_media(8, &[media(5000)]);
        let offer = ours.create_offer(media(4000)).unwrap();
        theirs.receive_offer(&offer).unwrap();
        ours.receive_answer(&theirs.create_answer(media(5000)).unwrap())
            .unwrap();
        let mut session = ours.save().unwrap();
        session.places[0].mid = Some("1".into());
        session.places.push(SavedPlace {
            used_for: PlaceUse::Closed {
                media: "video".into(),
                transport: "RTP/AVP".into(),
                format: "31".into(),
            },
            payload_types: Vec::new(),
            mid: None,
        });
        let local = &mut session.local[0];
        local.kind = MediaKind::Audio;
        local.bandwidth = BandwidthLimits {
            session_kbps: Some(64),
            ..BandwidthLimits::default()
        };
        local.attributes.push(("x".into(), Some("y z".into())));
        let plan = &mut session.plans[0].1;
        plan.previous_local = Some("[::1]:4002".parse().unwrap());
        plan.telephone_events = EventList::parse("0-3,66").unwrap();
        plan.codec = Codec {
            parameters: Some("a=b;c".into()),
            ..Codec::audio("opus", 48000)
        };
        session
    }

    fn content() -> Content {
        let mut call = no_call();
        call.number = 3;
        call.peer = "sip:bob@example.com".into();
        call.talked = Duration::from_millis(1234);
        call.saved.role = Role::Callee;
        call.saved.transport = Transport::Wss;
        call.saved.dialog.id.call_id = "a@b".into();
        call.saved.dialog.local_seq = Some(9);
        call.saved.dialog.route_set = vec!["sip:p;lr".into(), "sip:q;lr".into()];
        call.saved.session = session();
        call.saved.session_timer = Some(SavedSessionTimer {
            interval: Duration::from_secs(1800),
            we_refresh: true,
            remaining: Duration::from_secs(1000),
        });
        let mut registration = no_registration();
        registration.address_of_record = "sip:alice@example.com".into();
        registration.binds_flows = Some(false);
        registration.flows.push(SavedFlow {
            call_id: "c".into(),
            cseq: 4,
            expires: Duration::from_secs(600),
            asks_outbound: true,
            is_refused: false,
            binding: Some(SavedBinding {
                contact: "sip:alice@192.0.2.1".into(),
                remaining: Duration::from_secs(300),
                is_outbound: false,
                path: vec!["sip:edge;lr".into()],
            }),
        });
        Content {
            written: 1_764_316_800_000,
            registrations: vec![registration],
            calls: vec![call],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for content in [Content::default(), content()] {
            assert_eq!(Content::read(&content.clone().write()), Ok(content));
        }
    }

    /// Nothing less than all of it will do.
    #[test]
    fn what_was_cut_off_or_is_another_list_is_not_read() {
        let text = content().write();
        let lines: Vec<&str> = text.lines().collect();
        for end in 0..lines.len() {
            let cut = lines[..end].join("\n");
            assert!(Content::read(&cut).is_err(), "{end}");
        }
        assert!(Content::read(&text.replace("state 1", "state 2")).is_err());
        assert!(Content::read(&text.replace("calls 1", "calls 99999999999")).is_err());
    }

    #[test]
    fn time_alone_changes_nothing() {
        let mut later = content();
        later.written += 1000;
        later.calls[0].talked += Duration::from_secs(1);
        let timer = later.calls[0].saved.session_timer.as_mut().unwrap();
        timer.remaining -= Duration::from_secs(1);
        assert_ne!(later, content());
        assert_eq!(later.clone().still(), content().still());
        later.calls[0].saved.dialog.local_seq = Some(10);
        assert_ne!(later.still(), content().still());
    }
}
