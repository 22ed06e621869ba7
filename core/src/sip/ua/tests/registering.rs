//! Registrations (RFC 3261 §10.2) and the answers to challenges (§22).

use super::net::{Net, Sent, address, media, response, sdp};
use crate::sip::auth::Account;
use crate::sip::header::QValue;
use crate::sip::message::StatusCode;
use crate::sip::ua::{
    Binding, EndReason, Identity, InstanceId, RegistrationFailure, RegistrationHandle,
    RequestError, StaleHandle, UaEvent, UserAgentConfig,
};

use alloc::format;
use core::time::Duration;

const REGISTRAR: &str = "sip:192.0.2.9";
const CHALLENGE: &str = "WWW-Authenticate: Digest realm=\"example.org\", nonce=\"n1\", \
    algorithm=SHA-256, qop=\"auth\"\r\n";
const PROXY_CHALLENGE: &str = "Proxy-Authenticate: Digest realm=\"proxy\", nonce=\"p1\", \
    algorithm=MD5, qop=\"auth\"\r\n";

fn alice() -> Net {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.accounts.push(Account::new("alice", "wonder"));
    Net::new([config])
}

fn register(net: &mut Net, secs: u64) -> (Sent, RegistrationHandle) {
    let (alice, now) = net.at(0);
    let handle = alice
        .register(now, REGISTRAR, Duration::from_secs(secs))
        .unwrap();
    (net.puppet_receives("REGISTER"), handle)
}

fn answer(net: &mut Net, request: &Sent, status: &str, more: &str) {
    net.inject(
        address(9),
        address(1),
        &response(request, status, "r", more, ""),
    );
    net.run_ms(20);
}

fn bound(net: &mut Net) -> Duration {
    net.expect(0, |event| match event {
        UaEvent::Registered { expires, .. } => Some(*expires),
        _ => None,
    })
}

fn failure(net: &mut Net) -> (RegistrationFailure, Option<StatusCode>, Option<Duration>) {
    net.expect(0, |event| match event {
        UaEvent::RegistrationFailed {
            status,
            reason,
            retry_in,
            ..
        } => Some((*reason, *status, *retry_in)),
        _ => None,
    })
}

/// §8.1.1.8: a SIPS Request-URI asks for a Contact that is one too, whatever the address-of-record.
#[test]
fn a_registrar_that_is_named_by_a_sips_uri_gets_a_sips_contact() {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.outbound_proxies.push("sip:192.0.2.9".into());
    let mut net = Net::new([config]);
    let (alice, now) = net.at(0);
    let hour = Duration::from_secs(3600);
    alice.register(now, "sips:example.org", hour).unwrap();
    let request = net.puppet_receives("REGISTER");
    let contact = request.field("Contact");
    assert!(contact.starts_with("<sips:alice@"), "{contact}");
}

/// §8.1.1.8: so does a Route that is a SIPS URI, and one that only names TLS does not; that its Contact
/// is reached over TLS, it says itself.
#[test]
fn a_proxy_that_is_named_by_a_sips_uri_gets_a_sips_contact() {
    for (proxy, contact) in [
        ("sips:192.0.2.9", "<sips:alice@192.0.2.1:5061>"),
        (
            "sip:192.0.2.9;transport=tls",
            "<sip:alice@192.0.2.1:5061;transport=tls>",
        ),
    ] {
        let mut config = UserAgentConfig::new("sip:alice@example.org");
        config.outbound_proxies.push(proxy.into());
        let mut net = Net::new([config]);
        let (alice, now) = net.at(0);
        let hour = Duration::from_secs(3600);
        alice.register(now, "sip:example.org", hour).unwrap();
        let request = net.puppet_receives("REGISTER");
        assert_eq!(request.to.port(), 5061);
        assert_eq!(request.field("Route"), alloc::format!("<{proxy};lr>"));
        let value = alloc::format!("{contact};expires=3600");
        assert_eq!(request.field("Contact"), value);
    }
}

