use super::*;
use alloc::vec;
use alloc::vec::Vec;

const LAW: Law = Law::A;
/// When the first packet comes.
const START: u64 = 10_000;

fn ms(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// Twenty milliseconds of a loud wave that is nowhere the same.
fn speech(seq: u32) -> Vec<i16> {
    (0..160)
        .map(|n| {
            let phase = seq.wrapping_mul(160).wrapping_add(n);
            let sample = (phase.wrapping_mul(2_654_435_761) >> 18) as i16;
            LAW.decode(LAW.encode(sample | 0x1000))
        })
        .collect()
}

fn octets(samples: &[i16]) -> Vec<u8> {
    samples.iter().map(|sample| LAW.encode(*sample)).collect()
}

/// A buffer, the wall time of its ticks, and everything it played.
struct Bench {
    playout: Playout,
    tick: u64,
    played: Vec<i16>,
    first_timestamp: u32,
}

impl Bench {
    fn new() -> Self {
        Self {
            playout: Playout::new(PlayoutConfig::telephone()),
            tick: START / 20,
            played: Vec::new(),
            first_timestamp: 0xffff_f000,
        }
    }

    /// Packet `seq`, sent at its time, comes at `millis`; ticks before that are run.
    fn arrive(&mut self, millis: u64, seq: u32) -> Pushed {
        self.arrive_as(millis, seq, &octets(&speech(seq)))
    }

    fn arrive_as(&mut self, millis: u64, seq: u32, octets: &[u8]) -> Pushed {
        self.run_to(millis);
        let timestamp = self.first_timestamp.wrapping_add(seq.wrapping_mul(160));
        let sound = Sound::Speech(LAW, octets);
        self.playout
            .push(ms(millis), 1000 + seq, Timestamp::new(timestamp), sound)
    }

    /// Runs all ticks up to `millis`, that one included.
    fn run_to(&mut self, millis: u64) {
        while self.tick * 20 <= millis {
            let mut frame = [7; 160];
            self.playout.pull(ms(self.tick * 20), &mut frame);
            self.played.extend_from_slice(&frame);
            self.tick += 1;
        }
    }

    fn stats(&self) -> PlayoutStats {
        *self.playout.stats()
    }

    /// What was played without the silence in front.
    fn heard(&self) -> &[i16] {
        let start = self.played.iter().position(|sample| *sample != 0);
        &self.played[start.unwrap_or(self.played.len())..]
    }
}

/// When packet `seq` would come after a constant way.
fn on_time(seq: u32) -> u64 {
    START + u64::from(seq) * 20 + 5
}

fn all_speech(seqs: impl IntoIterator<Item = u32>) -> Vec<i16> {
    seqs.into_iter().flat_map(speech).collect()
}

#[test]
fn an_even_stream_is_played_sample_for_sample_after_the_least_delay() {
    let mut bench = Bench::new();
    for seq in 0..100 {
        assert_eq!(bench.arrive(on_time(seq), seq), Pushed::Kept);
    }
    bench.run_to(on_time(110));
    let silent = bench
        .played
        .iter()
        .take_while(|sample| **sample == 0)
        .count();
    // The tick at the start, then frames until 40 ms have passed since the packet came.
    assert_eq!(silent / 160, 3);
    assert_eq!(&bench.heard()[..16_000], all_speech(0..100));
    assert_eq!(bench.playout.delay(), Duration::from_millis(55));
    let stats = bench.stats();
    assert_eq!(
        (stats.received, stats.expected, stats.lost()),
        (100, 100, 0)
    );
    assert_eq!((stats.late, stats.duplicates, stats.reordered), (0, 0, 0));
    assert_eq!((stats.held, stats.skipped), (0, 0));
}

// shows: S032
#[test]
fn inside_the_bound_packets_play_in_order_and_later_ones_are_discarded() {
    let mut bench = Bench::new();
    // (packet, when it comes after its time): the bound at the start is 40 ms.
    let script = [
        (0, 0),
        (2, 0),
        (1, 22),
        (3, 0),
        (5, 1),
        (4, 25),
        (6, 0),
        (8, 0),
        (9, 0),
        (10, 0),
        (7, 100),
        (11, 0),
    ];
    let mut late = Vec::new();
    for (seq, after) in script {
        if bench.arrive(on_time(seq) + after, seq) == Pushed::Late {
            late.push(seq);
        }
    }
    bench.run_to(on_time(20));
    assert_eq!(late, [7]);
    assert_eq!(bench.stats().late, 1);
    assert_eq!(bench.stats().reordered, 3);
    assert_eq!(bench.stats().lost(), 0, "it came, if too late");
    let heard = bench.heard();
    assert_eq!(&heard[..7 * 160], all_speech(0..7));
    // What is not in order is nowhere.
    let seven = speech(7);
    assert!(!heard.windows(160).any(|window| window == seven));
    let after = heard.windows(4 * 160).any(|w| w == all_speech(8..12));
    assert!(after, "the rest follows in order");
}

#[test]
fn any_order_inside_the_bound_plays_the_same() {
    let mut rng = crate::Rng::from_seed([5; 32]);
    for _ in 0..20 {
        let mut bench = Bench::new();
        let mut arrivals: Vec<(u64, u32)> = (0..200)
            .map(|seq| (on_time(seq) + if seq == 0 { 0 } else { rng.below(39) }, seq))
            .collect();
        arrivals.sort_unstable();
        for (at, seq) in arrivals {
            assert_eq!(bench.arrive(at, seq), Pushed::Kept);
        }
        bench.run_to(on_time(210));
        assert_eq!(&bench.heard()[..32_000], all_speech(0..200));
    }
}

#[test]
fn a_lost_packet_is_covered_and_the_rest_keeps_its_place() {
    let mut bench = Bench::new();
    for seq in (0..50).filter(|seq| *seq != 20) {
        let _ = bench.arrive(on_time(seq), seq);
    }
    bench.run_to(on_time(60));
    let heard = bench.heard();
    assert_eq!(&heard[..20 * 160], all_speech(0..20));
    assert_eq!(&heard[21 * 160..50 * 160], all_speech(21..50));
    let cover = &heard[20 * 160..21 * 160];
    let before = speech(19);
    // The frame before again, ever quieter.
    assert_eq!(cover[0], before[0]);
    let loudness =
        |samples: &[i16]| -> i64 { samples.iter().map(|s| i64::from(s.unsigned_abs())).sum() };
    assert!(loudness(cover) < loudness(&before));
    assert!(loudness(cover) > loudness(&before) / 2);
    assert_eq!(bench.stats().lost(), 1);
    // 160 for the loss, and the fade of three frames at the end of it all.
    assert_eq!(bench.stats().concealed, 160 + 480);
}

#[test]
fn a_long_loss_fades_into_silence() {
    let mut bench = Bench::new();
    for seq in (0..10).chain(30..40) {
        let _ = bench.arrive(on_time(seq), seq);
    }
    bench.run_to(on_time(50));
    let heard = bench.heard();
    assert_ne!(heard[12 * 160..13 * 160], [0; 160]);
    assert_eq!(heard[13 * 160..30 * 160], [0; 17 * 160]);
    assert_eq!(&heard[30 * 160..40 * 160], all_speech(30..40));
}

#[test]
fn duplicates_are_counted_and_played_once() {
    let mut bench = Bench::new();
    for seq in 0..30 {
        assert_eq!(bench.arrive(on_time(seq), seq), Pushed::Kept);
        assert_eq!(bench.arrive(on_time(seq) + 1, seq), Pushed::Duplicate);
    }
    // Long after it was played.
    assert_eq!(bench.arrive(on_time(30), 3), Pushed::Duplicate);
    bench.run_to(on_time(40));
    assert_eq!(&bench.heard()[..30 * 160], all_speech(0..30));
    let stats = bench.stats();
    assert_eq!((stats.duplicates, stats.lost(), stats.late), (31, 0, 0));
}

/// RFC 3551 §4.1: time went on, numbers did not.
#[test]
fn a_pause_is_silence_and_no_loss() {
    let mut bench = Bench::new();
    for seq in 0..20 {
        let _ = bench.arrive(on_time(seq), seq);
    }
    // Packets 20 to 29 were silence and never sent; then numbers go on from 20.
    for seq in 30..50_u32 {
        bench.run_to(on_time(seq));
        let timestamp = bench.first_timestamp.wrapping_add(seq * 160);
        let payload = octets(&speech(seq));
        let pushed = bench.playout.push(
            ms(on_time(seq)),
            1000 + seq - 10,
            Timestamp::new(timestamp),
            Sound::Speech(LAW, &payload),
        );
        assert_eq!(pushed, Pushed::Kept);
    }
    bench.run_to(on_time(60));
    let heard = bench.heard();
    assert_eq!(&heard[..20 * 160], all_speech(0..20));
    assert_eq!(&heard[30 * 160..50 * 160], all_speech(30..50));
    assert_eq!(bench.stats().lost(), 0);
}

#[test]
fn announced_noise_fills_the_pause() {
    let mut bench = Bench::new();
    for seq in 0..10 {
        let _ = bench.arrive(on_time(seq), seq);
    }
    let timestamp = Timestamp::new(bench.first_timestamp.wrapping_add(10 * 160));
    let at = ms(on_time(10));
    let _ = bench.playout.push(at, 1010, timestamp, Sound::Noise(1000));
    bench.run_to(on_time(10 + 100));
    let noise = &bench.heard()[10 * 160..100 * 160];
    let mean: u64 = noise.iter().map(|s| u64::from(s.unsigned_abs())).sum();
    let mean = mean / noise.len() as u64;
    assert!((900..1100).contains(&mean), "{mean}");
    assert_eq!(bench.stats().concealed, 0);
}

#[test]
fn packets_of_any_span_fill_the_frames() {
    for octets_each in [80_u32, 240, 480, 1600, 1] {
        let mut bench = Bench::new();
        let whole = all_speech(0..40);
        let coded = octets(&whole);
        let span = u64::from(octets_each) / 8;
        for (n, chunk) in coded.chunks(octets_each as usize).enumerate().take(300) {
            // It comes when its last sample has been taken.
            let at = START + (n as u64 + 1) * span + 5;
            bench.run_to(at);
            let timestamp = bench.first_timestamp.wrapping_add(n as u32 * octets_each);
            let pushed = bench.playout.push(
                ms(at),
                n as u32,
                Timestamp::new(timestamp),
                Sound::Speech(LAW, chunk),
            );
            // One sample in each packet soon fills a buffer of 64 packets.
            assert!(pushed == Pushed::Kept || octets_each == 1);
        }
        bench.run_to(START + 2000);
        if octets_each > 1 {
            assert_eq!(&bench.heard()[..whole.len()], whole, "{octets_each}");
        }
    }
}

#[test]
fn payloads_that_are_no_speech_are_refused() {
    let mut bench = Bench::new();
    assert_eq!(bench.arrive_as(on_time(0), 0, &[]), Pushed::Refused);
    assert_eq!(bench.arrive_as(on_time(1), 1, &[0; 1601]), Pushed::Refused);
    assert_eq!(bench.arrive(on_time(2), 2), Pushed::Kept);
    assert_eq!(bench.stats().refused, 2);
}

#[test]
fn uneven_arrival_makes_packets_wait_longer_and_evenness_shorter() {
    let mut rng = crate::Rng::from_seed([6; 32]);
    let mut bench = Bench::new();
    // Speech with a quiet frame now and then, so that there is room to adapt.
    let frame = |seq: u32| {
        if seq % 10 == 9 {
            vec![0; 160]
        } else {
            speech(seq)
        }
    };
    let mut feed = |bench: &mut Bench, seqs: core::ops::Range<u32>, spread: u64| {
        let mut arrivals: Vec<(u64, u32)> = seqs
            .map(|seq| (on_time(seq) + rng.below(spread), seq))
            .collect();
        arrivals.sort_unstable();
        for (at, seq) in arrivals {
            let _ = bench.arrive_as(at, seq, &octets(&frame(seq)));
        }
    };
    feed(&mut bench, 0..500, 1);
    assert!(bench.playout.delay() <= Duration::from_millis(60));
    feed(&mut bench, 500..1000, 120);
    let late = bench.stats().late;
    feed(&mut bench, 1000..2000, 120);
    // It has learnt: hardly any are late now.
    assert!(bench.stats().late - late <= 2, "{:?}", bench.stats());
    let learnt = bench.playout.delay();
    assert!(learnt >= Duration::from_millis(100), "{learnt:?}");
    assert!(learnt <= Duration::from_millis(220), "{learnt:?}");
    feed(&mut bench, 2000..4000, 1);
    let forgotten = bench.playout.delay();
    assert!(forgotten <= Duration::from_millis(100), "{forgotten:?}");
    assert_eq!(bench.stats().lost(), 0);
}

/// Two minutes with a sender whose clock is a thousandth off, all of it loud.
#[test]
fn a_sender_with_another_clock_is_followed() {
    for ppm in [-1000_i64, 1000] {
        let mut bench = Bench::new();
        for seq in 0..6_000_u32 {
            let nominal = i64::from(seq) * 20_000;
            let at = nominal - nominal * ppm / 1_000_000;
            let at = START + 5 + u64::try_from(at).unwrap() / 1000;
            let _ = bench.arrive(at, seq);
        }
        let stats = bench.stats();
        // 120 ms apart at the end, and never far from where it began.
        assert!(bench.playout.delay() < Duration::from_millis(250), "{ppm}");
        let adapted = if ppm < 0 { stats.held } else { stats.skipped };
        assert!((1..=12).contains(&adapted), "{ppm}: {stats:?}");
        assert!(stats.late <= 12, "{ppm}: {stats:?}");
        assert_eq!((stats.lost(), stats.refused), (0, 0));
    }
}

#[test]
fn one_wild_timestamp_is_refused_and_two_begin_anew() {
    let mut bench = Bench::new();
    for seq in 0..20 {
        let _ = bench.arrive(on_time(seq), seq);
    }
    let at = ms(on_time(20));
    let wild = |n: u32| Timestamp::new(0x4000_0000 + n * 160);
    let payload = octets(&speech(0));
    let sound = Sound::Speech(LAW, &payload);
    let pushed = bench.playout.push(at, 1020, wild(0), sound);
    assert_eq!(pushed, Pushed::Refused);
    // The stream goes on as if nothing had been.
    assert_eq!(bench.arrive(on_time(21), 21), Pushed::Kept);
    // The sender's clock has moved for good.
    for n in 0..20 {
        let at = on_time(22 + n);
        bench.run_to(at);
        let pushed = bench.playout.push(ms(at), 1022 + n, wild(n), sound);
        assert_eq!(pushed == Pushed::Refused, n == 0, "{n}");
    }
    bench.run_to(on_time(60));
    let again = speech(0);
    assert!(bench.played.windows(160).filter(|w| *w == again).count() >= 15);
}

#[test]
fn a_full_buffer_refuses_and_recovers() {
    let mut bench = Bench::new();
    // Two seconds in one moment: the network held them back.
    let _ = bench.arrive(on_time(0), 0);
    let mut kept = 0;
    for seq in 1..100 {
        if bench.arrive(on_time(99), seq) == Pushed::Kept {
            kept += 1;
        }
    }
    assert!(kept <= 64);
    for seq in 100..300 {
        let _ = bench.arrive(on_time(seq), seq);
    }
    bench.run_to(on_time(310));
    let last = all_speech(290..300);
    assert!(bench.played.windows(1600).any(|w| w == last));
}

#[test]
fn another_source_starts_with_a_clean_buffer_and_counts_go_on() {
    let mut bench = Bench::new();
    for seq in 0..10 {
        let _ = bench.arrive(on_time(seq), seq);
    }
    bench.playout.restart();
    bench.first_timestamp = 77;
    for seq in 10..20 {
        assert_eq!(bench.arrive(on_time(seq), seq), Pushed::Kept);
    }
    bench.run_to(on_time(30));
    assert_eq!(bench.stats().received, 20);
    let last = all_speech(10..20);
    assert!(bench.played.windows(1600).any(|w| w == last));
}

#[test]
fn random_packets_never_panic() {
    let mut rng = crate::Rng::from_seed([7; 32]);
    let mut playout = Playout::new(PlayoutConfig::telephone());
    for n in 0..20_000_u64 {
        let payload = vec![0x55; usize::try_from(rng.below(1700)).unwrap()];
        let sequence = match rng.below(4) {
            0 => rng.next_u32(),
            _ => n as u32,
        };
        let timestamp = match rng.below(4) {
            0 => rng.next_u32(),
            _ => (n as u32).wrapping_mul(160),
        };
        let sound = if rng.below(5) == 0 {
            Sound::Noise(rng.next_u32() as i16)
        } else {
            Sound::Speech(Law::Mu, &payload)
        };
        let now = ms(n * rng.below(40));
        let _ = playout.push(now, sequence, Timestamp::new(timestamp), sound);
        let mut frame = [0; 160];
        playout.pull(now, &mut frame);
    }
    let mut odd = [0; 7];
    playout.pull(Instant::from_nanos(u64::MAX), &mut odd);
}

/// Before playing has begun nothing is too late: the first packet is the one that was sent first.
#[test]
fn the_first_packet_may_be_overtaken() {
    let mut bench = Bench::new();
    let start = on_time(0);
    assert_eq!(bench.arrive(start + 21, 1), Pushed::Kept);
    assert_eq!(bench.arrive(start + 22, 0), Pushed::Kept);
    for seq in 2..10 {
        assert_eq!(bench.arrive(on_time(seq), seq), Pushed::Kept);
    }
    bench.run_to(on_time(20));
    assert_eq!(&bench.heard()[..1600], all_speech(0..10));
    assert_eq!(bench.stats().late, 0);
}

/// What was had back is played once, and has no say in how long packets wait.
#[test]
fn a_repair_takes_the_place_of_what_is_missing_and_of_nothing_else() {
    let mut bench = Bench::new();
    bench.playout.set_repair_time(Duration::from_millis(60));
    for seq in 0..20_u32 {
        if seq != 10 {
            assert_eq!(bench.arrive(on_time(seq), seq), Pushed::Kept);
        }
        let timestamp = |seq: u32| Timestamp::new(0xffff_f000_u32.wrapping_add(seq * 160));
        let (again, late) = (octets(&speech(10)), octets(&speech(2)));
        if seq == 13 {
            let repair = Sound::Speech(LAW, &again);
            assert_eq!(
                bench.playout.push_repair(1010, timestamp(10), repair),
                Pushed::Kept
            );
            assert_eq!(
                bench.playout.push_repair(1010, timestamp(10), repair),
                Pushed::Duplicate
            );
            // What is played already is too late, whoever sends it again.
            let repair = Sound::Speech(LAW, &late);
            assert_eq!(
                bench.playout.push_repair(1002, timestamp(2), repair),
                Pushed::Late
            );
            // The original after all: it is neither lost nor played twice.
            assert_eq!(bench.arrive(on_time(13) + 1, 10), Pushed::Kept);
        }
    }
    bench.run_to(on_time(40));
    assert_eq!(&bench.heard()[..3200], all_speech(0..20));
    let stats = bench.stats();
    assert_eq!((stats.repaired, stats.lost(), stats.late), (1, 0, 0));
}

/// Counts up from the last sample heard, for two frames of a loss.
#[derive(Debug, Default)]
struct Ramp {
    last: i16,
    left: usize,
    joins: bool,
}

impl Concealment for Ramp {
    fn heard(&mut self, samples: &mut [i16]) {
        if core::mem::take(&mut self.joins) {
            samples[0] = 77;
        }
        self.last = samples[samples.len() - 1];
        self.left = 320;
    }

    fn conceal(&mut self, samples: &mut [i16]) -> bool {
        self.joins = true;
        if self.left < samples.len() {
            return false;
        }
        self.left -= samples.len();
        for sample in samples {
            self.last = self.last.wrapping_add(1);
            *sample = self.last;
        }
        true
    }

    fn restart(&mut self) {
        self.left = 0;
    }
}

#[test]
fn another_may_make_up_what_is_lost() {
    let mut bench = Bench::new();
    let ramp =
        || Some(alloc::boxed::Box::new(Ramp::default()) as alloc::boxed::Box<dyn Concealment>);
    bench.playout.set_concealment(ramp());
    for seq in (0..20).chain(21..30).chain(35..40) {
        let _ = bench.arrive(on_time(seq), seq);
    }
    // Long enough for all that came.
    bench.run_to(on_time(42));
    let heard = bench.heard();
    let frame = |seq: usize| &heard[seq * 160..][..160];
    let made_up = |before: u32, nth: u16| -> Vec<i16> {
        let last = speech(before)[159];
        (1..=160)
            .map(|n| last.wrapping_add((nth * 160 + n) as i16))
            .collect()
    };
    assert_eq!(&heard[..20 * 160], all_speech(0..20));
    assert_eq!(frame(20), made_up(19, 0));
    // It may smooth the join, and leaves the rest alone.
    assert_eq!(frame(21)[0], 77);
    assert_eq!(frame(21)[1..], speech(21)[1..]);
    assert_eq!(&heard[22 * 160..30 * 160], all_speech(22..30));
    // Two frames of a longer loss, then it gives up and there is silence.
    assert_eq!(frame(30), made_up(29, 0));
    assert_eq!(frame(31), made_up(29, 1));
    assert_eq!(heard[32 * 160..35 * 160], [0; 3 * 160]);
    assert_eq!(&heard[36 * 160..40 * 160], all_speech(36..40));
    assert_eq!(bench.stats().lost(), 6);
    // What was made up counts, and nothing else.
    assert_eq!(bench.stats().concealed, 3 * 160);

    // A pause is no loss: nobody is asked.
    let mut bench = Bench::new();
    bench.playout.set_concealment(ramp());
    for seq in 0..10 {
        let _ = bench.arrive(on_time(seq), seq);
    }
    let timestamp = Timestamp::new(bench.first_timestamp.wrapping_add(10 * 160));
    let at = ms(on_time(10));
    let _ = bench.playout.push(at, 1010, timestamp, Sound::Noise(0));
    bench.run_to(on_time(30));
    assert_eq!(bench.heard()[10 * 160..20 * 160], [0; 1600]);
    assert_eq!(bench.stats().concealed, 0);
}
