//! The command line: what each command takes, and the help that teaches it.

mod help;
mod phone;
mod server;
mod users;
mod values;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use lexopt::prelude::*;
use offhook::sip::message::Policy;

use self::help::{CHECK_HELP, DEMO_HELP, HELP, LADDER_HELP, PHONE_HELP, RTP_HELP, SERVER_HELP};
pub(crate) use self::phone::{AccountOptions, PhoneOptions};
pub(crate) use self::server::ServerOptions;
pub(crate) use self::values::{
    are_keys, callee, codecs, name_of, port_of, transport, transport_in, uri_at,
};
use crate::failure::Failure;

/// What `offhook demo` takes.
pub(crate) struct DemoOptions {
    pub(crate) out: PathBuf,
    pub(crate) plain: bool,
}

/// What `offhook ladder` takes.
pub(crate) struct LadderOptions {
    pub(crate) file: PathBuf,
    pub(crate) svg: Option<PathBuf>,
    /// The one Call-ID to draw.
    pub(crate) call: Option<String>,
}

/// What `offhook check` takes.
pub(crate) struct CheckOptions {
    pub(crate) path: PathBuf,
    pub(crate) json: bool,
    pub(crate) policy: Policy,
}

/// What `offhook rtp` takes.
pub(crate) struct RtpOptions {
    pub(crate) file: PathBuf,
    pub(crate) json: bool,
    pub(crate) svg: Option<PathBuf>,
}

