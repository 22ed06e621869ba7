//! The command line: what each command takes, and the help that teaches it.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;
use offhook::sip::auth::Algorithm;
use offhook::sip::message::Policy;

use crate::failure::Failure;

/// Where a SIP element listens when nobody says (RFC 3261 §19.1.2).
const SIP_PORT: u16 = 5060;

/// Shown for `offhook`, `offhook --help` and `offhook help`.
pub(crate) const HELP: &str = "\
offhook - make and answer SIP calls, run a SIP server, look at what went over the wire

  offhook demo                      the whole thing at once: a server, two phones, a spoken call
  offhook phone [options] [URI]     a softphone: register, call URI or answer, play and record
  offhook server [options]          a registrar and proxy
  offhook ladder FILE               a recorded transcript as a ladder diagram
  offhook check FILE|DIR|-          what is wrong with messages, in files or captures

`offhook COMMAND --help` explains a command. Start with `offhook demo`.

exit codes
  0  done
  1  done, but wrong: what was heard is not what was said, a checked message is invalid
  2  the command line cannot be understood; a file to check cannot be read
  3  this machine: a file is missing, a port is in use
  4  refused: busy, declined, unknown user, wrong password
  5  silence: no answer, no server there
";

/// Shown for `offhook demo --help`.
pub(crate) const DEMO_HELP: &str = "\
offhook demo [--out FOLDER] [--plain]

Starts a server and two phones on loopback sockets. Alice and Bob register with digest
authentication; Alice calls Bob through the server; both speak at once; Alice puts Bob on hold,
takes him back, both speak again; Alice hangs up. Prints the ladder diagram as it happens and the
quality of both directions, writes what each heard (alice-heard.wav, bob-heard.wav), the
transcript (call.transcript) and the ladder (call.svg), and exits 1 if anyone heard anything else
than what was said.

  --out FOLDER   where the files go (default: offhook-demo in the folder you are in)
  --plain        no colours and no progress line, as when the output is not a terminal
";

/// Shown for `offhook phone --help`.
pub(crate) const PHONE_HELP: &str = "\
offhook phone [options] [URI]

With a URI it calls; without, it waits for calls. Numeric addresses or names both work:

  offhook phone --listen 127.0.0.1:5070 --auto-answer --record heard.wav
  offhook phone --listen 127.0.0.1:5071 --play speech.wav sip:bob@127.0.0.1:5070
  offhook phone --aor sip:alice@example.com --password-file pw --register sip:bob@example.com

who and where
  --listen ADDR        address and port to receive on (default 0.0.0.0:5060, or any free port if
                       another program has that; port 0: any free port)
  --aor URI            who you are (default sip:offhook@ADDR)
  --name TEXT          the name shown to the other side
  --register [ADDR]    register, at ADDR or at the host of --aor
  --expires SECS       how long a registration lasts (default 600)
  --proxy ADDR         send every call through this server (default: where it registers)
  --username NAME      for authentication, if not the user of --aor
  --password TEXT      seen by others on this machine; better: --password-file FILE, or the
                       environment variable OFFHOOK_PASSWORD

calls
  --auto-answer        answer every call at once
  --answer-after MS    ring this long before answering (implies --auto-answer)
  --ring-limit SECS    give up a call that only rings (default 180)
  --duration SECS      hang up after this long in a call
  --hold-after SECS    hold after this long in a call, and take it back as long after
  --calls N            leave after N calls (a calling phone leaves after its one call)
  --leave-after SECS   leave after this long, whatever goes on

sound
  --play WAV           what you say: played once, from the start of each call
  --record WAV         what you hear; the second call goes to WAV-2 and so on
  --codec LIST         PCMU, PCMA or both, in order of preference (default PCMU,PCMA)
  --rtp-port PORT      first port for media (default: any free pair)
  --no-audio           signalling only; several thousand calls at once are fine

what is shown
  --transcript FILE    keep all messages for `offhook ladder FILE`
  --ladder             print the ladder as it happens
  --quiet              only what went wrong, and the quality report

keys, each followed by Enter
  a answer   d decline   h hold   r resume   x hang up   c URI call   q quit   ? these keys
";

/// Shown for `offhook server --help`.
pub(crate) const SERVER_HELP: &str = "\
offhook server [options]

