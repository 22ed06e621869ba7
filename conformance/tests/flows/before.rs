//! What a server has to know before a flow begins.

use offhook::{Machine, Transport};

use super::printed::Printed;
use super::stage::Stage;

impl<M: Machine> Stage<M> {
    /// Bob has said where he is.
    pub(crate) fn registers(&mut self, domain: &str, contact: &str, over: Transport) {
        self.is_told(("bob", domain), &format!("<{contact}>"), over);
    }

    /// Somebody has said where this user is.
    pub(crate) fn is_told(
        &mut self,
        (user, domain): (&str, &str),
        contacts: &str,
        over: Transport,
    ) {
        let text = format!(
            "REGISTER sip:{domain} SIP/2.0\r\n{}To: <sip:{user}@{domain}>\r\n\
             Contact: {contacts}\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n",
            self.begin("Bob", over)
        );
        self.says_beforehand("Bob", text, "200 REGISTER");
    }

    /// A user has asked for something before, and was asked for a password.
    pub(crate) fn was_asked(&mut self, party: &str, (method, uri): (&str, &str), over: Transport) {
        let text = format!(
            "{method} {uri} SIP/2.0\r\n{}To: <{uri}>\r\nCSeq: 1 {method}\r\n\
             Content-Length: 0\r\n\r\n",
            self.begin(party, over)
        );
        let status = if method == "REGISTER" { 401 } else { 407 };
        self.says_beforehand(party, text, &format!("{status} {method}"));
    }

    fn begin(&mut self, party: &str, over: Transport) -> String {
        self.before += 1;
        let (over, port) = match over {
            Transport::Tls => ("TLS", 5061),
            Transport::Tcp => ("TCP", 5060),
            _ => ("UDP", 5060),
        };
        let (place, before) = (self.place_of(party), self.before);
        format!(
            "Via: SIP/2.0/{over} {place}:{port};branch=z9hG4bKbefore{before}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:alice@atlanta.example.com>;tag=before\r\n\
             Call-ID: before{before}\r\n",
        )
    }

    fn says_beforehand(&mut self, party: &str, text: String, answer: &str) {
        self.receives(&Printed {
            label: "before".to_owned(),
            from: party.to_owned(),
            to: String::new(),
            text,
        });
        assert_eq!(self.answered().as_deref(), Some(answer));
    }
}
