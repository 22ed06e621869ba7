//! What broke other stacks when it came as RTP or RTCP: one test for each.

use std::net::SocketAddr;

use offhook::rtp::audio::{
    AudioConfig, AudioDirection, AudioEvent, AudioPlan, AudioStream, Redundancy,
};
use offhook::rtp::drops::DropReason;
use offhook::rtp::event::{EventNews, EventReceiver};
use offhook::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use offhook::rtp::packet::{Header, Outgoing, Packet, PacketError};
use offhook::rtp::payload::g711::Law;
use offhook::rtp::payload::telephone_event::{EventCode, TelephoneEvent};
use offhook::rtp::rtcp::{Compound, RtcpPacket, is_rtcp};
use offhook::rtp::source::{Arrival, Source};
use offhook::{FlowId, Input, Instant, Machine, Output, Transport};

fn far() -> SocketAddr {
    "192.0.2.2:4000".parse().unwrap()
}

/// A stream in a call with the far end, events and redundant data agreed on.
fn call() -> AudioStream {
    let mut stream = AudioStream::new(AudioConfig::new("checklist"), [7; 32]);
    for n in 0..2 {
        let bound = Input::Bound {
            flow: FlowId::from_driver(n),
            transport: Transport::Udp,
            local: SocketAddr::from(([192, 0, 2, 1], 4_000 + n as u16)),
        };
        stream.handle_input(Instant::ZERO, bound);
    }
    let redundancy = Redundancy {
        payload_type: PayloadType::new(121).unwrap(),
        generations: 2,
        events: false,
        parity: None,
    };
    let plan = AudioPlan {
        receive_events: PayloadType::new(101),
        receive_redundancy: Some(redundancy),
        ..AudioPlan::new(Law::A, far(), AudioDirection::SendRecv)
    };
    stream.set_plan(Instant::ZERO, plan);
    stream
}

fn packet(ssrc: u32, sequence: u16, timestamp: u32, payload_type: u8, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        marker: false,
        payload_type: PayloadType::from_octet(payload_type),
        sequence: SequenceNumber::new(sequence),
        timestamp: Timestamp::new(timestamp),
        ssrc: Ssrc::new(ssrc),
    };
    let mut out = vec![0; 12 + payload.len()];
    Outgoing::new(header, payload).write(&mut out).unwrap();
    out
}

/// Time goes on to `millis` and, unless it is empty, a datagram comes; the events that follow.
fn turn(stream: &mut AudioStream, millis: u64, bytes: &[u8]) -> Vec<AudioEvent> {
    let now = Instant::from_millis(millis);
    if !bytes.is_empty() {
        let (flow, source) = (FlowId::from_driver(0), far());
        stream.handle_input(
            now,
            Input::Datagram {
                flow,
                source,
                bytes,
            },
        );
    }
    stream.handle_input(now, Input::Timeout);
    let (mut out, mut events) = (Vec::new(), Vec::new());
    loop {
        match stream.poll_output(&mut out) {
            Output::Event(event) => events.push(event),
            Output::Wait(_) => return events,
            _ => {}
        }
    }
}

/// Speech of one source from one number on, twenty milliseconds each.
fn speak(stream: &mut AudioStream, ssrc: u32, first: u16, timestamp: u32, from: u64, count: u16) {
    for n in 0..count {
        let when = timestamp.wrapping_add(u32::from(n) * 160);
        let bytes = packet(ssrc, first.wrapping_add(n), when, 8, &[0xd5; 160]);
        turn(stream, from + u64::from(n) * 20, &bytes);
    }
}

#[test]
fn a_header_of_less_than_twelve_octets() {
    let whole = packet(1, 2, 3, 8, &[]);
    for length in 0..12 {
        assert_eq!(
            Packet::parse(&whole[..length]).err(),
            Some(PacketError::Short)
        );
    }
    assert!(Packet::parse(&whole).is_ok());
}

#[test]
fn a_version_that_is_not_two() {
    for first in [0x00, 0x40, 0xc0] {
        let mut bytes = packet(1, 2, 3, 8, &[0; 20]);
        bytes[0] = first;
        assert_eq!(Packet::parse(&bytes).err(), Some(PacketError::Version));
    }
}