A registrar and record-routing proxy over UDP. Stops in good order on Ctrl-C or SIGTERM.

  offhook server --user alice:wonder --user bob:builder
  offhook server --listen 192.168.1.10:5060 --domain example.com --users users.txt

  --listen ADDR        address and port (default 127.0.0.1:5060)
  --domain NAME        a domain it serves, may be repeated (default: the address it listens on)
  --user NAME:PASSWORD a user, may be repeated
  --users FILE         users, one NAME:PASSWORD a line, # starts a comment
  --realm TEXT         the realm shown to users (default: the first domain)
  --digest LIST        what to challenge with, in order of preference (default SHA-256,MD5); some
                       old phones look only at the first
  --no-auth            let anyone register and call, without a password
  --next ADDR          send every request from outside a dialog there (a test rig, no location service)
  --no-record-route    stay out of the dialogs it sets up
  --transcript FILE    keep all messages for `offhook ladder FILE`
  --quiet              only what goes wrong
";

/// Shown for `offhook ladder --help`.
pub(crate) const LADDER_HELP: &str = "\
offhook ladder FILE [--svg OUT]

Draws a transcript (from --transcript, or the demo's call.transcript) as a ladder diagram: one
column for each participant, one arrow for each message.

  --svg OUT   write it as SVG to OUT, or to the standard output for -
";

/// Shown for `offhook check --help`.
pub(crate) const CHECK_HELP: &str = "\
offhook check FILE|DIR|- [--json] [--strict | --lenient]

Holds SIP messages against the RFCs: one line a message, and under it each thing that is wrong,
pointed at in the text. A file is one message byte for byte, or a capture (pcap or pcapng) of SIP
over UDP or TCP; a folder is walked in the order of its names; - is the standard input.

  ok    valid, or wrong only in what is to be ignored
  400   a request to be refused with this status
  drop  a response to be dropped, or a request that cannot be answered
  gap   bytes of a TCP stream that the capture does not have, or that belong to no whole message

  --strict    by the grammar and nothing else (the default)
  --lenient   let pass what is known to be meant well: bare line feeds, extra spaces in the start
              line, a Content-Length beyond the datagram, a missing last line and the like; each
              is still shown
  --json      one object a line and message: file, message (from 1), valid, answer (status or
              null), findings (field, line, column, rule, text)

Exits 1 if any message is invalid, 2 if a file cannot be read.
";

/// What `offhook demo` takes.
pub(crate) struct DemoOptions {
    pub(crate) out: PathBuf,
    pub(crate) plain: bool,
}

/// What `offhook phone` takes.
pub(crate) struct PhoneOptions {
    pub(crate) call: Option<String>,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) aor: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) register: bool,
    pub(crate) registrar: Option<SocketAddr>,
    pub(crate) expires: Duration,
    pub(crate) proxy: Option<SocketAddr>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) answer_after: Option<Duration>,
    pub(crate) ring_limit: Duration,
    pub(crate) duration: Option<Duration>,
    pub(crate) hold_after: Option<Duration>,
    pub(crate) calls: Option<usize>,
    pub(crate) leave_after: Option<Duration>,
    pub(crate) play: Option<PathBuf>,
    pub(crate) record: Option<PathBuf>,
    pub(crate) codecs: Vec<String>,
    pub(crate) rtp_port: u16,
    pub(crate) audio: bool,
    pub(crate) transcript: Option<PathBuf>,
    pub(crate) ladder: bool,
    pub(crate) quiet: bool,
}

/// What `offhook server` takes.
pub(crate) struct ServerOptions {
    pub(crate) listen: SocketAddr,
    pub(crate) domains: Vec<String>,
    pub(crate) users: Vec<(String, String)>,
    pub(crate) realm: Option<String>,
    pub(crate) authenticate: bool,
    pub(crate) digests: Vec<Algorithm>,
    pub(crate) next: Option<SocketAddr>,
    pub(crate) record_route: bool,
    pub(crate) transcript: Option<PathBuf>,
    pub(crate) quiet: bool,
}

/// What `offhook ladder` takes.
pub(crate) struct LadderOptions {
    pub(crate) file: PathBuf,
    pub(crate) svg: Option<PathBuf>,
}

/// What `offhook check` takes.
pub(crate) struct CheckOptions {
    pub(crate) path: PathBuf,
    pub(crate) json: bool,
    pub(crate) policy: Policy,
}

