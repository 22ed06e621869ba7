//! What a word of the RFC is in the call that really takes place.

use super::text::{elements, field, fields, param};

/// Printed words, and what our machine said in their place.
#[derive(Default)]
pub(crate) struct Names {
    words: Vec<(String, String)>,
    /// The same for Contacts, which may be printed like somebody in From or To, whom they do not stand for.
    contacts: Vec<(String, String)>,
    /// The numbers of CSeq in requests of ours.
    numbers: Vec<(String, String)>,
    /// Of the challenges in this call.
    realms: Vec<String>,
}

impl Names {
    /// Remembers what stands for what, and tells where that contradicts what it was before.
    pub(crate) fn learn(&mut self, printed: &str, live: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let is_request = !printed.starts_with("SIP/2.0");
        let is_new = is_request && !printed.starts_with("CANCEL ");
        // Each response to a REGISTER has a tag of its own.
        let is_alone = live.contains(" REGISTER\r\n");
        for (what, printed, live) in pairs(printed, live) {
            if printed == live {
                continue;
            }
            let is_made_anew = |what| match what {
                Word::Nonce => true,
                Word::Via => is_new,
                Word::Tag => is_alone,
                Word::CallId | Word::Contact | Word::RecordRoute => false,
            };
            let words = match what {
                Word::Contact => &mut self.contacts,
                Word::CallId | Word::Tag | Word::Via | Word::RecordRoute | Word::Nonce => {
                    &mut self.words
                }
            };
            let known = words.iter_mut().find(|(word, _)| *word == printed);
            match known {
                // Challenges are new each time, and so are branches, but for those of CANCEL: proxies of
                // the RFC have one for all they send.
                Some((_, known)) if *known != live && !is_made_anew(what) => {
                    wrong.push(format!("{what:?} {printed}: {live}, and before {known}"));
                }
                Some((_, known)) => *known = live,
                None => words.push((printed, live)),
            }
        }
        if let (true, Some(printed), Some(live)) =
            (is_request, field(printed, "CSeq"), field(live, "CSeq"))
        {
            self.numbers.retain(|(known, _)| known != printed);
            self.numbers.push((printed.to_owned(), live.to_owned()));
        }
        wrong
    }

    /// A challenge with this realm was said in this call.
    pub(crate) fn heard(&mut self, realm: &str) {
        self.realms.push(realm.to_owned());
    }

    /// Whether one was.
    pub(crate) fn was_challenged(&self, realm: &str) -> bool {
        self.realms.iter().any(|heard| heard == realm)
    }

    /// Has one word stand for another from the start.
    pub(crate) fn say(&mut self, printed: &str, live: &str) {
        self.words.push((printed.to_owned(), live.to_owned()));
    }

    /// Forgets what was learned.
    pub(crate) fn begin_anew(&mut self) {
        self.words.truncate(1);
        self.contacts.clear();
        self.numbers.clear();
    }

    /// Tells what others say in one section of RFC 3665 §2, where all have one Call-ID and one branch,
    /// from what they have said in another.
    pub(crate) fn tell_apart(&mut self, section: &str) {
        let call_id = "1j9FpLxk3uxtm8tn@biloxi.example.com";
        self.say(call_id, &format!("{section}-{call_id}"));
        self.say("branch=z9hG4bK", &format!("branch=z9hG4bK{section}"));
    }

    /// A printed message with the words of this call in its header.
    pub(crate) fn live(&self, printed: &str) -> String {
        let (header, body) = printed.split_once("\r\n\r\n").unwrap_or((printed, ""));
        let rows = header.split("\r\n").map(|row| self.replace(row));
        let mut header = rows.collect::<Vec<_>>().join("\r\n");
        if printed.starts_with("SIP/2.0") {
            for (printed, live) in &self.numbers {
                header = header.replace(&format!("CSeq: {printed}"), &format!("CSeq: {live}"));
            }
        }
        format!("{header}\r\n\r\n{body}")
    }

    /// Every word of a row replaced once, the longest first.
    fn replace(&self, row: &str) -> String {
        let is_party = row.starts_with("From:") || row.starts_with("To:");
        let contacts = if is_party { &[] } else { &*self.contacts };
        let mut replaced = String::new();
        let mut rest = row;
        while let Some(first) = rest.chars().next() {
            let words = self.words.iter().chain(contacts);
            let here = words.filter(|(word, _)| rest.starts_with(word));
            match here.max_by_key(|(word, _)| word.len()) {
                Some((word, live)) => {
                    replaced.push_str(live);
                    rest = &rest[word.len()..];
                }
                None => {
                    replaced.push(first);
                    rest = &rest[first.len_utf8()..];
                }
            }
        }
        replaced
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Word {
    CallId,
    Tag,
    Via,
    Contact,
    RecordRoute,
    Nonce,
}

/// The words that everyone makes up, and the names everyone goes by.
fn pairs(printed: &str, live: &str) -> Vec<(Word, String, String)> {
    let mut pairs = Vec::new();
    let mut pair = |what, printed: Option<&str>, live: Option<&str>| {
        if let (Some(printed), Some(live)) = (printed, live) {
            pairs.push((what, printed.to_owned(), live.to_owned()));
        }
    };
    pair(
        Word::CallId,
        field(printed, "Call-ID"),
        field(live, "Call-ID"),
    );
    for name in ["From", "To"] {
        let tag = |text| field(text, name).and_then(|value| param(value, ";tag"));
        pair(Word::Tag, tag(printed), tag(live));
    }
    let both = |name| {
        let printed = elements(printed, name).into_iter();
        printed.zip(elements(live, name))
    };
    for (printed, live) in both("Via") {
        pair(Word::Via, Some(sent_by(printed)), Some(sent_by(live)));
    }
    for (what, name) in [
        (Word::Contact, "Contact"),
        (Word::RecordRoute, "Record-Route"),
    ] {
        for (printed, live) in both(name) {
            pair(what, uri(printed), uri(live));
        }
    }
    for name in ["WWW-Authenticate", "Proxy-Authenticate"] {
        for (printed, live) in fields(printed, name).into_iter().zip(fields(live, name)) {
            pair(Word::Nonce, param(printed, "nonce"), param(live, "nonce"));
        }
    }
    pairs
}

/// What its sender wrote into a Via, without what a receiver adds.
pub(crate) fn sent_by(via: &str) -> &str {
    let (_, via) = via.split_once(' ').unwrap_or(("", via));
    via.split(";received").next().unwrap_or(via)
}

/// The URI between angle brackets.
pub(crate) fn uri(value: &str) -> Option<&str> {
    let (_, value) = value.split_once('<')?;
    value.split_once('>').map(|(uri, _)| uri)
}
