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
    Max-Forwards: 70\r\nOrganization: [2J\r\n\r\n";

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
        let unread = "not looked at: 1 packet with SIP in fragments";
        assert_eq!(lines.last().map(String::as_str), Some(unread));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("2 of 4 messages in 1 file invalid"), "{said}");
        assert_eq!(output.status.code(), Some(1));
        // Cut anywhere it says so, or ends sooner; it never falls over.
        for cut in [4, 5, 24, 30, 60, file.len() - 1] {
            let output = check(&["-", "--json"], &file[..cut]);
            let code = output.status.code();
            assert!(matches!(code, Some(0..=2)), "{cut}: {output:?}");
        }
    }
}

#[test]
fn a_good_message_ends_well_and_a_missing_file_is_named() {
    let good = REQUEST;
    let output = check(&["-"], good.as_bytes());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(lines(&output).last().unwrap(), "1 message in 1 file valid");
    // RFC 3261 §8.2.2: what is malformed and not needed is ignored, and told.
    let ignored = good.replace(
        "Organization",
        "Flow-Timer: x\r\nPrivacy: id,user\r\nOrganization",
    );
    let output = check(&["-"], ignored.as_bytes());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        lines(&output)[1..],
        [
            "      8 | Flow-Timer: x",
            "        |             ^ Flow-Timer: not for such a message (RFC 5626 §10)",
            "        |             ^ Flow-Timer: not a number in range (RFC 5626 §10)",
            "      9 | Privacy: id,user",
            "        |            ^ Privacy: malformed (RFC 3323 §4.2)",
            "1 message in 1 file valid, with 3 faults to be ignored",
        ]
    );
    let output = check(&["/no/such/file"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/no/such/file"));
    assert_eq!(check(&[], b"").status.code(), Some(2));
}

const SYN: u8 = 2;
const FIN: u8 = 1;
const RST: u8 = 4;

/// A frame with a segment: Ethernet and IPv4, from one port of 192.0.2.1 to one of 192.0.2.2.
fn segment(ports: (u16, u16), sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; 12];
    frame.extend([8, 0, 0x45, 0]);
    let length = payload.len() as u16 + 44;
    frame.extend(length.to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    for half in [ports.0, ports.1] {
        frame.extend(half.to_be_bytes());
    }
    frame.extend(sequence.to_be_bytes());
    // The header has an option of four bytes.
    frame.extend([0, 0, 0, 0, 0x60, flags, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
    frame.extend(payload);
    frame
}

/// A classic capture of these frames.
fn capture(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
    for n in [0x0004_0002_u32, 0, 0, 65_535, 1] {
        file.extend(n.to_le_bytes());
    }
    for frame in frames {
        let length = frame.len() as u32;
        for n in [0, 0, length, length] {
            file.extend(n.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

/// A request as a stream has it, with this number and a body.
fn streamed(number: u32) -> String {
    let length = "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
    let request = REQUEST.replace("CSeq: 1 ", &format!("CSeq: {number} "));
    request.replace("SIP/2.0/UDP", "SIP/2.0/TCP")[..request.len() - 2].to_owned() + length
}

// RFC 3261 §18.3: on a stream only the Content-Length says where a message ends.
#[test]
fn a_stream_is_put_in_order_and_cut_into_messages() {
    let text = [
        "\r\n\r\n".to_owned(),
        streamed(1),
        streamed(2),
        streamed(3).replace("CSeq: 3 ", "CSeq: x "),
    ]
    .concat();
    let start = u32::MAX - 300;
    let chunk = |from: usize, to: usize| {
        let sequence = start.wrapping_add(from as u32);
        segment((5060, 7000), sequence, 0, &text.as_bytes()[from..to])
    };
    let end = text.len();
    let other = streamed(4);
    let frames = [
        segment((5060, 7000), start.wrapping_sub(1), SYN, b""),
        chunk(0, 100),
        // Late, twice, and overlapping; the numbers wrap around on the way.
        chunk(200, 400),
        chunk(200, 400),
        // The other direction, on which only the first line says that it is SIP.
        segment((7001, 7002), 5, 0, &other.as_bytes()[..200]),
        chunk(50, 210),
        chunk(400, end - 1),
        segment((7001, 7002), 205, FIN, &other.as_bytes()[200..]),
        segment((5060, 7000), start.wrapping_add(end as u32 - 1), FIN, b"o"),
        segment((80, 81), 1, 0, b"GET / HTTP/1.1\r\n\r\n"),
    ];
    let output = check(&["-"], &capture(&frames));
    let all = lines(&output);
    let heads: Vec<_> = all.iter().filter(|line| line.contains(" #")).collect();
    let expected = [
        "ok    - #1  192.0.2.1:5060 > 192.0.2.2:7000  OPTIONS",
        "ok    - #2  192.0.2.1:5060 > 192.0.2.2:7000  OPTIONS",
        "ok    - #3  192.0.2.1:7001 > 192.0.2.2:7002  OPTIONS",
        "400   - #4  192.0.2.1:5060 > 192.0.2.2:7000  OPTIONS",
    ];
    assert_eq!(heads.len(), expected.len(), "{all:#?}");
    for (line, start) in heads.iter().zip(expected) {
        assert!(line.starts_with(start), "{line}");
    }
    assert!(!all.iter().any(|line| line.starts_with("gap")), "{all:#?}");
    assert_eq!(output.status.code(), Some(1));
    // As objects they are numbered too, and each is one line.
    let output = check(&["-", "--json"], &capture(&frames));
    for (number, line) in (1..).zip(lines(&output)) {
        let start = format!(
            "{{\"file\":\"-\",\"message\":{number},\"valid\":{}",
            number != 4
        );
        assert!(line.starts_with(&start), "{line}");
    }
}

#[test]
fn what_a_capture_misses_of_a_stream_is_named() {
    let (first, second, third) = (streamed(1), streamed(2), streamed(3));
    let length = first.len() as u32;
    let ports = (5060, 5060);
    let frames = [
        segment(ports, 0, 0, &first.as_bytes()[..60]),
        // 40 bytes are never seen; the rest of the message is of no use.
        segment(ports, 100, 0, &first.as_bytes()[100..]),
        segment(ports, length, 0, second.as_bytes()),
        segment(ports, 2 * length, 0, &third.as_bytes()[..10]),
        segment(ports, 2 * length + 10, RST, b""),
        // Without its beginning; and then with nothing behind it.
        segment((7000, 5060), 9, 0, b"tent-Length: 0\r\n\r\n"),
        segment((7000, 5060), 27, 0, third.as_bytes()),
    ];
    let output = check(&["-"], &capture(&frames));
    let rest = format!(
        "gap   -  192.0.2.1:5060 > 192.0.2.2:5060  {} bytes before any message are left out",
        first.len() - 100
    );
    let expected = [
        "gap   -  192.0.2.1:5060 > 192.0.2.2:5060  40 bytes are not in the capture; the message of \
         which 60 bytes came before is left out",
        &rest,
        "ok    - #1  192.0.2.1:5060 > 192.0.2.2:5060  OPTIONS sip:bob@example.com SIP/2.0",
        "gap   -  192.0.2.1:5060 > 192.0.2.2:5060  ends within a message, 10 bytes of which are \
         left out",
        "gap   -  192.0.2.1:7000 > 192.0.2.2:5060  18 bytes before any message are left out",
        "ok    - #2  192.0.2.1:7000 > 192.0.2.2:5060  OPTIONS sip:bob@example.com SIP/2.0",
        "2 messages in 1 file valid",
    ];
    assert_eq!(lines(&output), expected);
    assert_eq!(output.status.code(), Some(0));
    // Programs get messages on the one side and the rest on the other.
    let output = check(&["-", "--json"], &capture(&frames));
    assert_eq!(lines(&output).len(), 2);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.matches("offhook: gap   -").count(), 4, "{said}");
}

// RFC 3261 §18.3, §20.14: a datagram can do without, a stream cannot.
#[test]
fn a_stream_without_a_length_loses_its_step() {
    let endless = REQUEST.replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    let next = streamed(2);
    let ports = (5060, 5060);
    let length = endless.len() as u32;
    let frames = [
        segment(ports, 1, 0, endless.as_bytes()),
        segment(ports, 1 + length, 0, next.as_bytes()),
    ];
    let output = check(&["-", "--json"], &capture(&frames));
    let lines = lines(&output);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].contains("\"valid\":false,\"answer\":400"),
        "{}",
        lines[0]
    );
    assert!(
        lines[0].contains("\"field\":\"Content-Length\"") && lines[0].contains("RFC 3261 §18.3"),
        "{}",
        lines[0]
    );
    assert!(lines[1].contains("\"valid\":true"), "{}", lines[1]);
}

#[test]
fn a_capture_without_sip_says_so() {
    let frames = [frame(4000, &[0x80, 0, 0, 1]), vec![1, 2, 3]];
    let output = check(&["-"], &capture(&frames));
    assert_eq!(lines(&output), ["-: no SIP in 2 packets"]);
    assert_eq!(output.status.code(), Some(0));
    let output = check(&["-", "--json"], &capture(&frames));
    assert_eq!(lines(&output), [""; 0]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "offhook: -: no SIP in 2 packets\n");
}

// What comes behind a hole is kept in bounded memory.
#[test]
fn a_hole_that_is_never_filled_is_stepped_over() {
    let body = "x".repeat(30_000);
    let long = |number| {
        streamed(number).replace(
            "Content-Length: 5\r\n\r\nhello",
            "Content-Length: 30000\r\n\r\n",
        ) + &body
    };
    let mut frames = vec![segment((5060, 7000), 0, SYN, b"")];
    let mut at = 1;
    for number in 1..20 {
        let message = long(number);
        if number != 4 {
            frames.push(segment((5060, 7000), at, 0, message.as_bytes()));
        }
        at += message.len() as u32;
    }
    // Not the end of the capture makes it be named, but how much waits behind it.
    frames.push(frame(5060, REQUEST.as_bytes()));
    let output = check(&["-"], &capture(&frames));
    let lines: Vec<_> = lines(&output);
    assert_eq!(lines.len(), 21, "{lines:#?}");
    let missing = format!("{} bytes are not in the capture", long(4).len());
    assert!(lines[3].ends_with(&missing), "{}", lines[3]);
    assert!(
        lines[19].contains("#19  192.0.2.1:5060 > 192.0.2.2:5060"),
        "{}",
        lines[19]
    );
    assert_eq!(lines[20], "19 messages in 1 file valid");
}
