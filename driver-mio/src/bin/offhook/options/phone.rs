//! What `offhook phone` takes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;
use offhook::Transport;
use offhook::sdp::attribute::CryptoSuite;
use offhook::sip::auth::Account;

use super::Command;
use super::help::PHONE_HELP;
use super::users;
use super::values::{
    callee, codecs, first_line, generations, kept_for, keys, listening, name_of, name_server,
    optional, optional_address, papers, seconds, suites, transport, transport_in, without_papers,
};
use crate::failure::Failure;
use crate::repair::Repair;

/// What belongs to one address-of-record.
#[derive(Clone, Default)]
pub(crate) struct AccountOptions {
    pub(crate) aor: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) register: bool,
    /// Where it registers, as it was written.
    pub(crate) registrar: Option<String>,
    /// Where calls go through, as it was written.
    pub(crate) proxy: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    /// Beside that name and password.
    pub(crate) credentials: Vec<Account>,
}

/// What `offhook phone` takes.
pub(crate) struct PhoneOptions {
    pub(crate) call: Option<String>,
    pub(crate) listen: Option<SocketAddr>,
    /// What it receives on.
    pub(crate) listen_over: Transport,
    /// What it sends over where a URI does not say.
    pub(crate) transport: Transport,
    pub(crate) trusted: Vec<PathBuf>,
    pub(crate) papers: Option<(PathBuf, PathBuf)>,
    /// Whom to ask about names; nobody for those the system asks.
    pub(crate) dns: Vec<SocketAddr>,
    /// At least one.
    pub(crate) accounts: Vec<AccountOptions>,
    pub(crate) expires: Duration,
    pub(crate) answer_after: Option<Duration>,
    pub(crate) early_media: bool,
    /// How many calls there may be at once.
    pub(crate) lines: Option<usize>,
    pub(crate) late_offer: bool,
    pub(crate) follow_redirects: bool,
    /// Whether a transfer is followed without asking, if it comes in a call.
    pub(crate) follow_transfers: bool,
    /// The session interval to ask for; zero for none.
    pub(crate) session_expires: Option<Duration>,
    pub(crate) min_se: Duration,
    pub(crate) ring_limit: Duration,
    pub(crate) duration: Option<Duration>,
    pub(crate) hold_after: Option<Duration>,
    pub(crate) calls: Option<usize>,
    pub(crate) leave_after: Option<Duration>,
    /// Keys to press in each call.
    pub(crate) dtmf: Option<String>,
    pub(crate) play: Option<PathBuf>,
    pub(crate) record: Vec<PathBuf>,
    pub(crate) codecs: Vec<String>,
    pub(crate) rtp_port: u16,
    /// How the sound is protected, the preferred way first; not at all for none.
    pub(crate) srtp: Vec<CryptoSuite<'static>>,
    /// Whether it goes unprotected where the far end cannot protect it.
    pub(crate) srtp_is_optional: bool,
    /// What repairs lost packets.
    pub(crate) repair: Repair,
    pub(crate) audio: bool,
    /// Where it keeps what it goes on with after a restart.
    pub(crate) state: Option<PathBuf>,
    pub(crate) transcript: Option<PathBuf>,
    pub(crate) ladder: bool,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
}

impl Default for PhoneOptions {
    fn default() -> Self {
        Self {
            call: None,
            listen: None,
            listen_over: Transport::Udp,
            transport: Transport::Udp,
            trusted: Vec::new(),
            papers: None,
            dns: Vec::new(),
            accounts: Vec::new(),
            expires: Duration::from_secs(600),
            answer_after: None,
            early_media: false,
            lines: None,
            late_offer: false,
            follow_redirects: true,
            follow_transfers: false,
            session_expires: None,
            min_se: Duration::from_secs(90),
            ring_limit: Duration::from_secs(180),
            duration: None,
            hold_after: None,
            calls: None,
            leave_after: None,
            dtmf: None,
            play: None,
            record: Vec::new(),
            codecs: vec!["PCMU".into(), "PCMA".into()],
            rtp_port: 0,
            srtp: Vec::new(),
            srtp_is_optional: false,
            repair: Repair::default(),
            audio: true,
            state: None,
            transcript: None,
            ladder: false,
            json: false,
            quiet: false,
        }
    }
}

