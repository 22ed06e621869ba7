//! `offhook rtp` over captures, as people and programs meet it.

use std::process::Output;

use offhook::rtp::packet::Outgoing;
use offhook::rtp::payload::telephone_event::{EventCode, TelephoneEvent};
use offhook::rtp::{Header, PayloadType, SequenceNumber, Ssrc, Timestamp};

use crate::frames::{
    MILLI, START, Timed, classic, datagram, media, message, next_generation, run, segment,
};

fn rtp(name: &str, file: &[u8], more: &[&str]) -> (Output, String, String) {
    run("rtp", &format!("rtp-{name}"), file, more)
}

fn packet(number: u8, ssrc: u32, sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        marker: sequence == 0,
        payload_type: PayloadType::new(number).expect("seven bits"),
        sequence: SequenceNumber::new(sequence),
        timestamp: Timestamp::new(timestamp),
        ssrc: Ssrc::new(ssrc),
    };
    let mut out = vec![0; 12 + payload.len()];
    let written = Outgoing::new(header, payload).write(&mut out);
    assert_eq!(written, Ok(out.len()));
    out
}

/// A message with a session description, which says where its sender receives what.
fn offer(start: &str, host: u8, port: u16, formats: &str) -> String {
    let numbers: Vec<&str> = formats
        .lines()
        .filter_map(|it| it.split(' ').next())
        .collect();
    let maps: String = formats
        .lines()
        .map(|it| format!("a=rtpmap:{it}\r\n"))
        .collect();
    let body = format!(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.{host}\r\ns=-\r\nc=IN IP4 192.0.2.{host}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP {}\r\n{maps}",
        numbers.join(" ")
    );
    let head = message(start, "one@a", "INVITE");
    let head = head.replace(
        "Content-Length: 0",
        &format!("Content-Length: {}", body.len()),
    );
    format!("{head}{body}")
}

/// Three seconds of 20 ms packets each way, some of which are lost: in G.711 forth, with a key in
/// between, and in a dynamic format back.
fn call() -> Vec<Timed> {
    let mut packets = Vec::new();
    for n in 0..150_u16 {
        let at = START + 100 * MILLI + u64::from(n) * 20 * MILLI;
        if ![30, 31, 90].contains(&n) {
            let forth = match n {
                // A key that is held for 60 ms, its end told three times.
                60..65 => {
                    let event = TelephoneEvent {
                        code: EventCode::of_key('7').expect("a key"),
                        end: n >= 62,
                        volume: 10,
                        duration: 160 * (n.min(62) - 59),
                    };
                    packet(101, 0xa11ce, n, 60 * 160, &event.to_octets())
                }
                _ => packet(0, 0xa11ce, n, u32::from(n) * 160, &[0xff; 160]),
            };
            packets.push((at, media(false, &forth)));
        }
        let back = packet(111, 0xb0b, n, u32::from(n) * 960, &[1; 60]);
        packets.push((at + MILLI, media(true, &back)));
    }
    packets
}

/// The same with the offer and the answer before it.
fn announced() -> Vec<Timed> {
    let invite = "INVITE sip:b@192.0.2.2 SIP/2.0";
    let ours = "0 PCMU/8000\n101 telephone-event/8000\n111 opus/48000/2";
    let offer_text = offer(invite, 1, 4000, ours);
    let answer_text = offer("SIP/2.0 200 OK", 2, 5000, ours);
    let mut packets = vec![
        (START, datagram(false, offer_text.as_bytes())),
        // The other one over TCP: it is read as well.
        (START + 50 * MILLI, segment(true, 1, &answer_text)),
    ];
    packets.extend(call());
    packets
}

/// A member of an object of JSON that has no object within.
fn member<'j>(object: &'j str, name: &str) -> &'j str {
    let (_, after) = object
        .split_once(&format!("\"{name}\":"))
        .unwrap_or_else(|| panic!("no {name} in {object}"));
    let end = match after.strip_prefix('"') {
        Some(text) => text.find('"').expect("a string ends") + 2,
        None => after.find([',', '}', ']']).expect("an object ends"),
    };
    &after[..end]
}

fn streams(said: &str) -> Vec<&str> {
    assert!(
        said.starts_with("{\"streams\":[") && said.ends_with("]}\n"),
        "{said}"
    );
    said.split("{\"ssrc\":").skip(1).collect()
}

