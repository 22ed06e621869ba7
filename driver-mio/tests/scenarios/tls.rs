//! Connections under TLS: who is let in, who is believed, and what the machine hears of it.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use offhook::{CloseReason, FlowId, PeerIdentity, Transport};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType, date_time_ymd};

use super::{Bench, Clients, Limits, Papers, Peer, Told, loopback, soon};

/// Who vouches for others, and a folder for what it signs.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
}

impl Authority {
    fn new() -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = format!("papers-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("signed");
        fs::write(folder.join("root.pem"), certificate.pem()).expect("written");
        Self {
            issuer: Issuer::new(params, key),
            folder,
        }
    }

    fn root(&self) -> PathBuf {
        self.folder.join("root.pem")
    }

    /// Papers of whom `uri` names, in files of that name.
    fn sign(&self, file: &str, uri: &str) -> Papers {
        self.sign_until(file, uri, 2099)
    }

    fn sign_until(&self, file: &str, uri: &str, year: i32) -> Papers {
        let mut params = CertificateParams::new(vec!["host.example.com".into()]).expect("a name");
        let uri = SanType::URI(uri.try_into().expect("plain text"));
        params.subject_alt_names.push(uri);
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        let papers = Papers {
            certificates: self.folder.join(format!("{file}.pem")),
            key: self.folder.join(format!("{file}.key")),
        };
        fs::write(&papers.certificates, certificate.pem()).expect("written");
        fs::write(&papers.key, key.serialize_pem()).expect("written");
        papers
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn flow() -> FlowId {
    FlowId::from_machine(7)
}

/// A machine that listens under TLS with these papers.
fn listening<B: Bench>(bench: &mut B, peer: Peer, server: &B::Server) -> (B::Id, SocketAddr) {
    let id = bench.add(peer);
    let at = bench.listen_tls(id, loopback(false), server);
    (id, at.expect("a port"))
}

fn server<B: Bench>(papers: &Papers) -> B::Server {
    B::server(papers, Clients::NotAsked).expect("good papers")
}

fn next<B: Bench>(bench: &mut B) -> (B::Id, Told) {
    bench.next(soon()).expect("in time")
}

/// What becomes of a connection to `at`, at the end that asks for it.
fn connect<B: Bench>(bench: &mut B, client: B::Id, at: SocketAddr) -> Told {
    bench.peer(client).connect(flow(), at, Transport::Tls);
    loop {
        let (who, told) = next(bench);
        if who == client {
            return told;
        }
    }
}

fn up(at: SocketAddr) -> Told {
    Told::Connected(flow(), Transport::Tls, at)
}

fn unreachable() -> Told {
    Told::Closed(flow(), CloseReason::Unreachable)
}

fn identity<B: Bench>(bench: &mut B, id: B::Id) -> Option<PeerIdentity> {
    let mut identities = bench.peer(id).identities.values();
    identities.next_back().expect("connected").clone()
}

fn turn<B: Bench>(bench: &mut B) {
    let told = bench.next(Some(Instant::now() + Duration::from_millis(5)));
    assert!(told.is_none(), "{told:?}");
}

pub(crate) fn bytes_go_both_ways_under_tls_and_the_names_come_along<B: Bench>() {
    let authority = Authority::new();
    let papers = authority.sign("server", "sip:example.com");
    let mut bench = B::new();
    bench.trust(&authority.root(), None).expect("a root");
    let (echo, at) = listening(&mut bench, Peer::echo(), &server::<B>(&papers));
    let client = bench.add(Peer::default());
    let peer = bench.peer(client);
    peer.looks_for = Some("example.com".into());
    peer.connect(flow(), at, Transport::Tls);
    peer.send_on(flow(), at, b"early");
    let sent: Vec<u8> = (0..150_000_u32).map(|n| (n >> 3) as u8).collect();
    peer.send_on(flow(), at, &sent);
    assert_eq!(next(&mut bench), (client, up(at)));
    let mut heard = Vec::new();
    while heard.len() < 5 + sent.len() {
        let (_, Told::Stream(_, bytes)) = next(&mut bench) else {
            panic!("after {}", heard.len());
        };
        heard.extend(bytes);
    }
    assert!(heard[..5] == *b"early" && heard[5..] == sent);
    let expected = PeerIdentity {
        uris: vec!["sip:example.com".into()],
        dns_names: vec!["host.example.com".into()],
        is_verified: true,
    };
    assert_eq!(identity(&mut bench, client), Some(expected));
    assert_eq!(identity(&mut bench, echo), None);
}

/// A client of rustls' own, of one version.
pub(crate) fn who_speaks_1_2_alone_is_understood<B: Bench>() {
    let authority = Authority::new();
    let papers = authority.sign("server", "sip:example.com");
    let mut bench = B::new();
    let (_, at) = listening(&mut bench, Peer::echo(), &server::<B>(&papers));
    let waker = bench.waker();
    let root = authority.root();
    let outside = std::thread::spawn(move || {
        use rustls_pki_types::pem::PemObject;
        let root = rustls_pki_types::CertificateDer::from_pem_file(root).expect("a root");
        let mut roots = rustls::RootCertStore::empty();
        roots.add(root).expect("a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS12])
            .expect("a version")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "host.example.com".try_into().expect("a name");
        let session = rustls::ClientConnection::new(Arc::new(config), name).expect("a session");
        let socket = TcpStream::connect(at).expect("connected");
        let mut stream = rustls::StreamOwned::new(session, socket);
        stream.write_all(b"old").expect("written");
        let mut heard = [0; 3];
        stream.read_exact(&mut heard).expect("echoed");
        waker();
        (heard, stream)
    });
    assert_eq!(bench.next(soon()), None);
    let (heard, _stream) = outside.join().expect("understood");
    assert_eq!(&heard, b"old");
}

pub(crate) fn a_server_nobody_vouches_for_is_unreachable<B: Bench>() {
    let (authority, other) = (Authority::new(), Authority::new());
    let papers = authority.sign("server", "sip:example.com");
    let mut bench = B::new();
    bench.trust(&other.root(), None).expect("a root");
    let (_, at) = listening(&mut bench, Peer::default(), &server::<B>(&papers));
    let client = bench.add(Peer::default());
    assert_eq!(connect(&mut bench, client, at), unreachable());
    assert_eq!(bench.counts().connected, 0);
}

pub(crate) fn a_certificate_that_has_run_out_is_unreachable<B: Bench>() {
    let authority = Authority::new();
    let papers = authority.sign_until("server", "sip:example.com", 2001);
    let mut bench = B::new();
    bench.trust(&authority.root(), None).expect("a root");
    let (_, at) = listening(&mut bench, Peer::default(), &server::<B>(&papers));
    let client = bench.add(Peer::default());
    assert_eq!(connect(&mut bench, client, at), unreachable());
}

pub(crate) fn without_anyone_to_trust_nothing_is_reached<B: Bench>() {
    let authority = Authority::new();
    let papers = authority.sign("server", "sip:example.com");
    let mut bench = B::new();
    let (_, at) = listening(&mut bench, Peer::default(), &server::<B>(&papers));
    let client = bench.add(Peer::default());
    assert_eq!(connect(&mut bench, client, at), unreachable());
}

pub(crate) fn which_name_a_certificate_is_for_is_left_to_the_machine<B: Bench>() {
    let authority = Authority::new();
    let papers = authority.sign("server", "sip:example.com");
    let mut bench = B::new();
    bench.trust(&authority.root(), None).expect("a root");
    let (_, at) = listening(&mut bench, Peer::default(), &server::<B>(&papers));
    let client = bench.add(Peer::default());
    bench.peer(client).looks_for = Some("example.net".into());
    assert_eq!(connect(&mut bench, client, at), up(at));
    let found = identity(&mut bench, client).expect("a certificate");
    assert_eq!(found.uris, ["sip:example.com"]);
}

pub(crate) fn a_client_shows_its_certificate_when_it_is_asked<B: Bench>() {
    let authority = Authority::new();
    let papers = authority.sign("server", "sip:example.com");
    let own = authority.sign("client", "sip:example.net");
    let root = authority.root();
    for clients in [Clients::Optional(&root), Clients::Required(&root)] {
        let mut bench = B::new();
        bench.trust(&root, Some(&own)).expect("good papers");
        let server = B::server(&papers, clients).expect("good papers");
        let (echo, at) = listening(&mut bench, Peer::echo(), &server);
        let client = bench.add(Peer::default());
        assert_eq!(connect(&mut bench, client, at), up(at));
        bench.peer(client).send_on(flow(), at, b"hello");
        assert!(matches!(next(&mut bench).1, Told::Stream(..)));
        let found = identity(&mut bench, echo).expect("a certificate");
        assert_eq!(found.uris, ["sip:example.net"]);
        assert!(found.is_verified);
    }
}

pub(crate) fn a_client_without_a_certificate_is_turned_away_where_one_is_required<B: Bench>() {
    let authority = Authority::new();
    let papers = authority.sign("server", "sip:example.com");
    let root = authority.root();
    let mut bench = B::new();
    bench.trust(&root, None).expect("a root");
    let server = B::server(&papers, Clients::Required(&root)).expect("good papers");
    let (strict, at) = listening(&mut bench, Peer::default(), &server);
    let client = bench.add(Peer::default());
    // In version 1.3 a client may hear of it only after it takes itself to be connected.
    let mut told = connect(&mut bench, client, at);
    if told == up(at) {
        told = next(&mut bench).1;
    }
    assert!(matches!(told, Told::Closed(..)), "{told:?}");
    assert!(bench.peer(strict).identities.is_empty());
    // Where it is optional, nobody is turned away.
    let server = B::server(&papers, Clients::Optional(&root)).expect("good papers");
    let (lax, at) = listening(&mut bench, Peer::default(), &server);
    assert_eq!(connect(&mut bench, client, at), up(at));
    while bench.peer(lax).identities.is_empty() {
        next(&mut bench);
    }
    assert_eq!(identity(&mut bench, lax), None);
}

pub(crate) fn what_is_read_anew_is_shown_from_then_on<B: Bench>() {
    let authority = Authority::new();
    let papers = authority.sign("server", "sip:old.example.com");
    let server = server::<B>(&papers);
    let mut bench = B::new();
    bench.trust(&authority.root(), None).expect("a root");
    let (_, at) = listening(&mut bench, Peer::echo(), &server);
    let client = bench.add(Peer::default());
    assert_eq!(connect(&mut bench, client, at), up(at));
    authority.sign("server", "sip:new.example.com");
    let shown = |bench: &mut B, n| {
        let flow = FlowId::from_machine(n);
        bench.peer(client).connect(flow, at, Transport::Tls);
        assert!(matches!(next(bench).1, Told::Connected(..)));
        let found = identity(bench, client).expect("a certificate");
        found.uris
    };
    assert_eq!(shown(&mut bench, 8), ["sip:old.example.com"]);
    B::reload(&server).expect("good papers");
    assert_eq!(shown(&mut bench, 9), ["sip:new.example.com"]);
    // The connections there were are as they were.
    bench.peer(client).send_on(flow(), at, b"still there");
    let told = next(&mut bench).1;
    assert_eq!(told, Told::Stream(flow(), b"still there".to_vec()));
}

pub(crate) fn what_cannot_be_read_leaves_what_was<B: Bench>() {
    let authority = Authority::new();
    let papers = authority.sign("server", "sip:example.com");
    let server = server::<B>(&papers);
    fs::write(&papers.key, "no key").expect("written");
    let error = B::reload(&server).expect_err("no key");
    assert!(error.to_string().contains("server.key"), "{error}");
    let error = B::server(&papers, Clients::NotAsked).err().expect("no key");
    assert!(error.to_string().contains("server.key"), "{error}");
    let mut bench = B::new();
    bench.trust(&authority.root(), None).expect("a root");
    let (_, at) = listening(&mut bench, Peer::echo(), &server);
    let client = bench.add(Peer::default());
    assert_eq!(connect(&mut bench, client, at), up(at));
}

pub(crate) fn the_end_is_said_under_tls_too<B: Bench>() {
    let authority = Authority::new();
    let papers = authority.sign("server", "sip:example.com");
    let mut bench = B::new();
    bench.trust(&authority.root(), None).expect("a root");
    let (id, at) = listening(&mut bench, Peer::default(), &server::<B>(&papers));
    let client = bench.add(Peer::default());
    let peer = bench.peer(client);
    peer.connect(flow(), at, Transport::Tls);
    peer.send_on(flow(), at, b"goodbye");
    let mut heard = Vec::new();
    loop {
        match next(&mut bench) {
            (who, Told::Connected(..)) if who == client => bench.peer(client).close(flow()),
            (who, Told::Stream(_, bytes)) if who == id => heard.extend(bytes),
            (who, Told::Closed(_, reason)) if who == id => {
                assert_eq!(reason, CloseReason::Finished);
                break;
            }
            _ => {}
        }
    }
    assert_eq!(heard, b"goodbye");
}

pub(crate) fn who_does_not_shake_hands_is_let_go_of<B: Bench>() {
    let authority = Authority::new();
    let papers = authority.sign("server", "sip:example.com");
    let mut bench = B::new();
    bench.limit(Limits {
        accepted: 9,
        parked_bytes: 100_000,
        opening: Duration::from_millis(20),
        closing: Duration::from_secs(3),
    });
    let (_, at) = listening(&mut bench, Peer::default(), &server::<B>(&papers));
    let mut silent = TcpStream::connect(at).expect("connected");
    silent
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("set");
    let waker = bench.waker();
    let silent = std::thread::spawn(move || {
        let end = silent.read(&mut [0; 9]);
        waker();
        end.expect("closed in order")
    });
    assert_eq!(bench.next(soon()), None);
    assert_eq!(silent.join().expect("let go of"), 0);
    assert_eq!(bench.counts().failed, 1);
    assert_eq!(bench.counts().accepted, 0);
}

pub(crate) fn who_speaks_no_tls_is_let_go_of<B: Bench>() {
    let authority = Authority::new();
    let papers = authority.sign("server", "sip:example.com");
    let mut bench = B::new();
    let (_, at) = listening(&mut bench, Peer::default(), &server::<B>(&papers));
    let mut plain = TcpStream::connect(at).expect("connected");
    plain
        .write_all(b"OPTIONS sip:x SIP/2.0\r\n")
        .expect("written");
    while bench.counts().failed == 0 {
        turn(&mut bench);
    }
    // What is heard of it is an alert of TLS (RFC 8446 §6), and the end.
    let mut heard = Vec::new();
    let _ = plain.read_to_end(&mut heard);
    assert!(heard.is_empty() || heard[0] == 21, "{heard:?}");
}

pub(crate) fn a_reader_too_slow_is_given_up_under_tls_too<B: Bench>() {
    let authority = Authority::new();
    let papers = authority.sign("server", "sip:example.com");
    let mut bench = B::new();
    bench.trust(&authority.root(), None).expect("a root");
    let (id, at) = listening(&mut bench, Peer::default(), &server::<B>(&papers));
    // One who reads nothing but the handshake: another driver, that is not turned any more.
    let mut other = B::new();
    other.trust(&authority.root(), None).expect("a root");
    let client = other.add(Peer::default());
    other.peer(client).connect(flow(), at, Transport::Tls);
    let moment = || Some(Instant::now() + Duration::from_millis(2));
    while other.peer(client).identities.is_empty() || bench.peer(id).peers.is_empty() {
        other.next(moment());
        bench.next(moment());
    }
    let (flow, to) = bench.peer(id).peers.pop_first().expect("connected");
    let piece = vec![1; 50_000];
    let closed = loop {
        bench.peer(id).send_on(flow, to, &piece);
        if let Some((_, told)) = bench.next(Some(Instant::now())) {
            break told;
        }
    };
    assert_eq!(closed, Told::Closed(flow, CloseReason::Reset));
}
