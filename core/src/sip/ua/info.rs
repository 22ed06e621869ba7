//! INFO: what applications say to each other within a call, without changing it (RFC 6086).
//!
//! | it names | answer |
//! |---|---|
//! | a package we have said we take | 200 |
//! | no package: the use of before RFC 6086 | 200 |
//! | any other package | 469 and those we take |

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::call::{Call, CallHandle, Cx, LegId};
use super::errors::InDialogError;
use super::events::UaEvent;
use super::in_dialog::Saying;
use super::links::ClientUse;
use super::outcome::Outcome;
use super::requests::{Refusal, Request, respond};
use super::standalone::Content;
use crate::Limits;
use crate::sip::body::{Boundary, Part, Parts};
use crate::sip::header::{ContentDisposition, TokenWithParams};
use crate::sip::message::{
    HeaderName, Message, Method, RequestBuilder, ResponseBuilder, StatusCode,
};
use crate::sip::transaction::ClientHandle;

/// How many of ours may wait for their answer in one call.
const INFO_LIMIT: usize = 8;

/// What an INFO says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Info {
    /// The Info Package it belongs to (RFC 6086 §5); none in the use of before that RFC.
    pub package: Option<String>,
    /// The media type of what it says, such as `application/dtmf-relay`; empty if there is nothing.
    pub content_type: String,
    /// What it says, as it stands in the body.
    pub body: Vec<u8>,
}

impl Info {
    fn of(message: &Message, limits: &Limits) -> Self {
        let package = package(message).map(String::from);
        let body = Part::of(message);
        let part = belonging_part(body, limits).unwrap_or(body);
        let content_type = part.field(HeaderName::ContentType).unwrap_or_default();
        Self {
            package,
            content_type: String::from_utf8_lossy(content_type.trim_ascii()).into_owned(),
            body: part.content.into(),
        }
    }
}

impl Content for Info {
    const METHOD: Method<'static> = Method::Info;

    fn body(&self) -> (&str, &[u8]) {
        (&self.content_type, &self.body)
    }

    fn write(&self, builder: &mut RequestBuilder) {
        if let Some(package) = &self.package {
            builder
                .field(HeaderName::InfoPackage, package.as_str())
                .field(HeaderName::ContentDisposition, "Info-Package");
        }
    }
}

/// The Info Package a request names.
fn package(message: &Message) -> Option<&str> {
    let value = message.field(HeaderName::InfoPackage)?;
    TokenWithParams::parse(value).ok().map(|it| it.token.0)
}

/// Of a multipart the part that belongs to the package (§4.3.1).
fn belonging_part<'a>(body: Part<'a>, limits: &Limits) -> Option<Part<'a>> {
    let content_type = body.content_type().ok()?;
    let is_info = |it: ContentDisposition<'_>| it.kind.eq_ignore_ascii_case("info-package");
    if !content_type.kind.eq_ignore_ascii_case("multipart") || body.disposition().is_ok_and(is_info)
    {
        return None;
    }
    let boundary = Boundary::of(&content_type).ok()?;
    Parts::new(body.content, boundary, limits)
        .filter_map(Result::ok)
        .find(|part| part.disposition().is_ok_and(is_info))
}

/// Writes which packages we take into the response to a request that says which the peer takes
/// (§5.2.3).
pub(super) fn answer_packages<H>(
    cx: &Cx<'_, H>,
    request: &Message,
    response: &mut ResponseBuilder<'_>,
) {
    if request.field(HeaderName::RecvInfo).is_some() {
        response.field(
            HeaderName::RecvInfo,
            packages(&cx.config.info_packages).as_str(),
        );
    }
}

/// A list of packages, which may be empty.
pub(super) fn packages(packages: &[String]) -> String {
    packages.join(", ")
}

impl Call {
    /// Sends an INFO in the dialog the application talks through.
    pub(super) fn send_info(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        info: Info,
    ) -> Result<(), InDialogError> {
        let leg = self.talking_leg()?;
        if let Some(package) = &info.package {
            // §4.2.1: only what the peer has said it takes.
            if !leg.peer.takes_package(package) {
                return Err(InDialogError::PackageNotTaken);
            }
        }
        if self.infos.len() >= INFO_LIMIT {
            return Err(InDialogError::Pending);
        }
        let id = leg.id;
        let info = self.say(cx, id, ClientUse::Info(cx.me, id), info)?;
        self.infos.push(info);
        Ok(())
    }

    /// Acts on what became of an INFO of ours.
    pub(super) fn on_info_outcome(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        transaction: ClientHandle,
        id: LegId,
        outcome: Outcome<'_>,
    ) {
        if outcome.status().is_provisional() {
            return;
        }
        let is_current = |it: &Saying<Info>| it.transaction == transaction;
        let Some(at) = self.infos.iter().position(is_current) else {
            return;
        };
        let sent = self.infos.swap_remove(at);
        let used = ClientUse::Info(cx.me, id);
        let again = self.on_said(cx, (id, used), sent.content, outcome, |call, outcome| {
            UaEvent::InfoAnswered {
                call,
                status: outcome.reported(),
                details: outcome.details(),
            }
        });
        self.infos.extend(again);
    }

    /// Answers the peer's INFO (§4.2.2).
    pub(super) fn on_info(&mut self, cx: &mut Cx<'_, CallHandle>, id: LegId, request: &Request) {
        let tag = self.local_tag.clone();
        let Request {
            transaction,
            message,
            ..
        } = request;
        let ours = &cx.config.info_packages;
        let is_taken = |name: &str| ours.iter().any(|one| one.eq_ignore_ascii_case(name));
        if message.field(HeaderName::InfoPackage).is_some()
            && !package(message).is_some_and(is_taken)
        {
            let packages = packages(ours);
            let (status, name) = (StatusCode::BAD_INFO_PACKAGE, HeaderName::RecvInfo);
            let refusal = Refusal::with(status, name, packages.as_bytes());
            return refusal.send(cx.stack, cx.config, request, &tag);
        }
        let info = Info::of(message, cx.stack.limits());
        let (config, status) = (cx.config, StatusCode::OK);
        respond(
            cx.stack,
            config,
            *transaction,
            message,
            status,
            &tag,
            |_| {},
        );
        self.learn_identity(cx, id, message);
        if self.is_live() {
            cx.events.push(UaEvent::Info {
                call: cx.me,
                info: Box::new(info),
            });
        }
    }
}
