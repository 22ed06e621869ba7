//! The ways a registrar and its proxies give us: Path (RFC 3327) and Service-Route (RFC 3608).

use alloc::vec::Vec;

use core::time::Duration;

use super::net::{Net, Sent, address, media, response};
use crate::sip::ua::{Registration, RegistrationHandle, UserAgentConfig};

const SERVICES: &str = "Service-Route: <sip:P2.HOME.EXAMPLE.COM;lr>,\r\n \
    <sip:HSP.HOME.EXAMPLE.COM;lr>\r\n";

/// The lawyer of RFC 3608 §6.4, whose outbound proxy is P1: at 192.0.2.9, and not in the route.
fn lawyer() -> Net {
    let mut config = UserAgentConfig::new("sip:UA1@HOME.EXAMPLE.COM");
    config.outbound_proxies.push("sip:192.0.2.9".into());
    config.preload_route = false;
    Net::new([config])
}

fn register(net: &mut Net) -> (Sent, RegistrationHandle) {
    let (ua, now) = net.at(0);
    let hour = Duration::from_secs(3600);
    let handle = ua.register(now, "sip:HOME.EXAMPLE.COM", hour).unwrap();
    (net.puppet_receives("REGISTER"), handle)
}

fn answer(net: &mut Net, request: &Sent, status: &str, more: &str) {
    let text = response(request, status, "r", more, "");
    net.inject(address(9), address(1), &text);
    net.run_ms(20);
}

fn registration(net: &mut Net, handle: RegistrationHandle) -> &Registration {
    net.at(0).0.user().registration(handle).unwrap()
}

/// The Route values of a call to UA2, and where it went.
fn routes_of_a_call(net: &mut Net) -> (Vec<alloc::string::String>, Sent) {
    let (ua, now) = net.at(0);
    ua.invite(now, "sip:UA2@HOME.EXAMPLE.COM", media(1))
        .unwrap();
    let invite = net.puppet_receives("INVITE");
    let routes = invite.fields("Route").into_iter().map(Into::into);
    (routes.collect(), invite)
}

/// RFC 3608 §6.4.1 F1 and F8, §6.4.2 F1: the service route comes with the 2xx to REGISTER, and
/// stands in Route of the INVITE in the order it came in; the outbound proxy takes both.
// shows: S221 S494
#[test]
fn section_6_4_the_service_route_is_the_route_of_a_call() {
    let mut net = lawyer();
    let (first, handle) = register(&mut net);
    assert!(first.fields("Route").is_empty());
    answer(&mut net, &first, "200 OK", SERVICES);
    let known: Vec<_> = registration(&mut net, handle).service_route().collect();
    let services = ["sip:P2.HOME.EXAMPLE.COM;lr", "sip:HSP.HOME.EXAMPLE.COM;lr"];
    assert_eq!(known, services);
    let (routes, invite) = routes_of_a_call(&mut net);
    assert_eq!(routes, services.map(|uri| alloc::format!("<{uri}>")));
    assert_eq!(invite.request_uri(), "sip:UA2@HOME.EXAMPLE.COM");
    assert_eq!(invite.to, address(9));
    let (ua, now) = net.at(0);
    ua.options(now, "sip:UA2@HOME.EXAMPLE.COM").unwrap();
    assert_eq!(net.puppet_receives("OPTIONS").fields("Route").len(), 2);
}

/// §6.1: the service route comes after the proxy that is set up here.
// shows: S221
#[test]
fn the_service_route_stands_behind_the_outbound_proxy() {
    let mut config = UserAgentConfig::new("sip:UA1@HOME.EXAMPLE.COM");
    config.outbound_proxies.push("sip:192.0.2.9".into());
    let mut net = Net::new([config]);
    let (first, _) = register(&mut net);
    answer(&mut net, &first, "200 OK", SERVICES);
    let (routes, _) = routes_of_a_call(&mut net);
    let expected = [
        "<sip:192.0.2.9;lr>",
        "<sip:P2.HOME.EXAMPLE.COM;lr>",
        "<sip:HSP.HOME.EXAMPLE.COM;lr>",
    ];
    assert_eq!(routes, expected);
}