/// One understood command line.
pub(crate) enum Command {
    Demo(DemoOptions),
    Phone(Box<PhoneOptions>),
    Server(ServerOptions),
    Ladder(LadderOptions),
    Check(CheckOptions),
    /// Print this and leave.
    Say(&'static str),
    Version,
}

/// Understands the arguments after the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, Failure> {
    let mut parser = lexopt::Parser::from_args(args);
    let command = match parser.next()? {
        None | Some(Short('h') | Long("help")) => return Ok(Command::Say(HELP)),
        Some(Short('V') | Long("version")) => return Ok(Command::Version),
        Some(Value(command)) => command.string()?,
        Some(other) => return Err(other.unexpected().into()),
    };
    match command.as_str() {
        "demo" => demo(&mut parser),
        "phone" => phone(&mut parser),
        "server" => server(&mut parser),
        "ladder" => ladder(&mut parser),
        "check" => check(&mut parser),
        "help" => Ok(Command::Say(
            match parser.value().ok().and_then(|v| v.into_string().ok()) {
                Some(topic) if topic == "demo" => DEMO_HELP,
                Some(topic) if topic == "phone" => PHONE_HELP,
                Some(topic) if topic == "server" => SERVER_HELP,
                Some(topic) if topic == "ladder" => LADDER_HELP,
                Some(topic) if topic == "check" => CHECK_HELP,
                _ => HELP,
            },
        )),
        other => Err(Failure::usage(format!(
            "there is no command {other:?}: it is demo, phone, server, ladder or check"
        ))),
    }
}

fn demo(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let mut options = DemoOptions {
        out: PathBuf::from("offhook-demo"),
        plain: false,
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Long("out") => options.out = parser.value()?.into(),
            Long("plain") => options.plain = true,
            Short('h') | Long("help") => return Ok(Command::Say(DEMO_HELP)),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Demo(options))
}

impl Default for PhoneOptions {
    fn default() -> Self {
        Self {
            call: None,
            listen: None,
            aor: None,
            name: None,
            register: false,
            registrar: None,
            expires: Duration::from_secs(600),
            proxy: None,
            username: None,
            password: std::env::var("OFFHOOK_PASSWORD").ok(),
            answer_after: None,
            ring_limit: Duration::from_secs(180),
            duration: None,
            hold_after: None,
            calls: None,
            leave_after: None,
            play: None,
            record: None,
            codecs: vec!["PCMU".into(), "PCMA".into()],
            rtp_port: 0,
            audio: true,
            transcript: None,
            ladder: false,
            quiet: false,
        }
    }
}

fn phone(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let mut options = PhoneOptions::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Value(uri) => options.call = Some(callee(&uri.string()?)),
            Long("listen") => options.listen = Some(address(parser)?),
            Long("aor") => options.aor = Some(parser.value()?.string()?),
            Long("name") => options.name = Some(parser.value()?.string()?),
            Long("register") => {
                options.register = true;
                options.registrar = optional_address(parser)?;
            }
            Long("expires") => options.expires = seconds(parser)?,
            Long("proxy") => options.proxy = Some(address(parser)?),
            Long("username") => options.username = Some(parser.value()?.string()?),
            Long("password") => options.password = Some(parser.value()?.string()?),
            Long("password-file") => options.password = Some(first_line(&parser.value()?.into())?),
            Long("auto-answer") => {
                options.answer_after.get_or_insert(Duration::ZERO);
            }
            Long("answer-after") => {
                options.answer_after = Some(Duration::from_millis(parser.value()?.parse()?));
            }
            Long("ring-limit") => options.ring_limit = seconds(parser)?,
            Long("duration") => options.duration = Some(seconds(parser)?),
            Long("hold-after") => options.hold_after = Some(seconds(parser)?),
            Long("calls") => options.calls = Some(parser.value()?.parse()?),
            Long("leave-after") => options.leave_after = Some(seconds(parser)?),
            Long("play") => options.play = Some(parser.value()?.into()),
            Long("record") => options.record = Some(parser.value()?.into()),
            Long("codec") => options.codecs = codecs(&parser.value()?.string()?)?,
            Long("rtp-port") => options.rtp_port = parser.value()?.parse()?,
            Long("no-audio") => options.audio = false,
            Long("transcript") => options.transcript = Some(parser.value()?.into()),
            Long("ladder") => options.ladder = true,
            Long("quiet") => options.quiet = true,
            Short('h') | Long("help") => return Ok(Command::Say(PHONE_HELP)),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Phone(Box::new(options)))
}

