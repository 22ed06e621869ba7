//! `offhook check` as a script meets it: verdicts, places, JSON, captures and exit codes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn vectors(rfc: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../conformance/vectors")
        .join(rfc)
}

/// Runs `offhook check`, with this on its standard input.
fn check(args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_offhook"))
        .arg("check")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    // It need not read all of it, as when the options are wrong.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines().map(str::to_owned).collect()
}

/// The one line of JSON for one message, and the exit code.
fn json(input: &[u8], more: &[&str]) -> (String, Option<i32>) {
    let output = check(&[&["-", "--json"], more].concat(), input);
    let lines = lines(&output);
    assert_eq!(lines.len(), 1, "{lines:?}");
    (lines[0].clone(), output.status.code())
}

/// The refused ones of RFC 4475 and the status, if there is one to answer.
const INVALID: [(&str, Option<u16>); 22] = [
    ("badaspec", Some(400)),
    ("baddn", Some(400)),
    ("badinv01", Some(400)),
    ("badvers", Some(505)),
    ("bigcode", None),
    ("clerr", Some(400)),
    ("escruri", Some(400)),
    ("insuf", Some(400)),
    ("ltgtruri", Some(400)),
    ("lwsruri", Some(400)),
    ("lwsstart", Some(400)),
    ("mcl01", Some(400)),
    ("mismatch01", Some(400)),
    ("mismatch02", Some(501)),
    ("multi01", Some(400)),
    ("ncl", Some(400)),
    ("quotbal", Some(400)),
    ("regbadct", Some(400)),
    ("scalar02", Some(400)),
    ("scalarlg", None),
    // Came with the archive and is in no RFC.
    ("test", Some(400)),
    ("trws", Some(400)),
];

#[test]
fn the_torture_messages_get_their_verdicts_in_the_order_of_their_names() {
    let folder = vectors("rfc4475");
    let output = check(&["--json", folder.to_str().expect("UTF-8")], b"");
    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output);
    assert_eq!(lines.len(), 50);
    let mut last = String::new();
    for line in &lines {
        let (file, rest) = line.split_once("\",\"message\":1,").expect("the keys");
        let name = file.rsplit('/').next().expect("a name");
        let name = name.strip_suffix(".dat").expect("its suffix");
        assert!(*name > *last, "{name} after {last}");
        let expected = match INVALID.iter().find(|(invalid, _)| *invalid == name) {
            None => "\"valid\":true,\"answer\":null,".to_owned(),
            Some((_, None)) => "\"valid\":false,\"answer\":null,".to_owned(),
            Some((_, Some(status))) => format!("\"valid\":false,\"answer\":{status},"),
        };
        assert!(rest.starts_with(&expected), "{name}: {rest}");
        assert_eq!(
            rest.contains("[]"),
            !rest.contains("\"rule\":\"RFC "),
            "{name}"
        );
        last = name.to_owned();
    }
}

/// A message of RFC 5118 with the line ends, the empty line and the length that its archive lost.
fn restored(name: &str) -> Vec<u8> {
    let text = std::fs::read_to_string(vectors("rfc5118").join(name)).expect("a vector");
    let (header, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let body = body.replace('\n', "\r\n");
    let mut message = String::new();
    for row in header.lines() {
        match row.split_once(':') {
            Some(("Content-Length", _)) => {
                message.push_str(&format!("Content-Length: {}\r\n", body.len()));
            }
            _ => message.push_str(&format!("{row}\r\n")),
        }
    }
    format!("{message}\r\n{body}").into_bytes()
}

#[test]
fn the_ipv6_messages_get_their_verdicts() {
    let mut count = 0;
    for entry in std::fs::read_dir(vectors("rfc5118")).expect("the vectors") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_str().expect("ASCII");
        let is_invalid = ["ipv6-bad", "ipv6-bug-abnf-3-colons"].contains(&name);
        let (line, code) = json(&restored(name), &[]);
        assert_eq!(code, Some(i32::from(is_invalid)), "{name}: {line}");
        let answer = if is_invalid { "400" } else { "null" };
        assert!(line.contains(&format!("\"answer\":{answer}")), "{line}");
        count += 1;
    }
    assert_eq!(count, 12);
    // RFC 5118 §4.10: the bug of the grammar is known, and a lenient reader forgives it.
    let (line, code) = json(&restored("ipv6-bug-abnf-3-colons"), &["--lenient"]);
    assert_eq!(code, Some(0));
    assert!(
        line.contains("\"line\":1,\"column\":27,\"rule\":\"RFC 5954 §3.1\""),
        "{line}"
    );
}

