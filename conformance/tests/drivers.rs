//! The same scenarios under the simulator, under mio and under smol give equal transcripts: over
//! datagrams, over connections, and over connections under TLS.
//!
//! The machines are built from the same seeds and bound to the same addresses, so what they send
//! is compared byte for byte, tags, branches and all. Only what tells the time is put aside: when
//! a packet passed, what a server says about its clock, and the nonces it makes from it together
//! with the answers to them; a proxy's loop mark, the second half of its branches, is computed from
//! those answers too and gets a number in the order of appearance. A packet sent again is counted once, and a 100, which is sent only if
//! nothing better comes within 200 ms, not at all: whether that happens is a matter of how busy the
//! computer is.
//!
//! What ran on real sockets was recorded too, and repeats itself byte for byte from its recording.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant as Clock};

use offhook::Transport;
use offhook::sip::ua::UaEvent;
use offhook::trace::{Tap, Transcript};
use offhook_conformance::sim::{CellId, Chance, Faults, Network, Recorder, Recording, World};
use offhook_conformance::worlds::node::{Act, DOMAIN, Deed, Node, Told};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};

/// Who is in a scenario, what they speak over, and what each is built from.
struct Cast {
    over: Transport,
    papers: Option<Papers>,
    people: Vec<(&'static str, String, SocketAddr)>,
}

/// Something that runs machines.
trait Ground {
    fn command(&mut self, who: usize, deed: &Deed) -> String;
    /// The next event; `None` when nothing happens any more.
    fn next(&mut self) -> Option<(usize, Told)>;
    fn number(&self, who: usize, event: &UaEvent) -> Option<usize>;
    fn transcript(self) -> Transcript;
}

fn number_in(node: &Node, event: &UaEvent) -> Option<usize> {
    let (Node::Phone(phone), Some(call)) = (node, call_of(event)) else {
        return None;
    };
    phone.number(call)
}

fn call_of(event: &UaEvent) -> Option<offhook::sip::ua::CallHandle> {
    match event {
        UaEvent::Incoming { call, .. }
        | UaEvent::Ringing { call, .. }
        | UaEvent::Answered { call }
        | UaEvent::HoldDone { call }
        | UaEvent::ResumeDone { call }
        | UaEvent::Ended { call, .. } => Some(*call),
        _ => None,
    }
}

struct Simulated {
    world: World<Node>,
    cells: Vec<CellId>,
}

impl Simulated {
    fn new(cast: &Cast) -> Self {
        let network = Network::new(Chance::new(1, 1), Faults::none());
        let mut world = World::new(network, true);
        let mut add = |(name, description, address): &(&str, String, SocketAddr)| {
            if cast.over == Transport::Udp {
                return world.add(name, description, &[*address]).unwrap();
            }
            let id = world.add(name, description, &[]).unwrap();
            world.listen(id, cast.over, *address).unwrap();
            id
        };
        let cells = cast.people.iter().map(&mut add).collect();
        Self { world, cells }
    }
}

impl Ground for Simulated {
    fn command(&mut self, who: usize, deed: &Deed) -> String {
        self.world.command(self.cells[who], deed).unwrap()
    }

    fn next(&mut self) -> Option<(usize, Told)> {
        let end = self.world.now() + QUIET;
        loop {
            if let Some((id, told)) = self.world.next_event() {
                return Some((self.cells.iter().position(|cell| *cell == id)?, told));
            }
            if !self.world.advance(end).unwrap() {
                return None;
            }
        }
    }

    fn number(&self, who: usize, event: &UaEvent) -> Option<usize> {
        number_in(self.world.cell(self.cells[who])?.machine(), event)
    }

