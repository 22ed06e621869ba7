//! STUN, over the message the peers were measured with.

use std::hint::black_box;

use offhook::stun::{Class, Message, TransactionId, Writer};

use crate::harness::Bench;

const RESPONSE: &[u8] = include_bytes!("../../vectors/messages/stun.bin");

/// The cases the peers have too go by the peers' names. Theirs check the fingerprint as well.
pub(crate) fn run(bench: &mut Bench) {
    bench.case("stun_parse/stun", || {
        if let Ok(message) = Message::parse(black_box(RESPONSE)) {
            let _ = black_box((message.transaction_id(), message.mapped_address()));
        }
    });
    let mut out = Vec::with_capacity(128);
    let address = ([192, 0, 2, 1], 32_853).into();
    bench.case("stun_write/binding_success", || {
        Writer::new(&mut out, Class::Success, TransactionId([7; 12]))
            .xor_mapped_address(black_box(address))
            .finish_with_fingerprint();
        black_box(&out);
    });
}
