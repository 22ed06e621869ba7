//! What the server answers itself (RFC 3261 §8.2, §11.2, §16.5).

use super::Server;
use super::access::{SUPPORTED, require};
use crate::sip::endpoint::Stack;
use crate::sip::message::{HeaderName, Message, Method, ResponseBuilder, StatusCode};
use crate::sip::proxy::Answer;
use crate::sip::transaction::ServerHandle;

/// What may be asked of the server itself.
const ALLOW: &str = "OPTIONS, REGISTER";

impl Server {
    /// A request whose Request-URI names the domain and nobody in it.
    pub(super) fn answer(
        &mut self,
        stack: &mut Stack,
        transaction: ServerHandle,
        request: &Message,
    ) -> Result<(), Answer> {
        // §16.5: there is nobody of that name here, which is no name at all.
        if !matches!(request.method(), Method::Options) {
            return Err(StatusCode::NOT_FOUND.into());
        }
        require(request)?;
        let answer = Answer {
            status: StatusCode::OK,
            fields: alloc::vec![
                (HeaderName::Allow, ALLOW.into()),
                (HeaderName::Supported, SUPPORTED.join(", ")),
            ],
        };
        self.respond(stack, transaction, request, &answer);
        Ok(())
    }

    /// Sends a response of the server's own (§8.2.6).
    pub(super) fn respond(
        &self,
        stack: &mut Stack,
        transaction: ServerHandle,
        request: &Message,
        answer: &Answer,
    ) {
        let tag = stack.new_tag();
        let mut builder = ResponseBuilder::to(request, answer.status);
        builder.to_tag(&tag);
        for (name, value) in &answer.fields {
            builder.field(*name, value.as_str());
        }
        if !self.config.server.is_empty() {
            builder.field(HeaderName::Server, self.config.server.as_str());
        }
        if let Ok(response) = builder.finish() {
            // The transaction is there: it has just been made for this request.
            let _ = stack.respond(transaction, response);
        }
    }
}
