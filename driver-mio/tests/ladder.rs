//! `offhook ladder` over captures, as people meet it.

use std::path::PathBuf;
use std::process::{Command, Output};

/// A packet: nanoseconds since 1970, and the frame.
type Timed = (u64, Vec<u8>);

const START: u64 = 1_700_000_000_000_000_000;
const MILLI: u64 = 1_000_000;
const UDP: u8 = 17;
const TCP: u8 = 6;

/// Ethernet and IPv4 between two ports of 192.0.2.1 and 192.0.2.2; `back` is the other way.
fn frame(protocol: u8, back: bool, header: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; 12];
    frame.extend([8, 0, 0x45, 0]);
    let length = (24 + header.len() + payload.len()) as u16;
    frame.extend(length.to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
    let hosts = [[192, 0, 2, 1], [192, 0, 2, 2]];
    let ports = [5070_u16.to_be_bytes(), 5060_u16.to_be_bytes()];
    let (from, to) = (usize::from(back), usize::from(!back));
    frame.extend(hosts[from]);
    frame.extend(hosts[to]);
    frame.extend(ports[from]);
    frame.extend(ports[to]);
    frame.extend(header);
    frame.extend(payload);
    frame
}

fn datagram(back: bool, text: &str) -> Vec<u8> {
    let length = (text.len() as u16 + 8).to_be_bytes();
    frame(UDP, back, &[length[0], length[1], 0, 0], text.as_bytes())
}

fn segment(back: bool, sequence: usize, text: &str) -> Vec<u8> {
    let mut header = (sequence as u32).to_be_bytes().to_vec();
    header.extend([0, 0, 0, 0, 0x50, 0, 0, 0, 0, 0, 0, 0]);
    frame(TCP, back, &header, text.as_bytes())
}

