//! What a line of the standard input asks for: the keyboard of a person, or a program's commands.

use std::net::IpAddr;

use crate::options;

/// Shown where a line is not understood.
pub(super) const ORDERS: &str = "[N] a answer   e early media   d decline   b busy   f URI forward   h hold   r resume   \
     k CODECS codec   t KEYS tones   i TEXT say   x hang up   c URI call   g URI transfer   y follow a transfer   n do not \
     m URI TEXT message   w URI EVENT watch   u unwatch   l list   v IP move   q quit";

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Deed {
    Answer,
    Early,
    Decline,
    Busy,
    Forward(String),
    Hold,
    Resume,
    /// The codecs by their names, the preferred one first.
    Codecs(Vec<String>),
    Info(String),
    /// Keys of a telephone.
    Keys(String),
    HangUp,
    Call(String),
    /// To whom.
    Transfer(String),
    /// Whether to do what a transfer asks for.
    Follow(bool),
    /// Of whom, and which event.
    Watch(String, String),
    Unwatch,
    /// To whom, and what.
    Message(String, String),
    List,
    /// To another address of this host.
    Move(IpAddr),
    Quit,
}

/// What is to be done, and to which call; without a number, to the one that is meant most likely. A
/// new call, and a message, is from the account of the number, or from the first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Order {
    pub(super) number: Option<usize>,
    pub(super) deed: Deed,
}

/// Understands a line; `None` if it asks for nothing that is known.
pub(super) fn understood(line: &str) -> Option<Order> {
    let (first, rest) = word(line);
    let number: Option<usize> = first.parse().ok();
    let (name, rest) = if number.is_some() {
        word(rest)
    } else {
        (first, rest)
    };
    let deed = match (name, rest) {
        ("a" | "answer", "") => Deed::Answer,
        ("e" | "early", "") => Deed::Early,
        ("d" | "decline", "") => Deed::Decline,
        ("b" | "busy", "") => Deed::Busy,
        ("f" | "forward", uri) if !uri.is_empty() => Deed::Forward(options::callee(uri)),
        ("h" | "hold", "") => Deed::Hold,
        ("r" | "resume", "") => Deed::Resume,
        ("k" | "codec", list) => Deed::Codecs(options::codecs(list).ok()?),
        ("i" | "info", text) if !text.is_empty() => Deed::Info(text.to_owned()),
        ("t" | "tones", keys) if options::are_keys(keys) => Deed::Keys(keys.to_owned()),
        ("x" | "hangup", "") => Deed::HangUp,
        ("c" | "call", uri) if !uri.is_empty() => Deed::Call(options::callee(uri)),
        ("m" | "message", rest) if !word(rest).1.is_empty() => {
            let (uri, text) = word(rest);
            Deed::Message(options::callee(uri), text.to_owned())
        }
        ("g" | "transfer", uri) if !uri.is_empty() => Deed::Transfer(options::callee(uri)),
        ("w" | "watch", rest) if is_word(word(rest).1) => {
            let (uri, event) = word(rest);
            Deed::Watch(options::callee(uri), event.to_owned())
        }
        // These concern no call there is.
        ("y" | "yes", "") if number.is_none() => Deed::Follow(true),
        ("n" | "no", "") if number.is_none() => Deed::Follow(false),
        ("u" | "unwatch", "") if number.is_none() => Deed::Unwatch,
        ("l" | "list", "") if number.is_none() => Deed::List,
        ("v" | "move", address) if number.is_none() => Deed::Move(address.parse().ok()?),
        ("q" | "quit", "") if number.is_none() => Deed::Quit,
        _ => return None,
    };
    Some(Order { number, deed })
}

/// Whether it is one word.
fn is_word(text: &str) -> bool {
    !text.is_empty() && word(text).1.is_empty()
}

/// The first word, and what follows it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (first, rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_or_the_word_and_the_call_before_it() {
        let order = |number, deed| Some(Order { number, deed });
        assert_eq!(understood("a"), order(None, Deed::Answer));
        assert_eq!(understood(" 2  answer "), order(Some(2), Deed::Answer));
        assert_eq!(understood("12 x"), order(Some(12), Deed::HangUp));
        let moved = Deed::Move([192, 0, 2, 7].into());
        assert_eq!(understood("move 192.0.2.7"), order(None, moved));
        assert_eq!(understood("v nowhere"), None);
        assert_eq!(understood("1 v 192.0.2.7"), None);
        let pressed = Deed::Keys("911#".into());
        assert_eq!(understood("t 911#"), order(None, pressed.clone()));
        assert_eq!(understood("2 tones 911#"), order(Some(2), pressed));
        // What follows a word is its own affair.
        let said = Deed::Info("5 apples, 2 x".into());
        assert_eq!(understood("3 i 5 apples, 2 x"), order(Some(3), said));
        let called = Deed::Call("sip:bob@h".into());
        assert_eq!(understood("call bob@h"), order(None, called.clone()));
        assert_eq!(understood("2 c bob@h"), order(Some(2), called));
        let said = Deed::Message("sip:bob@h".into(), "come here".into());
        assert_eq!(understood("m bob@h come here"), order(None, said));
        let codecs = Deed::Codecs(vec!["PCMA".into(), "PCMU".into()]);
        assert_eq!(understood("2 k pcma,PCMU"), order(Some(2), codecs));
        let given = Deed::Transfer("sip:carol@h".into());
        assert_eq!(understood("2 g carol@h"), order(Some(2), given));
        let watched = Deed::Watch("sip:bob@h".into(), "presence".into());
        assert_eq!(understood("watch bob@h presence"), order(None, watched));
        assert_eq!(understood("y"), order(None, Deed::Follow(true)));
        assert_eq!(understood("no"), order(None, Deed::Follow(false)));
        let forwarded = Deed::Forward("sip:carol@h".into());
        assert_eq!(understood("f sip:carol@h"), order(None, forwarded));
    }

    #[test]
    fn what_is_not_understood_is_not_guessed() {
        for line in [
            "",
            "2",
            "answer it",
            "m bob@h",
            "g",
            "w bob@h",
            "w bob@h presence now",
            "2 y",
            "t",
            "t 9E",
            "i",
            "k",
            "k opus",
            "c",
            "f",
            "2 q",
            "2 l",
            "z",
            "-1 a",
        ] {
            assert_eq!(understood(line), None, "{line:?}");
        }
    }
}
