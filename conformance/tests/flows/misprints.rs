//! What is wrong with what is printed, and what was meant.

/// A misprint: the message, what stands there, and what was meant.
type Trap = (&'static str, &'static str, &'static str);

/// A text of one RFC.
pub(crate) struct Misprints {
    pub(crate) traps: &'static [Trap],
    /// Requests that are printed without the Route by which they are sent, and it.
    pub(crate) unrouted: &'static [(&'static str, &'static str)],
    /// Messages whose first line has two spaces in one place (RFC 3261 §7.1, §7.2).
    pub(crate) two_spaces: &'static [&'static str],
    /// Requests whose Request-URI lacks its scheme.
    pub(crate) without_scheme: &'static [&'static str],
    /// Messages whose Content-Length is not that of their body, a CR LF for each line end.
    pub(crate) wrong_length: &'static [&'static str],
    /// Messages whose heading names somebody else, in whole or in part: sender and receiver.
    pub(crate) parties: &'static [Trap],
}

/// Those of an RFC.
pub(crate) const fn misprints(rfc: u16) -> Misprints {
    let none = Misprints {
        traps: &[],
        unrouted: &[],
        two_spaces: &[],
        without_scheme: &[],
        wrong_length: &[],
        parties: &[],
    };
    match rfc {
        3665 => Misprints {
            traps: &TRAPS_3665,
            unrouted: &UNROUTED_3665,
            two_spaces: &["3.9 F6", "3.9 F8", "3.9 F10"],
            ..none
        },
        3666 => Misprints {
            traps: &TRAPS_3666,
            two_spaces: &TWO_SPACES_3666,
            without_scheme: &WITHOUT_SCHEME_3666,
            wrong_length: &WRONG_LENGTH_3666,
            parties: &PARTIES_3666,
            ..none
        },
        _ => none,
    }
}

/// RFC 3665.
const TRAPS_3665: [Trap; 17] = [
    // A comma is missing between two parameters.
    (
        "2.1 F3",
        "\"atlanta.example.com\" nonce",
        "\"atlanta.example.com\", nonce",
    ),
    // A client wrote what its server would, and forgot its hops.
    ("2.5 F1", ";received=192.0.2.201", "\r\nMax-Forwards: 70"),
    // An ACK to a failure has the Via of its INVITE (RFC 3261 §17.1.1.3), which was the proxy's.
    (
        "3.3 F8",
        "client.atlanta.example.com:5060;branch=z9hG4bK74b21",
        "ss1.atlanta.example.com:5060;branch=z9hG4bK230f2.1",
    ),
    // The second INVITE of Proxy 1 is none that was sent before, nor is its ACK (RFC 3261 §8.1.1.7).
    ("3.3 F13", "bK230f2.1", "bK230f2.2"),
    ("3.3 F14", "bK230f2.1", "bK230f2.2"),
    ("3.3 F15", "bK230f2.1", "bK230f2.2"),
    ("3.3 F16", "bK230f2.1", "bK230f2.2"),
    ("3.3 F17", "bK230f2.1", "bK230f2.2"),
    ("3.3 F20", "bK230f2.1", "bK230f2.3"),
    ("3.3 F21", "bK230f2.1", "bK230f2.3"),
    // What F19 does not say the proxy does not add.
    ("3.3 F20", BOBS_CONTACT, ""),
    ("3.3 F21", BOBS_CONTACT, ""),
    // A CANCEL has the Request-URI of its INVITE (RFC 3261 §9.1).
    (
        "3.8 F11",
        "CANCEL sip:alice@atlanta.example.com",
        "CANCEL sip:bob@biloxi.example.com",
    ),
    // The fold lacks its space.
    ("3.10 F4", ",\r\n<sip:ss1", ", <sip:ss1"),
    // Who hears nothing is to act as on a 408 (RFC 3261 §16.8).
    ("3.10 F12", "480 No Response", "408 Request Timeout"),
    ("3.10 F14", "480 No Response", "408 Request Timeout"),
    // The Contact of F2 is followed, all of it (RFC 3261 §8.1.3.4).
    (
        "3.6 F4",
        "sip:bob@chicago.example.com SIP",
        "sip:bob@chicago.example.com;transport=tcp SIP",
    ),
];

const BOBS_CONTACT: &str = "\r\nContact: <sip:bob@client.biloxi.example.com>";

