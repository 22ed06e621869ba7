//! The phone as a program drives it: commands in, one object a line out.

use crate::running::Program;

/// A phone that tells what happens as JSON, and the URI that reaches it.
fn phone(user: &str, more: &[&str]) -> (Program, String) {
    let aor = format!("sip:{user}@127.0.0.1");
    let own = ["phone", "--listen", "127.0.0.1:0", "--aor", &aor, "--json"];
    let mut phone = Program::start(&[&own[..], more].concat());
    let line = phone.says(&[r#"{"event":"listening""#]);
    let (_, after) = line.split_once(r#""address":""#).expect("an address");
    let address = after.split('"').next().unwrap_or_default();
    (phone, format!("sip:{user}@{address}"))
}

#[test]
fn several_calls_at_once_each_by_its_number() {
    let (mut bob, to_bob) = phone("bob", &["--no-audio", "--lines", "2"]);
    let call_bob = format!("call {to_bob}");
    let callers = ["alice", "carol", "dave"].map(|user| phone(user, &["--no-audio"]).0);
    let [mut alice, mut carol, mut dave] = callers;
    alice.types(&call_bob);
    bob.says(&[r#""event":"incoming","call":1,"from":"sip:alice@127.0.0.1""#]);
    alice.says(&[r#""event":"ringing","call":1,"status":180"#]);
    carol.types(&call_bob);
    bob.says(&[r#""event":"incoming","call":2,"from":"sip:carol@127.0.0.1""#]);
    // The lines are taken; that is told, and does not end the phone that called.
    dave.types(&call_bob);
    dave.says(&[r#""event":"ended","call":1,"reason":"rejected","status":486"#]);
    dave.says(&[r#""event":"error""#, "they are busy"]);
    bob.says(&[r#""event":"ended","call":3,"reason":"refused","status":486"#]);
    bob.types("2 answer");
    carol.says(&[r#""event":"answered","call":1"#]);
    bob.says(&[r#""event":"answered","call":2"#]);
    bob.types("a");
    alice.says(&[r#""event":"answered","call":1"#]);
    bob.says(&[r#""event":"answered","call":1"#]);
    bob.types("1 hold");
    bob.says(&[r#""event":"held","call":1"#]);
    alice.says(&[r#""event":"remote-hold","call":1"#]);
    bob.types("list");
    bob.says(&[
        r#""event":"call","call":1,"state":"answered","peer":"sip:alice@127.0.0.1","#,
        r#""incoming":true,"held":true,"held_by_them":false"#,
    ]);
    bob.says(&[r#""event":"call","call":2,"#, r#""held":false"#]);
    alice.types("l");
    alice.says(&[r#""event":"call","call":1,"#, r#""held_by_them":true"#]);
    bob.types("1 resume");
    bob.says(&[r#""event":"resumed","call":1"#]);
    alice.says(&[r#""event":"remote-resumed","call":1"#]);
    // RFC 3264 §8.3.2: other codecs, on both sides.
    bob.types("1 codec pcma");
    bob.says(&[r#""event":"media","call":1,"codec":"PCMA""#]);
    bob.says(&[r#""event":"modified","call":1"#]);
    alice.says(&[r#""event":"media","call":1,"codec":"PCMA""#]);
    // Each ends on its own, and without a number the newest is meant.
    bob.types("x");
    carol.says(&[r#""event":"ended","call":1,"reason":"remote-hung-up""#]);
    bob.says(&[r#""event":"ended","call":2,"reason":"hung-up""#]);
    alice.types("x");
    bob.says(&[r#""event":"ended","call":1,"reason":"remote-hung-up""#]);
    // The line is free again.
    dave.types(&call_bob);
    bob.says(&[r#""event":"incoming","call":4"#]);
    for mut phone in [alice, carol, dave, bob] {
        phone.types("quit");
        phone.ends_with(0);
    }
}

/// Keys by command and by option, both ways.
#[test]
fn keys_that_are_pressed_are_heard_once() {
    let (mut bob, to_bob) = phone("bob", &["--auto-answer"]);
    let (mut alice, _) = phone("alice", &["--dtmf", "42#"]);
    alice.types(&format!("call {to_bob}"));
    alice.says(&[r#""event":"answered","call":1"#]);
    bob.says(&[r#""event":"answered","call":1"#]);
    for key in ["4", "2", "#"] {
        bob.says(&[&format!(r#""event":"key","call":1,"key":"{key}","ms":120"#)]);
    }
    bob.types("tones 0*");
    for key in ["0", "*"] {
        alice.says(&[&format!(r#""event":"key","call":1,"key":"{key}","ms":120"#)]);
    }
    alice.types("x");
    bob.says(&[r#""event":"ended","call":1"#]);
    for (mut phone, keys) in [(alice, 2), (bob, 3)] {
        phone.types("quit");
        phone.ends_with(0);
        assert_eq!(phone.said(r#""event":"key""#), keys);
    }
}

#[test]
fn what_is_refused_given_up_or_sent_elsewhere() {
    let (mut bob, to_bob) = phone("bob", &["--no-audio"]);
    let (mut carol, to_carol) = phone("carol", &["--no-audio"]);
    let (mut alice, _) = phone("alice", &["--no-audio"]);
    let refused = [("decline", 603), ("busy", 486), ("x", 603)];
    for (number, (command, status)) in refused.into_iter().enumerate() {
        let number = number + 1;
        alice.types(&format!("c {to_bob}"));
        bob.says(&[&format!(r#""event":"incoming","call":{number}"#)]);
        bob.types(command);
        let ended = format!(r#""event":"ended","call":{number},"reason":"#);
        alice.says(&[&ended, r#""rejected""#, &format!(r#""status":{status}"#)]);
        bob.says(&[&ended, r#""refused""#, &format!(r#""status":{status}"#)]);
    }
    // RFC 3261 §9: given up while it rings.
    alice.types(&format!("c {to_bob}"));
    alice.says(&[r#""event":"ringing","call":4"#]);
    alice.types("x");
    alice.says(&[r#""event":"ended","call":4,"reason":"cancelled""#]);
    bob.says(&[r#""event":"ended","call":4,"reason":"remote-cancelled""#]);
    // §8.1.3.4: whom it is sent to gets it.
    alice.types(&format!("c {to_bob}"));
    bob.says(&[r#""event":"incoming","call":5"#]);
    bob.types(&format!("forward {to_carol}"));
    bob.says(&[r#""event":"ended","call":5,"reason":"refused","status":302"#]);
    carol.says(&[r#""event":"incoming","call":1"#, "sip:alice@"]);
    carol.types("a");
    alice.says(&[r#""event":"answered","call":5"#]);
    // Alice knows it before her ACK is there.
    carol.says(&[r#""event":"answered","call":1"#]);
    // What makes no sense now is said, and changes nothing.
    carol.types("a");
    carol.says(&[r#""event":"error","why":"nobody is calling""#]);
    carol.types("7 h");
    carol.says(&[r#""event":"error","why":"there is no call 7""#]);
    carol.types("dance");
    carol.says(&[r#""event":"error","why":"[N] a answer"#]);
    carol.types("x");
    alice.says(&[r#""event":"ended","call":5,"reason":"remote-hung-up""#]);
    // RFC 3428: said outside any call, and heard.
    alice.types(&format!("m {to_carol} \"come\" here"));
    carol.says(&[
        r#"{"event":"message","call":null,"from":"sip:alice@127.0.0.1""#,
        r#""text":"\"come\" here"}"#,
    ]);
    alice.says(&[r#""event":"message-answered","call":null,"status":200"#]);
    alice.types("q");
    alice.ends_with(0);
    // One that is told not to goes nowhere else, and the status is how its errand ended.
    let (mut alice, _) = phone("alice", &["--no-audio", "--no-redirect", &to_bob]);
    bob.says(&[r#""event":"incoming","call":6"#]);
    bob.types(&format!("f {to_carol}"));
    alice.says(&[r#""event":"ended","call":1,"reason":"rejected","status":302"#]);
    alice.ends_with(4);
}

#[test]
fn sound_before_the_answer_text_within_the_call_and_a_session_kept_alive() {
    let (mut bob, to_bob) = phone("bob", &[]);
    let (mut alice, _) = phone("alice", &["--session-expires", "100", &to_bob]);
    bob.says(&[r#""event":"incoming","call":1"#]);
    bob.types("e");
    // RFC 3262 §5: agreed on in a 183, on both sides.
    let plan = [
        r#""call":1,"codec":"PCMU","ptime":20"#,
        r#""direction":"sendrecv""#,
    ];
    for phone in [&mut alice, &mut bob] {
        phone.says(&[&[r#""event":"early-media""#][..], &plan].concat());
    }
    alice.says(&[r#""event":"ringing","call":1,"status":183"#]);
    bob.types("a");
    // RFC 4028 §9: whoever began goes on keeping it alive.
    let timer = r#""event":"session-timer","call":1,"seconds":100,"refresher":"#;
    alice.says(&[timer, r#""us""#]);
    bob.says(&[timer, r#""them""#]);
    alice.types("i 5 apples \"fresh\"");
    bob.says(&[
        r#""event":"info","call":1,"package":null,"type":"text/plain;charset=UTF-8","#,
        r#""text":"5 apples \"fresh\"""#,
    ]);
    alice.says(&[r#""event":"info-answered","call":1,"status":200"#]);
    // §7.2: hold refreshes as well.
    alice.types("h");
    let refreshed = r#""event":"session-refreshed","call":1,"seconds":100"#;
    alice.says(&[refreshed]);
    bob.says(&[refreshed]);
    bob.says(&[r#""event":"remote-hold","call":1"#]);
    bob.types("x");
    for phone in [&mut alice, &mut bob] {
        phone.says(&[r#""event":"quality","call":1,"#, r#""lost":0"#]);
    }
    alice.ends_with(0);
}

#[test]
fn several_identities_each_with_its_own_password() {
    let (mut server, address) = crate::server();
    let aor = |user: &str| format!("sip:{user}@{address}");
    let (alice, bob) = (aor("alice"), aor("bob"));
    let registers = |aor| ["--aor", aor, "--register", "--password"];
    let accounts = [
        &registers(&alice)[..],
        &["wonder"],
        &registers(&bob),
        &["builder"],
    ];
    let own = ["phone", "--listen", "127.0.0.1:0", "--json", "--no-audio"];
    let mut phone = Program::start(&[&own[..], &accounts.concat()].concat());
    for aor in [&alice, &bob] {
        phone.says(&[r#""event":"registered""#, aor]);
    }
    // From the second identity to the first, and to itself.
    phone.types("3 c sip:x@127.0.0.1");
    phone.says(&[r#""event":"error","why":"there is no identity 3""#]);
    phone.types(&format!("2 call {alice}"));
    let from = r#""event":"incoming","call":2,"from":"sip:bob@"#;
    phone.says(&[from, r#""to":"sip:alice@"#]);
    phone.types("2 answer");
    phone.says(&[r#""event":"answered","call":1"#]);
    phone.says(&[r#""event":"answered","call":2"#]);
    phone.types("1 x");
    phone.says(&[r#""event":"ended","call":2,"reason":"remote-hung-up""#]);
    phone.types("q");
    for aor in [&alice, &bob] {
        phone.says(&[r#""event":"unregistered""#, aor]);
    }
    phone.ends_with(0);
    server.says(&["unregistered bob@"]);
    // One that is refused does not end the other.
    let accounts = [
        &registers(&alice)[..],
        &["wrong"],
        &registers(&bob),
        &["builder"],
    ];
    let mut phone = Program::start(&[&own[..], &accounts.concat()].concat());
    phone.says(&[
        r#""event":"registration-failed""#,
        &alice,
        r#""retry_in":null"#,
    ]);
    phone.says(&[r#""event":"registered""#, &bob]);
    phone.types("q");
    phone.ends_with(0);
}

/// The whole of 127.0.0.0/8 is this host, there at least.
#[cfg(target_os = "linux")]
#[test]
fn a_call_goes_along_to_another_address() {
    let (mut bob, to_bob) = phone("bob", &["--auto-answer"]);
    let (mut alice, _) = phone("alice", &[]);
    alice.types(&format!("call {to_bob}"));
    alice.says(&[r#""event":"media","call":1"#, r#""local":"127.0.0.1:"#]);
    bob.says(&[r#""event":"answered","call":1"#]);
    alice.types("move 127.0.0.2");
    alice.says(&[r#""event":"moved","address":"127.0.0.2:"#]);
    alice.says(&[r#""event":"media","call":1"#, r#""local":"127.0.0.2:"#]);
    bob.says(&[r#""event":"media","call":1"#, r#""remote":"127.0.0.2:"#]);
    // Both find each other where they are now.
    alice.types("h");
    bob.says(&[r#""event":"remote-hold","call":1"#]);
    bob.types("x");
    alice.says(&[r#""event":"ended","call":1,"reason":"remote-hung-up""#]);
    // An address that is none of this host's is told, and nothing changes.
    alice.types("move 192.0.2.1");
    alice.says(&[r#""event":"error""#, "192.0.2.1"]);
    alice.types("move 127.0.0.2");
    alice.types("q");
    alice.ends_with(0);
    bob.types("q");
    bob.ends_with(0);
}
