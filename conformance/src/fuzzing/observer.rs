//! What an observer beside the path makes of any datagrams (RFC 3550 A.1, A.3).

use std::net::SocketAddr;

use offhook::Instant;
use offhook::rtp::number::PayloadType;
use offhook::rtp::observer::{Announcement, Observation, Observer, ObserverLimits, StreamReport};

const ENDS: [([u8; 4], u16); 2] = [([192, 0, 2, 1], 4000), ([192, 0, 2, 2], 4002)];
/// The octets in front of each datagram.
const HEAD: usize = 3;

/// Datagrams, in front of each how much later it comes, from whom to whom, and how long it is: the
/// sums of what is told of each stream are right, and no packet is in two of them.
pub fn observer(bytes: &[u8]) {
    let mut observer = Observer::new(ObserverLimits {
        streams: 2,
        candidates: 3,
        announcements: 4,
    });
    let (mut now, mut datagrams, mut rest) = (0, 0, bytes);
    while let Some((&[later, way, length], after)) = rest.split_first_chunk::<HEAD>() {
        let (datagram, after) = after.split_at(usize::from(length).min(after.len()));
        rest = after;
        // Milliseconds, and a few hours at once.
        now += u64::from(later) << if way & 0x80 == 0 { 0 } else { 16 };
        let (from, to) = (ENDS[usize::from(way & 1)], ENDS[usize::from(!way & 1)]);
        let (from, to) = (SocketAddr::from(from), SocketAddr::from(to));
        if way & 2 != 0 {
            observer.announce(announced(to, way, datagram));
        }
        let seen = observer.observe(Instant::from_millis(now), from, to, datagram);
        datagrams += u64::from(seen != Observation::Control && seen != Observation::Other);
    }
    let mut packets = observer.no_room();
    for stream in observer.streams() {
        let report = stream.report();
        let came = assert_sums(&report);
        packets += came;
        let (_, intervals) = stream.intervals();
        let received: u64 = intervals.iter().map(|one| u64::from(one.received)).sum();
        assert!(received <= came);
    }
    assert!(packets <= datagrams, "{packets} of {datagrams}");
}

/// How many packets there were, also of those that A.1 does not count because the source seems to
/// begin anew.
fn assert_sums(report: &StreamReport) -> u64 {
    let came: u64 = report.payload_types.iter().map(|(_, count)| count).sum();
    assert!(report.packets <= came);
    assert!(report.began <= report.ended);
    let difference = i128::from(report.expected) - i128::from(report.packets);
    assert_eq!(i128::from(report.lost), difference);
    assert!(report.missing <= report.expected);
    assert!(report.reordered + report.duplicates <= came);
    assert!(report.mean_jitter <= report.most_jitter && report.jitter <= report.most_jitter);
    assert!(report.mean_delay_variation <= report.most_delay_variation);
    came
}

/// What a description might have said of the payload type of this packet.
fn announced(address: SocketAddr, way: u8, datagram: &[u8]) -> Announcement {
    let number = datagram.get(1).map_or(0, |octet| octet & 0x7f);
    Announcement {
        address,
        payload_type: PayloadType::new(number).unwrap_or(PayloadType::PCMA),
        name: match way & 0x14 {
            0 => "PCMA",
            4 => "telephone-event",
            _ => "red",
        }
        .to_owned(),
        clock_rate: if way & 8 == 0 {
            8_000
        } else {
            u32::from(way) << 24
        },
    }
}