/// RFC 3261 §8.1.2: without an outbound proxy the first of the service route is the next hop.
#[test]
fn without_an_outbound_proxy_the_service_route_is_where_to_send() {
    let mut net = Net::new([UserAgentConfig::new("sip:alice@example.org")]);
    let (ua, now) = net.at(0);
    let hour = Duration::from_secs(3600);
    ua.register(now, "sip:192.0.2.9", hour).unwrap();
    let first = net.puppet_receives("REGISTER");
    answer(
        &mut net,
        &first,
        "200 OK",
        "Service-Route: <sip:192.0.2.7;lr>\r\n",
    );
    let (ua, now) = net.at(0);
    ua.invite(now, "sip:bob@192.0.2.8", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    assert_eq!(invite.to, address(7));
    assert_eq!(invite.field("Route"), "<sip:192.0.2.7;lr>");
    // The refresh goes where the registration went, without it.
    net.run_secs(3600 - 90);
    let refresh = net.puppet_receives("REGISTER");
    assert_eq!(refresh.to, address(9));
    assert!(refresh.fields("Route").is_empty());
}

/// §6.1: each 2xx says it anew; one that says nothing clears it, and so does a refusal or the end.
#[test]
fn the_service_route_is_as_the_last_answer_says() {
    let mut net = lawyer();
    let (first, handle) = register(&mut net);
    answer(&mut net, &first, "200 OK", SERVICES);
    net.run_secs(3600 - 91);
    let refresh = net.puppet_receives("REGISTER");
    answer(
        &mut net,
        &refresh,
        "200 OK",
        "Service-Route: <sip:other.example;lr>\r\n",
    );
    let (routes, _) = routes_of_a_call(&mut net);
    assert_eq!(routes, ["<sip:other.example;lr>"]);
    net.run_secs(3600 - 91);
    let refresh = net.puppet_receives("REGISTER");
    answer(&mut net, &refresh, "200 OK", "");
    assert_eq!(registration(&mut net, handle).service_route().count(), 0);
    net.forget();
    assert!(routes_of_a_call(&mut net).0.is_empty());
    net.run_secs(3600 - 91);
    let refresh = net.puppet_receives("REGISTER");
    answer(&mut net, &refresh, "200 OK", SERVICES);
    let (ua, now) = net.at(0);
    ua.unregister(now, handle).unwrap();
    let removal = net.puppet_receives("REGISTER");
    answer(&mut net, &removal, "200 OK", SERVICES);
    net.forget();
    assert!(routes_of_a_call(&mut net).0.is_empty());
}

#[test]
fn a_service_route_ends_with_a_refusal_or_when_the_binding_runs_out() {
    let mut net = lawyer();
    let (first, _) = register(&mut net);
    answer(&mut net, &first, "200 OK", SERVICES);
    net.run_secs(3600 - 91);
    let refresh = net.puppet_receives("REGISTER");
    answer(&mut net, &refresh, "403 Forbidden", "");
    net.forget();
    assert!(routes_of_a_call(&mut net).0.is_empty());
    let mut net = lawyer();
    let (first, _) = register(&mut net);
    let brief = alloc::format!("Expires: 60\r\n{SERVICES}");
    answer(&mut net, &first, "200 OK", &brief);
    net.run_secs(59);
    net.forget();
    assert_eq!(routes_of_a_call(&mut net).0.len(), 2);
    net.run_secs(2);
    net.forget();
    assert!(routes_of_a_call(&mut net).0.is_empty());
}

/// Half a way leads nowhere: one that cannot be read, or has no end, is none.
#[test]
fn a_service_route_that_cannot_be_used_is_ignored() {
    let long = "<sip:a.example;lr>, ".repeat(16);
    let long = alloc::format!("Service-Route: {long}<sip:b.example;lr>\r\n");
    for bad in [
        "Service-Route: <sip:a.example;lr>, <\r\n",
        "Service-Route: <mailto:a@b.example>\r\n",
        &long,
    ] {
        let mut net = lawyer();
        let (first, handle) = register(&mut net);
        answer(&mut net, &first, "200 OK", bad);
        assert!(registration(&mut net, handle).is_registered());
        assert!(routes_of_a_call(&mut net).0.is_empty(), "{bad}");
    }
}

/// RFC 3327 §5.1: we say that we know Path, and tell what the response says of it.
#[test]
fn path_is_supported_and_told() {
    let mut net = lawyer();
    let (first, handle) = register(&mut net);
    assert!(first.fields("Supported").contains(&"path"));
    let path = "Path: <sip:P3.EXAMPLEHOME.COM;lr>,<sip:P1.EXAMPLEVISITED.COM;lr>\r\n";
    answer(&mut net, &first, "200 OK", path);
    let flow = registration(&mut net, handle).flows().next().unwrap();
    let path: Vec<_> = flow.path().collect();
    let expected = ["sip:P3.EXAMPLEHOME.COM;lr", "sip:P1.EXAMPLEVISITED.COM;lr"];
    assert_eq!(path, expected);
    let (routes, _) = routes_of_a_call(&mut net);
    assert!(
        routes.is_empty(),
        "what is for us passes it, and not what is ours"
    );
}
