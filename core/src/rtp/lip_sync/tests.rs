use super::*;

const SOUND: Ssrc = Ssrc::new(1);
const PICTURE: Ssrc = Ssrc::new(2);
/// Noon, some day.
const NTP: u64 = 0xe000_0000_8000_0000;

fn info(ntp: u64, timestamp: u32) -> SenderInfo {
    SenderInfo {
        ntp,
        timestamp: Timestamp::new(timestamp),
        packets: 1,
        octets: 1,
    }
}

fn ms(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// Sound at 8 kHz and a picture at 90 kHz, which report at different times.
fn both() -> LipSync {
    let mut sync = LipSync::new(4);
    assert!(sync.add(SOUND, 8_000) && sync.add(PICTURE, 90_000));
    for ssrc in [SOUND, PICTURE] {
        sync.name(ssrc, b"alice@a");
    }
    sync.report(SOUND, &info(NTP, 1_000));
    // Half a second later, across the wrap of its timestamps.
    sync.report(PICTURE, &info(NTP + (1 << 31), 0xffff_ff00));
    sync
}

/// The work of §6.4.1: one moment on two clocks is one moment, within a tick.
// shows: S035
#[test]
fn two_clocks_are_one() {
    let sync = both();
    // Two seconds after the report on sound.
    let sound = sync.taken(SOUND, Timestamp::new(1_000 + 16_000)).unwrap();
    let ticks = 90_000 * 3 / 2;
    let picture = Timestamp::new(0xffff_ff00_u32.wrapping_add(ticks));
    let picture = sync.taken(PICTURE, picture).unwrap();
    let tick = (1_u64 << 32) / 90_000 + 1;
    assert!(sound.abs_diff(picture) <= tick, "{sound} {picture}");
    assert_eq!(sound, NTP + (2 << 32));
    // And before it.
    assert_eq!(
        sync.taken(SOUND, Timestamp::new(1_000_u32.wrapping_sub(8_000))),
        Some(NTP - (1 << 32))
    );
}

#[test]
fn who_is_ahead_waits_for_the_other() {
    let mut sync = both();
    assert_eq!(sync.skew(SOUND, PICTURE), None, "neither is played yet");
    assert_eq!(sync.wait(SOUND), Duration::ZERO);
    // Both taken at the second second; the picture takes 80 ms longer.
    let picture = Timestamp::new(0xffff_ff00_u32.wrapping_add(90_000 * 3 / 2));
    sync.played(SOUND, Timestamp::new(17_000), ms(5_000));
    sync.played(PICTURE, picture, ms(5_080));
    let skew = sync.skew(PICTURE, SOUND).unwrap();
    // Within one tick of 90 kHz.
    assert!(skew.abs_diff(80_000_000) < 11_200, "{skew}");
    assert_eq!(sync.skew(SOUND, PICTURE), Some(-skew));
    assert_eq!(sync.wait(SOUND), Duration::from_nanos(skew as u64));
    assert_eq!(sync.wait(PICTURE), Duration::ZERO);
    // A later sample of sound says the same.
    sync.played(SOUND, Timestamp::new(17_000 + 800), ms(5_100));
    let later = sync.skew(PICTURE, SOUND).unwrap();
    assert!(later.abs_diff(skew) < 2);
}

/// §6.5.1: only what has one CNAME has one clock.
#[test]
fn streams_of_others_are_left_alone() {
    let mut sync = both();
    sync.name(PICTURE, b"bob@b");
    sync.played(SOUND, Timestamp::new(17_000), ms(5_000));
    sync.played(PICTURE, Timestamp::new(0), ms(5_080));
    assert_eq!(sync.skew(SOUND, PICTURE), None);
    assert_eq!(sync.wait(SOUND), Duration::ZERO);
    // And what claims to be hours apart has no common clock, whatever it says.
    sync.name(PICTURE, b"alice@a");
    sync.report(PICTURE, &info(7, 0));
    assert_eq!(sync.wait(SOUND), Duration::ZERO);
    sync.remove(PICTURE);
    assert_eq!(sync.taken(PICTURE, Timestamp::new(0)), None);
}

/// RFC 7160: a rate that changes takes its mapping with it.
#[test]
fn another_rate_is_another_clock() {
    let mut sync = both();
    assert!(sync.add(SOUND, 16_000));
    assert_eq!(sync.taken(SOUND, Timestamp::new(1_000)), None);
    sync.report(SOUND, &info(NTP, 1_000));
    assert_eq!(
        sync.taken(SOUND, Timestamp::new(17_000)),
        Some(NTP + (1 << 32))
    );
    assert!(sync.add(Ssrc::new(3), 8_000) && sync.add(Ssrc::new(4), 8_000));
    assert!(!sync.add(Ssrc::new(5), 8_000), "four are enough");
}

/// RFC 6051 §3.3.
#[test]
fn packets_may_say_it_themselves() {
    let mut sync = LipSync::new(1);
    assert!(sync.add(SOUND, 8_000));
    // Variant B says nothing before the rest is known.
    assert!(!sync.in_band(SOUND, Timestamp::new(0), &NTP.to_be_bytes()[1..]));
    assert!(sync.in_band(SOUND, Timestamp::new(0), &NTP.to_be_bytes()));
    assert_eq!(
        sync.taken(SOUND, Timestamp::new(8_000)),
        Some(NTP + (1 << 32))
    );
    // A second later on the media clock, and a little more on the other.
    let later = NTP + (1 << 32) + 1_000_000;
    assert!(sync.in_band(SOUND, Timestamp::new(8_000), &later.to_be_bytes()[1..]));
    assert_eq!(sync.taken(SOUND, Timestamp::new(8_000)), Some(later));
    // Across the carry into what variant B leaves out.
    let last = (0xe1 << 56) - 5;
    assert!(sync.in_band(SOUND, Timestamp::new(16_000), &u64::to_be_bytes(last)));
    let next = last + (1 << 32);
    assert!(sync.in_band(SOUND, Timestamp::new(24_000), &next.to_be_bytes()[1..]));
    assert_eq!(sync.taken(SOUND, Timestamp::new(24_000)), Some(next));
    assert!(!sync.in_band(SOUND, Timestamp::new(0), &[1, 2, 3]));
}