/// §20.33, §20.43: what the registrar says beside its status is handed on, whether or not it is
/// asked again.
#[test]
fn a_refused_registration_tells_what_was_said() {
    let details = |net: &mut Net| {
        net.expect(0, |event| match event {
            UaEvent::RegistrationFailed { details, .. } => Some(details.clone()),
            _ => None,
        })
    };
    let warning = "Warning: 399 example.org \"not in this house\"\r\n";
    let later = alloc::format!("Retry-After: 300\r\n{warning}");
    let mut net = alice();
    let (first, _) = register(&mut net, 600);
    answer(&mut net, &first, "503 Service Unavailable", &later);
    let said = details(&mut net).unwrap();
    assert_eq!(said.retry_after, Some(Duration::from_secs(300)));
    assert_eq!(said.warnings[0].text, "not in this house");
    net.run_secs(300);
    let again = net.puppet_receives("REGISTER");
    answer(&mut net, &again, "403 Forbidden", warning);
    assert_eq!(details(&mut net).unwrap().warnings[0].code, 399);
    let (silent, _) = register(&mut net, 600);
    answer(&mut net, &silent, "403 Forbidden", "");
    assert_eq!(details(&mut net), None);
    net.assert_idle();
}

/// §10.2: the Request-URI is the registrar's and has no user, To and From are the address-of-record.
#[test]
fn what_a_register_says() {
    let mut net = alice();
    let (register, _) = register(&mut net, 3600);
    assert_eq!(register.request_uri(), REGISTRAR);
    assert_eq!(register.field("To"), "<sip:alice@example.org>");
    assert!(
        register
            .field("From")
            .starts_with("<sip:alice@example.org>;tag=")
    );
    assert_eq!(
        register.field("Contact"),
        "<sip:alice@192.0.2.1:5060>;expires=3600"
    );
    assert_eq!(register.field("Expires"), "3600");
}

/// §10.2.4: refreshed before it runs out, with the same Call-ID and the next CSeq.
// shows: S214
#[test]
fn a_binding_is_refreshed_before_it_runs_out() {
    let mut net = alice();
    let (first, _) = register(&mut net, 3600);
    let contacts = "Contact: <sip:alice@192.0.2.77>;expires=7, \
        <sip:alice@192.0.2.1:5060>;expires=600\r\n";
    answer(&mut net, &first, "200 OK", contacts);
    assert_eq!(bound(&mut net), Duration::from_secs(600));
    net.run_secs(500);
    assert_eq!(net.sent("REGISTER").len(), 1);
    let second = net.puppet_receives("REGISTER");
    let since = |sent: &Sent| sent.at.saturating_duration_since(first.at).as_secs();
    assert_eq!(since(&second), 510);
    assert_eq!(second.field("Call-ID"), first.field("Call-ID"));
    assert_eq!(second.cseq(), first.cseq() + 1);
    answer(&mut net, &second, "200 OK", "Expires: 60\r\n");
    assert_eq!(bound(&mut net), Duration::from_secs(60));
    assert_eq!(since(&net.puppet_receives("REGISTER")), 540);
}

/// §8.1.3.5, §22.2: again, with credentials, the next CSeq, and the same Call-ID and From.
#[test]
fn a_challenge_is_answered_once() {
    let mut net = alice();
    let (first, handle) = register(&mut net, 600);
    answer(&mut net, &first, "401 Unauthorized", CHALLENGE);
    let second = net.puppet_receives("REGISTER");
    assert_eq!(second.field("Call-ID"), first.field("Call-ID"));
    assert_eq!(second.field("From"), first.field("From"));
    assert_eq!(second.cseq(), first.cseq() + 1);
    assert_ne!(second.branch(), first.branch());
    let credentials = second.field("Authorization");
    for part in [
        "username=\"alice\"",
        "realm=\"example.org\"",
        "nonce=\"n1\"",
        "uri=\"sip:192.0.2.9\"",
        "algorithm=SHA-256",
        "nc=00000001",
    ] {
        assert!(credentials.contains(part), "{part} in {credentials}");
    }
    answer(&mut net, &second, "200 OK", "Expires: 100\r\n");
    bound(&mut net);
    // The refresh brings them unasked.
    let third = net.puppet_receives("REGISTER");
    assert!(third.field("Authorization").contains("nc=00000002"));
    assert!(net.at(0).0.user().registration(handle).is_some());
}

