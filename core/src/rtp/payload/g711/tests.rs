use super::*;
use alloc::vec::Vec;

/// The positive decision values of ITU-T G.711, in units of the uniform code the law is defined
/// on, and where each segment's step begins.
fn decisions(segments: &[(i32, i32)], first: &[i32]) -> Vec<i32> {
    let mut values = first.to_vec();
    for &(end, step) in segments {
        while *values.last().unwrap() < end {
            values.push(values.last().unwrap() + step);
        }
    }
    values
}

/// Table 2a: 0, 1, 3 … 31 in steps of 2, then sixteen steps each of 4, 8 … 256, up to 8159.
fn mu_decisions() -> Vec<i32> {
    let segments = [
        (31, 2),
        (95, 4),
        (223, 8),
        (479, 16),
        (991, 32),
        (2015, 64),
        (4063, 128),
        (8159, 256),
    ];
    decisions(&segments, &[0, 1])
}

/// Table 1a: 0 … 64 in steps of 2, then sixteen steps each of 4 … 128, up to 4096.
fn a_decisions() -> Vec<i32> {
    let segments = [
        (64, 2),
        (128, 4),
        (256, 8),
        (512, 16),
        (1024, 32),
        (2048, 64),
        (4096, 128),
    ];
    decisions(&segments, &[0])
}

/// The interval a magnitude falls into: the last one whose lower bound it reaches.
fn interval(decisions: &[i32], size: i32) -> usize {
    let below = decisions.iter().filter(|value| **value <= size).count();
    below.clamp(1, 128) - 1
}

#[test]
fn the_tables_have_128_intervals() {
    assert_eq!(mu_decisions().len(), 129);
    assert_eq!(a_decisions().len(), 129);
}

#[test]
fn every_sample_becomes_the_mu_law_octet_of_table_2() {
    let decisions = mu_decisions();
    for sample in i16::MIN..=i16::MAX {
        let size = if sample < 0 { !sample } else { sample };
        let code = u8::try_from(interval(&decisions, i32::from(size) >> 2)).unwrap();
        // Table 2: positive codes count down from 11111111, negative ones from 01111111.
        let octet = if sample < 0 { 0x7f - code } else { 0xff - code };
        assert_eq!(Law::Mu.encode(sample), octet, "{sample}");
    }
}

#[test]
fn every_sample_becomes_the_a_law_octet_of_table_1() {
    let decisions = a_decisions();
    for sample in i16::MIN..=i16::MAX {
        let size = if sample < 0 { !sample } else { sample };
        let code = u8::try_from(interval(&decisions, i32::from(size) >> 3)).unwrap();
        // Table 1: positive codes count up from 10000000, then even bits are inverted.
        let octet = if sample < 0 { code } else { code | 0x80 } ^ 0x55;
        assert_eq!(Law::A.encode(sample), octet, "{sample}");
    }
}

#[test]
fn every_octet_becomes_the_value_in_the_middle_of_its_interval() {
    let mu = mu_decisions();
    let a = a_decisions();
    for code in 0..128_u8 {
        let n = usize::from(code);
        // y = (x_n + x_n+1) / 2, but 0 for the first interval of µ-law; 14 bits to 16.
        let mu = if n == 0 { 0 } else { (mu[n] + mu[n + 1]) * 2 };
        assert_eq!(i32::from(Law::Mu.decode(0xff - code)), mu);
        assert_eq!(i32::from(Law::Mu.decode(0x7f - code)), -mu);
        // 13 bits to 16.
        let a = (a[n] + a[n + 1]) * 4;
        assert_eq!(i32::from(Law::A.decode((code | 0x80) ^ 0x55)), a);
        assert_eq!(i32::from(Law::A.decode(code ^ 0x55)), -a);
    }
}

#[test]
fn known_values() {
    assert_eq!(Law::Mu.encode(0), 0xff);
    assert_eq!(Law::Mu.encode(i16::MAX), 0x80);
    assert_eq!(Law::Mu.encode(i16::MIN), 0x00);
    assert_eq!(Law::Mu.decode(0x80), 32_124);
    assert_eq!(Law::A.encode(0), 0xd5);
    assert_eq!(Law::A.encode(i16::MAX), 0xaa);
    assert_eq!(Law::A.encode(i16::MIN), 0x2a);
    assert_eq!(Law::A.decode(0xaa), 32_256);
}

#[test]
fn what_was_decoded_encodes_to_the_same_octet() {
    for octet in 0..=255_u8 {
        let sample = Law::Mu.decode(octet);
        // µ-law has two zeros; 0x7f is the negative one.
        let expected = if octet == 0x7f { 0xff } else { octet };
        assert_eq!(Law::Mu.encode(sample), expected);
        assert_eq!(Law::A.encode(Law::A.decode(octet)), octet);
    }
}

// shows: S050
#[test]
fn twenty_milliseconds_are_160_octets_and_come_back() {
    use crate::rtp::profile::{Assignment, assignment};
    for (law, number) in [(Law::Mu, 0), (Law::A, 8)] {
        let payload_type = crate::rtp::PayloadType::new(number).unwrap();
        let Assignment::Static(format) = assignment(payload_type) else {
            panic!()
        };
        assert_eq!(format.name, law.encoding_name());
        let frame = usize::try_from(format.clock_rate / 50).unwrap();
        let samples: Vec<i16> = (0..frame).map(|n| law.decode(n as u8)).collect();
        let mut octets = [0; 200];
        assert_eq!(law.pack(&samples, &mut octets), 160);
        let mut back = [0; 160];
        assert_eq!(law.unpack(&octets[..160], &mut back), 160);
        assert_eq!(back, samples[..]);
    }
}
