//! Sound that repairs itself: `--red` (RFC 2198), `--fec` (RFC 5109) and `--rtx` (RFC 4588).

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

// shows: S077
#[test]
fn two_phones_agree_on_what_repairs_their_sound() {
    for (options, repair) in [
        (&["--red=2"][..], r#""repair":"red""#),
        (&["--fec"], r#""repair":"fec""#),
        (&["--rtx"], r#""repair":"rtx""#),
        (
            &["--red", "--fec", "--rtx=300", "--srtp"],
            r#""repair":"red, fec, rtx""#,
        ),
    ] {
        let answers = [options, &["--auto-answer", "--calls", "1"]].concat();
        let (mut bob, to_bob) = phone("bob", &answers);
        let (mut alice, _) = phone("alice", options);
        alice.types(&format!("call {to_bob}"));
        for phone in [&mut alice, &mut bob] {
            phone.says(&[r#""event":"media","call":1"#, repair]);
            phone.says(&[r#""event":"answered","call":1"#]);
        }
        // A key is heard among it, and other codecs are repaired likewise.
        alice.types("t 5");
        bob.says(&[r#""event":"key","call":1,"key":"5""#]);
        alice.types("codec PCMA");
        alice.says(&[r#""event":"media","call":1,"codec":"PCMA""#, repair]);
        alice.types("t 6");
        bob.says(&[r#""event":"key","call":1,"key":"6""#]);
        alice.types("hangup");
        for phone in [&mut alice, &mut bob] {
            phone.says(&[r#""event":"quality","call":1"#, r#""repaired":"#]);
        }
        alice.types("quit");
        alice.ends_with(0);
        bob.ends_with(0);
    }
}

/// Redundant data are for whoever takes them; feedback is a profile, which a peer has or has not.
#[test]
fn what_the_other_does_not_take_is_left_out() {
    let (mut bob, to_bob) = phone("bob", &["--auto-answer"]);
    let (mut alice, _) = phone("alice", &["--red"]);
    alice.types(&format!("call {to_bob}"));
    for phone in [&mut alice, &mut bob] {
        phone.says(&[r#""event":"media","call":1"#, r#""repair":null"#]);
    }
    let (mut carol, _) = phone("carol", &["--rtx"]);
    carol.types(&format!("call {to_bob}"));
    carol.says(&[r#""event":"ended","call":1"#, r#""status":488"#]);
}
