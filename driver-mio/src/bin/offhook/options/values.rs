//! What one option or argument may be: addresses, lists, files.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;
use offhook::Transport;
use offhook::rtp::audio::Redundancy;
use offhook::rtp::payload::telephone_event::EventCode;
use offhook::sdp::attribute::CryptoSuite;
use offhook::sip::auth::Algorithm;
use offhook::sip::transport::server_location::NextHop;
use offhook::sip::transport::transport_parameter;

use crate::failure::Failure;
use crate::repair::USUAL_TIME;

/// Where a SIP element listens when nobody says (RFC 3261 §19.1.2).
pub(crate) const SIP_PORT: u16 = 5060;
/// And where it does under TLS.
pub(crate) const SIPS_PORT: u16 = 5061;
/// Where a name server listens (RFC 1035 §4.2).
const DNS_PORT: u16 = 53;

/// How sound may be protected (RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §14).
const SUITES: [CryptoSuite<'_>; 8] = [
    CryptoSuite::AesCm128HmacSha1Tag80,
    CryptoSuite::AesCm128HmacSha1Tag32,
    CryptoSuite::AesCm192HmacSha1Tag80,
    CryptoSuite::AesCm192HmacSha1Tag32,
    CryptoSuite::AesCm256HmacSha1Tag80,
    CryptoSuite::AesCm256HmacSha1Tag32,
    CryptoSuite::AeadAes128Gcm,
    CryptoSuite::AeadAes256Gcm,
];

/// What everybody has (RFC 4568 §6.2).
const USUAL_SUITES: [CryptoSuite<'_>; 2] = [
    CryptoSuite::AesCm128HmacSha1Tag80,
    CryptoSuite::AesCm128HmacSha1Tag32,
];

/// `bob@host` is meant as `sip:bob@host`.
pub(crate) fn callee(text: &str) -> String {
    let has_scheme = text.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'+')
            && !scheme.bytes().all(|b| b.is_ascii_digit())
            && ["sip", "sips", "tel"]
                .iter()
                .any(|known| scheme.eq_ignore_ascii_case(known))
    });
    if has_scheme {
        text.to_owned()
    } else {
        format!("sip:{text}")
    }
}

pub(super) fn seconds(parser: &mut lexopt::Parser) -> Result<Duration, Failure> {
    let value: f64 = parser.value()?.parse()?;
    Duration::try_from_secs_f64(value)
        .map_err(|_| Failure::usage(format!("{value} is no number of seconds")))
}

/// The address that may follow an option, as it is written.
pub(super) fn optional_address(parser: &mut lexopt::Parser) -> Result<Option<String>, Failure> {
    // What follows --register is an address only if it cannot be a URI to call or another option.
    let Some(rest) = parser.try_raw_args() else {
        let value = parser.optional_value();
        return Ok(value.map(|value| value.to_string_lossy().into_owned()));
    };
    let next = rest
        .peek()
        .map(|value| value.to_string_lossy().into_owned());
    match next {
        Some(text) if !text.starts_with('-') && !text.contains('@') && !text.contains("sip:") => {
            parser.value()?;
            Ok(Some(text))
        }
        _ => Ok(None),
    }
}

/// An address of this machine, `port` where none is said: `1.2.3.4`, `1.2.3.4:5070`, `[v6]:5070`.
pub(super) fn address_of(text: &str, port: u16) -> Result<SocketAddr, Failure> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(address);
    }
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let ip = bare.parse::<IpAddr>().map_err(|_| {
        Failure::usage(format!(
            "{text:?} is no address: write it as IP or IP:PORT, in numbers"
        ))
    })?;
    Ok(SocketAddr::new(ip, port))
}

/// Whom to ask about names.
pub(super) fn name_server(parser: &mut lexopt::Parser) -> Result<SocketAddr, Failure> {
    address_of(&parser.value()?.string()?, DNS_PORT)
}