/// Requests that are sent to a proxy by a Route, and are printed without: ACKs to failures have the
/// Route of their INVITE (RFC 3261 §17.1.1.3), and what goes to the second proxy is routed as what
/// went to the first.
const UNROUTED_3665: [(&str, &str); 11] = [
    ("3.2 F3", ATLANTA),
    ("3.3 F3", ATLANTA),
    ("3.3 F10", ATLANTA),
    ("3.3 F11", ATLANTA),
    ("3.4 F8", BILOXI),
    ("3.4 F10", BILOXI),
    ("3.4 F11", BILOXI),
    ("3.8 F20", ATLANTA),
    ("3.9 F11", ATLANTA),
    ("3.10 F15", ATLANTA),
    ("3.11 F14", ATLANTA),
];
const ATLANTA: &str = "Route: <sip:ss1.atlanta.example.com;lr>";
const BILOXI: &str = "Route: <sip:ss2.biloxi.example.com;lr>";

/// RFC 3666.
const TRAPS_3666: [Trap; 32] = [
    // A response has all the Vias of its request (RFC 3261 §8.2.6.2).
    ("2.1 F4", "\r\nFrom:", VIA_OF_ALICE_OVER_TCP),
    ("2.2 F4", "\r\nFrom:", VIA_OF_ALICE_OVER_TLS),
    // The Via of Proxy 1 is not for Alice (RFC 3261 §16.11 item 3).
    (
        "2.3 F3",
        "Via: SIP/2.0/UDP ss1.a.example.com:5060;branch=z9hG4bK2d4790.1;received=192.0.2.111\r\n",
        "",
    ),
    // A failure makes no dialog, and has no route for one (RFC 3261 §12.1.1).
    ("2.3 F4", "Record-Route: <sip:ss1.a.example.com;lr>\r\n", ""),
    // An ACK to a failure has the Request-URI of its INVITE (RFC 3261 §17.1.1.3).
    ("2.3 F5", "sip:ngw1@a.example.com", NGW_1),
    ("2.3 F5", ".com>;user=phone>", ".com;user=phone>"),
    // A URI begins with its scheme.
    ("2.3 F14", "<ss1.", "<sip:ss1."),
    ("2.3 F16", "<ss1.", "<sip:ss1."),
    // His Contact is over UDP before and after, as the proxy has it.
    ("2.4 F8", ";transport=tcp", ""),
    // What has no body has no type.
    ("2.4 F11", "Content-Type: application/sdp\r\n", ""),
    // A CANCEL has the Request-URI of its INVITE, and so has the ACK (RFC 3261 §9.1, §17.1.1.3).
    ("2.5 F11", AT_SS_1, NGW_1),
    ("2.5 F16", AT_SS_1, NGW_1),
    ("2.7 F12", "sip:ngw1@a.example.com", NGW_1),
    // The Via of F2 comes back as it was (RFC 3261 §8.2.6.2).
    (
        "3.3 F5",
        "ngw1.a.example.com:5060;branch=z9hG4bKlueha2",
        "gw1.a.example.com:5060;branch=z9hG4bKwqwee65",
    ),
    // Call-ID and From are those of the dialog (RFC 3261 §12.2.1.1).
    ("3.3 F10", "@ngw1.", "@gw1."),
    (
        "3.3 F12",
        "\r\nTo:",
        "\r\nFrom: <sip:551313@gw1.a.example.com;user=phone>;tag=jwdkallkzm\r\nTo:",
    ),
    // It is one gateway, with one name; and a fold begins with a space.
    ("3.4 F2", "/TCP ngw1.", "/TCP gw1."),
    ("3.4 F2", "Contact:\r\n<", "Contact: <"),
    ("3.4 F3", "/TCP ngw1.", "/TCP gw1."),
    ("3.4 F4", "/TCP ngw1.", "/TCP gw1."),
    // Whoever has said nothing but 100 has no tag (RFC 3261 §8.2.6.2).
    ("3.3 F4", ";tag=314159", ""),
    ("3.5 F4", ";tag=314159", ""),
    // An ACK to a failure has the Request-URI of its INVITE (RFC 3261 §17.1.1.3) ...
    ("3.5 F8", "sip:bob@b.example.com", AT_SS_1),
    ("3.6 F8", "sip:ngw1@a.example.com", AT_SS_1),
    // ... and its Via.
    (
        "3.9 F15",
        "ngw1.a.example.com:5060;branch=z9hG4bKlueha2",
        "ss1.a.example.com:5060;branch=z9hG4bK2d4790.1",
    ),
    // A proxy leaves the Contact as it is (RFC 3261 §16.7 item 9).
    (
        "3.9 F6",
        "client.b.example.com>",
        "client.b.example.com;transport=tcp>",
    ),
    // Other messages have the branch, and the Call-ID, right.
    ("4.1 F3", "bKwqwee65", "bKlueha2"),
    ("4.1 F13", "@gw1.", "@ngw1."),
    // An ACK to a failure has one Via (RFC 3261 §17.1.1.3), and every request its hops.
    ("4.2 F5", "4443333@ss1.", "4443333@gw2."),
    (
        "4.2 F5",
        "Via: SIP/2.0/UDP gw1.a.example.com:5060;branch=z9hG4bKwqwee65;received=192.0.2.201\r\n",
        "",
    ),
    ("4.2 F5", "Max-Forward:", "Max-Forwards:"),
    // The Via of whoever it is for goes before the others.
    (
        "4.2 F8",
        "Via: SIP/2.0/UDP gw1.",
        "Via: SIP/2.0/UDP ss1.a.example.com:5060;branch=z9hG4bK2d4790.2;received=192.0.2.111\r\n\
         Via: SIP/2.0/UDP gw1.",
    ),
];
const VIA_OF_ALICE_OVER_TCP: &str = "\r\nVia: SIP/2.0/TCP client.a.example.com:5060;\
                                     branch=z9hG4bK74bf9;received=192.0.2.101\r\nFrom:";