/// One understood command line.
pub(crate) enum Command {
    Demo(DemoOptions),
    Phone(Box<PhoneOptions>),
    Server(Box<ServerOptions>),
    Ladder(LadderOptions),
    Check(CheckOptions),
    Rtp(RtpOptions),
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
        "phone" => phone::parse(&mut parser),
        "server" => server::parse(&mut parser),
        "ladder" => ladder(&mut parser),
        "check" => check(&mut parser),
        "rtp" => rtp(&mut parser),
        "help" => Ok(Command::Say(
            match parser.value().ok().and_then(|v| v.into_string().ok()) {
                Some(topic) if topic == "demo" => DEMO_HELP,
                Some(topic) if topic == "phone" => PHONE_HELP,
                Some(topic) if topic == "server" => SERVER_HELP,
                Some(topic) if topic == "ladder" => LADDER_HELP,
                Some(topic) if topic == "check" => CHECK_HELP,
                Some(topic) if topic == "rtp" => RTP_HELP,
                _ => HELP,
            },
        )),
        other => Err(Failure::usage(format!(
            "there is no command {other:?}: it is demo, phone, server, ladder, check or rtp"
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

fn ladder(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let mut file = None;
    let (mut svg, mut call) = (None, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Value(path) if file.is_none() => file = Some(PathBuf::from(path)),
            Long("svg") => svg = Some(PathBuf::from(parser.value()?)),
            Long("call") => call = Some(parser.value()?.string()?),
            Short('h') | Long("help") => return Ok(Command::Say(LADDER_HELP)),
            other => return Err(other.unexpected().into()),
        }
    }
    let file = file.ok_or_else(|| Failure::usage("which FILE? see `offhook ladder --help`"))?;
    Ok(Command::Ladder(LadderOptions { file, svg, call }))
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

fn rtp(parser: &mut lexopt::Parser) -> Result<Command, Failure> {
    let (mut file, mut json, mut svg) = (None, false, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Value(path) if file.is_none() => file = Some(PathBuf::from(path)),
            Long("json") => json = true,
            Long("svg") => svg = Some(PathBuf::from(parser.value()?)),
            Short('h') | Long("help") => return Ok(Command::Say(RTP_HELP)),
            other => return Err(other.unexpected().into()),
        }
    }
    let file = file.ok_or_else(|| Failure::usage("which FILE? see `offhook rtp --help`"))?;
    if json && svg.as_deref() == Some(Path::new("-")) {
        return Err(Failure::usage(
            "--json and --svg - both want the standard output: choose one",
        ));
    }
    Ok(Command::Rtp(RtpOptions { file, json, svg }))
}

#[cfg(test)]
mod tests {
    use offhook::Transport;

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
        assert!(options.accounts[0].register);
        assert_eq!(options.accounts[0].registrar, None);
        assert_eq!(options.call.as_deref(), Some("sip:bob@127.0.0.1"));
    }

    #[test]
    fn a_registrar_may_follow_and_its_port_defaults() {
        let Ok(Command::Phone(options)) = parsed("phone --register 127.0.0.1 sip:b@h") else {
            panic!("not a phone")
        };
        let registrar = options.accounts[0].registrar.as_deref();
        assert_eq!(registrar, Some("127.0.0.1"));
        assert_eq!(options.call.as_deref(), Some("sip:b@h"));
    }

    #[test]
    fn each_further_aor_begins_another_account() {
        let line = "phone --password a --aor sip:alice@h --register \
                    --aor sip:bob@g --password b --proxy p";
        let Ok(Command::Phone(options)) = parsed(line) else {
            panic!("not a phone")
        };
        let of = |account: &AccountOptions| {
            let texts = [&account.aor, &account.password, &account.proxy];
            (
                texts.map(|it| it.clone().unwrap_or_default()),
                account.register,
            )
        };
        let accounts: Vec<_> = options.accounts.iter().map(of).collect();
        let own = |texts: [&str; 3]| texts.map(str::to_owned);
        assert_eq!(accounts[0], (own(["sip:alice@h", "a", ""]), true));
        assert_eq!(accounts[1], (own(["sip:bob@g", "b", "p"]), false));
        assert_eq!(accounts.len(), 2);
    }

    #[test]
    fn a_server_listens_over_what_is_said() {
        let line = "server --no-auth --listen 127.0.0.1:0 --listen tcp:[::1] \
                    --listen tls:127.0.0.1 --listen ws:127.0.0.1 --listen wss:127.0.0.1:8443 \
                    --tls-cert a.pem --tls-key a.key";
        let Ok(Command::Server(options)) = parsed(line) else {
            panic!("not a server")
        };
        let expected = [
            (None, "127.0.0.1:0".parse().unwrap()),
            (Some(Transport::Tcp), "[::1]:5060".parse().unwrap()),
            (Some(Transport::Tls), "127.0.0.1:5061".parse().unwrap()),
            (Some(Transport::Ws), "127.0.0.1:80".parse().unwrap()),
            (Some(Transport::Wss), "127.0.0.1:8443".parse().unwrap()),
        ];
        assert_eq!(options.listen, expected);
    }

    #[test]
    fn a_phone_sends_over_what_it_listens_on_unless_it_is_told_otherwise() {
        for (line, listens, sends, port) in [
            ("phone --transport ws", Transport::Ws, Transport::Ws, None),
            (
                "phone --listen ws:127.0.0.1",
                Transport::Ws,
                Transport::Ws,
                Some(80),
            ),
            (
                "phone --listen tcp:127.0.0.1 --transport ws",
                Transport::Tcp,
                Transport::Ws,
                Some(5060),
            ),
            (
                "phone --listen 127.0.0.1 --transport tcp",
                Transport::Tcp,
                Transport::Tcp,
                Some(5060),
            ),
        ] {
            let Ok(Command::Phone(options)) = parsed(line) else {
                panic!("not a phone: {line}")
            };
            assert_eq!(options.listen_over, listens, "{line}");
            assert_eq!(options.transport, sends, "{line}");
            assert_eq!(options.listen.map(|at| at.port()), port, "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, word) in [
            ("dance", "dance"),
            ("phone --codec opus", "OPUS"),
            ("phone --duration never", "never"),
            ("phone --dtmf 12E", "12E"),
            ("phone --srtp=AES_CM_128", "AES_CM_128"),
            ("phone --srtp=AEAD_AES_128_GCM,AEAD_AES_128_GCM", "twice"),
            ("phone --red=5", "not 5"),
            ("phone --rtx=30", "not 30"),
            ("server", "--user"),
            ("server --user nobody", "NAME:PASSWORD"),
            ("phone --frobnicate", "--frobnicate"),
            ("phone --transport sctp", "sctp"),
            ("phone --transport tls", "--tls-ca"),
            ("phone --listen ws:127.0.0.1 --transport wss", "--tls-ca"),
            ("phone --tls-ca a.pem --listen wss:127.0.0.1", "--tls-cert"),
            ("phone sips:bob@127.0.0.1", "--tls-ca"),
            ("phone sip:bob@127.0.0.1;transport=tls", "--tls-ca"),
            ("phone --tls-cert a.pem", "--tls-key"),
            ("server --no-auth --listen tls:127.0.0.1", "--tls-cert"),
            ("phone --listen host.example.com", "IP:PORT"),
            ("phone --dns ns.example.com", "ns.example.com"),
            ("server --next bob@example.com", "HOST:PORT"),
            ("server --no-auth --listen wss:127.0.0.1", "--tls-cert"),
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
    fn a_server_on_the_way_is_a_uri_whose_host_may_be_a_name() {
        let uri = |host| uri_at(host, Transport::Udp).unwrap();
        assert_eq!(uri("example.com"), "sip:example.com");
        assert_eq!(uri("127.0.0.1:5070"), "sip:127.0.0.1:5070");
        assert_eq!(uri("::1"), "sip:[::1]");
        assert_eq!(uri("[::1]:5070"), "sip:[::1]:5070");
        let over = uri_at("example.com", Transport::Tls).unwrap();
        assert_eq!(over, "sip:example.com;transport=tls");
        for wrong in ["", "a b", "example.com;lr", "example.com?a=b", "host:port"] {
            assert!(uri_at(wrong, Transport::Udp).is_err(), "{wrong}");
        }
    }

    #[test]
    fn protection_is_of_the_usual_suites_or_of_those_that_are_named() {
        for (line, suites) in [
            ("phone", vec![]),
            (
                "phone --srtp sip:bob@h",
                vec!["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"],
            ),
            (
                "phone --srtp=AEAD_AES_256_GCM,aes_cm_128_hmac_sha1_80 sip:bob@h",
                vec!["AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80"],
            ),
        ] {
            let Ok(Command::Phone(options)) = parsed(line) else {
                panic!("not a phone: {line}")
            };
            let names = options.srtp.iter().map(|suite| suite.as_str());
            assert_eq!(names.collect::<Vec<_>>(), suites, "{line}");
            assert_eq!(options.call.is_some(), line.contains("bob"), "{line}");
        }
    }

    #[test]
    fn protection_may_be_left_to_the_far_end() {
        for (line, is_optional, suites) in [
            ("phone --srtp", false, 2),
            ("phone --srtp=optional", true, 2),
            ("phone --srtp=optional,AEAD_AES_256_GCM", true, 1),
            ("phone --srtp=AEAD_AES_256_GCM", false, 1),
        ] {
            let Ok(Command::Phone(options)) = parsed(line) else {
                panic!("not a phone: {line}")
            };
            assert_eq!(options.srtp_is_optional, is_optional, "{line}");
            assert_eq!(options.srtp.len(), suites, "{line}");
        }
    }

    #[test]
    fn lost_packets_are_repaired_as_it_is_wanted() {
        for (line, red, fec, rtx) in [
            ("phone", None, false, None),
            ("phone --red --rtx sip:bob@h", Some(1), false, Some(200)),
            ("phone --rtx=400 --red=4 --fec", Some(4), true, Some(400)),
            ("phone --fec sip:bob@h", None, true, None),
        ] {
            let Ok(Command::Phone(options)) = parsed(line) else {
                panic!("not a phone: {line}")
            };
            let millis = options.repair.rtx.map(|time| time.as_millis());
            let repair = options.repair;
            assert_eq!((repair.red, repair.fec, millis), (red, fec, rtx), "{line}");
        }
    }

    #[test]
    fn name_servers_may_be_several_and_listen_at_53() {
        let line = "phone --dns 192.0.2.53 --dns [::1]:5353";
        let Ok(Command::Phone(options)) = parsed(line) else {
            panic!("not a phone")
        };
        let dns: Vec<String> = options.dns.iter().map(ToString::to_string).collect();
        assert_eq!(dns, ["192.0.2.53:53", "[::1]:5353"]);
    }

    #[test]
    fn a_host_with_a_port_is_not_taken_for_a_scheme() {
        assert_eq!(callee("127.0.0.1:5070"), "sip:127.0.0.1:5070");
        assert_eq!(callee("SIP:bob@h"), "SIP:bob@h");
        assert_eq!(callee("bob@h:5070"), "sip:bob@h:5070");
    }
}