/// The URI of a server that is written `host` or `host:port`; an address of IPv6 may stand there
/// bare too.
pub(crate) fn uri_at(host: &str, transport: Transport) -> Result<String, Failure> {
    // Where that is nothing, the name may say otherwise (RFC 3263 §4.1).
    let over = transport_parameter(transport, false);
    // RFC 7118 §5.2: one name for both kinds of WebSocket; the scheme tells them apart.
    let scheme = if transport == Transport::Wss {
        "sips"
    } else {
        "sip"
    };
    let uri = match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(ip)) => format!("{scheme}:[{ip}]{over}"),
        Ok(IpAddr::V4(_)) | Err(_) => format!("{scheme}:{host}{over}"),
    };
    match NextHop::of_uri(&uri) {
        Ok(_) if !host.contains([';', '?', '@']) => Ok(uri),
        Ok(_) | Err(_) => Err(Failure::usage(format!(
            "{host:?} is no server: write it as HOST or HOST:PORT"
        ))),
    }
}

pub(crate) fn codecs(list: &str) -> Result<Vec<String>, Failure> {
    list.split(',')
        .map(|name| match name.trim().to_ascii_uppercase().as_str() {
            known @ ("PCMU" | "PCMA") => Ok(known.to_owned()),
            other => Err(Failure::usage(format!(
                "no codec {other:?}: there are PCMU and PCMA"
            ))),
        })
        .collect()
}

/// Whether protection is left to the far end, and the list of suites that may follow that.
pub(super) fn optional(list: Option<&str>) -> (bool, Option<&str>) {
    match list.map(|list| list.split_once(',').unwrap_or((list, ""))) {
        Some((first, "")) if first.eq_ignore_ascii_case("optional") => (true, None),
        Some((first, rest)) if first.eq_ignore_ascii_case("optional") => (true, Some(rest)),
        Some(_) | None => (false, list),
    }
}

/// The suites that may follow `--srtp=`, in order of preference.
pub(super) fn suites(list: Option<&str>) -> Result<Vec<CryptoSuite<'static>>, Failure> {
    let Some(list) = list else {
        return Ok(USUAL_SUITES.to_vec());
    };
    let mut suites = Vec::new();
    for name in list.split(',') {
        let name = name.trim();
        let mut known = SUITES.into_iter();
        let suite = known.find(|suite| suite.as_str().eq_ignore_ascii_case(name));
        let Some(suite) = suite else {
            let known = SUITES.map(|suite| suite.as_str()).join(", ");
            return Err(Failure::usage(format!(
                "no suite {name:?} for --srtp: there are {known}"
            )));
        };
        if suites.contains(&suite) {
            let name = suite.as_str();
            return Err(Failure::usage(format!("--srtp names {name} twice")));
        }
        suites.push(suite);
    }
    Ok(suites)
}

/// How many earlier packets each one holds again: what may follow `--red=`.
pub(super) fn generations(parser: &mut lexopt::Parser) -> Result<u8, Failure> {
    let Some(count) = parser.optional_value() else {
        return Ok(1);
    };
    let count: u8 = count.parse()?;
    match count {
        1..=Redundancy::MOST_GENERATIONS => Ok(count),
        _ => Err(Failure::usage(format!(
            "--red holds 1 to {} packets again, not {count}",
            Redundancy::MOST_GENERATIONS
        ))),
    }
}

/// For how many milliseconds packets are kept and waited for: what may follow `--rtx=`.
pub(super) fn kept_for(parser: &mut lexopt::Parser) -> Result<Duration, Failure> {
    let Some(millis) = parser.optional_value() else {
        return Ok(USUAL_TIME);
    };
    let millis: u64 = millis.parse()?;
    match millis {
        40..=400 => Ok(Duration::from_millis(millis)),
        _ => Err(Failure::usage(format!(
            "--rtx waits 40 to 400 ms for a packet, not {millis}"
        ))),
    }
}

/// Whether each is a key of a telephone, and there is one.
pub(crate) fn are_keys(keys: &str) -> bool {
    let is_key = |key| EventCode::of_key(key).is_some();
    !keys.is_empty() && keys.chars().all(is_key)
}

pub(super) fn keys(keys: &str) -> Result<String, Failure> {
    if are_keys(keys) {
        return Ok(keys.to_owned());
    }
    Err(Failure::usage(format!(
        "{keys:?} are no keys: a telephone has 0 to 9, *, #, and A to D"
    )))
}

