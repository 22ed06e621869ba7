//! SRTP, packet by packet, as the peers were measured: media of 160 and 1,200 octets, and a sequence
//! number that moves on as in a stream.

use std::hint::black_box;

use offhook::rtp::srtp::{MasterKey, Policy, ReceiveContext, SendContext, Suite};
use offhook_mio::RustCrypto;

use crate::harness::Bench;

/// The suites, by what their cases are called: the one all peers have goes without a name.
const SUITES: [(&str, Suite); 2] = [
    ("", Suite::AesCm128HmacSha1Tag80),
    ("_gcm", Suite::AeadAes128Gcm),
];
const SIZES: [(&str, usize); 2] = [("160B", 160), ("1200B", 1200)];
/// Packets that are protected beforehand. Then a new receiver gets the same ones again.
const RING: u16 = 4096;
/// The longest packet with its header and its tag.
const LONGEST: usize = 12 + 1200 + 16;

pub(crate) fn run(bench: &mut Bench) {
    for (suffix, suite) in SUITES {
        for (size, octets) in SIZES {
            protect(
                bench,
                &format!("srtp_protect{suffix}/{size}"),
                suite,
                octets,
            );
            unprotect(
                bench,
                &format!("srtp_unprotect{suffix}/{size}"),
                suite,
                octets,
            );
        }
    }
}

fn keys(suite: Suite) -> Vec<MasterKey> {
    let octets = vec![7; suite.key_length() + suite.salt_length()];
    MasterKey::new(suite, &octets).into_iter().collect()
}

fn sender(suite: Suite) -> Option<SendContext> {
    SendContext::new(&RustCrypto, Policy::new(suite), keys(suite)).ok()
}

fn receiver(suite: Suite) -> Option<ReceiveContext> {
    ReceiveContext::new(&RustCrypto, Policy::new(suite), keys(suite)).ok()
}

/// A packet with so many octets of payload, and room behind it.
fn packet(octets: usize) -> [u8; LONGEST] {
    let mut packet = [0xab; LONGEST];
    packet[..12].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0x11, 0x22, 0x33, 0x44]);
    packet[12 + octets..].fill(0);
    packet
}

fn number(packet: &mut [u8], sequence: u16) {
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
}

fn protect(bench: &mut Bench, name: &str, suite: Suite, octets: usize) {
    let mut context = sender(suite).expect("the suite's own lengths");
    let (template, mut sequence) = (packet(octets), 0_u16);
    let mut buffer = template;
    bench.case(name, || {
        sequence = sequence.wrapping_add(1);
        buffer[..12 + octets].copy_from_slice(&template[..12 + octets]);
        number(&mut buffer, sequence);
        let length = context.protect_rtp(black_box(&mut buffer), 12 + octets);
        black_box(&buffer[..length.expect("a new number")]);
    });
}

/// A receiver, and how far it is in the ring.
struct Listener {
    context: ReceiveContext,
    at: usize,
}

impl Listener {
    /// One that has heard the first packet: with that it makes room for the source, once.
    fn new(suite: Suite, ring: &[Vec<u8>]) -> Self {
        let mut context = receiver(suite).expect("the suite's own lengths");
        let opened = context.unprotect_rtp(&mut ring[0].clone());
        opened.expect("a packet of ours");
        Self { context, at: 1 }
    }
}

fn unprotect(bench: &mut Bench, name: &str, suite: Suite, octets: usize) {
    if !bench.wants(name) {
        return;
    }
    let mut context = sender(suite).expect("the suite's own lengths");
    let protected = |sequence| {
        let mut packet = packet(octets);
        number(&mut packet, sequence);
        let length = context.protect_rtp(&mut packet, 12 + octets);
        packet[..length.expect("a new number")].to_vec()
    };
    let ring: Vec<_> = (0..RING).map(protected).collect();
    let mut buffer = packet(octets);
    let buffer = &mut buffer[..ring[0].len()];
    bench.case_from(
        name,
        || Listener::new(suite, &ring),
        |listener| {
            if listener.at == ring.len() {
                *listener = Listener::new(suite, &ring);
            }
            // The packet is decrypted where it is; a copy stays for the next round.
            buffer.copy_from_slice(&ring[listener.at]);
            listener.at += 1;
            let opened = listener.context.unprotect_rtp(black_box(buffer));
            black_box(&buffer[..opened.expect("a packet of ours")]);
        },
    );
}
