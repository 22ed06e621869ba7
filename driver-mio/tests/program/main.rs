//! The program as a person meets it: one line that says what is wrong and what to do, and an exit
//! code that a script can act on.

mod phone_commands;
mod protected;
mod recordings;
mod repairing;
mod restarts;
mod running;

use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::thread;

use offhook::dns::{Message, Name, Record, RecordData, ResponseCode, Srv};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use running::Program;

fn server() -> (Program, String) {
    server_over("127.0.0.1:0", &[])
}

/// A phone of a user of the server, on a free port; over WebSocket it is reached on the connection
/// it has opened, and listens nowhere.
fn phone(server: &str, user: &str, password: &str, more: &[&str]) -> Program {
    let aor = format!("sip:{user}@{server}");
    let mut args = vec!["phone", "--aor", &aor, "--register", server];
    if !more.contains(&"ws") && !more.contains(&"wss") {
        args.extend(["--listen", "127.0.0.1:0"]);
    }
    args.extend(["--password", password, "--no-audio"]);
    args.extend(more);
    Program::start(&args)
}

/// One who registers, one who calls, and both hang up in good order.
fn call(server: &str, more: &[&str]) {
    let with = |own: &[&'static str]| [more, own].concat();
    let mut bob = phone(server, "bob", "builder", &with(&["--calls", "1"]));
    bob.says(&["registered"]);
    let callee = format!("sip:bob@{server}");
    let mut alice = phone(server, "alice", "wonder", &[more, &[&callee]].concat());
    bob.says(&["call 1 from"]);
    bob.types("a");
    alice.says(&["in call 1"]);
    bob.says(&["in call 1"]);
    alice.types("h");
    bob.says(&["they put us on hold"]);
    alice.says(&["on hold"]);
    bob.types("x");
    alice.says(&["call 1 ended", "hung up"]);
    alice.ends_with(0);
    bob.ends_with(0);
}

/// What both ends show and trust over TLS.
fn shown_and_trusted(papers: &Papers) -> Vec<String> {
    let files = [
        ("--tls-cert", "own.pem"),
        ("--tls-key", "own.key"),
        ("--tls-ca", "root.pem"),
    ];
    let args = files.map(|(option, name)| [option.to_owned(), papers.file(name)]);
    args.concat()
}

fn server_over(listen: &str, more: &[&str]) -> (Program, String) {
    let users = ["--user", "alice:wonder", "--user", "bob:builder"];
    let args = [&["server", "--listen", listen][..], &users, more].concat();
    let mut server = Program::start(&args);
    let address = server.address();
    (server, address)
}

#[test]
fn a_call_over_tcp() {
    let (_server, address) = server_over("tcp:127.0.0.1:0", &[]);
    call(&address, &["--transport", "tcp"]);
}

#[test]
fn a_uri_says_what_a_call_goes_over() {
    let mut bob = Program::start(&["phone", "--listen", "127.0.0.1:0", "--no-audio"]);
    let address = bob.address();
    let path = std::env::temp_dir().join(format!("offhook-uri-{}", std::process::id()));
    let file = path.to_str().expect("plain text");
    let callee = format!("sip:bob@{address};transport=tcp");
    let mut alice = Program::start(&[
        "phone",
        "--listen",
        "127.0.0.1:0",
        "--no-audio",
        "--transcript",
        file,
        &callee,
    ]);
    bob.says(&["call 1 from"]);
    bob.types("a");
    alice.says(&["in call 1"]);
    bob.types("x");
    alice.ends_with(0);
    let transcript = std::fs::read_to_string(&path).expect("it was written");
    assert!(
        transcript.contains("Via: SIP/2.0/TCP 127.0.0.1:"),
        "{transcript}"
    );
    assert!(!transcript.contains("SIP/2.0/UDP"), "{transcript}");
    std::fs::remove_file(&path).expect("it was written");
}

/// A name server that knows these records, and runs as long as the test; its address.
fn name_server(records: Vec<(&'static str, RecordData)>) -> String {
    let name = |text| Name::parse(text).expect("a name");
    let records: Vec<Record> = records
        .into_iter()
        .map(|(owner, data)| Record {
            name: name(owner),
            ttl: 60,
            data,
        })
        .collect();
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("bound").to_string();
    thread::spawn(move || {
        let mut buffer = [0; 1024];
        while let Ok((length, source)) = socket.recv_from(&mut buffer) {
            let mut message = Message::parse(&buffer[..length], 8).expect("a query");
            let asked = message.question.clone().expect("a question");
            message.is_response = true;
            let of_name = records.iter().filter(|record| record.name == asked.name);
            let of_kind = |record: &&Record| record.data.kind() == asked.kind;
            message.answers = of_name.clone().filter(of_kind).cloned().collect();
            if of_name.count() == 0 {
                message.code = ResponseCode::NO_SUCH_NAME;
            }
            let mut bytes = Vec::new();
            message.write(&mut bytes).expect("short");
            socket.send_to(&bytes, source).expect("sent");
        }
    });
    address
}

fn srv(priority: u16, target: &str, port: u16) -> RecordData {
    RecordData::Srv(Srv {
        priority,
        weight: 1,
        port,
        target: Name::parse(target).expect("a name"),
    })
}

/// A port where nobody listens, as long as the listener is kept from listening.
fn dead_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// RFC 3263 §4.3: the domain is all that is said; its first server is dead.
#[test]
fn a_domain_leads_to_the_first_of_its_servers_that_lives() {
    let (_server, address) = server_over("tcp:127.0.0.1:0", &["--domain", "example.test"]);
    let (_, port) = address.rsplit_once(':').expect("with a port");
    let dns = name_server(vec![
        (
            "_sip._tcp.example.test",
            srv(2, "b.test", port.parse().expect("a number")),
        ),
        ("_sip._tcp.example.test", srv(1, "a.test", dead_port())),
        ("a.test", RecordData::A([127, 0, 0, 1].into())),
        ("b.test", RecordData::A([127, 0, 0, 1].into())),
    ]);
    let user = |name: &str, password: &str, more: &[&str]| {
        let aor = format!("sip:{name}@example.test");
        let own = ["phone", "--dns", &dns, "--transport", "tcp", "--no-audio"];
        let who = ["--register", "--aor", &aor, "--password", password];
        Program::start(&[&own[..], &who, more].concat())
    };
    // Where it listens it finds out from where its server is.
    let mut bob = user("bob", "builder", &["--calls", "1"]);
    bob.says(&["listening on 127.0.0.1:"]);
    bob.says(&["registered"]);
    let listening = ["--listen", "127.0.0.1:0", "sip:bob@example.test"];
    let mut alice = user("alice", "wonder", &listening);
    bob.says(&["call 1 from", "sip:alice@example.test"]);
    bob.types("a");
    alice.says(&["in call 1"]);
    alice.types("x");
    alice.ends_with(0);
    bob.ends_with(0);
}

#[test]
fn a_name_that_leads_nowhere_is_told_as_such() {
    let dns = name_server(Vec::new());
    let callee = "sip:bob@nowhere.test";
    for listen in [&["--listen", "127.0.0.1:0"][..], &[]] {
        let asking = ["phone", "--no-audio", "--dns", &dns];
        let mut alice = Program::start(&[&asking[..], listen, &[callee]].concat());
        alice.says(&[
            callee,
            "the domain has no server",
            "check the name",
            "--dns",
        ]);
        alice.ends_with(5);
    }
    let aor = ["--aor", "sip:alice@nowhere.test", "--register"];
    let here = [
        "phone",
        "--no-audio",
        "--listen",
        "127.0.0.1:0",
        "--dns",
        &dns,
    ];
    let mut alice = Program::start(&[&here[..], &aor].concat());
    alice.says(&["cannot register", "the domain has no server", "--dns"]);
    alice.ends_with(5);
}

/// A certificate for 127.0.0.1, its key, and who vouches for it, in a folder of their own.
struct Papers(PathBuf);

impl Papers {
    fn new(name: &str) -> Self {
        let folder = format!("{name}-{}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        let papers = Self(folder);
        let mut root = CertificateParams::default();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let signed = root.self_signed(&key).expect("signed");
        std::fs::write(papers.file("root.pem"), signed.pem()).expect("written");
        let issuer = Issuer::new(root, key);
        let mut own = CertificateParams::default();
        let uri = "sip:127.0.0.1".try_into().expect("plain text");
        own.subject_alt_names = vec![SanType::URI(uri)];
        let key = KeyPair::generate().expect("a key");
        let signed = own.signed_by(&key, &issuer).expect("signed");
        std::fs::write(papers.file("own.pem"), signed.pem()).expect("written");
        std::fs::write(papers.file("own.key"), key.serialize_pem()).expect("written");
        papers
    }

    fn file(&self, name: &str) -> String {
        let path = self.0.join(name);
        path.to_str().expect("plain text").to_owned()
    }
}

impl Drop for Papers {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_call_over_tls_where_both_ends_prove_who_they_are() {
    let papers = Papers::new("program-tls");
    let files = shown_and_trusted(&papers);
    let mut more: Vec<&str> = files.iter().map(String::as_str).collect();
    let (_server, address) = server_over("tls:127.0.0.1:0", &more);
    more.extend(["--transport", "tls"]);
    call(&address, &more);
}

#[test]
fn a_call_over_websocket_between_phones_that_listen_nowhere() {
    let (_server, address) = server_over("ws:127.0.0.1:0", &[]);
    call(&address, &["--transport", "ws"]);
}

#[test]
fn a_call_over_websocket_under_tls_to_a_server_that_proves_who_it_is() {
    let papers = Papers::new("program-wss");
    let files = shown_and_trusted(&papers);
    let (shown, trusted) = files.split_at(4);
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    let (_server, address) = server_over("wss:127.0.0.1:0", &shown);
    call(&address, &["--transport", "wss", "--tls-ca", &trusted[1]]);
}

#[test]
fn a_phone_is_called_over_websocket_without_a_server() {
    let mut bob = Program::start(&["phone", "--listen", "ws:127.0.0.1:0", "--no-audio"]);
    let address = bob.address();
    let callee = format!("sip:bob@{address}");
    let mut alice = Program::start(&["phone", "--no-audio", "--transport", "ws", &callee]);
    alice.says(&["not listening"]);
    bob.says(&["call 1 from"]);
    bob.types("a");
    alice.says(&["in call 1"]);
    bob.types("x");
    alice.says(&["call 1 ended", "hung up"]);
    alice.ends_with(0);
}

#[test]
fn who_cannot_show_a_certificate_that_is_asked_for_is_not_let_in() {
    let (papers, other) = (Papers::new("program-asked"), Papers::new("program-asking"));
    let files = shown_and_trusted(&papers);
    let mut more: Vec<&str> = files.iter().map(String::as_str).collect();
    let asking = ["--tls-clients".to_owned(), papers.file("root.pem")];
    more.extend(asking.iter().map(String::as_str));
    let (_server, address) = server_over("tls:127.0.0.1:0", &more);
    let (root, certificate) = (papers.file("root.pem"), other.file("own.pem"));
    let key = other.file("own.key");
    let strangers = ["--tls-cert", &certificate, "--tls-key", &key];
    let over = ["--transport", "tls", "--tls-ca", &root, "sip:bob@127.0.0.1"];
    for shown in [&[][..], &strangers] {
        let mut alice = phone(&address, "alice", "wonder", &[shown, &over].concat());
        alice.says(&["cannot register"]);
        alice.ends_with(5);
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let more = [&files[..], &["--transport", "tls"]].concat();
    phone(&address, "alice", "wonder", &more).says(&["registered"]);
}

#[test]
fn a_server_that_cannot_prove_who_it_is_is_not_told_anything() {
    let (papers, other) = (Papers::new("program-ours"), Papers::new("program-other"));
    let (cert, key) = (papers.file("own.pem"), papers.file("own.key"));
    let shown = ["--tls-cert", &cert, "--tls-key", &key];
    let (_server, address) = server_over("tls:127.0.0.1:0", &shown);
    let root = other.file("root.pem");
    let trusting = [
        "--transport",
        "tls",
        "--tls-ca",
        &root,
        "sip:bob@example.com",
    ];
    let mut alice = phone(&address, "alice", "wonder", &trusting);
    alice.says(&["cannot register"]);
    alice.ends_with(5);
}

#[test]
fn certificates_are_read_anew_on_a_hangup() {
    let (papers, next) = (Papers::new("program-hangup"), Papers::new("program-next"));
    let (cert, key) = (papers.file("own.pem"), papers.file("own.key"));
    let shown = ["--tls-cert", &cert, "--tls-key", &key];
    let (mut server, address) = server_over("tls:127.0.0.1:0", &shown);
    let trusting = |papers: &Papers| {
        let root = papers.file("root.pem");
        let over = ["--transport", "tls", "--tls-ca", &root];
        phone(&address, "alice", "wonder", &over)
    };
    let mut before = trusting(&papers);
    before.says(&["registered"]);
    for name in ["own.pem", "own.key"] {
        std::fs::copy(next.file(name), papers.file(name)).expect("copied");
    }
    server.gets("-HUP");
    server.says(&["read the certificates anew"]);
    // Whoever comes now is shown the new one; the connection there was stays.
    trusting(&next).says(&["registered"]);
    trusting(&papers).says(&["cannot register"]);
    before.types("q");
    before.ends_with(0);
    server.says(&["unregistered"]);
    std::fs::write(&key, "no key").expect("written");
    server.gets("-HUP");
    server.says(&["stay as they were", &key]);
    trusting(&next).says(&["registered"]);
    server.gets("-TERM");
    server.ends_with(0);
}

#[test]
fn a_caller_is_told_where_to_go_and_goes_there() {
    let moved = "carol@127.0.0.1=sip:bob@127.0.0.1";
    let options = ["--redirect=bob@127.0.0.1", "--moved", moved];
    let (mut server, address) = server_over("127.0.0.1:0", &options);
    let mut bob = phone(&address, "bob", "builder", &["--auto-answer"]);
    bob.says(&["registered"]);
    let callee = format!("sip:carol@{address}");
    let mut alice = phone(&address, "alice", "wonder", &[&callee]);
    // From the name she knows to his, and from there to where he is.
    server.says(&["INVITE", &callee, "redirected 302"]);
    server.says(&["INVITE", &callee, "redirected 302"]);
    alice.says(&["in call 1"]);
    alice.types("x");
    alice.ends_with(0);
}

#[test]
fn a_server_that_asks_every_caller_needs_users() {
    let args = ["server", "--no-auth", "--closed", "example.com"];
    let mut server = Program::start(&args);
    server.says(&["no users"]);
    server.ends_with(2);
    let mut server = Program::start(&["server", "--no-auth", "--moved", "bob@example.com"]);
    server.says(&["USER@DOMAIN=URI"]);
    server.ends_with(2);
}

#[test]
fn a_missing_recording_is_named() {
    let mut phone = Program::start(&["phone", "--listen", "127.0.0.1:0", "--play", "/no/such.wav"]);
    phone.says(&["/no/such.wav", "WAV"]);
    phone.ends_with(3);
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound").to_string();
    for command in [&["phone"][..], &["server", "--no-auth"]] {
        let mut program = Program::start(&[command, &["--listen", &address]].concat());
        program.says(&[&address, "--listen"]);
        program.ends_with(3);
    }
}

#[test]
fn a_wrong_password_is_told_from_a_wrong_name() {
    let (_server, address) = server();
    let mut phone = phone(&address, "alice", "wrong", &[]);
    phone.says(&["password"]);
    phone.ends_with(4);
}

// shows: S114
#[test]
fn an_unknown_user_a_decline_and_silence_have_their_lines_over_udp_and_tcp() {
    let (_server, address) = server();
    for over in ["udp", "tcp"] {
        refusals(&address, &["--transport", over]);
    }
}

fn refusals(address: &str, over: &[&str]) {
    let alice = |more: &[&str]| phone(address, "alice", "wonder", &[over, more].concat());
    let mut bob = phone(address, "bob", "builder", over);
    bob.says(&["registered"]);

    let nobody = format!("sip:nobody@{address}");
    let mut caller = alice(&[&nobody]);
    caller.says(&["404", "name"]);
    caller.ends_with(4);

    let callee = format!("sip:bob@{address}");
    let mut caller = alice(&[&callee]);
    bob.says(&["call 1 from"]);
    bob.types("d");
    caller.says(&["603", "declined"]);
    caller.ends_with(4);

    let mut caller = alice(&["--ring-limit", "1", &callee]);
    bob.says(&["call 2 from"]);
    caller.says(&["nobody picked up"]);
    caller.ends_with(5);
    // By the CANCEL, or by the Expires of the INVITE: whichever comes first.
    bob.says(&["call 2 ended"]);
    bob.types("q");
    bob.ends_with(0);
}

// shows: S114
#[test]
fn hold_resume_and_hang_up_from_the_keyboard_over_udp_and_tcp() {
    let (_server, address) = server();
    for over in ["udp", "tcp"] {
        hold_and_resume(&address, &["--transport", over]);
    }
}

fn hold_and_resume(address: &str, over: &[&str]) {
    let with = |own: &[&'static str]| [over, own].concat();
    let mut bob = phone(address, "bob", "builder", &with(&["--calls", "1"]));
    bob.says(&["registered"]);
    let callee = format!("sip:bob@{address}");
    let mut alice = phone(address, "alice", "wonder", &[over, &[&callee]].concat());
    bob.says(&["call 1 from"]);
    bob.types("a");
    alice.says(&["in call 1"]);
    bob.says(&["in call 1"]);
    alice.types("h");
    alice.says(&["on hold"]);
    bob.says(&["they put us on hold"]);
    alice.types("r");
    alice.says(&["off hold"]);
    bob.says(&["they took us off hold"]);
    bob.types("x");
    alice.says(&["call 1 ended", "hung up"]);
    alice.ends_with(0);
    bob.ends_with(0);
}

#[test]
fn a_transcript_becomes_a_ladder() {
    let path = std::env::temp_dir().join(format!("offhook-{}.transcript", std::process::id()));
    let file = path.to_str().expect("plain ASCII");
    let (_server, address) = server();
    let mut phone = phone(
        &address,
        "alice",
        "wonder",
        &["--transcript", file, "--leave-after", "0"],
    );
    phone.ends_with(0);
    let mut ladder = Program::start(&["ladder", file]);
    ladder.says(&["REGISTER"]);
    ladder.ends_with(0);
    std::fs::remove_file(&path).expect("it was written");
    let mut ladder = Program::start(&["ladder", file]);
    ladder.says(&["cannot read", file]);
    ladder.ends_with(3);
}

#[test]
fn the_server_stops_in_good_order_on_a_signal() {
    let (mut server, address) = server();
    let mut bob = phone(&address, "bob", "builder", &[]);
    bob.says(&["registered"]);
    server.says(&["registered bob@"]);
    server.gets("-TERM");
    server.says(&["stopped"]);
    server.ends_with(0);
}