pub(super) fn parse(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let mut options = PhoneOptions::default();
    let mut account = AccountOptions::default();
    let (mut certificates, mut key) = (None, None);
    let (mut listen, mut over) = (None, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Value(uri) => options.call = Some(callee(&uri.string()?)),
            Long("listen") => listen = Some(parser.value()?.string()?),
            Long("transport") => over = Some(transport(&parser.value()?.string()?)?),
            Long("tls-ca") => options.trusted.push(parser.value()?.into()),
            Long("tls-cert") => certificates = Some(parser.value()?.into()),
            Long("tls-key") => key = Some(parser.value()?.into()),
            Long("dns") => options.dns.push(name_server(parser)?),
            Long("aor") => {
                // Each but the first begins another account.
                if account.aor.is_some() {
                    options.accounts.push(std::mem::take(&mut account));
                }
                account.aor = Some(parser.value()?.string()?);
            }
            Long("name") => account.name = Some(parser.value()?.string()?),
            Long("register") => {
                account.register = true;
                account.registrar = optional_address(parser)?;
            }
            Long("expires") => options.expires = seconds(parser)?,
            Long("proxy") => account.proxy = Some(parser.value()?.string()?),
            Long("username") => account.username = Some(parser.value()?.string()?),
            Long("password") => account.password = Some(parser.value()?.string()?),
            Long("password-file") => account.password = Some(first_line(&parser.value()?.into())?),
            Long("account") => {
                let own = users::account(&parser.value()?.string()?)?;
                account.credentials.push(own);
            }
            Long("accounts") => {
                let path = parser.value()?.into();
                let own = users::each_line(&path, users::account)?;
                account.credentials.extend(own);
            }
            Long("auto-answer") => {
                options.answer_after.get_or_insert(Duration::ZERO);
            }
            Long("answer-after") => {
                options.answer_after = Some(Duration::from_millis(parser.value()?.parse()?));
            }
            Long("early-media") => options.early_media = true,
            Long("lines") => options.lines = Some(parser.value()?.parse()?),
            Long("late-offer") => options.late_offer = true,
            Long("no-redirect") => options.follow_redirects = false,
            Long("follow-transfers") => options.follow_transfers = true,
            Long("session-expires") => options.session_expires = Some(seconds(parser)?),
            Long("min-se") => options.min_se = seconds(parser)?,
            Long("ring-limit") => options.ring_limit = seconds(parser)?,
            Long("duration") => options.duration = Some(seconds(parser)?),
            Long("hold-after") => options.hold_after = Some(seconds(parser)?),
            Long("calls") => options.calls = Some(parser.value()?.parse()?),
            Long("leave-after") => options.leave_after = Some(seconds(parser)?),
            Long("dtmf") => options.dtmf = Some(keys(&parser.value()?.string()?)?),
            Long("play") => options.play = Some(parser.value()?.into()),
            Long("record") => options.record.push(parser.value()?.into()),
            Long("codec") => options.codecs = codecs(&parser.value()?.string()?)?,
            Long("rtp-port") => options.rtp_port = parser.value()?.parse()?,
            Long("srtp") => {
                let list = parser.optional_value().map(|list| list.string());
                let list = list.transpose()?;
                let (is_optional, list) = optional(list.as_deref());
                options.srtp = suites(list)?;
                options.srtp_is_optional = is_optional;
            }
            Long("red") => options.repair.red = Some(generations(parser)?),
            Long("fec") => options.repair.fec = true,
            Long("rtx") => options.repair.rtx = Some(kept_for(parser)?),
            Long("no-audio") => options.audio = false,
            Long("state") => options.state = Some(parser.value()?.into()),
            Long("transcript") => options.transcript = Some(parser.value()?.into()),
            Long("ladder") => options.ladder = true,
            Long("json") => options.json = true,
            Long("quiet") => options.quiet = true,
            Short('h') | Long("help") => return Ok(Command::Say(PHONE_HELP)),
            other => return Err(other.unexpected().into()),
        }
    }
    options.accounts.push(account);
    for account in &mut options.accounts {
        let known = || std::env::var("OFFHOOK_PASSWORD").ok();
        account.password = account.password.take().or_else(known);
    }
    if options.json && options.ladder {
        return Err(Failure::usage(
            "--json and --ladder both want the standard output: choose one",
        ));
    }
    options.papers = papers(certificates, key)?;
    let listen = listen.map(|text| listening(&text, over.unwrap_or(Transport::Udp)));
    let (named, address) = listen.transpose()?.unzip();
    let named = named.flatten();
    options.listen = address;
    options.transport = over.or(named).unwrap_or(Transport::Udp);
    options.listen_over = named.unwrap_or(options.transport);
    if let (None, Some(over)) = (&options.papers, named.filter(|over| over.is_secure())) {
        return Err(without_papers(over));
    }
    let asked = options.call.as_deref().and_then(transport_in);
    let mut all = [options.transport].into_iter().chain(asked);
    if let (true, Some(over)) = (options.trusted.is_empty(), all.find(|it| it.is_secure())) {
        let over = name_of(over);
        return Err(Failure::usage(format!(
            "over {over} it trusts nobody: name a file of certificates with --tls-ca"
        )));
    }
    Ok(Command::Phone(Box::new(options)))
}
