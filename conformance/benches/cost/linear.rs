//! Values of every type of header field, stretched in every way from 1 kB to 64 kB: a byte must
//! not cost more the more of them there are.
//!
//! Counted are the instructions to parse such a message and to hold it against every rule, which
//! takes each value apart. A cost that grows with the square of the length would make a byte 64
//! times as dear at 64 kB; sorting, which many parameters of a URI need, makes it twice as dear.

use std::hint::black_box;

use offhook::Limits;
use offhook::sip::header::{AuthenticationInfo, Challenge, Credentials};
use offhook::sip::message::{HeaderName, MessageView, Scratch};

use crate::harness::Bench;

const SHORT: usize = 1 << 10;
const LONG: usize = 1 << 16;
/// How much dearer a byte of a long value may be than one of a short one.
const TOLERATED: f64 = 2.0;

/// A value that is well formed, for the fields that have a grammar of their own.
const SAMPLES: &[(&str, &[HeaderName])] = &[
    ("text", &[HeaderName::Subject]),
    ("token", &[HeaderName::Supported]),
    (
        "SIP/2.0/UDP a.example:5060;branch=z9hG4bKa",
        &[HeaderName::Via],
    ),
    ("1 INVITE", &[HeaderName::CSeq]),
    ("1 1 INVITE", &[HeaderName::RAck]),
    ("1.5 0.5", &[HeaderName::Timestamp]),
    ("1.0", &[HeaderName::MimeVersion]),
    ("a@b", &[HeaderName::CallId, HeaderName::InReplyTo]),
    (
        "a@b;to-tag=c;from-tag=d",
        &[HeaderName::Replaces, HeaderName::Join],
    ),
    ("a@b;local-tag=c;remote-tag=d", &[HeaderName::TargetDialog]),
    ("\"A\" <sip:a@b.c;x=y>;p=v", ADDRESSES),
    ("<sip:a@b.c>;index=1.1;mp=1", &[HeaderName::HistoryInfo]),
    ("<http://a.example/b>;purpose=icon", URIS),
    (
        "<cid:a@b.c>",
        &[HeaderName::Geolocation, HeaderName::ReferEventsAt],
    ),
    ("70", NUMBERS),
    (
        "application/sdp;q=0.5",
        &[HeaderName::Accept, HeaderName::ContentType],
    ),
    (
        "gzip;q=0.5",
        &[HeaderName::AcceptEncoding, HeaderName::AcceptLanguage],
    ),
    (
        "session;handling=optional",
        &[HeaderName::ContentDisposition],
    ),
    ("Sat, 13 Nov 2010 23:29:00 GMT", &[HeaderName::Date]),
    ("120 (soon);duration=60", &[HeaderName::RetryAfter]),
    ("399 a.example \"text\"", &[HeaderName::Warning]),
    ("SIP;cause=200;text=\"done\"", &[HeaderName::Reason]),
    (
        "Offhook/1.0 (a (b) c)",
        &[HeaderName::Server, HeaderName::UserAgent],
    ),
    ("active;expires=60", &[HeaderName::SubscriptionState]),
    ("1800;refresher=uas", &[HeaderName::SessionExpires]),
    ("*;audio;require", &[HeaderName::AcceptContact]),
    (
        "*;audio=\"TRUE\"",
        &[HeaderName::RejectContact, HeaderName::FeatureCaps],
    ),
    ("no-fork", &[HeaderName::RequestDisposition]),
    ("digest;d-alg=md5", SECURITY),
    (
        "dsn.flash",
        &[
            HeaderName::ResourcePriority,
            HeaderName::AcceptResourcePriority,
        ],
    ),
    (
        "aa.bb.cc;info=<https://a.example/b>",
        &[HeaderName::Identity],
    ),
    ("icid-value=a;icid-generated-at=b", CHARGING),
    (
        "ab83e2b0e61a4a8192ff2ba33e2b0e61;remote=00000000000000000000000000000000",
        &[HeaderName::SessionId],
    ),
    ("Digest realm=\"a\", nonce=\"b\"", CHALLENGES),
    (
        "Digest username=\"a\", realm=\"b\", nonce=\"c\", uri=\"sip:d\", response=\"e\"",
        CREDENTIALS,
    ),
    ("nextnonce=\"a\"", &[HeaderName::AuthenticationInfo]),
];
const ADDRESSES: &[HeaderName] = &[
    HeaderName::From,
    HeaderName::To,
    HeaderName::Contact,
    HeaderName::Route,
    HeaderName::RecordRoute,
    HeaderName::Path,
    HeaderName::ServiceRoute,
    HeaderName::ReplyTo,
    HeaderName::ReferTo,
    HeaderName::ReferredBy,
    HeaderName::PAssertedIdentity,
    HeaderName::PPreferredIdentity,
    HeaderName::PAssociatedUri,
    HeaderName::PCalledPartyId,
    HeaderName::PServedUser,
    HeaderName::PermissionMissing,
];
const URIS: &[HeaderName] = &[
    HeaderName::AlertInfo,
    HeaderName::CallInfo,
    HeaderName::ErrorInfo,
    HeaderName::TriggerConsent,
];
const NUMBERS: &[HeaderName] = &[
    HeaderName::MaxForwards,
    HeaderName::Expires,
    HeaderName::MinExpires,
    HeaderName::RSeq,
    HeaderName::MinSe,
    HeaderName::FlowTimer,
    HeaderName::MaxBreadth,
];
const SECURITY: &[HeaderName] = &[
    HeaderName::SecurityClient,
    HeaderName::SecurityServer,
    HeaderName::SecurityVerify,
];
const CHARGING: &[HeaderName] = &[
    HeaderName::PChargingVector,
    HeaderName::PChargingFunctionAddresses,
];
const CHALLENGES: &[HeaderName] = &[HeaderName::WwwAuthenticate, HeaderName::ProxyAuthenticate];
const CREDENTIALS: &[HeaderName] = &[HeaderName::Authorization, HeaderName::ProxyAuthorization];