    fn transcript(self) -> Transcript {
        self.world.transcript().clone()
    }
}

/// Nothing more will happen if nothing does for so long; well below every refresh.
const QUIET: Duration = Duration::from_millis(1500);

struct Mio {
    driver: offhook_mio::Driver<Tap<Recorder<Node>>>,
    ids: Vec<offhook_mio::MachineId>,
}

struct Smol {
    driver: offhook_smol::Driver<Tap<Recorder<Node>>>,
    ids: Vec<offhook_smol::MachineId>,
}

fn tap(name: &str, description: &str) -> Tap<Recorder<Node>> {
    Tap::new(name, Recorder::new(description).unwrap())
}

/// The transcript of what ran on real sockets. What each machine did there, it does again when it
/// is fed its recording.
fn finish(taps: Vec<Tap<Recorder<Node>>>) -> Transcript {
    let mut all = Vec::new();
    for tap in taps {
        let (recorder, records) = tap.into_parts();
        let text = recorder.recording().as_text();
        if let Err(error) = Recording::replay::<Node>(text) {
            panic!("{} does not repeat its recording: {error}", records.name());
        }
        all.push(records);
    }
    Transcript::from_records(&all)
}

impl Mio {
    fn new(cast: &Cast) -> Self {
        use offhook_mio::{
            Driver, Listening, TlsClient, TlsClientFiles, TlsServer, TlsServerFiles,
        };
        let mut driver = Driver::new().unwrap();
        if let Some(papers) = &cast.papers {
            let files = TlsClientFiles {
                roots: vec![papers.root()],
                certificates: None,
            };
            driver.set_tls_client(TlsClient::open(files).unwrap());
        }
        let mut ids = Vec::new();
        for (name, description, address) in &cast.people {
            let id = driver.add(tap(name, description));
            let listening = match &cast.papers {
                Some(papers) => {
                    let (certificates, key) = papers.of(*address);
                    let files = TlsServerFiles {
                        certificates,
                        key,
                        clients: offhook_mio::ClientCertificates::NotAsked,
                    };
                    Listening::Tls(TlsServer::open(files).unwrap())
                }
                None => Listening::Tcp,
            };
            if cast.over == Transport::Udp {
                driver.bind_udp(id, *address).unwrap();
            } else {
                driver.listen(id, *address, listening).unwrap();
            }
            ids.push(id);
        }
        Self { driver, ids }
    }
}

impl Ground for Mio {
    fn command(&mut self, who: usize, deed: &Deed) -> String {
        let now = self.driver.now();
        let tap = self.driver.machine_mut(self.ids[who]).unwrap();
        tap.machine_mut(now).command(now, deed)
    }

    fn next(&mut self) -> Option<(usize, Told)> {
        let (id, told) = self
            .driver
            .next_event(Some(Clock::now() + QUIET))
            .unwrap()?;
        Some((self.ids.iter().position(|known| *known == id)?, told))
    }

    fn number(&self, who: usize, event: &UaEvent) -> Option<usize> {
        number_in(
            self.driver.machine(self.ids[who])?.machine().machine(),
            event,
        )
    }

    fn transcript(mut self) -> Transcript {
        let taps = self.ids.iter().map(|id| self.driver.remove(*id).unwrap());
        finish(taps.collect())
    }
}

impl Smol {
    fn new(cast: &Cast) -> Self {
        use offhook_smol::{
            Driver, Listening, TlsClient, TlsClientFiles, TlsServer, TlsServerFiles,
        };
        let mut driver = Driver::new().unwrap();
        if let Some(papers) = &cast.papers {
            let files = TlsClientFiles {
                roots: vec![papers.root()],
                certificates: None,
            };
            driver.set_tls_client(TlsClient::open(files).unwrap());
        }
        let mut ids = Vec::new();
        for (name, description, address) in &cast.people {
            let id = driver.add(tap(name, description));
            let listening = match &cast.papers {
                Some(papers) => {
                    let (certificates, key) = papers.of(*address);
                    let files = TlsServerFiles {
                        certificates,
                        key,
                        clients: offhook_smol::ClientCertificates::NotAsked,
                    };
                    Listening::Tls(TlsServer::open(files).unwrap())
                }
                None => Listening::Tcp,
            };
            if cast.over == Transport::Udp {
                driver.bind_udp(id, *address).unwrap();
            } else {
                driver.listen(id, *address, listening).unwrap();
            }
            ids.push(id);
        }
        Self { driver, ids }
    }
}

impl Ground for Smol {
    fn command(&mut self, who: usize, deed: &Deed) -> String {
        let now = self.driver.now();
        let tap = self.driver.machine_mut(self.ids[who]).unwrap();
        tap.machine_mut(now).command(now, deed)
    }