/// §22.1: the same challenge again means that the password is wrong.
#[test]
fn a_wrong_password_ends_the_registration() {
    let mut net = alice();
    let (first, handle) = register(&mut net, 600);
    answer(&mut net, &first, "401 Unauthorized", CHALLENGE);
    let second = net.puppet_receives("REGISTER");
    let other = CHALLENGE.replace("n1", "n2");
    answer(&mut net, &second, "401 Unauthorized", &other);
    let expected = (
        RegistrationFailure::WrongPassword,
        Some(StatusCode::UNAUTHORIZED),
        None,
    );
    assert_eq!(failure(&mut net), expected);
    assert_eq!(net.sent("REGISTER").len(), 2);
    let (alice, now) = net.at(0);
    assert_eq!(alice.user().unanswered_realm(), Some("example.org"));
    assert_eq!(alice.unregister(now, handle), Err(StaleHandle));
    net.assert_idle();
}

#[test]
fn without_an_account_a_challenge_ends_the_registration() {
    let mut net = Net::new([UserAgentConfig::new("sip:alice@example.org")]);
    let (first, _) = register(&mut net, 600);
    answer(&mut net, &first, "401 Unauthorized", CHALLENGE);
    assert_eq!(failure(&mut net).0, RegistrationFailure::WrongPassword);
    net.assert_idle();
}

/// §10.2.8.
#[test]
fn an_interval_too_brief_is_raised_to_what_the_registrar_takes() {
    let mut net = alice();
    let (first, _) = register(&mut net, 10);
    answer(
        &mut net,
        &first,
        "423 Interval Too Brief",
        "Min-Expires: 120\r\n",
    );
    let second = net.puppet_receives("REGISTER");
    assert_eq!(second.field("Expires"), "120");
    assert_eq!(second.cseq(), first.cseq() + 1);
    // A registrar that goes on asking for what it was given is not asked for ever.
    answer(
        &mut net,
        &second,
        "423 Interval Too Brief",
        "Min-Expires: 120\r\n",
    );
    assert_eq!(failure(&mut net).2, None);
    net.assert_idle();
}

/// §10.2.7, RFC 5626 §4.5 and Appendix A: not at once, and later each time; the first try comes
/// after 30 to 60 seconds.
#[test]
fn a_registrar_that_is_away_is_asked_again_later() {
    let mut net = alice();
    register(&mut net, 600);
    net.run_secs(33);
    let (reason, status, wait) = failure(&mut net);
    assert_eq!((reason, status), (RegistrationFailure::TimedOut, None));
    let wait = wait.unwrap();
    assert!(wait >= Duration::from_secs(30) && wait <= Duration::from_secs(60));
    net.forget();
    let again = net.puppet_receives("REGISTER");
    answer(&mut net, &again, "503 Service Unavailable", "");
    let (reason, status, wait) = failure(&mut net);
    assert_eq!(reason, RegistrationFailure::Unavailable);
    assert_eq!(status, Some(StatusCode::SERVICE_UNAVAILABLE));
    let wait = wait.unwrap();
    assert!(wait >= Duration::from_secs(60) && wait <= Duration::from_secs(120));
    let again = net.puppet_receives("REGISTER");
    answer(&mut net, &again, "200 OK", "Expires: 600\r\n");
    bound(&mut net);
}

#[test]
fn a_refusal_for_good_ends_the_registration() {
    let mut net = alice();
    let (first, _) = register(&mut net, 600);
    answer(&mut net, &first, "403 Forbidden", "");
    let expected = (
        RegistrationFailure::Rejected,
        Some(StatusCode::FORBIDDEN),
        None,
    );
    assert_eq!(failure(&mut net), expected);
    net.assert_idle();
}

