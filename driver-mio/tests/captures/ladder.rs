//! `offhook ladder` over captures, as people meet it.

use std::process::Output;

use crate::frames::{
    MILLI, START, Timed, classic, datagram, message, next_generation, run, segment,
};

fn ladder(name: &str, file: &[u8], more: &[&str]) -> (Output, String, String) {
    run("ladder", name, file, more)
}

/// Two calls, one over UDP and one over TCP, with what is no SIP between them.
fn two_calls() -> Vec<Timed> {
    let request = message("INVITE sip:b@192.0.2.2 SIP/2.0", "one@a", "INVITE");
    let ringing = message("SIP/2.0 180 Ringing", "one@a", "INVITE");
    let other = message("OPTIONS sip:b@192.0.2.2 SIP/2.0", "two@a", "OPTIONS");
    let answer = message("SIP/2.0 200 OK", "two@a", "OPTIONS");
    let mut fragment = datagram(false, request.as_bytes());
    // More fragments follow.
    fragment[20] = 0x20;
    let cut = other.len() / 2;
    vec![
        (START, datagram(false, request.as_bytes())),
        (START + 20 * MILLI, segment(false, 1, &other[..cut])),
        (START + 30 * MILLI, datagram(false, b"\0\0\0\0")),
        (START + 120 * MILLI, segment(false, 1 + cut, &other[cut..])),
        (START + 250 * MILLI, datagram(true, ringing.as_bytes())),
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
    let packets = [(START, datagram(false, b"\0\0\0\0"))];
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