#[test]
fn what_a_lenient_reader_forgives_of_the_torture_messages() {
    let folder = vectors("rfc4475");
    let output = check(
        &["--lenient", "--json", folder.to_str().expect("UTF-8")],
        b"",
    );
    let forgiven = ["clerr", "escruri", "ltgtruri", "lwsstart", "trws"];
    for line in lines(&output) {
        let is_named = |name: &&str| line.contains(&format!("/{name}.dat\""));
        let was_invalid = INVALID.iter().any(|(name, _)| is_named(name));
        let is_forgiven = forgiven.iter().any(is_named);
        assert_eq!(
            line.contains("\"valid\":true"),
            !was_invalid || is_forgiven,
            "{line}"
        );
        // Of two faults of baddn one is forgiven.
        let is_mended = is_forgiven || is_named(&"baddn");
        assert_eq!(line.contains("let pass: "), is_mended, "{line}");
    }
}

const REQUEST: &str = "OPTIONS sip:bob@example.com SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\
    To: \"J\u{f6}rg\" <sip:bob@example.com>\r\n\
    From: <sip:al@example.com>;tag=1\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\
    Max-Forwards: 70\r\nOrganization: a\u{1b}[2J\r\n\r\n";

#[test]
fn a_place_is_pointed_at_in_the_text() {
    let broken = REQUEST.replace("CSeq: 1 ", "CSeq: x ");
    let output = check(&["-"], format!("\r\n{broken}").as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        lines(&output)[..3],
        [
            "400   -  OPTIONS sip:bob@example.com SIP/2.0",
            "      7 | CSeq: x OPTIONS",
            "        |       ^ CSeq: not a number in range (RFC 3261 §20.16)",
        ]
    );
    let (line, _) = json(format!("\r\n{broken}").as_bytes(), &[]);
    assert_eq!(
        line,
        "{\"file\":\"-\",\"message\":1,\"valid\":false,\"answer\":400,\"findings\":[\
         {\"field\":\"CSeq\",\"line\":7,\"column\":7,\"rule\":\"RFC 3261 §20.16\",\
         \"text\":\"not a number in range\"}]}"
    );
    // A column counts characters, and what a stranger wrote moves no cursor.
    let broken = REQUEST
        .replace("com>\r\nFrom", "com>;=\r\nFrom")
        .replace("70\r\nOrganization: ", "\u{1b}");
    let output = check(&["-"], broken.as_bytes());
    let text = lines(&output).join("\n");
    assert!(!text.contains('\u{1b}'), "{text:?}");
    let caret = text.lines().find(|line| line.contains("^ To:"));
    let source = text.lines().find(|line| line.contains(";="));
    let at = caret.and_then(|line| line.chars().position(|c| c == '^'));
    let sign = source.and_then(|line| line.chars().nth(at?));
    assert_eq!(sign, Some('='), "{text}");
}

// RFC 3261 §8.2.6, §17.1.1.3.
#[test]
fn neither_a_response_nor_an_ack_is_answered() {
    let ack = REQUEST
        .replace("OPTIONS", "ACK")
        .replace("CSeq: 1 ", "CSeq: x ");
    let response = "SIP/2.0 200 OK\r\nTo x\r\n\r\n";
    for message in [ack.as_str(), response] {
        let (line, code) = json(message.as_bytes(), &[]);
        assert!(line.contains("\"valid\":false,\"answer\":null"), "{line}");
        assert_eq!(code, Some(1));
        let output = check(&["-"], message.as_bytes());
        assert!(lines(&output)[0].starts_with("drop"), "{output:?}");
    }
}

/// A frame with a datagram: Ethernet with a VLAN tag and IPv4.
fn frame(port: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; 12];
    frame.extend([0x81, 0, 0, 1, 8, 0]);
    let udp = payload.len() as u16 + 8;
    frame.extend([0x45, 0]);
    frame.extend((udp + 20).to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    for half in [port, port, udp, 0] {
        frame.extend(half.to_be_bytes());
    }
    frame.extend(payload);
    // Short frames are padded.
    frame.extend([0; 6]);
    frame
}

