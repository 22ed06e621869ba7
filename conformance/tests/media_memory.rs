//! Media costs no memory: after the first second, a packet that is sent, received and played takes
//! nothing from the heap. And a whole call's worth of buffers is known beforehand.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

use offhook::rtp::audio::{
    AudioConfig, AudioDirection, AudioPlan, AudioProtection, AudioStream, Parity, QualityReport,
    Redundancy, Retransmissions,
};
use offhook::rtp::bundle::{BundledSection, BundledSession};
use offhook::rtp::payload::g711::Law;
use offhook::rtp::payload::telephone_event::EventCode;
use offhook::rtp::rtcp::{CompoundWriter, SdesItem, SdesKind};
use offhook::rtp::session::{Media, SessionConfig};
use offhook::rtp::srtp::{MasterKey, Policy, Protection, Suite};
use offhook::rtp::translator::{Piece, Translation, Translator, TranslatorLimits};
use offhook::rtp::{PayloadType, Ssrc, Timestamp};
use offhook::{FlowId, Input, Instant, Machine, Output, Rng, Transport};
use offhook_mio::RustCrypto;

thread_local! {
    /// Allocations of this thread, and the octets it holds.
    static USED: Cell<(u64, isize)> = const { Cell::new((0, 0)) };
}

struct Counting;

fn note(calls: u64, octets: isize) {
    // A thread that is being torn down has nothing left to count in.
    let _ = USED.try_with(|used| {
        let (all, held) = used.get();
        used.set((all + calls, held + octets));
    });
}

// SAFETY: every call goes to the system's allocator unchanged.
#[expect(unsafe_code, reason = "an allocator cannot be counted without one")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        note(0, -(layout.size() as isize));
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, size as isize - layout.size() as isize);
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn address(n: usize) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, n as u8 + 1], 4000))
}

fn end(me: usize, config: AudioConfig) -> AudioStream {
    let plan = AudioPlan::new(Law::A, address(1 - me), AudioDirection::SendRecv);
    end_with(me, config, plan)
}

fn end_with(me: usize, config: AudioConfig, plan: AudioPlan) -> AudioStream {
    let mut end = AudioStream::new(config, [me as u8; 32]);
    for n in 0..2 {
        let input = Input::Bound {
            flow: FlowId::from_driver(n),
            transport: Transport::Udp,
            local: address(me),
        };
        end.handle_input(Instant::ZERO, input);
    }
    end.set_plan(Instant::ZERO, plan);
    end
}

/// One step of 20 ms of both ends, with every tenth packet lost and some overtaken; whether it was
/// nothing but media.
fn step(ends: &mut [AudioStream; 2], wires: &mut [Vec<u8>; 2], kept: &mut Vec<u8>, n: u64) -> bool {
    let now = Instant::from_millis(n * 20);
    let mut only_media = true;
    for me in 0..2 {
        ends[me].push_capture(&[1000; 160]);
        ends[me].handle_input(now, Input::Timeout);
        loop {
            match ends[me].poll_output(&mut wires[me]) {
                Output::Transmit { flow, .. } => {
                    only_media &= flow == FlowId::from_driver(0);
                    if n % 10 == 3 {
                        continue;
                    }
                    let (source, other) = (address(me), &mut ends[1 - me]);
                    let bytes = &wires[me];
                    let deliver = |other: &mut AudioStream, bytes: &[u8]| {
                        let input = Input::Datagram {
                            flow,
                            source,
                            bytes,
                        };
                        other.handle_input(now, input);
                    };
                    if me == 0 && n % 10 == 5 {
                        kept.clear();
                        kept.extend_from_slice(bytes);
                        continue;
                    }
                    deliver(other, bytes);
                    if me == 0 && n % 10 == 6 {
                        deliver(other, kept);
                    }
                }
                Output::Wait(_) => break,
                Output::Event(_) => only_media = false,
                Output::Connect { .. } | Output::Close { .. } | Output::Resolve { .. } => {}
            }
        }
        let mut heard = [0; 160];
        ends[me].take_playout(&mut heard);
    }
    only_media
}

#[test]
fn media_packets_take_nothing_from_the_heap() {
    let config = || AudioConfig::new("memory");
    run_without_heap([end(0, config()), end(1, config())], false);
}