    fn next(&mut self) -> Option<(usize, Told)> {
        let deadline = Some(Clock::now() + QUIET);
        let (id, told) = smol::block_on(self.driver.next_event(deadline)).unwrap()?;
        Some((self.ids.iter().position(|known| *known == id)?, told))
    }

    fn number(&self, who: usize, event: &UaEvent) -> Option<usize> {
        number_in(
            self.driver.machine(self.ids[who])?.machine().machine(),
            event,
        )
    }

    fn transcript(mut self) -> Transcript {
        let taps = self.ids.iter().map(|id| self.driver.remove(*id).unwrap());
        finish(taps.collect())
    }
}

const ALICE: usize = 1;
const BOB: usize = 2;

/// What people do when something happens: who, and what to do about which of their calls.
type Manners = fn(who: usize, event: &str) -> &'static [(usize, Act)];

/// Plays a scenario: both register, Alice calls Bob, and from then on manners decide.
fn play(mut ground: impl Ground, manners: Manners, calls: usize) -> Transcript {
    let mut log = BTreeSet::new();
    let mut ended = 0;
    assert_eq!(ground.command(ALICE, &Deed::Register(600)), "");
    while let Some((who, told)) = ground.next() {
        let Told::Phone(event) = told else { continue };
        let name = format!("{event:?}");
        let name = name.split([' ', '{']).next().unwrap_or_default();
        match (name, who) {
            ("Registered", ALICE) => {
                assert_eq!(ground.command(BOB, &Deed::Register(600)), "");
            }
            ("Registered", _) | ("RegistrationFailed", _) => {
                let uri = format!("sip:bob@{DOMAIN}");
                ground.command(ALICE, &Deed::Invite(uri));
            }
            ("Ended", _) => {
                ended += 1;
                if ended == calls {
                    ground.command(ALICE, &Deed::Unregister);
                }
            }
            ("Unregistered", ALICE) => {
                ground.command(BOB, &Deed::Unregister);
            }
            _ => {}
        }
        let Some(number) = ground.number(who, &event) else {
            continue;
        };
        // An answer is known at both ends before anybody goes on.
        log.insert((who, name.to_owned()));
        let both = [ALICE, BOB]
            .iter()
            .all(|end| log.contains(&(*end, "Answered".to_owned())));
        let name = if name == "Answered" && both {
            "Talking"
        } else {
            name
        };
        for (actor, act) in manners(who, name) {
            ground.command(*actor, &Deed::Call(number, *act));
        }
    }
    assert_eq!(ended, calls, "the scenario was not played to its end");
    ground.transcript()
}

/// Certificates for the addresses of a cast, in files.
struct Papers {
    folder: PathBuf,
}

impl Papers {
    fn new(addresses: impl IntoIterator<Item = SocketAddr>, number: u8) -> Self {
        let folder = format!("papers-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        fs::create_dir_all(&folder).unwrap();
        let papers = Self { folder };
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        fs::write(papers.root(), root.pem()).unwrap();
        let issuer = Issuer::new(params, key);
        for address in addresses {
            let mut params = CertificateParams::default();
            let uri = format!("sip:{}", address.ip());
            params.subject_alt_names = vec![SanType::URI(uri.try_into().unwrap())];
            let key = KeyPair::generate().unwrap();
            let signed = params.signed_by(&key, &issuer).unwrap();
            let (certificate, place) = papers.of(address);
            fs::write(certificate, signed.pem()).unwrap();
            fs::write(place, key.serialize_pem()).unwrap();
        }
        papers
    }

    fn root(&self) -> PathBuf {
        self.folder.join("root.pem")
    }

    /// The certificate for an address, and its key.
    fn of(&self, address: SocketAddr) -> (PathBuf, PathBuf) {
        let file = |kind| self.folder.join(format!("{}.{kind}", address.ip()));
        (file("pem"), file("key"))
    }
}

impl Drop for Papers {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A cast with loopback addresses that nobody else has: they are this process's and this test's.
fn cast(password: &str, over: Transport) -> Cast {
    static TESTS: AtomicU8 = AtomicU8::new(0);
    let test = TESTS.fetch_add(1, Ordering::Relaxed);
    let [.., high, low] = std::process::id().to_be_bytes();
    let address = |n: usize| {
        let last = 1 + test * 3 + u8::try_from(n).unwrap();
        SocketAddr::from(([127, high | 0x80, low, last], 5060))
    };
    let server = address(0);
    let proxy_over = match over {
        Transport::Tcp => " over=tcp",
        Transport::Tls => " over=tls",
        Transport::Udp | Transport::Ws | Transport::Wss => "",
    };
    let phone = |n: usize, user: &str, password: &str| {
        format!(
            "phone user={user} seed={n} media=127.0.0.1:{} proxy={server}{proxy_over} \
             password={password}",
            40_000 + 2 * n
        )
    };
    let people = vec![
        (
            "server",
            "server seed=9 users=alice:secret,bob:secret".to_owned(),
            server,
        ),
        ("alice", phone(ALICE, "alice", "secret"), address(ALICE)),
        ("bob", phone(BOB, "bob", password), address(BOB)),
    ];
    let addresses = [server, address(ALICE), address(BOB)];
    let papers = over.is_secure().then(|| Papers::new(addresses, test));
    Cast {
        over,
        papers,
        people,
    }
}

/// What each participant sent, in order, the time put aside.
fn sent(transcript: &Transcript) -> BTreeMap<String, Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut marks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut sent: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for packet in transcript.packets() {
        let from = transcript.name_of(packet.source).into_owned();
        let to = transcript.name_of(packet.destination).into_owned();
        assert!(seen.len() < 1000, "this never ends");
        let trying = packet.bytes.starts_with(b"SIP/2.0 100 ");
        if trying || !seen.insert((from.clone(), to.clone(), packet.bytes.clone())) {
            continue;
        }
        let text = String::from_utf8(packet.bytes.clone()).unwrap();
        let text = number_marks(&timeless(&text), marks.entry(from.clone()).or_default());
        sent.entry(from)
            .or_default()
            .push(format!("to {to}:\n{text}"));
    }
    sent
}

/// Gives the loop marks in the branches of a proxy numbers: first come, first numbered.
fn number_marks(text: &str, marks: &mut Vec<String>) -> String {
    const START: &str = "branch=z9hG4bK";
    let mut parts = text.split(START);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(START);
        let end = part.find([';', '\n', ',']).unwrap_or(part.len());
        let (branch, rest) = part.split_at(end);
        match branch.split_at_checked(16) {
            Some((own, mark)) if !mark.is_empty() => {
                let known = marks.iter().position(|known| known == mark);
                let number = known.unwrap_or_else(|| {
                    marks.push(mark.to_owned());
                    marks.len() - 1
                });
                out.push_str(&format!("{own}-mark-{number}"));
            }
            _ => out.push_str(branch),
        }
        out.push_str(rest);
    }
    out
}

/// A message without what depends on a clock.
fn timeless(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let name = line
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        match name.as_str() {
            "date" | "timestamp" => format!("{name}: …"),
            "www-authenticate"
            | "proxy-authenticate"
            | "authorization"
            | "proxy-authorization"
            | "authentication-info" => ["nonce", "response", "rspauth", "nextnonce"]
                .iter()
                .fold(line.to_owned(), |line, parameter| blank(&line, parameter)),
            "via" => blank_port(line),
            _ => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Blanks the port a connection left from, which is the system's to choose.
fn blank_port(line: &str) -> String {
    let Some((head, tail)) = line.split_once(";rport=") else {
        return line.to_owned();
    };
    let rest = tail.trim_start_matches(|c: char| c.is_ascii_digit());
    let port = tail.trim_end_matches(rest);
    let port = if port == "5060" { port } else { "…" };
    format!("{head};rport={port}{}", blank_port(rest))
}

/// Blanks the quoted value of a parameter, and of nothing that only ends in its name.
fn blank(line: &str, parameter: &str) -> String {
    for before in [" ", ","] {
        let start = format!("{before}{parameter}=\"");
        if let Some((head, tail)) = line.split_once(&start) {
            let rest = tail.split_once('"').map_or("", |(_, rest)| rest);
            return format!("{head}{start}…\"{rest}");
        }
    }
    line.to_owned()
}

fn assert_equal(name: &str, ground: &str, expected: &Transcript, found: &Transcript) {
    let (expected, found) = (sent(expected), sent(found));
    for (who, expected) in &expected {
        let found = found.get(who).cloned().unwrap_or_default();
        for (index, message) in expected.iter().enumerate() {
            let other = found.get(index).map_or("nothing", String::as_str);
            assert_eq!(
                message, other,
                "{name}: message {index} of {who} under the simulator and {ground}"
            );
        }
        assert_eq!(
            expected.len(),
            found.len(),
            "{name}: {who} sends more under {ground}"
        );
    }
    assert_eq!(expected.len(), found.len());
}

fn everywhere(name: &str, password: &str, calls: usize, messages: usize, manners: Manners) {
    for over in [Transport::Udp, Transport::Tcp, Transport::Tls] {
        let cast = cast(password, over);
        let name = format!("{name} over {over:?}");
        let simulated = play(Simulated::new(&cast), manners, calls);
        let count: usize = sent(&simulated).values().map(Vec::len).sum();
        assert_eq!(count, messages, "{name}: {:#?}", sent(&simulated));
        let mio = play(Mio::new(&cast), manners, calls);
        assert_equal(&name, "mio", &simulated, &mio);
        let smol = play(Smol::new(&cast), manners, calls);
        assert_equal(&name, "smol", &simulated, &smol);
    }
}

#[test]
fn a_call_with_hold_and_resume() {
    everywhere("call", "secret", 2, 39, |who, event| match (who, event) {
        (BOB, "Incoming") => &[(BOB, Act::Ring), (BOB, Act::Accept)],
        (_, "Talking") => &[(ALICE, Act::Hold)],
        (ALICE, "HoldDone") => &[(ALICE, Act::Resume)],
        // Whoever acknowledged hangs up: over two connections, the other's BYE could be first.
        (ALICE, "ResumeDone") => &[(ALICE, Act::HangUp)],
        _ => &[],
    });
}

#[test]
fn a_call_that_is_given_up() {
    everywhere("cancel", "secret", 2, 27, |who, event| match (who, event) {
        (BOB, "Incoming") => &[(BOB, Act::Ring)],
        (ALICE, "Ringing") => &[(ALICE, Act::HangUp)],
        _ => &[],
    });
}

#[test]
fn a_busy_callee() {
    everywhere("busy", "secret", 2, 21, |who, event| match (who, event) {
        (BOB, "Incoming") => &[(BOB, Act::Reject(486))],
        _ => &[],
    });
}

#[test]
fn a_callee_with_a_wrong_password() {
    everywhere("wrong password", "wrong", 1, 16, |_, _| &[]);
}
