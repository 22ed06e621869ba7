//! A phone that is killed and started again with what it keeps in a file.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::running::Program;

/// The file of a phone, gone with the test.
struct Kept(PathBuf);

impl Kept {
    fn new(name: &str) -> Self {
        let name = format!("offhook-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("plain text")
    }

    /// Waits until it says all of these.
    fn says(&self, words: &[&str]) -> String {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let text = fs::read_to_string(&self.0).unwrap_or_default();
            if words.iter().all(|word| text.contains(word)) {
                return text;
            }
            assert!(Instant::now() < end, "it never said {words:?}: {text}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The value of a field that is there once.
    fn value(text: &str, name: &str) -> String {
        let mut lines = text.lines().filter_map(|line| line.strip_prefix(name));
        lines.next().unwrap_or_default().trim().to_owned()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn phone(aor: &str, more: &[&str]) -> Program {
    let own = ["phone", "--listen", "127.0.0.1:0", "--aor", aor, "--json"];
    Program::start(&[&own[..], more].concat())
}

/// Where a phone is reached.
fn listening(phone: &mut Program) -> String {
    let line = phone.says(&[r#""event":"listening""#]);
    let (_, after) = line.split_once(r#""address":""#).expect("an address");
    after.split('"').next().unwrap_or_default().to_owned()
}

fn killed(mut phone: Program) {
    phone.gets("-KILL");
    phone.is_gone();
}

/// RFC 3261 §12: the dialog and its session outlive the program, at either end of the call.
#[test]
fn a_call_goes_on_after_the_phone_was_killed() {
    let kept = Kept::new("call");
    let state = ["--state", kept.path()];
    let mut bob = phone("sip:bob@127.0.0.1", &["--auto-answer"]);
    let to_bob = format!("sip:bob@{}", listening(&mut bob));
    let aor = "sip:alice@127.0.0.1";
    let errand = [&state[..], &[&to_bob]].concat();
    let mut alice = phone(aor, &errand);
    alice.says(&[r#""event":"answered","call":1"#]);
    let text = kept.says(&["calls 1", "role caller"]);
    #[cfg(unix)]
    {
        let mode = fs::metadata(&kept.0).expect("it is there").permissions();
        let mode = std::os::unix::fs::PermissionsExt::mode(&mode);
        assert_eq!(mode & 0o777, 0o600);
    }
    killed(alice);
    // With the same command line: it does not call again what it is still in a call with.
    let mut alice = phone(aor, &errand);
    alice.says(&[r#""event":"restored","call":1"#, &to_bob]);
    // The sound is where it was, and bob is told where requests go now.
    alice.types("t 5");
    bob.says(&[r#""event":"key","call":1,"key":"5""#]);
    bob.types("t 7");
    alice.says(&[r#""event":"key","call":1,"key":"7""#]);
    bob.types("h");
    alice.says(&[r#""event":"remote-hold","call":1"#]);
    let later = kept.says(&["direction recvonly"]);
    for name in ["call-id ", "local-tag ", "remote-tag "] {
        assert_eq!(Kept::value(&later, name), Kept::value(&text, name));
    }
    assert_ne!(
        Kept::value(&later, "local-contact "),
        Kept::value(&text, "local-contact ")
    );
    killed(alice);
    let mut alice = phone(aor, &errand);
    alice.says(&[r#""event":"restored","call":1"#]);
    alice.types("l");
    alice.says(&[
        r#""event":"call","call":1,"state":"answered""#,
        r#""held_by_them":true"#,
    ]);
    bob.types("r");
    alice.says(&[r#""event":"remote-resumed","call":1"#]);
    alice.types("h");
    bob.says(&[r#""event":"remote-hold","call":1"#]);
    alice.types("x");
    bob.says(&[r#""event":"ended","call":1,"reason":"remote-hung-up""#]);
    alice.ends_with(0);
    kept.says(&["calls 0"]);
    assert_eq!(bob.said(r#""event":"incoming""#), 1);
    // Who was called goes on likewise.
    let mut alice = phone(aor, &[&state[..], &["--auto-answer"]].concat());
    bob.types(&format!("call sip:alice@{}", listening(&mut alice)));
    bob.says(&[r#""event":"answered","call":2"#]);
    kept.says(&["calls 1", "role callee"]);
    killed(alice);
    let mut alice = phone(aor, &state);
    alice.says(&[r#""event":"restored","call":1"#]);
    alice.types("t 9");
    bob.says(&[r#""event":"key","call":2,"key":"9""#]);
    bob.types("x");
    alice.says(&[r#""event":"ended","call":1,"reason":"remote-hung-up""#]);
    for mut phone in [alice, bob] {
        phone.types("q");
        phone.ends_with(0);
    }
}

/// RFC 3261 §10.2.4: the same Call-ID, and the next CSeq; and what is kept is ended as well.
#[test]
fn a_registration_goes_on_after_the_phone_was_killed() {
    let kept = Kept::new("registration");
    let (mut server, address) = crate::server();
    let aor = format!("sip:alice@{address}");
    let state = ["--state", kept.path(), "--no-audio"];
    let register = ["--register", "--password", "wonder"];
    let registers = [&state[..], &register].concat();
    let mut alice = phone(&aor, &registers);
    alice.says(&[r#""event":"registered""#]);
    let text = kept.says(&["registrations 1", "binding 1"]);
    killed(alice);
    let mut alice = phone(&aor, &registers);
    let bound = format!("contact sip:alice@{}", listening(&mut alice));
    alice.says(&[r#""event":"registered""#]);
    let number = |text: &str| Kept::value(text, "cseq ").parse::<u32>().expect("a number");
    let later = kept.says(&["registrations 1", "binding 1", &bound]);
    assert_eq!(
        Kept::value(&later, "call-id "),
        Kept::value(&text, "call-id ")
    );
    assert!(number(&later) > number(&text), "{later}");
    killed(alice);
    // One that is not to register any more is not registered any more.
    let mut alice = phone(&aor, &[&state[..], &["--password", "wonder"]].concat());
    alice.says(&[r#""event":"listening""#]);
    server.says(&["unregistered alice@"]);
    kept.says(&["registrations 0"]);
    alice.types("q");
    alice.ends_with(0);
}

#[test]
fn what_is_no_state_of_the_phone_is_named_and_left_as_it_is() {
    let kept = Kept::new("broken");
    for text in [
        "",
        "my diary\n",
        "offhook phone state 1\nwritten 0\nregistrations 0\ncalls 1\n",
    ] {
        fs::write(&kept.0, text).expect("written");
        let mut alice = phone("sip:alice@127.0.0.1", &["--state", kept.path()]);
        alice.ends_with(3);
        alice.says(&["no state of a phone: line ", kept.path()]);
        assert_eq!(fs::read_to_string(&kept.0).expect("still there"), text);
    }
    fs::remove_file(&kept.0).expect("there");
    // Nor is that of somebody else.
    let mut bob = phone("sip:bob@127.0.0.1", &["--no-audio", "--auto-answer"]);
    let to_bob = format!("sip:bob@{}", listening(&mut bob));
    let mut alice = phone(
        "sip:alice@127.0.0.1",
        &["--no-audio", "--state", kept.path(), &to_bob],
    );
    alice.says(&[r#""event":"answered""#]);
    let text = kept.says(&["calls 1"]);
    killed(alice);
    let mut carol = phone("sip:carol@127.0.0.1", &["--state", kept.path()]);
    carol.ends_with(2);
    carol.says(&["is the state of sip:alice@127.0.0.1"]);
    assert_eq!(fs::read_to_string(&kept.0).expect("still there"), text);
}

/// What is heard after a restart is recorded like everything else, where the sound has its old port
/// as well.
#[test]
fn a_call_that_goes_on_is_recorded_packet_by_packet() {
    let kept = Kept::new("recorded");
    let dump = format!("offhook-recorded-{}.rtp", std::process::id());
    let dump = Kept(std::env::temp_dir().join(dump));
    let mut bob = phone("sip:bob@127.0.0.1", &["--auto-answer"]);
    let to_bob = format!("sip:bob@{}", listening(&mut bob));
    let errand = ["--state", kept.path(), "--record", dump.path(), &to_bob];
    let mut alice = phone("sip:alice@127.0.0.1", &errand);
    let media = alice.says(&[r#""event":"media","call":1"#]);
    let (_, before) = media.split_once(r#""local":""#).expect("an address");
    let before = before.split('"').next().unwrap_or_default();
    alice.says(&[r#""event":"answered","call":1"#]);
    kept.says(&["calls 1", "role caller"]);
    killed(alice);
    let _ = fs::remove_file(&dump.0);
    let mut alice = phone("sip:alice@127.0.0.1", &errand);
    alice.says(&[r#""event":"restored","call":1"#]);
    // A second of what bob says, which is silence, but packets all the same.
    thread::sleep(Duration::from_secs(1));
    alice.types("x");
    alice.says(&[r#""event":"quality","call":1"#]);
    alice.ends_with(0);
    let recorded = fs::read(&dump.0).expect("it was written");
    assert!(recorded.starts_with(b"#!rtpplay1.0 "), "an rtpdump");
    assert!(recorded.len() > 20 * 172, "{} octets", recorded.len());
    // To where it was before: the port was free.
    let line = recorded
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let line = String::from_utf8_lossy(line).replace('/', ":");
    assert!(line.ends_with(before), "{line} {before}");
    bob.types("q");
    bob.ends_with(0);
}