/// Nor do those that hold earlier ones again and parity, nor the keys that are pressed in between.
#[test]
fn redundant_data_and_events_take_nothing_from_the_heap() {
    let redundancy = Some(Redundancy {
        payload_type: PayloadType::new(121).unwrap(),
        generations: 2,
        events: true,
        parity: Some(Parity::new(PayloadType::new(100).unwrap(), 5)),
    });
    let ends = [0, 1].map(|me| {
        let plan = AudioPlan {
            send_events: PayloadType::new(101),
            receive_events: PayloadType::new(101),
            send_redundancy: redundancy,
            receive_redundancy: redundancy,
            ..AudioPlan::new(Law::A, address(1 - me), AudioDirection::SendRecv)
        };
        end_with(me, AudioConfig::new("memory"), plan)
    });
    run_without_heap(ends, true);
}

/// Nor those that are kept, asked for and sent again.
#[test]
fn packets_sent_again_take_nothing_from_the_heap() {
    let formats = [(PayloadType::new(97).unwrap(), PayloadType::PCMA)];
    let again = Retransmissions::new(&formats, Duration::from_millis(200));
    let again = Some(again.with_regular_interval(Duration::from_secs(5)));
    let ends = [0, 1].map(|me| {
        let plan = AudioPlan {
            send_retransmission: again,
            receive_retransmission: again,
            ..AudioPlan::new(Law::A, address(1 - me), AudioDirection::SendRecv)
        };
        end_with(me, AudioConfig::new("memory"), plan)
    });
    let repaired = run_without_heap(ends, false).repaired;
    assert!(repaired > 20, "{repaired}");
}

/// Nor those that are protected, whatever with: keys are set once.
#[test]
fn protected_packets_take_nothing_from_the_heap() {
    for suite in Suite::ALL {
        let protection = |n: u8| Protection {
            policy: Policy::new(suite),
            keys: vec![
                MasterKey::new(suite, &vec![n; suite.key_length() + suite.salt_length()]).unwrap(),
            ],
        };
        let ends = [0, 1].map(|me| {
            let (ours, theirs) = (protection(me), protection(1 - me));
            let protection = AudioProtection::new(&RustCrypto, ours, theirs).unwrap();
            let plan = AudioPlan {
                protection: Some(Box::new(protection)),
                ..AudioPlan::new(
                    Law::A,
                    address(1 - usize::from(me)),
                    AudioDirection::SendRecv,
                )
            };
            end_with(usize::from(me), AudioConfig::new("memory"), plan)
        });
        run_without_heap(ends, false);
    }
}

fn run_without_heap(mut ends: [AudioStream; 2], presses: bool) -> QualityReport {
    let mut wires = [Vec::with_capacity(2000), Vec::with_capacity(2000)];
    let mut kept = Vec::with_capacity(2000);
    let mut steps = 0;
    for n in 1..3_000 {
        if presses && n % 100 == 0 {
            let code = EventCode::of_key('7').unwrap();
            let pressed = ends[0].press(Instant::from_millis(n * 20), code, Duration::ZERO);
            assert_eq!(pressed, Ok(()));
        }
        let (before, _) = USED.get();
        let only_media = step(&mut ends, &mut wires, &mut kept, n);
        let (after, _) = USED.get();
        if n > 50 && only_media {
            assert_eq!(after - before, 0, "step {n}");
            steps += 1;
        }
    }
    assert!(steps > 2_500);
    let report = ends[1].report();
    assert!(report.lost > 100 && report.reordered > 100 && report.received > 2_000);
    report
}

