use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Live, svg, text};
use crate::machine::Transport;
use crate::time::Instant;
use crate::trace::{Packet, Transcript};
use crate::websocket::{Opcode, Role, write_frame};

const ALICE: &str = "192.0.2.1:5060";
const SERVER: &str = "192.0.2.9:5060";
const BOB: &str = "192.0.2.2:5060";

fn sip(millis: u64, from: &str, to: &str, start: &str, cseq: &str, body: &str) -> Packet {
    let call = if cseq.ends_with("REGISTER") {
        "reg"
    } else {
        "call"
    };
    let text = format!("{start}\r\ni: {call}@x\r\nCSeq: {cseq}\r\n\r\n{body}");
    packet(millis, from, to, text.as_bytes())
}

fn packet(millis: u64, from: &str, to: &str, bytes: &[u8]) -> Packet {
    Packet {
        at: Instant::from_millis(millis),
        transport: Transport::Udp,
        source: from.parse().unwrap(),
        destination: to.parse().unwrap(),
        lost: false,
        length: bytes.len(),
        bytes: bytes.to_vec(),
    }
}

fn call() -> Transcript {
    let mut transcript = Transcript::new();
    for (name, address) in [("alice", ALICE), ("server", SERVER), ("bob", BOB)] {
        transcript.name(name, address.parse().unwrap());
    }
    transcript.name("alice", "192.0.2.1:4000".parse().unwrap());
    transcript.name("bob", "192.0.2.2:4000".parse().unwrap());
    transcript.name("carol", "192.0.2.3:4000".parse().unwrap());
    let hold = "v=0\r\na=sendonly\r\n";
    let invite = "INVITE sip:bob@x SIP/2.0";
    let mut packets = Vec::from([
        sip(
            1000,
            ALICE,
            SERVER,
            "REGISTER sip:x SIP/2.0",
            "1 REGISTER",
            "",
        ),
        sip(
            1001,
            SERVER,
            ALICE,
            "SIP/2.0 401 Unauthorized",
            "1 REGISTER",
            "",
        ),
        sip(1100, ALICE, SERVER, invite, "1 INVITE", "v=0\r\n"),
        sip(1101, SERVER, BOB, invite, "1 INVITE", "v=0\r\n"),
        sip(1601, SERVER, BOB, invite, "1 INVITE", "v=0\r\n"),
        sip(1602, BOB, SERVER, "SIP/2.0 200 OK", "1 INVITE", "v=0\r\n"),
        sip(1603, SERVER, ALICE, "SIP/2.0 200 OK", "1 INVITE", "v=0\r\n"),
        sip(
            1604,
            ALICE,
            BOB,
            "ACK sip:bob@192.0.2.2 SIP/2.0",
            "1 ACK",
            "",
        ),
    ]);
    packets[3].lost = true;
    for index in 0..5_u64 {
        let at = 1700 + 20 * index;
        packets.push(packet(at, "192.0.2.1:4000", "192.0.2.2:4000", &[0x80, 8]));
        packets.push(packet(at, "192.0.2.2:4000", "192.0.2.1:4000", &[0x80, 8]));
    }
    packets.push(packet(
        1790,
        "192.0.2.2:4000",
        "192.0.2.1:4000",
        &[0x80, 200],
    ));
    packets.push(sip(
        1800,
        BOB,
        ALICE,
        "INVITE sip:a SIP/2.0",
        "1 INVITE",
        hold,
    ));
    packets.push(packet(1900, "192.0.2.2:4000", "192.0.2.1:4000", &[0x80, 8]));
    for packet in packets {
        transcript.push(packet);
    }
    transcript
}

#[test]
fn a_call_through_a_server_on_paper() {
    let expected = "\
Call-ID reg@x · 2 messages

              alice                  server                    bob
                │                       │                       │
      0.000     │────── REGISTER ──────▶│                       │   1 REGISTER
      0.001     │◀─ 401 Unauthorized ───│                       │   1 REGISTER
                │                       │                       │

Call-ID call@x · 7 messages

              alice                  server                    bob
                │                       │                       │
      0.100     │──── INVITE (SDP) ────▶│                       │   1 INVITE
      0.101     │                       │──── INVITE (SDP) ──╳  │   1 INVITE  lost
      0.601     │                       │──── INVITE (SDP) ────▶│   1 INVITE  again
      0.602     │                       │◀─── 200 OK (SDP) ─────│   1 INVITE
      0.603     │◀─── 200 OK (SDP) ─────│                       │   1 INVITE
      0.604     │───────────────────── ACK ────────────────────▶│   1 ACK
      0.700     │◀══════════════ RTP PCMA 5▸ ◂5 ═══════════════▶│   0.0 s  RTCP 1
      0.800     │◀─────────── INVITE (SDP sendonly) ────────────│   1 INVITE
      0.900     │◀════════════════ RTP PCMA 1 ══════════════════│   0.0 s
                │                       │                       │
";
    let drawn = text(&call());
    assert_eq!(drawn, expected, "\n{drawn}");
}

