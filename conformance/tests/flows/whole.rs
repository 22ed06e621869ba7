//! No flow of RFC 3665 and RFC 3666 is left out, on either side.

use std::collections::BTreeSet;

use super::printed::sections;

const REGISTRATIONS: &str = include_str!("registrations.rs");
const SESSIONS: &str = include_str!("sessions.rs");
const FAILURES: &str = include_str!("failures.rs");
const PROXIES: &str = include_str!("proxies.rs");
const GATEWAYS: &str = include_str!("gateways.rs");
const ROUTING: &str = include_str!("routing.rs");

/// The sections that some text plays.
fn played(texts: &[&str], rfc: u16) -> BTreeSet<String> {
    let is_played = |section: &String| {
        let quoted = format!("\"{section}\"");
        texts.iter().any(|text| text.contains(&quoted))
    };
    sections(rfc).into_iter().filter(is_played).collect()
}

/// The 16 flows of RFC 3665 and the 18 of RFC 3666 are played as user agents see them and as servers
/// do; but for one without a server, and one with a proxy that is stateless, as ours are not.
// shows: S095
#[test]
fn every_flow_is_played() {
    let mut flows = 0;
    for (rfc, agents, servers, without) in [
        (
            3665,
            [REGISTRATIONS, SESSIONS, FAILURES].as_slice(),
            [REGISTRATIONS, PROXIES].as_slice(),
            "3.1",
        ),
        (3666, &[GATEWAYS], &[ROUTING], "3.8"),
    ] {
        let mut sections = sections(rfc);
        flows += sections.len();
        assert_eq!(played(agents, rfc), sections, "RFC {rfc}, user agents");
        sections.remove(without);
        assert_eq!(played(servers, rfc), sections, "RFC {rfc}, servers");
    }
    assert_eq!(flows, 16 + 18);
}
