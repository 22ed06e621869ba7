//! The other readers, each asked for the same.

use bytes::Bytes;
use ezk_sip_types::header::typed::{CSeq, CallID, ContentLength, FromTo, Via};
use ezk_sip_types::msg::{Line, MessageLine, PullParser};
use ezk_sip_types::parse::Parse;

use ezk_sip_types::{Headers, Name};
use rsip::SipMessage;
use rsip::prelude::{HeadersExt, ToTypedHeader, UntypedHeader};

use super::{Essence, Verdict};

/// A peer's name and how it reads a datagram.
type Peer = (&'static str, fn(&[u8]) -> Verdict);

/// Both.
pub(crate) const PEERS: [Peer; 2] = [("ezk", ezk), ("rsip", rsip)];

/// What cannot be read, if it cannot.
fn part<T, E>(name: &str, read: Result<T, E>) -> Result<T, String> {
    read.map_err(|_| name.to_owned())
}

/// The lines, and then the fields that are asked for, as the stack above this parser does it.
fn ezk(bytes: &[u8]) -> Verdict {
    let source = Bytes::copy_from_slice(bytes);
    let mut lines = PullParser::new(&source, 0);
    let mut start = None;
    let mut headers = Headers::new();
    for line in &mut lines {
        let line = part("lines", line)?;
        let line = part("text", std::str::from_utf8(line))?;
        if start.is_none() {
            let (_, read) = part("start line", MessageLine::parse(&source)(line))?;
            start = Some((read, line.to_owned()));
        } else {
            let (_, line) = part("row", Line::parse(&source, line))?;
            headers.insert(line.name, line.value);
        }
    }
    let (start, line) = start.ok_or("start line")?;
    let there = bytes.len().saturating_sub(lines.head_end());
    let body = match headers.try_get_named::<ContentLength>() {
        None => there,
        Some(length) => part("Content-Length", length)?.0,
    };
    if body > there {
        return Err("body".to_owned());
    }
    let from = part("From", headers.get::<FromTo>(Name::FROM))?;
    let to = part("To", headers.get::<FromTo>(Name::TO))?;
    let via = part("Via", headers.get_named::<Via>())?;
    let cseq = part("CSeq", headers.get_named::<CSeq>())?;
    let call_id = part("Call-ID", headers.get_named::<CallID>())?;
    let text = ToString::to_string;
    Ok(Essence {
        start: match &start {
            MessageLine::Request(request) => request.method.to_string(),
            MessageLine::Response(status) => status.code.into_u16().to_string(),
        },
        uri: start
            .is_request()
            .then(|| line.split(' ').nth(1).unwrap_or_default().to_owned()),
        call_id: call_id.0.to_string(),
        cseq: (cseq.cseq, cseq.method.to_string()),
        from_tag: from.tag.as_ref().map(text),
        to_tag: to.tag.as_ref().map(text),
        branch: via.params.get_val("branch").map(text),
        body,
    })
}

/// The whole message, and then the typed fields.
fn rsip(bytes: &[u8]) -> Verdict {
    let message = part("message", SipMessage::try_from(bytes))?;
    let from = part("From", part("From", message.from_header())?.typed())?;
    let to = part("To", part("To", message.to_header())?.typed())?;
    let via = part("Via", part("Via", message.via_header())?.typed())?;
    let cseq = part("CSeq", part("CSeq", message.cseq_header())?.typed())?;
    let call_id = part("Call-ID", message.call_id_header())?;
    Ok(Essence {
        start: match &message {
            SipMessage::Request(request) => request.method().to_string(),
            SipMessage::Response(response) => response.status_code().code().to_string(),
        },
        uri: match &message {
            SipMessage::Request(request) => Some(request.uri().to_string()),
            SipMessage::Response(_) => None,
        },
        call_id: call_id.value().to_owned(),
        cseq: (cseq.seq, cseq.method.to_string()),
        from_tag: from.tag().map(|tag| tag.value().to_owned()),
        to_tag: to.tag().map(|tag| tag.value().to_owned()),
        branch: via.branch().map(|branch| branch.value().to_owned()),
        body: message.body().len(),
    })
}