/// What a value is stretched by: a start, something over and over, and an end. In them `&` is the
/// sample of the field and `#` a number that is another each time.
type Shape = (&'static str, [&'static str; 3]);

const SHAPES: &[Shape] = &[
    ("elements", ["&", ", &", ""]),
    ("parameters", ["&", ";p#=v", ""]),
    ("comma parameters", ["&", ", p#=\"v\"", ""]),
    ("token", ["&;p=", "a", ""]),
    ("quoted string", ["&;p=\"", "\\\"", "\""]),
    ("folds", ["&", "\r\n ;p#=v", ""]),
    ("display name", ["\"", "\\a", "\" <sip:a@b>"]),
    ("unquoted display name", ["", "a ", "<sip:a@b>"]),
    ("uri parameters", ["<sip:a@b", ";p#=v", ">"]),
    ("escaped uri parameters", ["<sip:a@b", ";%70#=v", ">"]),
    ("uri headers", ["<sip:a@b?c=d", "&p#=v", ">"]),
    ("user", ["<sip:", "%41a", "@b>"]),
    ("host", ["<sip:a@", "a.", "b>"]),
    ("bare uri", ["sip:", "a", "@b"]),
    ("letters", ["", "a", ""]),
    ("digits", ["", "9", ""]),
    ("words", ["", "a ", ""]),
    ("equal signs", ["", "a=", ""]),
    ("commas", ["", ",", ""]),
    ("brackets", ["", "<", ""]),
    ("open quotes", ["", "\"a", ""]),
    ("open comments", ["a (", "(", ""]),
    ("comments", ["a (", "(b) ", ")"]),
    ("high bytes", ["\"", "\u{e9}", "\" <sip:a@b>"]),
];

/// What a byte of a case costs, short and long.
struct Growth {
    name: String,
    per_byte: [f64; 2],
    growth: f64,
}

impl Growth {
    /// `None` if the case was not counted.
    fn of(name: String, bench: &Bench) -> Option<Self> {
        let per_byte = |length: usize| {
            let count = bench.instructions.get(&format!("{name}/{length}"))?;
            Some(*count as f64 / length as f64)
        };
        let (short, long) = (per_byte(SHORT)?, per_byte(LONG)?);
        Some(Self {
            name,
            per_byte: [short, long],
            growth: long / short,
        })
    }
}