/// §10.2.2; and §10.2: no new REGISTER before the last one is answered.
// shows: S214
#[test]
fn unregistering_waits_for_the_answer_under_way() {
    let mut net = alice();
    let (first, handle) = register(&mut net, 600);
    let (endpoint, now) = net.at(0);
    endpoint.unregister(now, handle).unwrap();
    net.run_ms(100);
    assert_eq!(net.sent("REGISTER").len(), 1);
    answer(&mut net, &first, "200 OK", "Expires: 600\r\n");
    let removal = net.puppet_receives("REGISTER");
    assert!(removal.field("Contact").ends_with(";expires=0"));
    answer(&mut net, &removal, "200 OK", "");
    assert!(net.saw(
        0,
        &UaEvent::Unregistered {
            registration: handle
        }
    ));
    net.assert_idle();
}

/// A removal that nobody answers is over all the same: the binding runs out by itself.
#[test]
fn unregistering_into_the_void_ends() {
    let mut net = alice();
    let (first, handle) = register(&mut net, 600);
    answer(&mut net, &first, "200 OK", "Expires: 600\r\n");
    bound(&mut net);
    let (endpoint, now) = net.at(0);
    endpoint.unregister(now, handle).unwrap();
    net.run_secs(33);
    assert!(net.saw(
        0,
        &UaEvent::Unregistered {
            registration: handle
        }
    ));
    net.assert_idle();
}