fn server(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let mut options = ServerOptions {
        listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), SIP_PORT),
        domains: Vec::new(),
        users: Vec::new(),
        realm: None,
        authenticate: true,
        digests: vec![Algorithm::SHA_256, Algorithm::MD5],
        next: None,
        record_route: true,
        transcript: None,
        quiet: false,
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Long("listen") => options.listen = address(parser)?,
            Long("domain") => options.domains.push(parser.value()?.string()?),
            Long("user") => options.users.push(user(&parser.value()?.string()?)?),
            Long("users") => options.users.extend(users(&parser.value()?.into())?),
            Long("realm") => options.realm = Some(parser.value()?.string()?),
            Long("digest") => options.digests = digests(&parser.value()?.string()?)?,
            Long("no-auth") => options.authenticate = false,
            Long("next") => options.next = Some(address(parser)?),
            Long("no-record-route") => options.record_route = false,
            Long("transcript") => options.transcript = Some(parser.value()?.into()),
            Long("quiet") => options.quiet = true,
            Short('h') | Long("help") => return Ok(Command::Say(SERVER_HELP)),
            other => return Err(other.unexpected().into()),
        }
    }
    if options.authenticate && options.users.is_empty() && options.next.is_none() {
        return Err(Failure::usage(
            "there are no users: name some with --user NAME:PASSWORD or --users FILE, \
             or let anyone in with --no-auth",
        ));
    }
    Ok(Command::Server(options))
}

fn ladder(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let mut file = None;
    let mut svg = None;
    while let Some(arg) = parser.next()? {
        match arg {
            Value(path) if file.is_none() => file = Some(PathBuf::from(path)),
            Long("svg") => svg = Some(PathBuf::from(parser.value()?)),
            Short('h') | Long("help") => return Ok(Command::Say(LADDER_HELP)),
            other => return Err(other.unexpected().into()),
        }
    }
    let file = file.ok_or_else(|| Failure::usage("which FILE? see `offhook ladder --help`"))?;
    Ok(Command::Ladder(LadderOptions { file, svg }))
}

fn check(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let (mut path, mut json, mut policy) = (None, false, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Value(file) if path.is_none() => path = Some(PathBuf::from(file)),
            Long("json") => json = true,
            Long(chosen @ ("strict" | "lenient")) if policy.is_none() => {
                policy = Some(match chosen {
                    "strict" => Policy::STRICT,
                    _ => Policy::LENIENT,
                });
            }
            Short('h') | Long("help") => return Ok(Command::Say(CHECK_HELP)),
            other => return Err(other.unexpected().into()),
        }
    }
    let path = path.ok_or_else(|| Failure::usage("which FILE? see `offhook check --help`"))?;
    let policy = policy.unwrap_or(Policy::STRICT);
    Ok(Command::Check(CheckOptions { path, json, policy }))
}

/// `bob@host` is meant as `sip:bob@host`.
pub(crate) fn callee(text: &str) -> String {
    let has_scheme = text.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'+')
            && !scheme.bytes().all(|b| b.is_ascii_digit())
            && ["sip", "sips", "tel"]
                .iter()
                .any(|known| scheme.eq_ignore_ascii_case(known))
    });
    if has_scheme {
        text.to_owned()
    } else {
        format!("sip:{text}")
    }
}

fn seconds(parser: &mut lexopt::Parser) -> Result<Duration, Failure> {
    let value: f64 = parser.value()?.parse()?;
    Duration::try_from_secs_f64(value)
        .map_err(|_| Failure::usage(format!("{value} is no number of seconds")))
}

fn address(parser: &mut lexopt::Parser) -> Result<SocketAddr, Failure> {
    resolve(&parser.value()?.string()?)
}

fn optional_address(parser: &mut lexopt::Parser) -> Result<Option<SocketAddr>, Failure> {
    // What follows --register is an address only if it cannot be a URI to call or another option.
    let Some(rest) = parser.try_raw_args() else {
        return parser
            .optional_value()
            .map(|v| resolve(&v.to_string_lossy()))
            .transpose();
    };
    let next = rest
        .peek()
        .map(|value| value.to_string_lossy().into_owned());
    match next {
        Some(text) if !text.starts_with('-') && !text.contains('@') && !text.contains("sip:") => {
            let found = resolve(&text)?;
            parser.value()?;
            Ok(Some(found))
        }
        _ => Ok(None),
    }
}

