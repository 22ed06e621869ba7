//! SRTP (RFC 3711): any bytes as a packet to let in, and as one to protect.

use offhook::rtp::srtp::{ExtensionIds, MasterKey, Policy, ReceiveContext, SendContext, Suite};
use offhook_mio::RustCrypto;

/// Two octets choose the suite and the policy, the others are a packet: it is let in only if we
/// protected it ourselves, and what we protect comes back as it was.
pub fn srtp(bytes: &[u8]) {
    let Some((&[suite, choices], packet)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let suites = Suite::ALL;
    let suite = suites[usize::from(suite) % suites.len()];
    let policy = Policy {
        encrypts_media: choices & 1 == 0,
        encrypts_control: choices & 2 == 0,
        key_derivation_rate: (choices & 4 != 0).then_some(1 + choices / 11),
        encrypted_extensions: ExtensionIds::NONE.with(1).with(choices),
        ..Policy::new(suite)
    };
    let octets = vec![choices; suite.key_length() + suite.salt_length()];
    let mut key = MasterKey::new(suite, &octets).expect("a key of the right length");
    if choices & 8 != 0 {
        key = key.with_identifier(&[choices; 4]);
    }
    let keys = vec![key];
    let mut send = SendContext::new(&RustCrypto, policy.clone(), keys.clone()).expect("sound");
    let mut receive = ReceiveContext::new(&RustCrypto, policy, keys).expect("sound");

    let mut arrived = packet.to_vec();
    assert!(
        receive.unprotect_rtp(&mut arrived).is_err(),
        "a forged packet is let in"
    );
    assert!(
        receive.unprotect_rtcp(&mut arrived).is_err(),
        "a forged packet is let in"
    );
    assert_eq!(arrived, packet, "what is not let in stays as it was");

    arrived.resize(packet.len() + send.media_overhead(), 0);
    if let Ok(length) = send.protect_rtp(&mut arrived, packet.len()) {
        assert_eq!(length, arrived.len());
        assert_eq!(receive.unprotect_rtp(&mut arrived), Ok(packet.len()));
        assert_eq!(&arrived[..packet.len()], packet);
    }
    arrived.resize(packet.len() + send.control_overhead(), 0);
    arrived[..packet.len()].copy_from_slice(packet);
    if let Ok(length) = send.protect_rtcp(&mut arrived, packet.len()) {
        assert_eq!(length, arrived.len());
        assert_eq!(receive.unprotect_rtcp(&mut arrived), Ok(packet.len()));
        assert_eq!(&arrived[..packet.len()], packet);
    }
}