/// §22.3, §13.2.2.4: proxy and server challenge one after the other; the INVITE that succeeds
/// answers both, its ACK has the same credentials, and BYE brings its own.
// shows: S274
#[test]
fn a_call_answers_proxy_and_server() {
    let mut net = alice();
    let (endpoint, now) = net.at(0);
    let a = endpoint.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let first = net.puppet_receives("INVITE");
    answer(
        &mut net,
        &first,
        "407 Proxy Authentication Required",
        PROXY_CHALLENGE,
    );
    let second = net.puppet_receives("INVITE");
    assert!(
        second
            .field("Proxy-Authorization")
            .contains("realm=\"proxy\"")
    );
    answer(&mut net, &second, "401 Unauthorized", CHALLENGE);
    let third = net.puppet_receives("INVITE");
    assert_eq!(
        (third.cseq(), third.field("From")),
        (3, first.field("From"))
    );
    assert_eq!(third.body(), first.body());
    let proxy = third.field("Proxy-Authorization");
    assert!(proxy.contains("nc=00000002"), "{proxy}");
    let server = third.field("Authorization");
    assert!(server.contains("nc=00000001"), "{server}");
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    let success = response(&third, "200 OK", "t", contact, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    let ack = net.puppet_receives("ACK");
    assert_eq!(ack.cseq(), 3);
    assert_eq!(ack.field("Authorization"), server);
    assert_eq!(ack.field("Proxy-Authorization"), proxy);
    // RFC 5407 App. D: a BYE that is challenged is sent again.
    let (endpoint, now) = net.at(0);
    endpoint.hang_up(now, a).unwrap();
    let bye = net.puppet_receives("BYE");
    assert!(bye.field("Authorization").contains("nc=00000002"));
    let stale = CHALLENGE
        .replace("n1", "n9")
        .replace("qop", "stale=true, qop");
    answer(&mut net, &bye, "401 Unauthorized", &stale);
    let again = net.puppet_receives("BYE");
    assert!(again.field("Authorization").contains("nonce=\"n9\""));
    assert_eq!(again.cseq(), bye.cseq() + 1);
    answer(&mut net, &again, "200 OK", "");
    assert_eq!(net.ended(0), EndReason::HungUp);
    net.assert_idle();
}

#[test]
fn a_call_with_a_wrong_password_ends_clearly() {
    let mut net = alice();
    let (endpoint, now) = net.at(0);
    endpoint.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let first = net.puppet_receives("INVITE");
    answer(&mut net, &first, "401 Unauthorized", CHALLENGE);
    let second = net.puppet_receives("INVITE");
    answer(&mut net, &second, "401 Unauthorized", CHALLENGE);
    assert_eq!(net.ended(0), EndReason::WrongPassword);
    assert_eq!(net.sent("INVITE").len(), 2);
    net.assert_idle();
}

/// A re-INVITE is challenged as any other request.
#[test]
fn a_challenged_hold_is_sent_again() {
    let mut net = alice();
    let (endpoint, now) = net.at(0);
    let a = endpoint.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    let success = response(&invite, "200 OK", "t", contact, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    net.puppet_receives("ACK");
    let (endpoint, now) = net.at(0);
    endpoint.hold(now, a).unwrap();
    let hold = net.puppet_receives("INVITE");
    answer(&mut net, &hold, "401 Unauthorized", CHALLENGE);
    let again = net.puppet_receives("INVITE");
    assert_eq!(again.body(), hold.body());
    assert_eq!(again.cseq(), hold.cseq() + 1);
    assert!(!again.field("Authorization").is_empty());
    let success = response(&again, "200 OK", "t", contact, &sdp(9, "recvonly"));
    net.inject(address(9), address(1), &success);
    net.run_ms(30);
    assert!(net.saw(0, &UaEvent::HoldDone { call: a }));
}

/// §11.1.
#[test]
fn options_asks_and_reports() {
    let mut net = alice();
    let (endpoint, now) = net.at(0);
    let query = endpoint.options(now, "sip:bob@192.0.2.9").unwrap();
    let first = net.puppet_receives("OPTIONS");
    assert!(
        first
            .field("Accept")
            .starts_with("application/sdp, multipart/mixed")
    );
    answer(&mut net, &first, "401 Unauthorized", CHALLENGE);
    let second = net.puppet_receives("OPTIONS");
    assert!(!second.field("Authorization").is_empty());
    answer(
        &mut net,
        &second,
        "200 OK",
        "Allow: INVITE, ACK\r\nAllow: BYE\r\n",
    );
    let status = Some(StatusCode::OK);
    let allow = ["INVITE", "ACK", "BYE"].map(alloc::string::String::from);
    let allow = allow.to_vec();
    assert!(net.saw(
        0,
        &UaEvent::OptionsAnswered {
            query,
            status,
            allow,
            details: None,
        }
    ));
    let (endpoint, now) = net.at(0);
    let query = endpoint.options(now, "sip:nobody@192.0.2.99").unwrap();
    net.run_secs(33);
    assert!(net.saw(
        0,
        &UaEvent::OptionsAnswered {
            query,
            status: None,
            allow: alloc::vec::Vec::new(),
            details: None,
        }
    ));
    net.assert_idle();
}

/// What the registrar says of the bindings there are.
fn bindings(net: &mut Net) -> (Option<StatusCode>, alloc::vec::Vec<Binding>) {
    net.expect(0, |event| match event {
        UaEvent::BindingsAnswered {
            status, bindings, ..
        } => Some((*status, bindings.clone())),
        _ => None,
    })
}

/// §10.2.3, RFC 3665 §2.3: a REGISTER without Contact changes nothing, and its 2xx lists what there is.
// shows: S217
#[test]
fn the_bindings_are_asked_for_without_a_contact() {
    let mut net = alice();
    let (alice, now) = net.at(0);
    let first = Identity::FIRST;
    alice.fetch_bindings(now, first, REGISTRAR).unwrap();
    let request = net.puppet_receives("REGISTER");
    assert!(request.fields("Contact").is_empty());
    assert!(request.fields("Expires").is_empty());
    assert_eq!(request.field("To"), "<sip:alice@example.org>");
    answer(&mut net, &request, "401 Unauthorized", CHALLENGE);
    let again = net.puppet_receives("REGISTER");
    assert!(!again.field("Authorization").is_empty());
    let contacts = "Contact: <sip:alice@192.0.2.1>;expires=60;q=0.5, <tel:+1-201>\r\n";
    answer(&mut net, &again, "200 OK", contacts);
    let expected = [
        Binding {
            uri: "sip:alice@192.0.2.1".into(),
            expires: Some(60),
            q: QValue::from_thousandths(500).unwrap(),
        },
        Binding {
            uri: "tel:+1-201".into(),
            expires: None,
            q: QValue::ONE,
        },
    ];
    assert_eq!(bindings(&mut net), (Some(StatusCode::OK), expected.into()));
    net.assert_idle();
}

/// §10.2.2: the star stands alone, with an Expires of zero.
#[test]
fn all_bindings_are_removed_by_a_star() {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.instance = InstanceId::from_urn("urn:uuid:1");
    let mut net = Net::new([config]);
    let (alice, now) = net.at(0);
    let first = Identity::FIRST;
    alice.remove_all_bindings(now, first, REGISTRAR).unwrap();
    let request = net.puppet_receives("REGISTER");
    assert_eq!(request.fields("Contact"), ["*"]);
    assert_eq!(request.field("Expires"), "0");
    answer(
        &mut net,
        &request,
        "403 Forbidden",
        "Contact: <sip:a@b>\r\n",
    );
    let refused = (Some(StatusCode::FORBIDDEN), alloc::vec::Vec::new());
    assert_eq!(bindings(&mut net), refused);
    net.assert_idle();
}

/// §10.2.1, RFC 3665 §2.2: a contact may be of any scheme; §10.2.8: for as long as the registrar likes.
#[test]
fn a_mail_address_is_bound_beside_what_there_is() {
    let mut net = alice();
    let (alice, now) = net.at(0);
    let first = Identity::FIRST;
    let mail = ("mailto:alice@example.org", Duration::from_secs(30));
    alice.bind(now, first, REGISTRAR, mail).unwrap();
    let request = net.puppet_receives("REGISTER");
    let contact = "<mailto:alice@example.org>;expires=30";
    assert_eq!(request.fields("Contact"), [contact]);
    answer(
        &mut net,
        &request,
        "423 Interval Too Brief",
        "Min-Expires: 60\r\n",
    );
    let again = net.puppet_receives("REGISTER");
    let contact = "<mailto:alice@example.org>;expires=60";
    assert_eq!(again.fields("Contact"), [contact]);
    answer(
        &mut net,
        &again,
        "200 OK",
        &format!("Contact: {contact}\r\n"),
    );
    let (status, bound) = bindings(&mut net);
    assert_eq!((status, bound.len()), (Some(StatusCode::OK), 1));
    // Asked for no time it is removed, and for no more than that.
    let (alice, now) = net.at(0);
    alice
        .bind(now, first, REGISTRAR, (mail.0, Duration::ZERO))
        .unwrap();
    let request = net.puppet_receives("REGISTER");
    answer(
        &mut net,
        &request,
        "423 Interval Too Brief",
        "Min-Expires: 60\r\n",
    );
    let (status, _) = bindings(&mut net);
    assert_eq!(status, Some(StatusCode::INTERVAL_TOO_BRIEF));
    let wrong = alice_binds(&mut net, "no uri");
    assert_eq!(wrong, Err(RequestError::BadUri));
    net.assert_idle();
}

fn alice_binds(net: &mut Net, uri: &str) -> Result<(), RequestError> {
    let (alice, now) = net.at(0);
    let minute = Duration::from_secs(60);
    alice
        .bind(now, Identity::FIRST, REGISTRAR, (uri, minute))
        .map(|_| ())
}

/// §10.2: the Request-URI of a REGISTER names the domain and nobody in it, whatever is given.
#[test]
fn the_user_of_a_registrar_is_left_out() {
    let mut net = alice();
    let (agent, now) = net.at(0);
    let registrar = "sip:alice:secret@192.0.2.9:5060;transport=udp";
    let hour = Duration::from_secs(3600);
    agent.register(now, registrar, hour).unwrap();
    let register = net.puppet_receives("REGISTER");
    assert_eq!(register.request_uri(), "sip:192.0.2.9:5060;transport=udp");
}
