//! MESSAGE: what is said outside calls, and heard wherever it is said (RFC 3428).

use offhook::sip::message::StatusCode;
use offhook::sip::ua::{CallHandle, Details, InstantMessage};

use super::Phone;
use super::news::{News, plain};

impl Phone {
    /// Says something to a URI, from an account.
    pub(super) fn send_message(&mut self, at: usize, uri: &str, text: &str) {
        let (identity, uri) = match self.account(at) {
            Ok((identity, home)) => (identity, self.place.over(home, uri)),
            Err(why) => return self.tell(News::error(&why.to_string())),
        };
        let message = InstantMessage::text(text);
        if let Some((now, agent)) = self.agent() {
            let done = agent.message_as(now, identity, &uri, message);
            self.report(done.err());
        }
    }

    /// Somebody says something, perhaps within a call.
    pub(super) fn message(
        &mut self,
        call: Option<CallHandle>,
        from: &str,
        to: &str,
        message: &InstantMessage,
    ) {
        let form = message.forms.first();
        let text = form.map_or_else(String::new, |it| {
            String::from_utf8_lossy(&it.body).into_owned()
        });
        let line = format!("{from} says: {}", plain(&text));
        let news = News::new("message", line)
            .maybe("call", self.number_of(call))
            .text("from", from)
            .text("to", to)
            .maybe_text("type", form.map(|it| it.content_type.as_str()))
            .text("text", &text);
        self.tell(news);
    }

    /// What became of something we have said.
    pub(super) fn message_answered(
        &mut self,
        call: Option<CallHandle>,
        status: Option<StatusCode>,
        details: Option<&Details>,
    ) {
        let line = match status {
            Some(status) if status.is_success() => "said".to_owned(),
            Some(status) => format!("not said: {} {}", status.as_u16(), status.reason()),
            None => "not said: there is no answer".to_owned(),
        };
        let news = News::new("message-answered", line)
            .maybe("call", self.number_of(call))
            .maybe("status", status.map(StatusCode::as_u16))
            .details(details);
        self.tell(news);
    }

    fn number_of(&self, call: Option<CallHandle>) -> Option<usize> {
        Some(self.calls.get(&call?)?.number)
    }
}