fn message(start: &str, call: &str, method: &str) -> String {
    format!(
        "{start}\r\nVia: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
         To: <sip:b@b>\r\nCall-ID: {call}\r\nCSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Classic pcap: its magic number, and the nanoseconds in one unit of its times.
fn classic(magic: u32, unit: u64, packets: &[Timed]) -> Vec<u8> {
    let mut file = magic.to_le_bytes().to_vec();
    for n in [0x0004_0002_u32, 0, 0, 65_535, 1] {
        file.extend(n.to_le_bytes());
    }
    for (at, frame) in packets {
        let secs = (at / 1_000_000_000) as u32;
        let rest = (at % 1_000_000_000 / unit) as u32;
        let length = frame.len() as u32;
        for n in [secs, rest, length, length] {
            file.extend(n.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

/// A block of pcapng: type, body padded, length before and behind.
fn block(kind: u32, body: &[u8], number: impl Fn(u32) -> [u8; 4]) -> Vec<u8> {
    let padding = body.len().next_multiple_of(4) - body.len();
    let length = number((12 + body.len() + padding) as u32);
    let parts = [&number(kind), &length, body, &vec![0; padding], &length];
    parts.concat()
}

/// A pcapng whose interface counts nanoseconds since 1000 seconds after 1970, in either byte order.
fn next_generation(is_big: bool, packets: &[Timed]) -> Vec<u8> {
    let order = |is_big: bool, n: u32| match is_big {
        true => n.to_be_bytes(),
        false => n.to_le_bytes(),
    };
    let number = |n: u32| order(is_big, n);
    let half = |n: u16| match is_big {
        true => n.to_be_bytes(),
        false => n.to_le_bytes(),
    };
    let offset = match is_big {
        true => 1000_u64.to_be_bytes(),
        false => 1000_u64.to_le_bytes(),
    };
    let mut file = [number(0x0a0d_0d0a), number(28), number(0x1a2b_3c4d)].concat();
    file.extend([half(1), half(0)].concat());
    file.extend([0xff; 8]);
    file.extend(number(28));
    let mut interface = [half(1), half(0)].concat();
    interface.extend(number(0));
    interface.extend([half(9), half(1)].concat());
    interface.extend([9, 0, 0, 0]);
    interface.extend([half(14), half(8)].concat());
    interface.extend(offset);
    interface.extend([half(0), half(0)].concat());
    file.extend(block(1, &interface, number));
    for (at, frame) in packets {
        let units = at - 1_000_000_000_000;
        let length = frame.len() as u32;
        let mut body = Vec::new();
        for n in [0, (units >> 32) as u32, units as u32, length, length] {
            body.extend(number(n));
        }
        body.extend(frame);
        file.extend(block(6, &body, number));
    }
    file
}

fn ladder(name: &str, file: &[u8], more: &[&str]) -> (Output, String, String) {
    let path: PathBuf = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
    std::fs::write(&path, file).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_offhook"))
        .arg("ladder")
        .arg(&path)
        .args(more)
        .output()
        .expect("the program runs");
    let _ = std::fs::remove_file(&path);
    let said = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let noted = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    (output, said, noted)
}

/// Two calls, one over UDP and one over TCP, with what is no SIP between them.
fn two_calls() -> Vec<Timed> {
    let request = message("INVITE sip:b@192.0.2.2 SIP/2.0", "one@a", "INVITE");
    let ringing = message("SIP/2.0 180 Ringing", "one@a", "INVITE");
    let other = message("OPTIONS sip:b@192.0.2.2 SIP/2.0", "two@a", "OPTIONS");
    let answer = message("SIP/2.0 200 OK", "two@a", "OPTIONS");
    let mut fragment = datagram(false, &request);
    // More fragments follow.
    fragment[20] = 0x20;
    let cut = other.len() / 2;
    vec![
        (START, datagram(false, &request)),
        (START + 20 * MILLI, segment(false, 1, &other[..cut])),
        (START + 30 * MILLI, datagram(false, "\0\0\0\0")),
        (START + 120 * MILLI, segment(false, 1 + cut, &other[cut..])),
        (START + 250 * MILLI, datagram(true, &ringing)),
        (START + 260 * MILLI, fragment),
        (START + 300 * MILLI, segment(true, 1, &answer)),
        (
            START + 310 * MILLI,
            segment(true, 1 + answer.len(), &answer[..30]),
        ),
    ]
}

/// The ladder's lines that have an arrow: time and label.
fn arrows(said: &str) -> Vec<(String, String)> {
    let rows = said.lines().filter(|line| line.contains(['▶', '◀']));
    rows.map(|line| {
        let time = line.split_whitespace().next().unwrap_or_default();
        let label = line
            .split(['─', '▶', '◀'])
            .find(|part| part.trim().len() > 2);
        let label = label.filter(|part| !part.contains('│')).unwrap_or_else(|| {
            let mut parts = line.split('─').map(str::trim);
            parts
                .find(|part| part.len() > 2 && !part.contains('│'))
                .unwrap_or_default()
        });
        (time.to_owned(), label.trim().to_owned())
    })
    .collect()
}

#[test]
fn a_capture_becomes_a_ladder_for_each_call_with_the_times_of_its_packets() {
    let packets = two_calls();
    let files = [
        classic(0xa1b2_c3d4, 1000, &packets),
        classic(0xa1b2_3c4d, 1, &packets),
        next_generation(false, &packets),
        next_generation(true, &packets),
    ];
    for (number, file) in files.iter().enumerate() {
        let (output, said, noted) = ladder(&format!("ladder{number}"), file, &[]);
        assert_eq!(output.status.code(), Some(0), "{noted}");
        let titles: Vec<_> = said
            .lines()
            .filter(|line| line.starts_with("Call-ID"))
            .collect();
        assert_eq!(
            titles,
            ["Call-ID one@a · 2 messages", "Call-ID two@a · 2 messages"],
            "{said}"
        );
        let rows = arrows(&said);
        // A message over TCP has the time of the packet that made it whole.
        let expected = [
            ("0.000", "INVITE"),
            ("0.250", "180 Ringing"),
            ("0.120", "OPTIONS"),
            ("0.300", "200 OK"),
        ];
        assert_eq!(rows.len(), expected.len(), "{said}");
        for ((time, label), wanted) in rows.iter().zip(expected) {
            assert_eq!((time.as_str(), label.as_str()), wanted, "{said}");
        }
        for note in [
            "192.0.2.2:5060 > 192.0.2.1:5070  ends within a message, 30 bytes of which are left out",
            "not drawn: 1 packet with SIP in fragments",
            "not drawn: 1 packet without SIP over UDP or TCP",
        ] {
            assert!(noted.contains(note), "{note} is not in {noted}");
        }
        assert_eq!(noted.lines().count(), 3, "{noted}");
    }
}

#[test]
fn one_call_of_a_capture_is_drawn_alone() {
    let file = classic(0xa1b2_c3d4, 1000, &two_calls());
    let (output, said, _) = ladder("one", &file, &["--call", "two@a"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(said.starts_with("Call-ID two@a · 2 messages"), "{said}");
    assert!(!said.contains("one@a"), "{said}");
    let (_, svg, _) = ladder("svg", &file, &["--call", "two@a", "--svg", "-"]);
    assert!(svg.starts_with("<svg") && svg.contains("OPTIONS") && !svg.contains("INVITE"));
    let (output, said, noted) = ladder("none", &file, &["--call", "three@a"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(said, "");
    assert!(noted.contains("has the Call-ID three@a"), "{noted}");
}

#[test]
fn what_is_neither_transcript_nor_sip_is_named() {
    let packets = [(START, datagram(false, "\0\0\0\0"))];
    let (output, _, noted) = ladder("media", &classic(0xa1b2_c3d4, 1000, &packets), &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(noted.contains("no SIP in 1 packet"), "{noted}");
    let mut cut = classic(0xa1b2_c3d4, 1000, &two_calls());
    cut.truncate(cut.len() - 1);
    let (output, _, noted) = ladder("cut", &cut, &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(noted.contains("the capture was cut short"), "{noted}");
    let (output, _, noted) = ladder("noise", &[0xff, 0xfe, 0, 1, 2], &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(noted.contains("is no transcript and no capture"), "{noted}");
}
