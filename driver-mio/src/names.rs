//! Where names are looked up: the hosts file first, then name servers, the system's or others.
//!
//! The two files are those of every unix, `hosts` and `resolv.conf`; of the second the name servers
//! count and how they are asked. A search list does not: the names that machines ask about are
//! whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::path::Path;
use std::time::Duration;

use offhook::dns::stub_resolver::ResolverConfig;
use offhook::dns::{Answer, Name, Question, Record, RecordData, RecordKind};

const RESOLV_CONF: &str = "/etc/resolv.conf";
const HOSTS: &str = "/etc/hosts";

/// Where a name server listens (RFC 1035 §4.2).
const DNS_PORT: u16 = 53;
/// Bytes of a file that are read; one that is longer is not.
const LONGEST_FILE: u64 = 32 << 20;
/// Seconds for which an answer from the hosts file holds: the file may change.
const HOSTS_TTL: u32 = 60;
/// The longest that a name server is waited for and the most rounds, whatever the file says.
const TIMEOUT_MAX: u64 = 30;
const ROUNDS_MAX: u8 = 5;

/// What a driver looks names up with.
#[derive(Clone, Debug, Default)]
pub struct NameService {
    pub(crate) hosts: Hosts,
    pub(crate) config: ResolverConfig,
    /// Whether nothing is asked in datagrams.
    pub(crate) only_streams: bool,
}

impl NameService {
    /// What this machine is set up to look names up with: its hosts file and its name servers, or
    /// `servers` instead of those if there are any.
    ///
    /// A file that is not there has nothing in it.
    ///
    /// # Errors
    /// A file cannot be read or understood; the text says which, and the line.
    pub fn of_system(servers: &[SocketAddr]) -> io::Result<Self> {
        let mut names = Self::of_servers(servers);
        if servers.is_empty() {
            let path = Path::new(RESOLV_CONF);
            names.read_servers(path, &read(path)?)?;
        }
        names.hosts = Hosts::of(&read(Path::new(HOSTS))?);
        Ok(names)
    }

    /// Name servers and no hosts file.
    #[must_use]
    pub fn of_servers(servers: &[SocketAddr]) -> Self {
        Self {
            config: ResolverConfig {
                servers: servers.to_vec(),
                ..ResolverConfig::default()
            },
            ..Self::default()
        }
    }

    /// The same, asked over connections alone (`use-vc` in a `resolv.conf`): dearer, and not to be
    /// forged from afar.
    #[must_use]
    pub fn over_connections(mut self) -> Self {
        self.only_streams = true;
        self
    }

    /// The unspecified address of each family that is asked in datagrams.
    pub(crate) fn families(&self) -> Vec<IpAddr> {
        let all: [IpAddr; 2] = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
        let servers = &self.config.servers;
        let is_asked = |family: &IpAddr| {
            let mut servers = servers.iter();
            !self.only_streams && servers.any(|server| server.is_ipv4() == family.is_ipv4())
        };
        all.into_iter().filter(is_asked).collect()
    }

    /// Takes the lines of a `resolv.conf`. Those that say nothing about servers are passed over,
    /// as every reader of such a file does.
    fn read_servers(&mut self, path: &Path, text: &str) -> io::Result<()> {
        for (number, line) in text.lines().enumerate() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => {
                    let server = words.next().and_then(server_at).ok_or_else(|| {
                        let place = format!("{} line {}", path.display(), number + 1);
                        let text = format!("{place}: no address of a name server: {line:?}");
                        io::Error::new(ErrorKind::InvalidData, text)
                    })?;
                    self.config.servers.push(server);
                }
                Some("options") => words.for_each(|option| self.take_option(option)),
                Some(_) | None => {}
            }
        }
        Ok(())
    }

    fn take_option(&mut self, option: &str) {
        match option.split_once(':') {
            Some(("timeout", value)) => {
                if let Ok(seconds) = value.parse::<u64>() {
                    self.config.timeout = Duration::from_secs(seconds.clamp(1, TIMEOUT_MAX));
                }
            }
            Some(("attempts", value)) => {
                if let Ok(rounds) = value.parse::<u8>() {
                    self.config.rounds = rounds.clamp(1, ROUNDS_MAX);
                }
            }
            None if option == "use-vc" => self.only_streams = true,
            Some(_) | None => {}
        }
    }
}

