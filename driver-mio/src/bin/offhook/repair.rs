//! What repairs lost packets, as it is offered, taken, and agreed on: redundant data (RFC 2198),
//! parity among them (RFC 5109 §14.2), and packets that are asked for and sent again (RFC 4585,
//! RFC 4588).

use std::time::Duration;

use offhook::rtp::PayloadType;
use offhook::rtp::audio::{AudioPlan, Parity, Redundancy, Retransmissions};
use offhook::sdp::attribute::{
    Feedback, FormatParameters, RedFormats, RtcpFeedback, TypedAttribute,
};
use offhook::sdp::{Codec, Format, LocalMedia, MediaPlan};

/// The encoding name of parity (RFC 5109 §13).
const FEC: &str = "ulpfec";
/// Packets that share a block of parity: one of them can be had back, for a fourth more to be sent and
/// 80 ms to wait. Nothing in a description says how many they are; a block does.
const PROTECTED: u8 = 4;
/// What reports may take where packets are asked for, in bits per second each way: with the usual
/// share of a telephone call there would be one request a second.
const REPORTS_BPS: u32 = 16_000;
/// Between two regular reports, in thousandths: what they come at without requests.
const REGULAR_MILLIS: u32 = 5_000;

/// What the command line wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Repair {
    /// How many earlier packets each one holds again.
    pub(crate) red: Option<u8>,
    /// Whether every few packets are protected by parity.
    pub(crate) fec: bool,
    /// For how long packets are kept to be sent again, and waited for.
    pub(crate) rtx: Option<Duration>,
}

impl Repair {
    /// A stream with what is wanted.
    pub(crate) fn of(&self, mut media: LocalMedia) -> LocalMedia {
        self.extend(&mut media.codecs);
        if self.rtx.is_some() {
            media.transport = "RTP/AVPF".into();
            for feedback in [Feedback::Nack, Feedback::MinimumInterval(REGULAR_MILLIS)] {
                let one = RtcpFeedback {
                    format: None,
                    feedback,
                };
                let text = one.to_text().into();
                media
                    .attributes
                    .push((RtcpFeedback::NAME.into(), Some(text)));
            }
            media.bandwidth.rtcp_senders_bps = Some(REPORTS_BPS);
            media.bandwidth.rtcp_receivers_bps = Some(REPORTS_BPS);
        }
        media
    }

    /// The formats that repair others of a list, behind them.
    pub(crate) fn extend(&self, codecs: &mut Vec<Codec>) {
        // Those of G.711 are the same for all (RFC 3551 §6).
        let spoken = codecs.iter().filter(|codec| codec.is_voice());
        let numbers: Vec<u8> = spoken.filter_map(Codec::static_payload_type).collect();
        let with = |name, parameters: String| Codec {
            parameters: Some(parameters.into()),
            ..Codec::audio(name, 8_000)
        };
        let holds = self.fec || self.red.is_some();
        if let Some(first) = numbers.first().filter(|_| holds) {
            let generations = self.red.unwrap_or(0);
            let list = RedFormats {
                payload_types: vec![*first; usize::from(generations) + 1],
            };
            codecs.push(with("red", list.to_string()));
        }
        if self.fec && !numbers.is_empty() {
            // Its number is put into that list where it is given.
            codecs.push(Codec::audio(FEC, 8_000));
        }
        if let Some(time) = self.rtx {
            let millis = time.as_millis();
            let again = numbers
                .iter()
                .map(|number| with("rtx", format!("apt={number};rtx-time={millis}")));
            codecs.extend(again);
        }
    }
}

/// Takes what of it was agreed on.
pub(crate) fn agree(plan: &MediaPlan, agreed: &mut AudioPlan) {
    if let Some((send, receive)) = redundancies(plan) {
        agreed.send_redundancy = send;
        agreed.receive_redundancy = receive;
    }
    if let Some((ours, theirs)) = retransmissions(plan) {
        // Each says for how long it keeps what it sent; what is kept no longer is not waited for.
        agreed.send_retransmission = Some(theirs.agreed(ours.time));
        agreed.receive_retransmission = Some(ours.agreed(ours.time.min(theirs.time)));
    }
}