/// Every type of value in every shape, as a value of the first field that has the type.
fn cases() -> impl Iterator<Item = (HeaderName, &'static str, &'static Shape)> {
    SAMPLES.iter().flat_map(|(sample, names)| {
        let named = names.iter().take(1);
        named.flat_map(move |name| SHAPES.iter().map(move |shape| (*name, *sample, shape)))
    })
}

fn case_name(name: HeaderName, shape: &Shape) -> String {
    format!("linear/{}/{}", name.as_str(), shape.0)
}

/// Counts every case short and long, if this process is there to count.
pub(crate) fn run(bench: &Bench) {
    if bench.measures() {
        return;
    }
    let limits = Limits {
        message_bytes: 2 * LONG,
        ..Limits::default()
    };
    let mut scratch = Scratch::new();
    for (name, sample, shape) in cases() {
        for length in [SHORT, LONG] {
            let case = format!("{}/{length}", case_name(name, shape));
            if !bench.wants(&case) {
                continue;
            }
            let value = stretched(&shape.1, sample, length);
            let start = "OPTIONS sip:a@b SIP/2.0";
            let message = format!("{start}\r\n{}: {value}\r\n\r\n", name.as_str());
            bench.count(&case, 1, &mut || {
                take_apart(message.as_bytes(), name, &limits, &mut scratch);
            });
        }
    }
}

fn stretched([start, unit, end]: &[&str; 3], sample: &str, length: usize) -> String {
    let mut value = start.replace('&', sample);
    // Headers of a URI have an ampersand of their own.
    let unit = if unit.starts_with('&') {
        (*unit).to_owned()
    } else {
        unit.replace('&', sample)
    };
    match unit.split_once('#') {
        None => {
            let times = length.saturating_sub(value.len() + end.len()) / unit.len();
            value += &unit.repeat(times);
        }
        Some((before, after)) => {
            for number in 0.. {
                if value.len() + end.len() >= length {
                    break;
                }
                value = value + before + &number.to_string() + after;
            }
        }
    }
    value + end
}

fn take_apart(message: &[u8], name: HeaderName, limits: &Limits, scratch: &mut Scratch) {
    let Ok(view) = MessageView::parse(black_box(message), limits, scratch) else {
        return;
    };
    let mut found = 0;
    view.validate(|_| found += 1);
    black_box(found);
    // What answers a challenge takes these apart, and nobody before.
    let value = view.field(name).unwrap_or_default();
    if CHALLENGES.contains(&name) {
        let _ = black_box(Challenge::parse(value).is_ok());
    } else if CREDENTIALS.contains(&name) {
        let _ = black_box(Credentials::parse(value).is_ok());
    } else if name == HeaderName::AuthenticationInfo {
        let _ = black_box(AuthenticationInfo::parse(value).is_ok());
    }
}

/// Prints the fields whose bytes get dearest, and whether none gets too dear.
pub(crate) fn check(bench: &Bench) -> bool {
    let mut grown: Vec<_> = cases()
        .filter_map(|(name, _, shape)| Growth::of(case_name(name, shape), bench))
        .collect();
    if grown.is_empty() {
        return true;
    }
    grown.sort_by(|a, b| b.growth.total_cmp(&a.growth));
    println!(
        "\n| dearest when long, of {} | instructions per byte at 1 kB | at 64 kB | growth |",
        grown.len()
    );
    println!("|---|---|---|---|");
    for row in grown.iter().take(5) {
        let [short, long] = row.per_byte;
        println!(
            "| {} | {short:.1} | {long:.1} | {:.2} |",
            row.name, row.growth
        );
    }
    let too_dear = grown.iter().filter(|row| row.growth > TOLERATED);
    for Growth { name, growth, .. } in too_dear.clone() {
        println!("NOT LINEAR: {name}: a byte at 64 kB costs {growth:.1} times one at 1 kB");
    }
    too_dear.count() == 0
}