#[test]
fn more_sources_extension_or_padding_than_there_are_octets() {
    let with = |first: u8, payload: &[u8]| {
        let mut bytes = packet(1, 2, 3, 8, payload);
        bytes[0] = first;
        Packet::parse(&bytes).map(|packet| packet.payload().len())
    };
    // CC of 15 in twelve octets, and with one octet less than they take.
    assert_eq!(with(0x8f, &[]), Err(PacketError::Csrc));
    assert_eq!(with(0x8f, &[0; 59]), Err(PacketError::Csrc));
    assert_eq!(with(0x8f, &[0; 60]), Ok(0));
    // X with a length of 0xffff words.
    assert_eq!(
        with(0x90, &[0xbe, 0xde, 0xff, 0xff, 0, 0, 0, 0]),
        Err(PacketError::Extension)
    );
    assert_eq!(with(0x90, &[0xbe, 0xde, 0]), Err(PacketError::Extension));
    // P with a last octet of 0, of 255, and with none at all.
    assert_eq!(with(0xa0, &[1, 2, 3, 0]), Err(PacketError::Padding));
    assert_eq!(with(0xa0, &[1, 2, 3, 255]), Err(PacketError::Padding));
    assert_eq!(with(0xa0, &[]), Err(PacketError::Padding));
    assert_eq!(with(0xa0, &[1, 2, 3, 3]), Ok(1));
}

/// RFC 5761 §4: 64 to 95 would be read as RTCP.
#[test]
fn payload_types_that_look_like_rtcp() {
    for number in 72..=76 {
        for marker in [0, 0x80] {
            let mut bytes = packet(1, 2, 3, 8, &[0; 20]);
            bytes[1] = marker | number;
            let is_control = is_rtcp(&bytes);
            let as_media = Packet::parse(&bytes).err();
            assert_eq!(as_media, Some(PacketError::ReservedPayloadType), "{number}");
            assert_eq!(is_control, marker != 0, "{number}");
        }
    }
}

#[test]
fn counts_and_lengths_of_rtcp_that_lie() {
    // 31 report blocks in eight octets; a length of 0xffff words.
    assert!(Compound::parse(&[0x9f, 201, 0, 1, 0, 0, 0, 1]).is_err());
    assert!(Compound::parse(&[0x80, 201, 0xff, 0xff, 0, 0, 0, 1]).is_err());
    let report = [0x80, 201, 0, 1, 0, 0, 0, 1];
    // A BYE whose reason claims 255 octets says goodbye without one, or is refused as a whole.
    let bye = [0x81, 203, 0, 2, 0, 0, 0, 1, 255, b'b', b'y', b'e'];
    if let Ok(compound) = Compound::parse(&[&report[..], &bye].concat()) {
        for packet in compound.packets() {
            if let RtcpPacket::Goodbye(goodbye) = packet {
                assert!(goodbye.reason().is_none_or(|reason| reason.len() <= 3));
            }
        }
    }
    // An SDES chunk without an end.
    let sdes = [0x81, 202, 0, 2, 0, 0, 0, 1, 1, 2, b'a', b'b'];
    if let Ok(compound) = Compound::parse(&[&report[..], &sdes].concat()) {
        let items = compound.packets().map(|packet| match packet {
            RtcpPacket::SourceDescription(description) => {
                description.chunks().flat_map(|chunk| chunk.items()).count()
            }
            _ => 0,
        });
        assert!(items.sum::<usize>() <= 1);
    }
}

/// XR, feedback and APP cut off at every octet: refused, or no more than there is.
#[test]
fn rtcp_that_was_cut_off() {
    let report = [0x80, 201, 0, 1, 0, 0, 0, 1];
    let packets: [&[u8]; 4] = [
        &[
            0x80, 207, 0, 4, 0, 0, 0, 1, 4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8,
        ],
        &[0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 5, 0, 0],
        // REMB, to be ignored whatever it says of its length.
        &[
            0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, b'R', b'E', b'M', b'B', 255, 0xff, 0xff, 0xff,
            0, 0, 0, 2,
        ],
        &[0x80, 204, 0, 2, 0, 0, 0, 1, b'n', b'a', b'm', b'e'],
    ];
    for packet in packets {
        let whole = [&report[..], packet].concat();
        assert_eq!(Compound::parse(&whole).unwrap().packets().count(), 2);
        for length in report.len() + 1..whole.len() {
            assert!(Compound::parse(&whole[..length]).is_err(), "{length}");
            // With a length that says so.
            let mut short = whole[..length / 4 * 4].to_vec();
            if short.len() > report.len() {
                let words = (short.len() - report.len()) / 4 - 1;
                short[report.len() + 3] = words as u8;
                if let Ok(compound) = Compound::parse(&short) {
                    assert!(compound.packets().count() <= 2);
                }
            }
        }
    }
    // A NACK as long as a datagram can be.
    let mut nack = vec![0x81, 205, 0x3f, 0xff, 0, 0, 0, 1, 0, 0, 0, 2];
    nack.resize(0x4000 * 4, 0xff);
    assert_eq!(
        Compound::parse_reduced_size(&nack)
            .unwrap()
            .packets()
            .count(),
        1
    );
}

