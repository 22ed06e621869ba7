//! What holds for any packet: it comes back as it was, in whatever order, and never when bent.

use offhook::rtp::srtp::{ExtensionIds, Policy, UnprotectError};
use proptest::prelude::*;

use crate::packets::{
    SSRC, SUITES, control, key, media, pair, pair_with, protect, protect_control, unprotect,
    unprotect_control,
};

fn policies() -> impl Strategy<Value = Policy> {
    let choices = any::<(bool, bool, bool)>();
    let rate = prop::option::of(1..=24_u8);
    (
        prop::sample::select(SUITES.to_vec()),
        choices,
        rate,
        0..300_u16,
    )
        .prop_map(
            |(suite, (media, control, authentic), rate, window)| Policy {
                encrypts_media: media,
                encrypts_control: control,
                authenticates_media: authentic,
                key_derivation_rate: rate,
                window,
                encrypted_extensions: ExtensionIds::NONE.with(1).with(3),
                ..Policy::new(suite)
            },
        )
}

/// A packet of media with whatever it may have before its payload.
fn packets() -> impl Strategy<Value = Vec<u8>> {
    let csrc = prop::collection::vec(any::<u32>(), 0..3);
    let words = prop::option::of(prop::collection::vec(any::<[u8; 4]>(), 0..8));
    let profile = prop::sample::select(vec![0xbede_u16, 0x1000, 0x1234]);
    let payload = prop::collection::vec(any::<u8>(), 0..400);
    (any::<u16>(), csrc, words, profile, payload).prop_map(
        |(sequence, csrc, words, profile, payload)| {
            let mut packet = media(SSRC, sequence, &[]);
            packet[0] |= csrc.len() as u8;
            packet.extend(csrc.iter().flat_map(|one| one.to_be_bytes()));
            if let Some(words) = words {
                packet[0] |= 0x10;
                packet.extend(profile.to_be_bytes());
                packet.extend((words.len() as u16).to_be_bytes());
                packet.extend(words.concat());
            }
            packet.extend(payload);
            packet
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn media_comes_back_as_it_was(policy in policies(), packet in packets(), mki in 0..9_usize) {
        let master = key(policy.suite, 7).with_identifier(&[5; 8][..mki.min(8)]);
        let (mut send, mut receive) = pair_with(&policy, &[master]);
        let protected = protect(&mut send, &packet);
        prop_assert_eq!(protected.len(), packet.len() + send.media_overhead());
        let opened = unprotect(&mut receive, &protected);
        prop_assert_eq!(opened.as_ref(), Ok(&packet));
        let again = unprotect(&mut receive, &protected);
        prop_assert_eq!(again, Err(UnprotectError::Replayed));
    }

    #[test]
    fn rtcp_comes_back_as_it_was(policy in policies(), ssrc: u32, body: Vec<u8>) {
        let (mut send, mut receive) = pair(&policy);
        let mut packet = control(ssrc);
        packet.extend(body);
        for _ in 0..3 {
            let protected = protect_control(&mut send, &packet);
            prop_assert_eq!(protected.len(), packet.len() + send.control_overhead());
            let opened = unprotect_control(&mut receive, &protected);
            prop_assert_eq!(opened.as_ref(), Ok(&packet));
            let again = unprotect_control(&mut receive, &protected);
            prop_assert_eq!(again, Err(UnprotectError::Replayed));
        }
    }

    /// One bit anywhere, and the packet is not let in, nor anything learnt from it.
    #[test]
    fn a_bent_packet_is_not_let_in(
        policy in policies(),
        packet in packets(),
        at: prop::sample::Index,
        bit in 0..8_u32,
    ) {
        let policy = Policy { authenticates_media: true, ..policy };
        let (mut send, mut receive) = pair(&policy);
        let media = protect(&mut send, &packet);
        let control = protect_control(&mut send, &control(SSRC));
        let bend = |packet: &[u8]| {
            let mut bent = packet.to_vec();
            bent[at.index(packet.len())] ^= 1 << bit;
            bent
        };
        prop_assert!(unprotect(&mut receive, &bend(&media)).is_err());
        prop_assert!(unprotect_control(&mut receive, &bend(&control)).is_err());
        prop_assert_eq!(unprotect(&mut receive, &media), Ok(packet));
        prop_assert!(unprotect_control(&mut receive, &control).is_ok());
    }

    /// Whatever is lost, late or comes twice: within the window each packet is let in once, and the
    /// numbers may wrap meanwhile.
    #[test]
    fn any_order_within_the_window_is_let_in_once(
        first: u16,
        order in prop::collection::vec(0..64_u16, 1..300),
        policy in policies(),
    ) {
        let policy = Policy { window: 64, authenticates_media: true, ..policy };
        let (mut send, mut receive) = pair(&policy);
        let count = order.len() as u16;
        let sent: Vec<_> = (0..count)
            .map(|n| protect(&mut send, &media(SSRC, first.wrapping_add(n), &n.to_be_bytes())))
            .collect();
        prop_assert!(unprotect(&mut receive, &sent[0]).is_ok());
        let mut seen = vec![false; sent.len()];
        seen[0] = true;
        let mut highest = 0;
        for (n, back) in (0..count).zip(order) {
            let n = n.saturating_sub(back);
            let arrived = unprotect(&mut receive, &sent[usize::from(n)]);
            let expected = if highest >= n + 64 {
                Err(UnprotectError::TooOld)
            } else if seen[usize::from(n)] {
                Err(UnprotectError::Replayed)
            } else {
                Ok(media(SSRC, first.wrapping_add(n), &n.to_be_bytes()))
            };
            prop_assert_eq!(arrived, expected);
            seen[usize::from(n)] = true;
            highest = highest.max(n);
        }
    }
}