/// `host`, `host:port`, `[v6]:port` or an address, looked up with the system's resolver.
pub(crate) fn resolve(text: &str) -> Result<SocketAddr, Failure> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(address);
    }
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(SocketAddr::new(address, SIP_PORT));
    }
    let found = if text.contains(':') {
        text.to_socket_addrs()
    } else {
        (text, SIP_PORT).to_socket_addrs()
    };
    let unknown = |why: String| {
        Failure::usage(format!(
            "no address for {text:?}: {why} (write it as HOST:PORT)"
        ))
    };
    let mut found: Vec<SocketAddr> = found.map_err(|error| unknown(error.to_string()))?.collect();
    // IPv4 first: a server on an IPv4 wildcard is still the common case.
    found.sort_by_key(SocketAddr::is_ipv6);
    found
        .first()
        .copied()
        .ok_or_else(|| unknown("the name has none".into()))
}

fn codecs(list: &str) -> Result<Vec<String>, Failure> {
    list.split(',')
        .map(|name| match name.trim().to_ascii_uppercase().as_str() {
            known @ ("PCMU" | "PCMA") => Ok(known.to_owned()),
            other => Err(Failure::usage(format!(
                "no codec {other:?}: there are PCMU and PCMA"
            ))),
        })
        .collect()
}

fn digests(list: &str) -> Result<Vec<Algorithm>, Failure> {
    let named = |name: &str| Algorithm::from_name(Some(name.trim()));
    list.split(',')
        .map(|name| {
            named(name).ok_or_else(|| {
                Failure::usage(format!(
                    "no digest {name:?}: MD5, SHA-256, SHA-512-256 or -sess"
                ))
            })
        })
        .collect()
}

fn user(text: &str) -> Result<(String, String), Failure> {
    match text.split_once(':') {
        Some((name, password)) if !name.is_empty() => Ok((name.to_owned(), password.to_owned())),
        _ => Err(Failure::usage("a user is written NAME:PASSWORD")),
    }
}

fn users(path: &PathBuf) -> Result<Vec<(String, String)>, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::local(format!("cannot read {}: {error}", path.display())))?;
    text.lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            user(line).map_err(|_| {
                Failure::usage(format!(
                    "{} line {number}: a user is written NAME:PASSWORD",
                    path.display()
                ))
            })
        })
        .collect()
}

fn first_line(path: &PathBuf) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::local(format!("cannot read {}: {error}", path.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, Failure> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn a_phone_that_registers_where_it_lives_and_calls() {
        let line = "phone --aor sip:a@h --register --listen 127.0.0.1:0 bob@127.0.0.1";
        let Ok(Command::Phone(options)) = parsed(line) else {
            panic!("not a phone")
        };
        assert!(options.register);
        assert_eq!(options.registrar, None);
        assert_eq!(options.call.as_deref(), Some("sip:bob@127.0.0.1"));
    }

    #[test]
    fn a_registrar_may_follow_and_its_port_defaults() {
        let Ok(Command::Phone(options)) = parsed("phone --register 127.0.0.1 sip:b@h") else {
            panic!("not a phone")
        };
        assert_eq!(options.registrar, Some("127.0.0.1:5060".parse().unwrap()));
        assert_eq!(options.call.as_deref(), Some("sip:b@h"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, word) in [
            ("dance", "dance"),
            ("phone --codec opus", "OPUS"),
            ("phone --duration never", "never"),
            ("server", "--user"),
            ("server --user nobody", "NAME:PASSWORD"),
            ("phone --frobnicate", "--frobnicate"),
            ("ladder", "FILE"),
            ("check", "FILE"),
            ("check a b", "b"),
            ("check --strict --lenient a", "--lenient"),
        ] {
            let error = parsed(line)
                .err()
                .unwrap_or_else(|| panic!("{line} was understood"));
            assert!(error.to_string().contains(word), "{line}: {error}");
            assert_eq!(error.exit(), crate::failure::Exit::Usage);
        }
    }

    #[test]
    fn no_command_and_help_teach() {
        assert!(matches!(parsed(""), Ok(Command::Say(HELP))));
        assert!(matches!(parsed("help phone"), Ok(Command::Say(PHONE_HELP))));
        assert!(matches!(
            parsed("server --help"),
            Ok(Command::Say(SERVER_HELP))
        ));
    }

    #[test]
    fn a_host_with_a_port_is_not_taken_for_a_scheme() {
        assert_eq!(callee("127.0.0.1:5070"), "sip:127.0.0.1:5070");
        assert_eq!(callee("SIP:bob@h"), "SIP:bob@h");
        assert_eq!(callee("bob@h:5070"), "sip:bob@h:5070");
    }
}
