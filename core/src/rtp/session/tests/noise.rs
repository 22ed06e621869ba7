//! Garbage and noise, and a clock that goes backwards.

use super::*;

#[test]
fn garbage_is_counted_and_changes_nothing() {
    let mut session = session();
    for bytes in [
        &b""[..],
        b"x",
        &[0x80; 11],
        b"OPTIONS sip:a SIP/2.0\r\n\r\n",
    ] {
        let result = session.receive(ms(1), eve(), bytes);
        assert_eq!(result, Err(DropReason::NotRtp));
        let result = session.receive_rtcp(ms(1), eve(), bytes);
        assert_eq!(result, Err(DropReason::NotRtcp));
    }
    assert_eq!(session.member_count(), 1);
    assert_eq!(session.drops().total(), 8);
}

#[test]
fn time_going_backwards_is_clamped() {
    let mut session = session();
    hear(&mut session, 10_000, 0..5);
    hear(&mut session, 0, 5..10);
    session.handle_input(ms(1), Input::Timeout);
    assert_eq!(session.now, ms(10_080));
}

/// P1 and P4 on noise that looks like RTCP from the right place.
#[test]
fn noise_never_panics_nor_floods() {
    let mut session = session();
    let mut rng = Rng::from_seed([6; 32]);
    let mut sent = 0;
    for n in 0..20_000_u64 {
        let mut bytes = match rng.below(3) {
            0 => report(Ssrc::new(rng.next_u32() % 64), None, &[]),
            1 => goodbye(Ssrc::new(rng.next_u32() % 64)),
            _ => packet(Ssrc::new(rng.next_u32() % 64), rng.next_u32() as u16, 0),
        };
        if rng.below(2) == 0 {
            let at = usize::try_from(rng.below(bytes.len() as u64)).unwrap();
            bytes[at] = rng.next_u32() as u8;
        }
        let from = if rng.below(4) == 0 { eve() } else { bob() };
        let now = ms(n * 10);
        let _ = session.receive(now, from, &bytes);
        let _ = session.receive_rtcp(now, from, &bytes);
        sent += run(&mut session, now).0.len();
    }
    // 200 s: some 40 reports, and a BYE for each of the few collisions with our own name.
    assert!(sent < 80, "{sent}");
    assert!(session.member_count() <= 17);
}