/// What was agreed on, in words.
pub(crate) fn named(plan: &MediaPlan) -> Option<String> {
    let (send, receive) = redundancies(plan).unwrap_or_default();
    let has = |is_so: fn(Redundancy) -> bool| [send, receive].into_iter().flatten().any(is_so);
    let words = [
        has(|one| one.generations > 0).then_some("red"),
        has(|one| one.parity.is_some()).then_some("fec"),
        retransmissions(plan).map(|_| "rtx"),
    ];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// Redundant data, of which the first is sent and the second received. What we named may always
/// arrive, but nobody waits for it who is told that it does not.
fn redundancies(plan: &MediaPlan) -> Option<(Option<Redundancy>, Option<Redundancy>)> {
    plan.beside.iter().any(is_red).then(|| {
        let theirs = parity(&plan.beside);
        let ours = theirs.and_then(|_| parity(&plan.receive_formats));
        (
            redundancy(&plan.beside, plan.send_payload_type, theirs),
            redundancy(&plan.receive_formats, plan.receive_payload_type, ours),
        )
    })
}

/// Parity as one side takes it.
fn parity(formats: &[Format]) -> Option<Parity> {
    let fec = Codec::audio(FEC, 8_000);
    let format = formats.iter().find(|one| one.codec.matches(&fec))?;
    let payload_type = PayloadType::new(format.payload_type)?;
    Some(Parity::new(payload_type, PROTECTED))
}

/// What we take again, and what they do, where both do.
fn retransmissions(plan: &MediaPlan) -> Option<(Again, Again)> {
    if !plan.generic_nack {
        return None;
    }
    Some((Again::of(&plan.receive_formats)?, Again::of(&plan.beside)?))
}

fn is_red(format: &Format) -> bool {
    format.codec.matches(&Codec::audio("red", 8_000))
}

/// Redundant data of a payload type as one side takes it: what its list names first is what it holds
/// most of, and as often as it is named again it may be held again (RFC 2198 §5). None if it would
/// hold nothing.
fn redundancy(formats: &[Format], main: u8, parity: Option<Parity>) -> Option<Redundancy> {
    let format = formats.iter().find(|one| is_red(one))?;
    let list = format.codec.parameters.as_deref();
    let generations = match list.map(RedFormats::parse) {
        None => u8::from(parity.is_none()),
        Some(list) => {
            let numbers = list?.payload_types;
            let same = numbers.iter().take_while(|number| **number == main).count();
            u8::try_from(same.checked_sub(1)?).ok()?
        }
    };
    let holds = generations > 0 || parity.is_some();
    let payload_type = PayloadType::new(format.payload_type).filter(|_| holds)?;
    Some(Redundancy {
        payload_type,
        generations: generations.min(Redundancy::MOST_GENERATIONS),
        events: false,
        parity,
    })
}

/// What one side takes again, as what.
struct Again {
    formats: Vec<(PayloadType, PayloadType)>,
    time: Duration,
}

impl Again {
    fn of(formats: &[Format]) -> Option<Self> {
        let rtx = Codec::audio("rtx", 8_000);
        let all = formats.iter().filter(|one| one.codec.matches(&rtx));
        let mut time = None;
        let numbers = all.filter_map(|one| {
            let list = FormatParameters(one.codec.parameters.as_deref()?);
            time = time.or(list.number("rtx-time"));
            let apt = u8::try_from(list.number("apt")?).ok()?;
            Some((PayloadType::new(one.payload_type)?, PayloadType::new(apt)?))
        });
        let formats: Vec<_> = numbers.collect();
        // Without a time none is agreed on (RFC 4588 §8.1): the usual one.
        let time = time.map_or(USUAL_TIME, Duration::from_millis);
        (!formats.is_empty()).then_some(Self { formats, time })
    }

    fn agreed(&self, time: Duration) -> Retransmissions {
        let regular = Duration::from_millis(REGULAR_MILLIS.into());
        Retransmissions::new(&self.formats, time).with_regular_interval(regular)
    }
}

/// For how long packets are kept where nobody says otherwise.
pub(crate) const USUAL_TIME: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests;