#[test]
fn streams_are_told_with_what_their_signalling_said() {
    let files = [
        classic(0xa1b2_c3d4, 1000, &announced()),
        next_generation(true, &announced()),
    ];
    for (number, file) in files.iter().enumerate() {
        let (output, said, noted) = rtp(&format!("announced{number}"), file, &["--json"]);
        assert_eq!((output.status.code(), noted.as_str()), (Some(0), ""));
        let streams = streams(&said);
        let [forth, back] = streams.as_slice() else {
            panic!("two streams: {said}")
        };
        assert!(forth.starts_with("659918,"), "{forth}");
        let expected = [
            ("source", "\"192.0.2.1:4000\""),
            ("destination", "\"192.0.2.2:5000\""),
            ("payload_type", "0"),
            ("encoding", "\"PCMU\""),
            ("packets\":147,\"octets", "22740"),
            ("expected", "150"),
            ("lost", "3"),
            ("reordered", "0"),
            ("duplicates", "0"),
            ("jitter_ms", "0.000"),
            ("max_jitter_ms", "0.000"),
            ("packet_ms", "20.000"),
            ("dtmf", "\"7\""),
        ];
        for (name, value) in expected {
            assert_eq!(member(forth, name), value, "{name} of {forth}");
        }
        let expected = [
            ("encoding", "\"opus\""),
            ("clock_rate", "48000"),
            ("lost", "0"),
            ("mos", "null"),
            ("dtmf", "\"\""),
        ];
        for (name, value) in expected {
            assert_eq!(member(back, name), value, "{name} of {back}");
        }
    }
}

#[test]
fn streams_are_found_without_any_signalling() {
    let file = classic(0xa1b2_3c4d, 1, &call());
    let (output, said, _) = rtp("alone", &file, &["--json"]);
    assert_eq!(output.status.code(), Some(0));
    let streams = streams(&said);
    let [forth, back] = streams.as_slice() else {
        panic!("two streams: {said}")
    };
    assert_eq!(member(forth, "lost"), "3");
    assert_eq!(member(forth, "dtmf"), "\"7\"");
    assert_eq!(member(back, "encoding"), "null");
    // By its clock, which fits.
    assert_eq!(member(back, "clock_rate"), "48000");
    assert_eq!(member(back, "max_jitter_ms"), "0.000");
    let (_, said, _) = rtp("people", &file, &[]);
    for words in [
        "0x000a11ce  192.0.2.1:4000 > 192.0.2.2:5000  PCMU (0)",
        "147 of 150 packets, 3 lost (2.0 %), 0 reordered, 0 duplicates, MOS ",
        "jitter mean 0.0 ms, most 0.0 ms; delay variation mean 0.0 ms, most 0.0 ms",
        "  keys 7\n",
        "0x00000b0b  192.0.2.2:5000 > 192.0.2.1:4000  payload type 111",
    ] {
        assert!(said.contains(words), "{words} is not in\n{said}");
    }
}

/// XML 1.0 §2.1: one root, every element closed where it was opened, no bare `<` or `&` in text or
/// attributes; gives the texts.
fn well_formed(document: &str) -> Vec<String> {
    let (mut open, mut texts, mut roots) = (Vec::new(), Vec::new(), 0);
    let mut rest = document;
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        let entity = |part: &str| part.split(';').next().map(str::to_owned);
        for reference in text.split('&').skip(1).map(entity) {
            let known = ["amp", "lt", "gt", "quot"].map(|it| Some(it.to_owned()));
            assert!(known.contains(&reference), "{text}");
        }
        if !text.trim().is_empty() {
            assert!(!open.is_empty(), "{text} is outside of everything");
            texts.push(text.to_owned());
        }
        let end = rest[at..].find('>').expect("a tag ends") + at;
        let tag = &rest[at + 1..end];
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = tag.trim_start_matches('/').split([' ', '/']).next();
        let name = name.unwrap_or_default().to_owned();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{document}");
        } else if !tag.ends_with('/') {
            roots += usize::from(open.is_empty());
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.trim().is_empty());
    assert_eq!(roots, 1);
    texts
}

#[test]
fn a_plot_is_well_formed_and_says_what_its_axes_are() {
    let file = classic(0xa1b2_c3d4, 1000, &announced());
    let (output, said, _) = rtp("plot", &file, &["--svg", "-"]);
    assert_eq!(output.status.code(), Some(0));
    let texts = well_formed(&said);
    let count = |words: &str| texts.iter().filter(|text| text.contains(words)).count();
    // For each of two streams: what it is, its legend, and three axes with their units.
    assert_eq!(count("PCMU (0)"), 1);
    assert_eq!(count("opus (111)"), 1);
    assert_eq!(count("3 lost (2.0 %)"), 1);
    assert_eq!(count("jitter (ms), the largest in each 1 s"), 2);
    assert_eq!(count("loss (%), of the packets due in each 1 s"), 2);
    assert_eq!(count("time since its first packet (s)"), 2);
    let exactly = |words: &str| texts.iter().filter(|text| *text == words).count();
    assert_eq!((exactly("jitter (ms)"), exactly("loss (%)")), (2, 2));
    // Two of the first second's packets are missing, and one of the second's.
    let bars: Vec<&String> = texts
        .iter()
        .filter(|it| it.ends_with("packets lost"))
        .collect();
    assert_eq!(bars, ["2 of 50 packets lost", "1 of 50 packets lost"]);
    assert_eq!(said.matches("<polyline").count(), 2);
}