#[test]
fn the_live_ladder_draws_media_when_the_next_message_comes() {
    let mut live = Live::new(&["alice", "server", "bob"], Instant::from_millis(1000));
    let transcript = call();
    let mut drawn = Vec::new();
    for packet in transcript.packets() {
        let from = transcript.name_of(packet.source);
        let to = transcript.name_of(packet.destination);
        drawn.push(live.packet(&from, &to, packet));
    }
    let rows = |text: &String| text.lines().count();
    let counts: Vec<usize> = drawn.iter().map(rows).collect();
    let mut expected = Vec::from([1; 8]);
    expected.extend([0; 11]);
    expected.extend([2, 0]);
    assert_eq!(counts, expected);
    assert!(drawn[19].contains("RTP PCMA 5▸ ◂5"), "{}", drawn[19]);
    assert!(live.finish().contains("RTP PCMA 1 "));
    assert_eq!(
        live.packet("alice", "mallory", &transcript.packets()[0]),
        ""
    );
}

#[test]
fn the_picture_has_every_arrow_and_is_well_formed_whatever_a_message_holds() {
    let mut transcript = call();
    let evil = "INVITE sip:<&\"]]>\u{1}\u{ffff} SIP/2.0";
    transcript.push(sip(2000, ALICE, BOB, evil, "9 INVITE", ""));
    let drawn = svg(&transcript);
    assert_eq!(
        drawn.matches("<path class=\"a ").count(),
        2 + 9 + 1 + 1,
        "{drawn}"
    );
    assert_eq!(drawn.matches("<g>").count(), drawn.matches("</g>").count());
    assert!(drawn.contains("sip:&lt;&amp;&quot;]]&gt;·· SIP/2.0"));
    assert!(!drawn.contains('\u{1}'));
    assert!(drawn.starts_with("<svg ") && drawn.ends_with("</svg>\n"));
}

#[test]
fn noise_is_drawn_without_complaint() {
    let mut transcript = Transcript::new();
    for bytes in [
        &b""[..],
        b"A",
        b"SIP/2.0",
        b"\0\0",
        b"SIP/2.0 \xff\r\nCSeq\r\n",
        b"\x80",
    ] {
        transcript.push(packet(5, ALICE, ALICE, bytes));
        transcript.push(packet(4, BOB, ALICE, bytes));
    }
    let drawn = text(&transcript);
    assert!(drawn.contains("1 bytes"), "{drawn}");
    assert!(svg(&transcript).contains("1 bytes"));
}

/// RFC 7118 §5: one message in each frame; what a client sends is masked.
#[test]
fn messages_over_websockets_are_drawn_without_their_frames() {
    let mut transcript = Transcript::new();
    for (name, address) in [("alice", ALICE), ("bob", BOB)] {
        transcript.name(name, address.parse().unwrap());
    }
    let mut rng = crate::Rng::from_seed([1; 32]);
    let mut push = |role, opcode, mut packet: Packet| {
        let mut frame = Vec::new();
        write_frame(role, &mut rng, opcode, &packet.bytes, &mut frame);
        packet.transport = Transport::Wss;
        packet.length = frame.len();
        packet.bytes = frame;
        transcript.push(packet);
    };
    let text = Opcode::Text;
    let invite = sip(1, ALICE, BOB, "INVITE sip:bob@x SIP/2.0", "1 INVITE", "");
    push(Role::Client, text, invite);
    push(
        Role::Server,
        Opcode::Ping,
        packet(2, BOB, ALICE, b"are you there"),
    );
    let busy = sip(3, BOB, ALICE, "SIP/2.0 486 Busy Here", "1 INVITE", "");
    push(Role::Server, text, busy);
    let drawn = super::text(&transcript);
    let arrows = drawn.lines().filter(|line| line.contains(['▶', '◀', '═']));
    let arrows: Vec<&str> = arrows.collect();
    assert_eq!(arrows.len(), 2, "{drawn}");
    assert!(
        arrows[0].contains("INVITE") && arrows[1].contains("486"),
        "{drawn}"
    );
}
