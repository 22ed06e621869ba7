use super::*;

const T_RR: Duration = Duration::from_secs(4);
const POINT_TO_POINT: FeedbackTiming = FeedbackTiming {
    is_point_to_point: true,
    max_delay: Duration::from_millis(500),
    regular_interval: Duration::ZERO,
};
const GROUP: FeedbackTiming = FeedbackTiming {
    is_point_to_point: false,
    ..POINT_TO_POINT
};

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

/// §3.5.1: a group waits a second before the first report, two parties do not, and afterwards nobody.
#[test]
fn the_minimum_is_for_the_first_report_of_a_group() {
    let mut group = EarlyFeedback::new(at(0), T_RR, GROUP);
    assert_eq!(group.minimum(), Duration::from_secs(1));
    group.regular_done(RegularAction::Report, T_RR);
    assert_eq!(group.minimum(), Duration::ZERO);
    let pair = EarlyFeedback::new(at(0), T_RR, POINT_TO_POINT);
    assert_eq!(pair.minimum(), Duration::ZERO);
}

/// §3.5.2, steps 2b, 4b and 6.
// shows: S080
#[test]
fn an_early_packet_costs_a_regular_one() {
    let mut timing = EarlyFeedback::new(at(0), T_RR, POINT_TO_POINT);
    assert_eq!(timing.event(at(1_000), 12_345), Handling::Early(at(1_000)));
    assert!(timing.is_early_due(at(1_000)));
    assert_eq!(timing.deadline(), at(1_000));
    timing.early_sent();
    // tn = tp + 2·T_rr with the old tp.
    assert_eq!(timing.regular_due(), at(8_000));
    assert!(!timing.is_early_due(at(2_000)));
    // Step 4a: no other early one; far from tn it would come too late, near it not.
    assert_eq!(timing.event(at(2_000), 0), Handling::Discard);
    assert_eq!(timing.event(at(7_500), 0), Handling::Discard);
    assert_eq!(timing.event(at(7_501), 0), Handling::Regular);
    assert_eq!(timing.regular(0), RegularAction::Report);
    timing.regular_done(RegularAction::Report, T_RR);
    // Step 6: from tn on early ones are allowed again.
    assert_eq!(timing.regular_due(), at(12_000));
    assert_eq!(timing.event(at(8_100), 0), Handling::Early(at(8_100)));
}

/// §3.5.2 step 4b: te = t0 + RND · T_dither_max, and half of T_rr at most.
#[test]
fn a_group_spreads_what_all_have_noticed() {
    for (random, te) in [
        (0, 1_000),
        (1 << 30, 1_500),
        (1 << 31, 2_000),
        (3 << 30, 2_500),
    ] {
        let mut timing = EarlyFeedback::new(at(0), T_RR, GROUP);
        assert_eq!(timing.event(at(1_000), random), Handling::Early(at(te)));
    }
    let mut timing = EarlyFeedback::new(at(0), T_RR, GROUP);
    let Handling::Early(te) = timing.event(at(1_000), u32::MAX) else {
        panic!("not early");
    };
    assert!(te < at(3_000));
    // Step 3: beyond tn there is no early packet.
    let mut timing = EarlyFeedback::new(at(0), T_RR, GROUP);
    assert_eq!(timing.event(at(2_001), 0), Handling::Regular);
    let mut timing = EarlyFeedback::new(at(0), T_RR, GROUP);
    assert_eq!(timing.event(at(2_000), 0), Handling::Early(at(2_000)));
}

/// §3.5.2 step 2a: what comes while a packet waits goes into it, and its time stays.
#[test]
fn a_second_event_joins_the_first() {
    let mut timing = EarlyFeedback::new(at(0), T_RR, GROUP);
    assert_eq!(timing.event(at(500), 1 << 31), Handling::Early(at(1_500)));
    assert_eq!(timing.event(at(600), 0), Handling::Merge);
    assert_eq!(timing.deadline(), at(1_500));
}

/// §3.5.2 step 5a: another said it; tn is as calculated before.
#[test]
fn what_another_said_is_not_said_again() {
    let mut timing = EarlyFeedback::new(at(0), T_RR, GROUP);
    timing.event(at(500), 1 << 31);
    timing.overheard();
    assert!(!timing.is_early_due(at(3_000)));
    assert_eq!(
        (timing.deadline(), timing.regular_due()),
        (at(4_000), at(4_000))
    );
    // It was not sent, so another may be.
    assert_eq!(timing.event(at(600), 0), Handling::Early(at(600)));
}

/// §3.5.3 with a T_rr_interval: 1, 2a, 2b and 2c.
#[test]
fn regular_reports_keep_their_distance() {
    let config = FeedbackTiming {
        regular_interval: Duration::from_secs(10),
        ..POINT_TO_POINT
    };
    let mut timing = EarlyFeedback::new(at(0), T_RR, config);
    // 1: the first one goes out in any case.
    assert_eq!(timing.regular(u32::MAX), RegularAction::Report);
    timing.regular_done(RegularAction::Report, T_RR);
    // tn is 8 s, the last one was at 4 s. 2c: nothing waits, 5 s have not passed.
    assert_eq!(timing.regular_due(), at(8_000));
    assert_eq!(timing.regular(0), RegularAction::Suppress);
    timing.regular_done(RegularAction::Suppress, T_RR);
    // 2a: at 12 s they have, if the dice say 5 s; 2c if they say more than 8.
    assert_eq!(timing.regular(0), RegularAction::Report);
    assert_eq!(timing.regular(1 << 30), RegularAction::Report);
    assert_eq!(timing.regular(1 << 31), RegularAction::Suppress);
    // 2b: feedback waits, so a packet goes, and does not count as a report.
    timing.early_sent();
    assert_eq!(timing.event(at(15_600), 0), Handling::Regular);
    assert_eq!(timing.regular_due(), at(16_000));
    assert_eq!(timing.regular(u32::MAX), RegularAction::Feedback);
    timing.regular_done(RegularAction::Feedback, T_RR);
    assert_eq!(timing.regular_due(), at(20_000));
    assert_eq!(timing.regular(u32::MAX), RegularAction::Report);
}