#[test]
fn a_plot_is_well_formed_whatever_a_format_is_called() {
    let invite = "INVITE sip:b@192.0.2.2 SIP/2.0";
    let text = offer(invite, 1, 4000, "111 a&b<\"c/48000");
    let mut packets = vec![(START, datagram(false, text.as_bytes()))];
    packets.extend(call());
    let file = classic(0xa1b2_c3d4, 1000, &packets);
    let (_, said, _) = rtp("names", &file, &["--svg", "-"]);
    let texts = well_formed(&said);
    assert_eq!(texts.iter().filter(|it| it.contains("> 192.")).count(), 0);
    assert_eq!(
        texts.iter().filter(|it| it.contains("&gt; 192.")).count(),
        2
    );
}

#[test]
fn a_file_that_was_cut_short_tells_what_there_was_and_that_it_is_not_all() {
    let mut file = classic(0xa1b2_c3d4, 1000, &announced());
    file.truncate(file.len() / 2);
    let (output, said, noted) = rtp("cut", &file, &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{noted}");
    assert!(noted.contains("the capture was cut short"), "{noted}");
    let streams = streams(&said);
    assert_eq!(streams.len(), 2, "{said}");
    let expected: u32 = member(streams[0], "expected").parse().expect("a number");
    assert!((60..90).contains(&expected), "{said}");
    // Cut within the header of the file there is nothing to tell.
    file.truncate(15);
    let (output, said, noted) = rtp("stump", &file, &["--json"]);
    assert_eq!((output.status.code(), said.as_str()), (Some(3), ""));
    assert!(noted.contains("the capture was cut short"), "{noted}");
}

#[test]
fn what_holds_no_rtp_is_named() {
    let text = message("OPTIONS sip:b@192.0.2.2 SIP/2.0", "two@a", "OPTIONS");
    let packets = [
        (START, datagram(false, text.as_bytes())),
        (START + MILLI, media(false, &[0x80; 40])),
    ];
    let file = classic(0xa1b2_c3d4, 1000, &packets);
    let (output, said, noted) = rtp("none", &file, &["--json"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(said, "{\"streams\":[]}\n");
    assert!(noted.contains("no RTP in 2 packets"), "{noted}");
    let (output, said, noted) = rtp("text", b"v=0\r\n", &[]);
    assert_eq!((output.status.code(), said.as_str()), (Some(3), ""));
    assert!(noted.contains("is no capture and no rtpdump"), "{noted}");
    let (output, _, noted) = rtp("both", &file, &["--json", "--svg", "-"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(noted.contains("choose one"), "{noted}");
}

/// A recording made here byte by byte, whole and without its last byte.
#[test]
fn an_rtpdump_is_read_as_far_as_it_goes() {
    let mut file = b"#!rtpplay1.0 192.0.2.2/5000\n".to_vec();
    file.extend([0x65, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1, 0x0f, 0xa0, 0, 0]);
    for n in (0..100_u16).filter(|n| *n != 50) {
        let packet = packet(8, 7, n, u32::from(n) * 160, &[0xd5; 160]);
        file.extend((packet.len() as u16 + 8).to_be_bytes());
        file.extend((packet.len() as u16).to_be_bytes());
        file.extend((u32::from(n) * 20).to_be_bytes());
        file.extend(packet);
    }
    let (output, said, noted) = rtp("dump", &file, &["--json"]);
    assert_eq!((output.status.code(), noted.as_str()), (Some(0), ""));
    let whole = streams(&said);
    assert_eq!(member(whole[0], "source"), "\"192.0.2.1:4000\"");
    assert_eq!(member(whole[0], "destination"), "\"192.0.2.2:5000\"");
    assert_eq!(member(whole[0], "encoding"), "\"PCMA\"");
    assert_eq!(
        (member(whole[0], "expected"), member(whole[0], "lost")),
        ("100", "1")
    );
    file.truncate(file.len() - 1);
    let (output, said, noted) = rtp("cutdump", &file, &["--json"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(noted.contains("the rtpdump was cut short"), "{noted}");
    assert_eq!(member(streams(&said)[0], "expected"), "99");
}
