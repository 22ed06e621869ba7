//! Whether what was said is what is printed.

use super::names::{Names, sent_by, uri};
use super::printed::Printed;
use super::text::{elements, field, fields, kind, param};

/// Remembers the words of a message of ours, and fails where it is not what the RFC prints.
pub(crate) fn assert_alike(names: &mut Names, printed: &Printed, live: &str) {
    let mut wrong = names.learn(&printed.text, live);
    let expected = names.live(&printed.text);
    let mut check = |what: &str, expected: String, found: String| {
        if expected != found {
            wrong.push(format!("{what}: {found:?} instead of {expected:?}"));
        }
    };
    check("kind", kind(&expected), kind(live));
    let is_request = !expected.starts_with("SIP/2.0");
    if is_request {
        check(
            "Request-URI",
            word(&expected, 1),
            request_uri(&expected, live),
        );
        let hops = |text| field(text, "Max-Forwards").unwrap_or("none").to_owned();
        check("Max-Forwards", hops(&expected), hops(live));
    }
    for name in ["From", "To"] {
        let (expected, found) = (party(&expected, name), party(live, name));
        // RFC 3665 leaves the tag out of the 200 to a CANCEL (RFC 3261 §8.2.6.2, §9.2).
        let is_tagged = kind(live) == "200 CANCEL" && name == "To";
        match expected.strip_suffix(" none") {
            Some(uri) if is_tagged && found.starts_with(uri) => {}
            _ => check(name, expected, found),
        }
    }
    let call_id = |text| field(text, "Call-ID").unwrap_or("none").to_owned();
    check("Call-ID", call_id(&expected), call_id(live));
    let vias = |text| joined(&elements(text, "Via"), |via| Some(sent_by(via)));
    check("Via", vias(&expected), vias(live));
    for name in ["Route", "Record-Route", "Contact"] {
        let of = |text| joined(&elements(text, name), address);
        check(name, of(&expected), of(live));
    }
    for name in ["WWW-Authenticate", "Proxy-Authenticate"] {
        let realms = |text| joined(&fields(text, name), |value| param(value, "realm"));
        // One challenge for each algorithm (RFC 8760 §2.3).
        let (expected, found) = (realms(&expected), realms(live));
        if expected != found.replace(&format!("{expected} {expected}"), &expected) {
            check(name, expected, found);
        }
    }
    // RFC 3665 leaves the credentials out of the ACK to a 2xx, which RFC 3261 §22.1 asks for, and has
    // them in one to a failure, where they are of no use.
    let signed = ["Authorization", "Proxy-Authorization"];
    for name in signed.iter().filter(|_| kind(live) != "ACK") {
        for param_name in ["username", "realm", "uri"] {
            // Some flows begin with what was answered to a challenge of another day.
            let challenged = |value: &&str| {
                let realm = param(value, "realm").unwrap_or_default();
                live.starts_with("SIP/2.0") || names.was_challenged(realm)
            };
            let of = |text| {
                let values = fields(text, name).into_iter().filter(challenged);
                joined(&values.collect::<Vec<_>>(), |value| {
                    param(value, param_name)
                })
            };
            check(name, of(&expected), of(live));
        }
    }
    check("Content-Type", kind_of_body(&expected), kind_of_body(live));
    if !expected.ends_with("\r\n\r\n") {
        check("media", media(&expected), media(live));
    }
    let label = &printed.label;
    let wrong = wrong.join("\n  ");
    assert!(
        wrong.is_empty(),
        "{label}:\n  {wrong}\nexpected\n{expected}\nfound\n{live}"
    );
}

/// In a dialog the RFC leaves out the transport of the Contact that is meant (§12.2.1.1 of RFC 3261
/// does not), and names the transport in the Via alone.
fn request_uri(expected: &str, live: &str) -> String {
    let (printed, found) = (word(expected, 1), word(live, 1));
    let is_in_dialog = field(expected, "To").is_some_and(|to| to.contains(";tag="));
    match found.strip_suffix(";transport=tcp") {
        Some(rest) if is_in_dialog && rest == printed => printed,
        _ => found,
    }
}

fn word(text: &str, at: usize) -> String {
    let mut words = text.split_ascii_whitespace();
    words.nth(at).unwrap_or_default().to_owned()
}

/// Who is meant in From or To: the URI and the tag. The name beside them is the user's.
fn party(text: &str, name: &str) -> String {
    let value = field(text, name).unwrap_or("none");
    let tag = param(value, ";tag").unwrap_or("none");
    format!("{} {tag}", address(value).unwrap_or("none"))
}

fn address(value: &str) -> Option<&str> {
    uri(value).or_else(|| value.split(';').next())
}

fn joined(values: &[&str], of: impl Fn(&str) -> Option<&str>) -> String {
    let values = values.iter().map(|value| of(value).unwrap_or("none"));
    values.collect::<Vec<_>>().join(" ")
}

fn kind_of_body(text: &str) -> String {
    field(text, "Content-Type").unwrap_or("none").to_owned()
}

/// The streams of a description: what they carry, and whether they are used.
fn media(text: &str) -> String {
    let (_, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let lines = body.lines().filter_map(|line| line.strip_prefix("m="));
    let streams: Vec<&str> = lines
        .map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
            [_, "0", ..] => "rejected",
            [kind, ..] => kind,
            [] => "none",
        })
        .collect();
    streams.join(" ")
}