/// The address of a name server, the link behind it if it is of one link alone.
fn server_at(text: &str) -> Option<SocketAddr> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(SocketAddr::new(ip, DNS_PORT));
    }
    let (ip, link) = text.split_once('%')?;
    let ip: Ipv6Addr = ip.parse().ok()?;
    let number = link.parse().ok().or_else(|| number_of_link(link))?;
    Some(SocketAddrV6::new(ip, DNS_PORT, 0, number).into())
}

/// What the system calls a link that has a name, where it tells.
fn number_of_link(name: &str) -> Option<u32> {
    if name.contains(['/', '.']) {
        return None;
    }
    let text = read(&Path::new("/sys/class/net").join(name).join("ifindex")).ok()?;
    text.trim().parse().ok()
}

/// The text of a file, empty if there is none; bytes that are no text stand for themselves.
fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    let file = match File::open(path) {
        Ok(file) => Ok(file),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => Err(error),
    };
    let length = file.and_then(|file| file.take(LONGEST_FILE + 1).read_to_end(&mut bytes));
    match length {
        Ok(length) if length as u64 <= LONGEST_FILE => {
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
        Ok(_) => Err(io::Error::new(
            ErrorKind::InvalidData,
            format!("cannot read {}: it is too long", path.display()),
        )),
        Err(error) => Err(io::Error::new(
            error.kind(),
            format!("cannot read {}: {error}", path.display()),
        )),
    }
}

/// The addresses of names that are known here, and what is known of `localhost` everywhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts(BTreeMap<Name, Vec<IpAddr>>);

impl Hosts {
    /// Takes the lines of a hosts file: an address and its names. What is neither is passed over.
    fn of(text: &str) -> Self {
        let mut hosts: BTreeMap<Name, Vec<IpAddr>> = BTreeMap::new();
        for line in text.lines() {
            let mut words = line
                .split('#')
                .next()
                .unwrap_or_default()
                .split_whitespace();
            let Some(ip) = words.next().and_then(|word| word.parse().ok()) else {
                continue;
            };
            for name in words.filter_map(|word| Name::parse(word).ok()) {
                let known = hosts.entry(name).or_default();
                if !known.contains(&ip) {
                    known.push(ip);
                }
            }
        }
        Self(hosts)
    }

    /// The answer, if the name is one of those known here, or a service of one: whoever is named
    /// in the file is not looked for anywhere else.
    pub(crate) fn answer(&self, question: &Question) -> Option<Answer> {
        let host = host_of(&question.name)?;
        let addresses = match self.0.get(&host) {
            Some(addresses) => addresses.clone(),
            None if is_local(&host) => {
                // RFC 6761 §6.3: it is this machine, and no server is asked about that.
                vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]
            }
            None => return None,
        };
        let mut records = Vec::new();
        if host == question.name {
            let data = addresses
                .into_iter()
                .filter_map(|ip| match (ip, question.kind) {
                    (IpAddr::V4(ip), RecordKind::A) => Some(RecordData::A(ip)),
                    (IpAddr::V6(ip), RecordKind::Aaaa) => Some(RecordData::Aaaa(ip)),
                    (IpAddr::V4(_) | IpAddr::V6(_), _) => None,
                });
            records.extend(data.map(|data| Record {
                name: host.clone(),
                ttl: HOSTS_TTL,
                data,
            }));
        }
        Some(if records.is_empty() {
            Answer::NoData { ttl: HOSTS_TTL }
        } else {
            Answer::Records(records.into())
        })
    }
}

/// A name without the labels of services in front of it (RFC 2782), which begin with `_`.
fn host_of(name: &Name) -> Option<Name> {
    let labels = name.labels().skip_while(|label| label.starts_with(b"_"));
    let labels: Option<Vec<&str>> = labels
        .map(|label| std::str::from_utf8(label).ok())
        .collect();
    Name::root().under(&labels?).ok()
}

