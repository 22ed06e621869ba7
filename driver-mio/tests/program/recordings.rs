//! Calls that are recorded, packet by packet and as sound, and played again.

use std::path::PathBuf;
use std::process::Command;

use offhook::rtp::Packet;
use offhook::rtp::rtcp::is_rtcp;
use offhook::trace::Transcript;

use crate::running::Program;

/// A file of this test, gone with it.
struct Kept(PathBuf);

impl Kept {
    fn new(name: &str) -> Self {
        let name = format!("offhook-kept-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn name(&self) -> &str {
        self.0.to_str().expect("plain text")
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const SPEECH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/alice.wav");

/// One call from Alice to Bob, each with options of their own.
fn call(alices: &[&str], bobs: &[&str]) {
    let own = ["phone", "--listen", "127.0.0.1:0", "--auto-answer"];
    let mut bob = Program::start(&[&own[..], &["--calls", "1"], bobs].concat());
    let callee = format!("sip:bob@{}", bob.address());
    let alice = ["phone", "--listen", "127.0.0.1:0", "--duration", "3"];
    let mut alice = Program::start(&[&alice[..], alices, &[&callee]].concat());
    alice.says(&["in call 1"]);
    bob.says(&["call 1 ended"]);
    alice.ends_with(0);
    bob.ends_with(0);
}

/// The packets of an rtpdump, RTCP left out.
fn packets(file: &[u8]) -> Vec<Vec<u8>> {
    let line = file.iter().position(|byte| *byte == b'\n').expect("a line");
    let mut rest = &file[line + 17..];
    let mut packets = Vec::new();
    while let Some((header, after)) = rest.split_first_chunk::<8>() {
        let length = usize::from(u16::from_be_bytes([header[0], header[1]])) - 8;
        let (packet, after) = after.split_at(length);
        assert_eq!(is_rtcp(packet), header[2..4] == [0, 0]);
        if !is_rtcp(packet) {
            packets.push(packet.to_vec());
        }
        rest = after;
    }
    packets
}

fn report(file: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_offhook"))
        .args(["rtp", file, "--json"])
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

// shows: S008
#[test]
fn what_arrives_is_written_down_packet_by_packet_and_reported_on() {
    let (dump, wav) = (Kept::new("heard.rtp"), Kept::new("heard.wav"));
    let sent = Kept::new("sent.transcript");
    call(
        &[
            "--play",
            SPEECH,
            "--dtmf",
            "42#",
            "--transcript",
            sent.name(),
        ],
        &["--record", dump.name(), "--record", wav.name()],
    );
    let recorded = packets(&std::fs::read(&dump.0).expect("it was written"));
    assert!(recorded.len() > 100, "{}", recorded.len());
    // The header of every packet as Alice sent it: her SSRC, numbers and timestamps.
    let text = std::fs::read_to_string(&sent.0).expect("it was written");
    let transcript = Transcript::parse(&text).expect("a transcript");
    let ssrc = Packet::parse(&recorded[0]).expect("RTP").ssrc();
    let heads = transcript.packets().iter().map(|packet| &packet.bytes);
    let ours = |head: &&Vec<u8>| !is_rtcp(head) && head.ends_with(&ssrc.as_u32().to_be_bytes());
    let heads: Vec<&[u8]> = heads.filter(ours).map(Vec::as_slice).collect();
    let kept: Vec<&[u8]> = recorded.iter().map(|packet| &packet[..12]).collect();
    // What she sent last may have come when Bob had hung up.
    assert!(heads.starts_with(&kept), "{heads:x?} {kept:x?}");
    assert!(heads.len() - kept.len() < 10);
    let said = report(dump.name());
    let count = kept.len();
    for words in [
        format!("\"ssrc\":{},", ssrc.as_u32()),
        format!("\"packets\":{count},"),
        format!("\"expected\":{count},"),
        "\"lost\":0,".to_owned(),
        "\"payload_type\":0,\"encoding\":\"PCMU\"".to_owned(),
        "\"dtmf\":\"42#\"".to_owned(),
    ] {
        assert!(said.contains(&words), "{words} is not in {said}");
    }
    assert!(wav.0.exists());
}

#[test]
fn a_recording_of_packets_is_played_as_the_sound_it_is() {
    let (first, again) = (Kept::new("first.rtp"), Kept::new("again.rtp"));
    call(&["--play", SPEECH], &["--record", first.name()]);
    call(&["--play", first.name()], &["--record", again.name()]);
    let sound = |kept: &Kept| -> Vec<u8> {
        let file = std::fs::read(&kept.0).expect("it was written");
        let packets = packets(&file);
        let sounds = packets
            .iter()
            .map(|it| Packet::parse(it).expect("RTP").payload());
        sounds.collect::<Vec<_>>().concat()
    };
    let (first, again) = (sound(&first), sound(&again));
    // A second of it, wherever it begins: no sample is another one (µ-law has two zeros).
    let plain = |octets: &[u8]| {
        octets
            .iter()
            .map(|it| if *it == 0x7f { 0xff } else { *it })
            .collect::<Vec<u8>>()
    };
    let (first, again) = (plain(&first), plain(&again));
    let loud = first
        .iter()
        .position(|octet| *octet != 0xff)
        .expect("speech");
    let second = &first[loud..loud + 8000];
    assert!(again.windows(8000).any(|window| window == second));
}

#[test]
fn what_cannot_be_played_or_written_is_named() {
    let empty = Kept::new("empty.rtp");
    let mut head = b"#!rtpplay1.0 127.0.0.1/4000\n".to_vec();
    head.extend([0; 16]);
    std::fs::write(&empty.0, &head).expect("written");
    let mut phone = Program::start(&["phone", "--listen", "127.0.0.1:0", "--play", empty.name()]);
    phone.says(&[empty.name(), "holds no G.711"]);
    phone.ends_with(3);
    let own = [
        "phone",
        "--listen",
        "127.0.0.1:0",
        "--auto-answer",
        "--calls",
        "1",
    ];
    let nowhere = "/no/such/folder/heard.rtp";
    let mut bob = Program::start(&[&own[..], &["--record", nowhere]].concat());
    let callee = format!("sip:bob@{}", bob.address());
    let mut alice = Program::start(&[
        "phone",
        "--listen",
        "127.0.0.1:0",
        "--duration",
        "1",
        &callee,
    ]);
    alice.ends_with(0);
    bob.says(&["cannot write", nowhere]);
    bob.ends_with(3);
}
