//! The parts that need no cipher.

use super::index::{ReplayWindow, Seen, estimate};
use super::policy::ExtensionIds;

/// RFC 3711 appendix A, written as it stands there.
fn appendix_a(rollovers: u64, last: i64, sequence: i64) -> i64 {
    let rollovers = rollovers as i64;
    let v = if last < 32_768 {
        if sequence - last > 32_768 {
            rollovers - 1
        } else {
            rollovers
        }
    } else if last - 32_768 > sequence {
        rollovers + 1
    } else {
        rollovers
    };
    sequence + v * 65_536
}

// shows: S267
#[test]
fn indices_are_estimated_as_appendix_a_says() {
    let edges = [
        0, 1, 2, 0x7ffe, 0x7fff, 0x8000, 0x8001, 0x8002, 0xfffe, 0xffff,
    ];
    for rollovers in [0, 1, 2, 0xffff_fffe, 0xffff_ffff] {
        for last in edges {
            for sequence in edges {
                let highest = (rollovers << 16) | u64::from(last);
                let expected = appendix_a(rollovers, last.into(), sequence.into());
                // Before the first packet there is none, nor after the last.
                let expected = u64::try_from(expected)
                    .ok()
                    .filter(|index| index >> 48 == 0);
                assert_eq!(
                    estimate(highest, sequence),
                    expected,
                    "{highest:x} {sequence:x}"
                );
            }
        }
    }
}

#[test]
fn a_window_remembers_its_packets_and_no_others() {
    // Against a list of all that were there.
    let mut window = ReplayWindow::new(64, 1000);
    let mut all = alloc::collections::BTreeSet::new();
    for step in 0_u64..5000 {
        let jump = step.wrapping_mul(2_654_435_761) >> 7;
        let highest = all.last().copied().unwrap_or(1000);
        let number = match step % 7 {
            0 => highest + jump % 90,
            6 => highest + jump % 3,
            _ => highest - jump % 70,
        };
        let expected = if number + 64 <= highest {
            Seen::Unknown
        } else if all.contains(&number) {
            Seen::Already
        } else {
            Seen::Not
        };
        assert_eq!(window.look(number), expected, "{number} at {highest}");
        if expected == Seen::Not {
            window.add(number);
            all.insert(number);
        }
        assert_eq!(window.highest(), all.last().copied().unwrap_or(1000));
    }
    assert!(all.len() > 500, "the test walks on");
}

#[test]
fn a_set_of_extension_identifiers_has_what_was_put_in() {
    let ids = ExtensionIds::NONE.with(1).with(14).with(64).with(255);
    let has: alloc::vec::Vec<u8> = (0..=255).filter(|id| ids.has(*id)).collect();
    assert_eq!(has, [1, 14, 64, 255]);
    assert!(!ids.is_empty() && ExtensionIds::NONE.is_empty());
}