fn frames() -> Vec<Vec<u8>> {
    let broken = REQUEST.replace("CSeq: 1 ", "CSeq: x ");
    let good = REQUEST;
    let mut part = frame(5060, good.as_bytes());
    // More fragments follow.
    part[24] = 0x20;
    let mut v6 = vec![0x60, 0, 0, 0];
    v6.extend((good.len() as u16 + 8).to_be_bytes());
    v6.extend([17, 64]);
    v6.extend([0; 32]);
    for half in [7000, 7001, good.len() as u16 + 8, 0] {
        v6.extend(u16::to_be_bytes(half));
    }
    v6.extend(good.as_bytes());
    let ethernet = [&[0; 12][..], &[0x86, 0xdd], &v6].concat();
    vec![
        frame(5060, good.as_bytes()),
        // Media, a keep-alive, and STUN.
        frame(4000, &[0x80, 0, 0, 1]),
        frame(5060, b"\r\n\r\n"),
        frame(5060, &[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]),
        // SIP on another port, broken; and nonsense on the SIP port.
        frame(5080, broken.as_bytes()),
        frame(5060, b"nonsense"),
        ethernet,
        part,
        vec![1, 2, 3],
    ]
}

fn classic(is_big: bool) -> Vec<u8> {
    let word = |n: u32| {
        if is_big {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    let mut file = word(0xa1b2_c3d4).to_vec();
    for n in [0x0004_0002, 0, 0, 65_535, 1] {
        file.extend(word(n));
    }
    for frame in frames() {
        let length = frame.len() as u32;
        for n in [0, 0, length, length] {
            file.extend(word(n));
        }
        file.extend(frame);
    }
    file
}

fn next(is_big: bool) -> Vec<u8> {
    let word = |n: u32| {
        if is_big {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    let mut file = Vec::new();
    let mut block = |kind: u32, body: &[u8]| {
        let mut body = body.to_vec();
        body.resize(body.len().next_multiple_of(4), 0);
        let length = word(body.len() as u32 + 12);
        file.extend(word(kind));
        file.extend(length);
        file.extend(body);
        file.extend(length);
    };
    let section = [word(0x1a2b_3c4d), word(1), [0xff; 4], [0xff; 4]].concat();
    block(0x0a0d_0d0a, &section);
    let link: [u8; 2] = if is_big { [0, 1] } else { [1, 0] };
    // Another link layer first, so that the number of the interface counts.
    block(1, &[&[9, 9, 0, 0][..], &word(0)].concat());
    block(1, &[&link[..], &[0, 0], &word(0)].concat());
    for frame in frames() {
        let length = word(frame.len() as u32);
        let head = [word(1), word(0), word(0), length, length].concat();
        block(6, &[head, frame].concat());
    }
    // Statistics of the interface: skipped.
    block(5, &[0; 12]);
    file
}

#[test]
fn a_capture_holds_many_messages() {
    for file in [classic(false), classic(true), next(false), next(true)] {
        let output = check(&["-"], &file);
        let lines = lines(&output);
        let heads: Vec<_> = lines.iter().filter(|line| line.contains(" #")).collect();
        let expected = [
            "ok    - #1  192.0.2.1:5060 > 192.0.2.2:5060  OPTIONS",
            "400   - #2  192.0.2.1:5080 > 192.0.2.2:5080  OPTIONS",
            "400   - #3  192.0.2.1:5060 > 192.0.2.2:5060  nonsense",
            "ok    - #4  [::]:7000 > [::]:7001",
        ];
        assert_eq!(heads.len(), expected.len(), "{lines:#?}");
        for (line, start) in heads.iter().zip(expected) {
            assert!(line.starts_with(start), "{line}");
        }
        let unread = "not looked at: 1 packet with SIP on a stream or in fragments";
        assert_eq!(lines.last().map(String::as_str), Some(unread));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("2 of 4 messages in 1 file invalid"), "{said}");
        assert_eq!(output.status.code(), Some(1));
        // Cut anywhere it says so, or ends sooner; it never falls over.
        for cut in [4, 5, 24, 30, 60, file.len() - 1] {
            let output = check(&["-", "--json"], &file[..cut]);
            let code = output.status.code();
            assert!(matches!(code, Some(0 | 1 | 3)), "{cut}: {output:?}");
        }
    }
}

#[test]
fn a_good_message_ends_well_and_a_missing_file_is_named() {
    let good = REQUEST;
    let output = check(&["-"], good.as_bytes());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(lines(&output).last().unwrap(), "1 message in 1 file valid");
    let output = check(&["/no/such/file"], b"");
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/no/such/file"));
    assert_eq!(check(&[], b"").status.code(), Some(2));
}