pub(super) fn digests(list: &str) -> Result<Vec<Algorithm>, Failure> {
    let named = |name: &str| Algorithm::from_name(Some(name.trim()));
    list.split(',')
        .map(|name| {
            named(name).ok_or_else(|| {
                Failure::usage(format!(
                    "no digest {name:?}: MD5, SHA-256, SHA-512-256 or -sess"
                ))
            })
        })
        .collect()
}

pub(super) fn first_line(path: &PathBuf) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::local(format!("cannot read {}: {error}", path.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// The port that is meant when none is said; for WebSocket it is the web's (RFC 7118 §5.5).
pub(crate) const fn port_of(transport: Transport) -> u16 {
    match transport {
        Transport::Udp | Transport::Tcp | Transport::Sctp => SIP_PORT,
        Transport::Tls | Transport::TlsSctp => SIPS_PORT,
        Transport::Ws => 80,
        Transport::Wss => 443,
    }
}

/// What a URI says it goes over (RFC 3261 §19.1.1, RFC 7118 §5.2); nothing if it leaves that open.
pub(crate) fn transport_in(uri: &str) -> Option<Transport> {
    let secure = uri
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case("sips:"));
    let name = uri.split_once(";transport=").map(|(_, rest)| rest);
    let name = name.and_then(|rest| rest.split([';', '?']).next());
    match (name.map(str::to_ascii_lowercase).as_deref(), secure) {
        (Some("ws"), false) => Some(Transport::Ws),
        (Some("ws"), true) => Some(Transport::Wss),
        (Some("tls"), _) | (_, true) => Some(Transport::Tls),
        (Some("udp"), false) => Some(Transport::Udp),
        (Some("tcp"), false) => Some(Transport::Tcp),
        (Some(_) | None, false) => None,
    }
}

/// `ADDR`, or an address behind `udp:`, `tcp:`, `tls:`, `ws:` or `wss:`; the port that is meant where
/// none is said is that of `otherwise` if nothing stands in front.
pub(super) fn listening(
    text: &str,
    otherwise: Transport,
) -> Result<(Option<Transport>, SocketAddr), Failure> {
    let named = text
        .split_once(':')
        .and_then(|(name, rest)| Some((transport(name).ok()?, rest)));
    match named {
        Some((over, rest)) => Ok((Some(over), address_of(rest, port_of(over))?)),
        None => Ok((None, address_of(text, port_of(otherwise))?)),
    }
}

/// What the program speaks over, by name.
pub(crate) fn transport(name: &str) -> Result<Transport, Failure> {
    match name.to_ascii_lowercase().as_str() {
        "udp" => Ok(Transport::Udp),
        "tcp" => Ok(Transport::Tcp),
        "tls" => Ok(Transport::Tls),
        "ws" => Ok(Transport::Ws),
        "wss" => Ok(Transport::Wss),
        _ => Err(Failure::usage(format!(
            "no transport {name:?}: there are udp, tcp, tls, ws and wss"
        ))),
    }
}

/// What is in an address's place, for those who read it.
pub(crate) const fn name_of(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
        Transport::Tls => "tls",
        Transport::Ws => "ws",
        Transport::Wss => "wss",
        Transport::Sctp => "sctp",
        Transport::TlsSctp => "tls-sctp",
    }
}

/// Nothing can be shown to those who connect.
pub(super) fn without_papers(over: Transport) -> Failure {
    let over = name_of(over);
    Failure::usage(format!(
        "to listen on {over}: it needs a certificate: --tls-cert and --tls-key"
    ))
}

/// A certificate and its key, which go together.
pub(super) fn papers(
    certificates: Option<PathBuf>,
    key: Option<PathBuf>,
) -> Result<Option<(PathBuf, PathBuf)>, Failure> {
    match (certificates, key) {
        (Some(certificates), Some(key)) => Ok(Some((certificates, key))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(Failure::usage("--tls-cert needs its --tls-key")),
        (None, Some(_)) => Err(Failure::usage("--tls-key needs its --tls-cert")),
    }
}