/// Nor those that go through a translator, sources that come and leave and their reports included:
/// its memory is that of its start.
#[test]
fn translated_packets_take_nothing_from_the_heap() {
    let encoded = Translation::unchanged()
        .with_payload_type(PayloadType::PCMA, PayloadType::PCMU)
        .with_encoding()
        .with_clock_rates(8_000, 16_000)
        .with_packets(2, 1);
    for translation in [Translation::unchanged(), encoded] {
        let mut translator = Translator::new(TranslatorLimits::default());
        translator.set_translation(0, 1, translation);
        let mut written = 0;
        for n in 0..3_000_u32 {
            // Each is there for some hundred packets.
            let ssrc = n / 300;
            let mut data = [7; 172];
            data[..4].copy_from_slice(&(0x8008_0000 | (n % 0x1_0000)).to_be_bytes());
            data[4..8].copy_from_slice(&(n * 160).to_be_bytes());
            data[8..12].copy_from_slice(&ssrc.to_be_bytes());
            let mut report = [0; 100];
            let mut writer = CompoundWriter::new(&mut report);
            writer.report(Ssrc::new(ssrc), None, &[]);
            let (kind, text) = (SdesKind::Cname, &b"somebody"[..]);
            writer.source_description(Ssrc::new(ssrc), [SdesItem { kind, text }]);
            if n % 300 == 299 {
                writer.goodbye(&[Ssrc::new(ssrc)], b"");
            }
            let size = writer.finish().unwrap();
            let (now, from) = (Instant::from_millis(u64::from(n) * 20), address(0));
            let mut out = [0; 1200];
            let (before, _) = USED.get();
            let incoming = translator.receive(now, 0, from, &data).unwrap();
            let group = translator.group(1, &incoming.place).unwrap();
            if group.incoming == 1 {
                written += translator.forward(1, &incoming, &mut out).unwrap();
            } else if group.place == 0 {
                let piece = Piece {
                    place: 0,
                    after: 0,
                    marker: false,
                    payload: &data[12..],
                };
                let sent = translator.send(1, &incoming.place, &piece, &mut out);
                written += sent.unwrap();
            }
            let control = translator.receive_rtcp(now, 0, from, &report[..size]);
            written += translator
                .send_rtcp(1, &control.unwrap(), &mut out)
                .unwrap();
            let (after, _) = USED.get();
            assert_eq!(after - before, 0, "packet {n}");
        }
        assert!(written > 300_000, "{written}");
    }
}

/// Nor do the packets of a bundle take anything, with a MID or without, nor those that are for no
/// section of it (RFC 9143 §9.2).
#[test]
fn packets_of_a_bundle_take_nothing_from_the_heap() {
    let end = |me: u8, mids: [&str; 2]| {
        let section = |mid: &str| BundledSection {
            mid: mid.as_bytes().into(),
            payload_types: vec![PayloadType::PCMU],
            incoming: Vec::new(),
            session: SessionConfig::telephone("memory"),
        };
        let sections = mids.map(section).into();
        let mut end = BundledSession::new(sections, Some(1), Rng::from_seed([me; 32]));
        end.join(Instant::ZERO);
        end
    };
    let mut ends = [end(0, ["a", "b"]), end(1, ["a", "c"])];
    let mut taken = [0; 2];
    for n in 0..1_000 {
        let now = Instant::from_millis(u64::from(n) * 20);
        let (before, _) = USED.get();
        for (section, taken) in taken.iter_mut().enumerate() {
            let mut out = [0; 200];
            let media = Media {
                marker: false,
                payload_type: PayloadType::PCMU,
                timestamp: Timestamp::new(n * 160),
                sampled: now,
                payload: &[0; 160],
            };
            let size = ends[0].send(now, section, &media, &mut out).unwrap();
            let received = ends[1].receive(now, address(0), &out[..size]);
            *taken += u32::from(received.is_ok());
        }
        let (after, _) = USED.get();
        assert!(n == 0 || after == before, "step {n}");
        if n % 100 == 0 {
            let mut bytes = Vec::new();
            while ends[1].poll_rtcp(now, &mut bytes) {
                assert!(ends[0].receive_rtcp(now, address(1), &bytes).is_ok());
            }
        }
    }
    assert_eq!(taken, [1_000, 0]);
}

#[test]
fn a_small_stream_fits_in_fourteen_kilobytes_and_a_usual_one_in_forty() {
    let mut sizes = Vec::new();
    for config in [AudioConfig::small("memory"), AudioConfig::new("memory")] {
        let (_, before) = USED.get();
        let mut ends = [end(0, config.clone()), end(1, config)];
        let mut wires = [Vec::with_capacity(2000), Vec::with_capacity(2000)];
        let mut kept = Vec::with_capacity(2000);
        for n in 1..1_000 {
            step(&mut ends, &mut wires, &mut kept, n);
        }
        let (_, after) = USED.get();
        // Less the two wires and what was kept.
        sizes.push((after - before - 6_000) / 2);
        drop(ends);
    }
    println!(
        "heap of an audio stream: {} small, {} usual",
        sizes[0], sizes[1]
    );
    assert!(sizes[0] < 14_336, "{}", sizes[0]);
    assert!(sizes[1] < 40_960, "{}", sizes[1]);
}