const VIA_OF_ALICE_OVER_TLS: &str = "\r\nVia: SIP/2.0/TLS client.a.example.com:5061;\
                                     branch=z9hG4bK74bf9;received=192.0.2.101\r\nFrom:";
const NGW_1: &str = "sip:+19725552222@ngw1.a.example.com;user=phone";
const AT_SS_1: &str = "sip:+19725552222@ss1.a.example.com;user=phone";

const TWO_SPACES_3666: [&str; 16] = [
    "2.2 F1", "2.6 F1", "2.7 F2", "2.7 F4", "3.4 F2", "3.5 F2", "3.6 F2", "3.7 F2", "3.7 F3",
    "3.8 F2", "3.8 F3", "3.9 F2", "3.9 F3", "3.9 F10", "3.9 F17", "4.1 F2",
];

const WITHOUT_SCHEME_3666: [&str; 8] = [
    "3.2 F3", "3.2 F7", "3.2 F8", "3.5 F3", "3.5 F6", "3.5 F8", "3.6 F3", "3.6 F6",
];

const WRONG_LENGTH_3666: [&str; 8] = [
    "2.1 F10", "2.4 F9", "3.3 F2", "3.3 F3", "3.7 F3", "4.2 F2", "4.2 F3", "4.2 F6",
];

/// Whoever calls from the telephone network is known to SIP by the gateway that speaks for it.
const PARTIES_3666: [Trap; 17] = [
    ("2.1 F17", "Proxy 1", "Alice"),
    ("2.2 F4", "GW 1", "Proxy 1"),
    ("2.2 F19", "Proxy 1", "Alice"),
    ("2.4 F6", "Bob", "Proxy 3"),
    ("2.4 F9", "Proxy 3", "Alice"),
    ("2.5 F2", "Proxy 1", "Alice"),
    ("2.5 F10", "Proxy 1", "Alice"),
    ("2.5 F17", "Proxy 1", "Alice"),
    ("2.6 F2", "Proxy 1", "Alice"),
    ("2.7 F2", "Proxy 1", "Alice"),
    ("3.1 F2", "NGW 1", "Proxy 1"),
    ("3.4 F2", "GW 1", "Proxy 1"),
    ("3.5 F2", "NGW 1", "Proxy 1"),
    ("3.6 F2", "NGW 1", "Proxy 1"),
    ("3.7 F2", "NGW 1", "Proxy 1"),
    ("3.9 F2", "NGW 1", "Proxy 1"),
    ("4.1 F7", "Proxy 1", "NGW 1"),
];
