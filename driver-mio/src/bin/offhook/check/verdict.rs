//! What is wrong with one message, and where in its text.

use offhook::Limits;
use offhook::sip::message::{
    Deviation, Finding, HeaderName, Mended, MessageView, ParseError, ParseErrorKind, Policy, Rule,
    Scratch, StatusCode,
};
use offhook::sip::uri::Uri;

use super::rules;

/// One thing that is wrong.
pub(super) struct Found {
    /// The header field, or the part of the message.
    pub(super) field: &'static str,
    /// Bytes from the start of what came.
    pub(super) at: usize,
    /// From 1, ended by LF.
    pub(super) line: usize,
    /// From 1, in characters.
    pub(super) column: usize,
    /// The RFC and the section of the rule.
    pub(super) rule: &'static str,
    /// What is wrong.
    pub(super) text: String,
    /// Whether the message is invalid for it.
    pub(super) is_fatal: bool,
}

/// What a message is to be taken for.
pub(super) struct Verdict {
    pub(super) is_valid: bool,
    /// The status that refuses it; `None` for a valid message, and for one that is dropped.
    pub(super) answer: Option<StatusCode>,
    /// In the order of the text.
    pub(super) findings: Vec<Found>,
}

/// Judges messages one after the other by one policy.
pub(super) struct Judge {
    policy: Policy,
    limits: Limits,
    scratch: Scratch,
    mended: Mended,
}

impl Judge {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            limits: Limits::default(),
            scratch: Scratch::new(),
            mended: Mended::new(),
        }
    }

    /// Judges what a stream was found to hold; `fault` is why it cannot be read any further.
    pub(super) fn judge_streamed(&mut self, bytes: &[u8], fault: Option<ParseError>) -> Verdict {
        let mut verdict = self.judge(bytes);
        let Some(fault) = fault.filter(|_| verdict.is_valid) else {
            return verdict;
        };
        // What a datagram can do without, a stream cannot (RFC 3261 §18.3).
        let mut notes = Notes::new(bytes, &self.mended, 0);
        notes.fault(fault, None);
        verdict.is_valid = false;
        verdict.answer = notes.answer.filter(|_| !is_unanswerable(bytes));
        verdict.findings.append(&mut notes.findings);
        verdict
    }

    pub(super) fn judge(&mut self, bytes: &[u8]) -> Verdict {
        self.mended.mend(bytes, &self.limits, self.policy);
        let text = self.mended.bytes(bytes);
        let mut notes = Notes::new(bytes, &self.mended, leading_line_ends(text));
        notes.deviations();
        let behind = text.get(notes.lead..).unwrap_or_default();
        match MessageView::parse_faulty(text, &self.limits, &mut self.scratch) {
            Err(fault) => notes.fault(fault, None),
            Ok((view, fault)) => {
                if let Some(fault) = fault {
                    notes.fault(fault, Some(&view));
                }
                notes.fields(&view, fault);
                notes.surplus(&view, behind);
            }
        }
        let Notes {
            mut findings,
            answer,
            is_valid,
            ..
        } = notes;
        findings.sort_by_key(|found| found.at);
        Verdict {
            is_valid,
            answer: answer.filter(|_| !is_unanswerable(behind)),
            findings,
        }
    }
}

/// RFC 3261 §8.2.6, §17.1.1.3: neither a response nor an ACK is ever answered.
fn is_unanswerable(message: &[u8]) -> bool {
    let starts = |word: &[u8]| {
        let start = message.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    starts(b"SIP/") || starts(b"ACK ")
}

/// RFC 3261 §7.5: these stand before the message, and its places count from behind them.
fn leading_line_ends(text: &[u8]) -> usize {
    let ends = text.chunks_exact(2).take_while(|pair| **pair == *b"\r\n");
    ends.count() * 2
}

struct Notes<'a> {
    bytes: &'a [u8],
    mended: &'a Mended,
    lead: usize,
    answer: Option<StatusCode>,
    is_valid: bool,
    findings: Vec<Found>,
}

impl<'a> Notes<'a> {
    fn new(bytes: &'a [u8], mended: &'a Mended, lead: usize) -> Self {
        Self {
            bytes,
            mended,
            lead,
            answer: None,
            is_valid: true,
            findings: Vec::new(),
        }
    }

    /// Notes something `at` bytes into the message as it was read.
    fn note(
        &mut self,
        at: usize,
        field: &'static str,
        rule: &'static str,
        text: String,
        is_fatal: bool,
    ) {
        let at = u32::try_from(self.lead + at).unwrap_or(u32::MAX);
        let at = self.mended.original(at) as usize;
        self.note_original(at, field, rule, text, is_fatal);
    }

