//! Packets, keys and contexts of the tests.

use offhook::rtp::packet::{Header, Outgoing};
use offhook::rtp::srtp::{MasterKey, Policy, ReceiveContext, SendContext, Suite};
use offhook::rtp::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use offhook_mio::RustCrypto;

/// Every suite.
pub(crate) const SUITES: [Suite; 11] = Suite::ALL;

pub(crate) const SSRC: u32 = 0x1122_3344;

/// A master key that is `seed` and the numbers after it.
pub(crate) fn key(suite: Suite, seed: u8) -> MasterKey {
    let length = suite.key_length() + suite.salt_length();
    let octets: Vec<u8> = (0..length).map(|at| seed.wrapping_add(at as u8)).collect();
    MasterKey::new(suite, &octets).expect("a key of the right length")
}

/// A sender and a receiver of the same policy and key.
pub(crate) fn pair(policy: &Policy) -> (SendContext, ReceiveContext) {
    pair_with(policy, &[key(policy.suite, 1)])
}

/// A sender and a receiver of the same policy and keys.
pub(crate) fn pair_with(policy: &Policy, keys: &[MasterKey]) -> (SendContext, ReceiveContext) {
    let send = SendContext::new(&RustCrypto, policy.clone(), keys.to_vec());
    let receive = ReceiveContext::new(&RustCrypto, policy.clone(), keys.to_vec());
    (send.expect("a sender"), receive.expect("a receiver"))
}

/// A packet of media.
pub(crate) fn media(ssrc: u32, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        marker: false,
        payload_type: PayloadType::PCMU,
        sequence: SequenceNumber::new(sequence),
        timestamp: Timestamp::new(u32::from(sequence) * 160),
        ssrc: Ssrc::new(ssrc),
    };
    let outgoing = Outgoing::new(header, payload);
    let mut bytes = vec![0; outgoing.size()];
    outgoing.write(&mut bytes).expect("room");
    bytes
}

/// A receiver report of nobody.
pub(crate) fn control(ssrc: u32) -> Vec<u8> {
    let [a, b, c, d] = ssrc.to_be_bytes();
    let report = [0x80, 201, 0, 1, a, b, c, d];
    let bye = [0x81, 203, 0, 1, a, b, c, d];
    [report, bye].concat()
}

/// The packet, protected.
pub(crate) fn protect(context: &mut SendContext, packet: &[u8]) -> Vec<u8> {
    let mut bytes = packet.to_vec();
    bytes.resize(packet.len() + context.media_overhead(), 0);
    let length = context.protect_rtp(&mut bytes, packet.len());
    assert_eq!(length, Ok(bytes.len()));
    bytes
}

/// The RTCP packet, protected.
pub(crate) fn protect_control(context: &mut SendContext, packet: &[u8]) -> Vec<u8> {
    let mut bytes = packet.to_vec();
    bytes.resize(packet.len() + context.control_overhead(), 0);
    let length = context.protect_rtcp(&mut bytes, packet.len());
    assert_eq!(length, Ok(bytes.len()));
    bytes
}

/// What a receiver makes of a packet of media.
pub(crate) fn unprotect(
    context: &mut ReceiveContext,
    packet: &[u8],
) -> Result<Vec<u8>, offhook::rtp::srtp::UnprotectError> {
    let mut bytes = packet.to_vec();
    let result = context.unprotect_rtp(&mut bytes);
    if result.is_err() {
        assert_eq!(bytes, packet, "a packet not let in stays as it was");
    }
    result.map(|length| bytes[..length].to_vec())
}

/// What a receiver makes of an RTCP packet.
pub(crate) fn unprotect_control(
    context: &mut ReceiveContext,
    packet: &[u8],
) -> Result<Vec<u8>, offhook::rtp::srtp::UnprotectError> {
    let mut bytes = packet.to_vec();
    let result = context.unprotect_rtcp(&mut bytes);
    if result.is_err() {
        assert_eq!(bytes, packet, "a packet not let in stays as it was");
    }
    result.map(|length| bytes[..length].to_vec())
}