#[test]
fn sequence_numbers_that_wrap_or_jump() {
    let mut source = Source::new(SequenceNumber::new(0xfffd));
    for number in [0xfffd, 0xfffe, 0xffff, 0, 1] {
        source.update(SequenceNumber::new(number));
    }
    assert_eq!(source.extended_highest_sequence(), 0x1_0001);
    // Half way round is no packet of this stream until another follows it (A.1).
    for jump in [0x8001, 0x7fff] {
        let mut source = source;
        let there = SequenceNumber::new(1_u16.wrapping_add(jump));
        assert_eq!(source.update(there), Arrival::Jumped, "{jump}");
        assert!(matches!(
            source.update(there.next()),
            Arrival::Started { .. }
        ));
    }
}

#[test]
fn timestamps_that_wrap() {
    let mut stream = call();
    speak(&mut stream, 5, 10, u32::MAX - 800, 0, 40);
    let report = stream.report();
    assert_eq!((report.lost, report.late, report.received), (0, 0, 40));
}

#[test]
fn another_source_in_the_middle() {
    let mut stream = call();
    speak(&mut stream, 5, 10, 0, 0, 20);
    assert_eq!(stream.remote_ssrc(), Some(Ssrc::new(5)));
    speak(&mut stream, 6, 40_000, 77_777, 500, 20);
    assert_eq!(stream.remote_ssrc(), Some(Ssrc::new(6)));
    assert_eq!(stream.report().lost, 0);
}

#[test]
fn packets_that_come_twice() {
    let mut stream = call();
    for n in 0..20_u16 {
        let bytes = packet(5, n, u32::from(n) * 160, 8, &[0xd5; 160]);
        turn(&mut stream, u64::from(n) * 20, &bytes);
        turn(&mut stream, u64::from(n) * 20 + 1, &bytes);
    }
    let report = stream.report();
    assert_eq!(report.lost, 0);
    assert!(report.duplicated >= 18);
}

#[test]
fn events_that_are_unknown_wrap_or_never_began() {
    let mut receiver = EventReceiver::new(8_000);
    let mut news = |millis: u64, timestamp: u32, code: u8, end: bool, duration: u16| {
        let event = TelephoneEvent {
            code: EventCode::new(code),
            end,
            volume: 10,
            duration,
        };
        let now = Instant::from_millis(millis);
        receiver.receive(now, Timestamp::new(timestamp), &event.to_octets());
        let mut all = Vec::new();
        while let Some(one) = receiver.poll_news() {
            all.push(matches!(one, EventNews::Began { .. }));
        }
        all
    };
    // An end without a start was an event all the same, told once (RFC 4733 §2.5.2.2).
    assert_eq!(news(0, 0, 5, true, 800), [true, false]);
    assert!(news(20, 0, 5, true, 800).is_empty());
    // One that lasts longer than the field: the next segment begins where it ended (§2.5.1.3).
    assert_eq!(news(1_000, 8_000, 6, false, u16::MAX), [true]);
    assert!(news(9_200, 8_000 + 65_535, 6, false, 160).is_empty());
    assert_eq!(news(9_300, 8_000 + 65_535, 6, true, 960), [false]);
    // A number that means nothing harms nothing.
    let unknown = news(12_000, 90_000, 255, true, 160);
    assert!(unknown.is_empty() || unknown == [true, false]);
}

#[test]
fn redundant_data_whose_blocks_run_past_the_end() {
    let mut stream = call();
    speak(&mut stream, 5, 10, 0, 0, 10);
    let before = stream.dropped(DropReason::NotRtp);
    for (n, payload) in [
        &[0x88, 0, 0x03, 0xff, 8, 1, 2][..],
        &[0x88, 0, 0],
        &[0x88; 8],
        &[],
    ]
    .into_iter()
    .enumerate()
    {
        let bytes = packet(5, 20 + n as u16, 1_600 + n as u32 * 160, 121, payload);
        turn(&mut stream, 200 + n as u64 * 20, &bytes);
    }
    assert_eq!(stream.dropped(DropReason::NotRtp), before + 4);
    assert!(turn(&mut stream, 300, &packet(5, 24, 2_240, 8, &[0xd5; 160])).is_empty());
}