    fn note_original(
        &mut self,
        at: usize,
        field: &'static str,
        rule: &'static str,
        text: String,
        is_fatal: bool,
    ) {
        let before = self.bytes.get(..at).unwrap_or(self.bytes);
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let start = before.iter().rposition(|b| *b == b'\n');
        let start = start.map_or(0, |newline| newline + 1);
        let on_line = String::from_utf8_lossy(before.get(start..).unwrap_or_default());
        self.findings.push(Found {
            field,
            at: before.len(),
            line,
            column: on_line.chars().count() + 1,
            rule,
            text,
            is_fatal,
        });
    }

    /// What the policy let pass: each kind once, where it first stands.
    fn deviations(&mut self) {
        let mends = self.mended.mends();
        for deviation in Deviation::ALL {
            let mut places = mends.iter().filter(|mend| mend.deviation == deviation);
            let Some(first) = places.next() else { continue };
            let text = match places.count() {
                0 => format!("let pass: {deviation}"),
                more => format!("let pass: {deviation}, and {more} more like it"),
            };
            let field = rules::part(deviation);
            self.note_original(first.at as usize, field, deviation.section(), text, false);
        }
    }

    fn fault(&mut self, fault: ParseError, view: Option<&MessageView<'_, '_>>) {
        let mut at = fault.at as usize;
        let mut text = fault.kind.to_string();
        if let (ParseErrorKind::BodyTruncated | ParseErrorKind::BodyTooLong, Some(view)) =
            (fault.kind, view)
        {
            // What is wrong stands in the field, not where the bytes end.
            if let Some(value) = view.field(HeaderName::ContentLength) {
                at = offset(view, value);
                let there = view.body().len();
                text = format!("{text}: {there} bytes are there");
            }
        }
        let (field, rule) = rules::of_fault(fault.kind);
        self.is_valid = false;
        self.answer = fault.kind.response();
        self.note(at, field, rule, text, true);
    }

    fn fields(&mut self, view: &MessageView<'_, '_>, fault: Option<ParseError>) {
        let body = view.as_bytes().len().saturating_sub(view.body().len());
        view.validate(|finding| {
            // A start line that does not come apart has no Request-URI to speak of, and one place
            // is wrong once.
            let is_start_line = |fault: ParseError| {
                finding.name == HeaderName::Other
                    && matches!(
                        fault.kind,
                        ParseErrorKind::StartLine | ParseErrorKind::RequestUri
                    )
            };
            let is_told = |fault: ParseError| fault.at == finding.at || is_start_line(fault);
            if !fault.is_some_and(is_told) {
                self.finding(view, finding, body);
            }
        });
    }

    fn finding(&mut self, view: &MessageView<'_, '_>, finding: Finding, body: usize) {
        if finding.is_fatal && self.is_valid {
            self.is_valid = false;
            self.answer = finding.answer;
        }
        let mut at = finding.at as usize;
        let field = match finding.name {
            HeaderName::Other if view.is_request() && at < body => "Request-Line",
            HeaderName::Other => "body",
            name => name.as_str(),
        };
        match finding.rule {
            // What is missing is missing before the empty line.
            Rule::Missing => at = body.saturating_sub(2),
            Rule::Uri(_) if field == "Request-Line" => {
                let error = view.request_uri().and_then(|uri| Uri::parse(uri).err());
                at += error.map_or(0, |error| error.at as usize);
            }
            Rule::RequestUriHeaders => {
                let uri = view.request_uri().unwrap_or_default();
                at += uri.rfind('?').unwrap_or_default();
            }
            _ => {}
        }
        let rule = rules::of_finding(finding.rule, finding.name, view.is_request());
        self.note(at, field, rule, finding.rule.to_string(), finding.is_fatal);
    }

    /// RFC 3261 §18.3: what stands behind the body of a datagram is discarded.
    fn surplus(&mut self, view: &MessageView<'_, '_>, text: &[u8]) {
        let end = view.as_bytes().len();
        let surplus = text.len().saturating_sub(end);
        if surplus > 0 {
            let text = format!("{surplus} bytes behind the body, left out");
            self.note(end, "body", "RFC 3261 §18.3", text, false);
        }
    }
}

/// Where in the message a part of it stands.
fn offset(view: &MessageView<'_, '_>, part: &[u8]) -> usize {
    let start = view.as_bytes().as_ptr() as usize;
    (part.as_ptr() as usize).saturating_sub(start)
}