fn is_local(name: &Name) -> bool {
    name.labels()
        .last()
        .is_some_and(|label| label.eq_ignore_ascii_case(b"localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(name: &str, kind: RecordKind) -> Question {
        let name = Name::parse(name).unwrap();
        Question { name, kind }
    }

    fn addresses(hosts: &Hosts, name: &str, kind: RecordKind) -> Option<Vec<String>> {
        let answer = hosts.answer(&question(name, kind))?;
        let records = answer.records().iter();
        let text = records.map(|record| match &record.data {
            RecordData::A(ip) => ip.to_string(),
            RecordData::Aaaa(ip) => ip.to_string(),
            other => panic!("{other:?}"),
        });
        Some(text.collect())
    }

    fn of_resolv_conf(text: &str) -> io::Result<NameService> {
        let mut names = NameService::default();
        names.read_servers(Path::new("/etc/resolv.conf"), text)?;
        Ok(names)
    }

    #[test]
    fn servers_and_how_they_are_asked() {
        let text = "# comment\n; another\nsearch example.com\nnameserver 192.0.2.53\n\
                    nameserver  2001:db8::53 trailing\nnameserver fe80::1%3\n\
                    options ndots:2 timeout:2 attempts:4 use-vc rotate\n";
        let names = of_resolv_conf(text).unwrap();
        let servers: Vec<String> = names
            .config
            .servers
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            servers,
            ["192.0.2.53:53", "[2001:db8::53]:53", "[fe80::1%3]:53"]
        );
        assert_eq!(names.config.timeout, Duration::from_secs(2));
        assert_eq!(names.config.rounds, 4);
        assert!(names.only_streams);
    }

    #[test]
    fn nobody_waits_for_ever_whatever_the_file_says() {
        let names = of_resolv_conf("options timeout:4000000000 attempts:200\n").unwrap();
        assert_eq!(names.config.timeout, Duration::from_secs(30));
        assert_eq!(names.config.rounds, 5);
        let none = of_resolv_conf("options timeout:0 attempts:0 timeout: attempts:x\n").unwrap();
        assert_eq!(none.config.timeout, Duration::from_secs(1));
        assert_eq!(none.config.rounds, 1);
    }

    #[test]
    fn a_server_that_is_no_address_is_named_with_its_line() {
        let error = of_resolv_conf("search a\nnameserver ns.example.com\n").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("/etc/resolv.conf line 2"), "{text}");
        assert!(text.contains("ns.example.com"), "{text}");
        assert!(of_resolv_conf("nameserver\n").is_err());
    }

    #[test]
    fn a_file_that_is_not_there_is_empty_and_one_that_cannot_be_read_is_named() {
        assert_eq!(read(Path::new("/nowhere/hosts")).unwrap(), "");
        let error = read(Path::new("/")).unwrap_err();
        assert!(error.to_string().contains("cannot read /:"), "{error}");
    }

    #[test]
    fn the_hosts_file_answers_for_its_names_and_their_services() {
        let hosts = Hosts::of(
            "192.0.2.7 pbx.example PBX # the one in the cellar\n\
             2001:db8::7\tpbx.example\n192.0.2.8 pbx.example pbx.example\nnonsense x\n",
        );
        let all = ["192.0.2.7".to_owned(), "192.0.2.8".to_owned()];
        let (v4, v6, srv) = (RecordKind::A, RecordKind::Aaaa, RecordKind::Srv);
        assert_eq!(addresses(&hosts, "PBX.example", v4).unwrap(), all);
        assert_eq!(
            addresses(&hosts, "pbx.example", v6).unwrap(),
            ["2001:db8::7"]
        );
        assert_eq!(addresses(&hosts, "pbx", v4).unwrap(), ["192.0.2.7"]);
        let none = Some(Answer::NoData { ttl: HOSTS_TTL });
        for (name, kind) in [
            ("pbx", v6),
            ("pbx", RecordKind::Naptr),
            ("_s._udp.pbx", srv),
        ] {
            assert_eq!(hosts.answer(&question(name, kind)), none, "{name} {kind:?}");
        }
        for name in ["x", "nonsense", "www.pbx", "_s._udp.example"] {
            assert_eq!(hosts.answer(&question(name, v4)), None, "{name}");
        }
    }

    /// RFC 6761 §6.3.
    #[test]
    fn localhost_is_this_machine_and_nobody_is_asked() {
        let hosts = Hosts::default();
        let none = Some(Answer::NoData { ttl: HOSTS_TTL });
        for name in ["localhost", "LocalHost", "a.localhost"] {
            let (v4, v6) = (RecordKind::A, RecordKind::Aaaa);
            assert_eq!(addresses(&hosts, name, v4).unwrap(), ["127.0.0.1"]);
            assert_eq!(addresses(&hosts, name, v6).unwrap(), ["::1"]);
            assert_eq!(hosts.answer(&question(name, RecordKind::Srv)), none);
        }
        let service = question("_s._tcp.localhost", RecordKind::Srv);
        assert_eq!(hosts.answer(&service), none);
        let own = Hosts::of("127.0.0.9 localhost\n");
        let found = addresses(&own, "localhost", RecordKind::A);
        assert_eq!(found.unwrap(), ["127.0.0.9"]);
    }
}
