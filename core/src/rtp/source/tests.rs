use super::*;

fn number(seq: u16) -> SequenceNumber {
    SequenceNumber::new(seq)
}

/// A source that was found valid with `seq`.
fn valid(seq: u16) -> Source {
    let before = number(seq.wrapping_sub(1));
    let mut source = Source::new(before);
    assert_eq!(source.update(before), Arrival::OnProbation);
    let started = Arrival::Started {
        extended: u32::from(seq),
    };
    assert_eq!(source.update(number(seq)), started);
    source
}

#[test]
fn two_packets_in_a_row_end_probation() {
    let source = valid(100);
    assert!(source.is_valid());
    assert_eq!((source.received(), source.expected()), (1, 1));
}

#[test]
fn probation_starts_over_with_every_gap() {
    let mut source = Source::new(number(10));
    for seq in [10, 12, 14, 16, 15] {
        assert_eq!(source.update(number(seq)), Arrival::OnProbation, "{seq}");
    }
    assert!(!source.is_valid());
    assert_eq!(source.update(number(16)), Arrival::Started { extended: 16 });
}

// shows: S037
#[test]
fn large_jumps_resync_after_two_in_a_row_and_wraps_count_cycles() {
    // A gap of 2999 is loss, one of 3000 and 3001 a jump.
    let mut source = valid(1000);
    let extended = 1000 + 2999;
    assert_eq!(source.update(number(3999)), Arrival::Valid { extended });
    assert_eq!(source.expected(), 3000);
    for jump in [3000, 3001] {
        let mut source = valid(1000);
        let far = 1000 + jump;
        assert_eq!(source.update(number(far)), Arrival::Jumped);
        // What follows the old numbers is still good, and no resync.
        assert_eq!(
            source.update(number(1001)),
            Arrival::Valid { extended: 1001 }
        );
        // Not its successor: another jump.
        assert_eq!(source.update(number(far + 2)), Arrival::Jumped);
        let extended = u32::from(far + 3);
        assert_eq!(
            source.update(number(far + 3)),
            Arrival::Started { extended }
        );
        assert_eq!((source.received(), source.expected()), (1, 1));
    }
    // The wrap.
    let mut source = valid(65_534);
    for (seq, extended) in [(65_535, 65_535), (0, 65_536), (1, 65_537)] {
        assert_eq!(source.update(number(seq)), Arrival::Valid { extended });
    }
    assert_eq!(source.extended_highest_sequence(), 0x1_0001);
    assert_eq!(source.expected(), 4);
}

#[test]
fn a_hundred_behind_is_reordered_and_more_is_a_jump() {
    let mut source = valid(500);
    // A.1 compares with RTP_SEQ_MOD − MAX_MISORDER inclusively: 99 behind is the last one taken.
    assert_eq!(source.update(number(401)), Arrival::Valid { extended: 401 });
    assert_eq!(source.update(number(400)), Arrival::Jumped);
    assert_eq!(source.extended_highest_sequence(), 500);
}

#[test]
fn a_packet_from_before_the_wrap_keeps_its_cycle() {
    let mut source = valid(65_535);
    let _ = source.update(number(2));
    assert_eq!(source.extended_highest_sequence(), 65_538);
    let late = Arrival::Valid { extended: 65_534 };
    assert_eq!(source.update(number(65_534)), late);
    assert_eq!(source.extended_highest_sequence(), 65_538);
}

#[test]
fn jumps_of_half_the_range_do_not_move_the_count() {
    let mut source = valid(1000);
    for seq in [1000 + 32_768, 1000 + 32_767, 1000 - 769] {
        assert_eq!(source.update(number(seq)), Arrival::Jumped);
    }
    assert_eq!(source.extended_highest_sequence(), 1000);
}

#[test]
fn fraction_and_total_of_loss() {
    let mut source = valid(0);
    for seq in [1, 2, 4, 5, 6, 7] {
        let _ = source.update(number(seq));
    }
    // 1 of 8: 32/256.
    let first = Loss {
        fraction_lost: 32,
        cumulative_lost: 1,
    };
    assert_eq!(source.report(), first);
    // Nothing came: nothing was expected either.
    assert_eq!(source.report().fraction_lost, 0);
    // The lost one came late after all, and another twice: total −1, and no fraction.
    let _ = source.update(number(3));
    let _ = source.update(number(3));
    let negative = Loss {
        fraction_lost: 0,
        cumulative_lost: -1,
    };
    assert_eq!(source.report(), negative);
}

#[test]
fn totals_are_clamped_to_24_bits() {
    let mut source = valid(0);
    source.received = 0x0100_0000;
    assert_eq!(source.cumulative_lost(), -0x80_0000);
    source.cycles = 0x0200_0000;
    assert_eq!(source.cumulative_lost(), 0x7f_ffff);
}

/// A.1 and A.3 as printed, in the types C would use.
#[derive(Default)]
struct Printed {
    max_seq: u16,
    cycles: u32,
    base_seq: u32,
    bad_seq: u32,
    probation: u32,
    received: u32,
}

impl Printed {
    fn new(seq: u16) -> Self {
        let mut s = Self::default();
        s.init(seq);
        s.max_seq = seq.wrapping_sub(1);
        s.probation = 2;
        s
    }

    fn init(&mut self, seq: u16) {
        self.base_seq = u32::from(seq);
        self.max_seq = seq;
        self.bad_seq = (1 << 16) + 1;
        self.cycles = 0;
        self.received = 0;
    }

    fn update(&mut self, seq: u16) -> bool {
        let udelta = seq.wrapping_sub(self.max_seq);
        if self.probation > 0 {
            if seq == self.max_seq.wrapping_add(1) {
                self.probation -= 1;
                self.max_seq = seq;
                if self.probation == 0 {
                    self.init(seq);
                    self.received += 1;
                    return true;
                }
            } else {
                self.probation = 1;
                self.max_seq = seq;
            }
            return false;
        } else if udelta < 3000 {
            if seq < self.max_seq {
                self.cycles = self.cycles.wrapping_add(1 << 16);
            }
            self.max_seq = seq;
        } else if u32::from(udelta) <= (1 << 16) - 100 {
            if u32::from(seq) == self.bad_seq {
                self.init(seq);
            } else {
                self.bad_seq = (u32::from(seq) + 1) & 0xffff;
                return false;
            }
        }
        self.received += 1;
        true
    }
}

#[test]
fn random_numbers_go_the_way_the_rfc_prints_it() {
    let mut rng = crate::Rng::from_seed([3; 32]);
    for _ in 0..200 {
        let mut seq = rng.next_u32() as u16;
        let mut source = Source::new(number(seq));
        let mut printed = Printed::new(seq);
        for _ in 0..500 {
            let arrival = source.update(number(seq));
            let taken = matches!(arrival, Arrival::Valid { .. } | Arrival::Started { .. });
            assert_eq!(taken, printed.update(seq));
            if printed.probation == 0 {
                let extended = printed.cycles.wrapping_add(u32::from(printed.max_seq));
                assert_eq!(source.extended_highest_sequence(), extended);
                let expected = extended.wrapping_sub(printed.base_seq).wrapping_add(1);
                assert_eq!(source.expected(), expected);
                assert_eq!(source.received(), printed.received);
            }
            let step = match rng.below(10) {
                0 => rng.below(65_536),
                1 => 65_536 - rng.below(150),
                2 => rng.below(4000),
                _ => 1,
            };
            seq = seq.wrapping_add(step as u16);
        }
    }
}
