//! What machines can stand on: the simulator, mio, smol.

use std::net::SocketAddr;
use std::time::{Duration, Instant as Clock};

use offhook::Transport;
use offhook::sip::ua::UaEvent;
use offhook::trace::{Tap, Transcript};
use offhook_conformance::sim::{CellId, Chance, Faults, Network, Recorder, Recording, World};
use offhook_conformance::worlds::node::{Deed, Node, Told};

use crate::Cast;

/// Something that runs machines.
pub(crate) trait Ground {
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
        | UaEvent::PeerIdentified { call, .. }
        | UaEvent::IdentityDone { call }
        | UaEvent::Ended { call, .. } => Some(*call),
        _ => None,
    }
}

pub(crate) struct Simulated {
    world: World<Node>,
    cells: Vec<CellId>,
}

impl Simulated {
    pub(crate) fn new(cast: &Cast) -> Self {
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

pub(crate) struct Mio {
    driver: offhook_mio::Driver<Tap<Recorder<Node>>>,
    ids: Vec<offhook_mio::MachineId>,
}

pub(crate) struct Smol {
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
    pub(crate) fn new(cast: &Cast) -> Self {
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
                    let server = TlsServer::open(files).unwrap();
                    if cast.over == Transport::Wss {
                        Listening::Wss(server)
                    } else {
                        Listening::Tls(server)
                    }
                }
                None if cast.over == Transport::Ws => Listening::Ws,
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
    pub(crate) fn new(cast: &Cast) -> Self {
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
                    let server = TlsServer::open(files).unwrap();
                    if cast.over == Transport::Wss {
                        Listening::Wss(server)
                    } else {
                        Listening::Tls(server)
                    }
                }
                None if cast.over == Transport::Ws => Listening::Ws,
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
