//! What `offhook server` takes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use lexopt::prelude::*;
use offhook::Transport;
use offhook::sip::auth::Algorithm;
use offhook::sip::uri::Uri;

use super::Command;
use super::help::SERVER_HELP;
use super::users::{User, each_line, realm};
use super::values::{SIP_PORT, digests, listening, name_server, papers, uri_at, without_papers};
use crate::failure::Failure;

/// What `offhook server` takes.
pub(crate) struct ServerOptions {
    /// Where, and over what; over UDP and TCP both if nothing stands there.
    pub(crate) listen: Vec<(Option<Transport>, SocketAddr)>,
    pub(crate) papers: Option<(PathBuf, PathBuf)>,
    pub(crate) tls_name: Option<String>,
    pub(crate) trusted: Vec<PathBuf>,
    pub(crate) tls_clients: Option<PathBuf>,
    pub(crate) domains: Vec<String>,
    pub(crate) users: Vec<User>,
    pub(crate) realm: Option<String>,
    /// Those of single domains.
    pub(crate) realms: Vec<(String, String)>,
    pub(crate) authenticate: bool,
    /// The domains whose callers need a password.
    pub(crate) closed: Vec<String>,
    /// Whose callers are told where they are; a domain, a user of one, or nobody for everyone.
    pub(crate) redirected: Vec<Option<String>>,
    /// Who has moved, and where to.
    pub(crate) moved: Vec<(String, String)>,
    pub(crate) digests: Vec<Algorithm>,
    /// The URI of the server that gets every request.
    pub(crate) next: Option<String>,
    /// Whom to ask about names; nobody for those the system asks.
    pub(crate) dns: Vec<SocketAddr>,
    pub(crate) record_route: bool,
    pub(crate) transcript: Option<PathBuf>,
    pub(crate) quiet: bool,
}

pub(super) fn parse(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let mut options = ServerOptions {
        listen: Vec::new(),
        papers: None,
        tls_name: None,
        trusted: Vec::new(),
        tls_clients: None,
        domains: Vec::new(),
        users: Vec::new(),
        realm: None,
        realms: Vec::new(),
        authenticate: true,
        closed: Vec::new(),
        redirected: Vec::new(),
        moved: Vec::new(),
        digests: vec![Algorithm::SHA_256, Algorithm::MD5],
        next: None,
        dns: Vec::new(),
        record_route: true,
        transcript: None,
        quiet: false,
    };
    let (mut certificates, mut key) = (None, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("listen") => {
                let text = parser.value()?.string()?;
                options.listen.push(listening(&text, Transport::Udp)?);
            }
            Long("tls-cert") => certificates = Some(parser.value()?.into()),
            Long("tls-key") => key = Some(parser.value()?.into()),
            Long("tls-name") => options.tls_name = Some(parser.value()?.string()?),
            Long("tls-ca") => options.trusted.push(parser.value()?.into()),
            Long("tls-clients") => options.tls_clients = Some(parser.value()?.into()),
            Long("domain") => options.domains.push(parser.value()?.string()?),
            Long("user") => options.users.push(User::parse(&parser.value()?.string()?)?),
            Long("users") => {
                let path = parser.value()?.into();
                options.users.extend(each_line(&path, User::parse)?);
            }
            Long("realm") => match realm(&parser.value()?.string()?) {
                (Some(domain), realm) => options.realms.push((domain, realm)),
                (None, realm) => options.realm = Some(realm),
            },
            Long("digest") => options.digests = digests(&parser.value()?.string()?)?,
            Long("no-auth") => options.authenticate = false,
            Long("closed") => options.closed.push(parser.value()?.string()?),
            Long("redirect") => {
                let whose = parser.optional_value().map(ValueExt::string);
                options.redirected.push(whose.transpose()?);
            }
            Long("moved") => options.moved.push(moved(&parser.value()?.string()?)?),
            Long("next") => {
                options.next = Some(uri_at(&parser.value()?.string()?, Transport::Udp)?);
            }
            Long("dns") => options.dns.push(name_server(parser)?),
            Long("no-record-route") => options.record_route = false,
            Long("transcript") => options.transcript = Some(parser.value()?.into()),
            Long("quiet") => options.quiet = true,
            Short('h') | Long("help") => return Ok(Command::Say(SERVER_HELP)),
            other => return Err(other.unexpected().into()),
        }
    }
    if options.listen.is_empty() {
        let local = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), SIP_PORT);
        options.listen.push((None, local));
    }
    options.papers = papers(certificates, key)?;
    let mut over = options.listen.iter().filter_map(|(over, _)| *over);
    if let (None, Some(over)) = (&options.papers, over.find(|over| over.is_secure())) {
        return Err(without_papers(over));
    }
    let asks = options.authenticate || !options.closed.is_empty();
    if asks && options.users.is_empty() && options.next.is_none() {
        return Err(Failure::usage(
            "there are no users: name some with --user NAME:PASSWORD or --users FILE, \
             or let anyone in with --no-auth",
        ));
    }
    Ok(Command::Server(Box::new(options)))
}

/// `WHO=URI`.
fn moved(text: &str) -> Result<(String, String), Failure> {
    match text.split_once('=') {
        Some((who, uri)) if !who.is_empty() && Uri::parse(uri).is_ok() => {
            Ok((who.to_owned(), uri.to_owned()))
        }
        _ => Err(Failure::usage(
            "who has moved is written USER@DOMAIN=URI or DOMAIN=URI",
        )),
    }
}
