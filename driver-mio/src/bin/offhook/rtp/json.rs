//! The streams as one JSON object, for programs.

use std::time::Duration;

use offhook::rtp::Mos;
use offhook::rtp::observer::{ObservedStream, StreamReport};

use crate::json::Members;

/// `{"streams": [{…}, …]}`, and a line end.
pub(super) fn document(streams: &[ObservedStream]) -> String {
    let streams: Vec<String> = streams.iter().map(|it| stream(&it.report())).collect();
    let mut all = Members::default();
    all.plain("streams", Some(array(&streams)));
    format!("{}\n", all.object())
}

fn array(values: &[String]) -> String {
    format!("[{}]", values.join(","))
}

/// In milliseconds.
fn millis(span: Duration) -> String {
    format!("{:.3}", span.as_secs_f64() * 1000.0)
}

/// A share told in 1/256, as a part of one.
fn share(of_256: u8) -> String {
    format!("{:.4}", f64::from(of_256) / 256.0)
}

fn stream(report: &StreamReport) -> String {
    let mut out = Members::default();
    out.plain("ssrc", Some(report.id.ssrc.as_u32()));
    out.text("source", &report.id.source.to_string());
    out.text("destination", &report.id.destination.to_string());
    out.plain("payload_type", Some(report.payload_type.as_u8()));
    match &report.name {
        Some(name) => out.text("encoding", name),
        None => out.plain("encoding", None::<u8>),
    }
    out.plain("clock_rate", Some(report.clock_rate));
    let types = report.payload_types.iter().map(|(number, packets)| {
        let mut one = Members::default();
        one.plain("payload_type", Some(number.as_u8()));
        one.plain("packets", Some(packets));
        one.object()
    });
    out.plain("payload_types", Some(array(&types.collect::<Vec<_>>())));
    let start = Duration::from_nanos(report.began.as_nanos());
    out.plain("start", Some(format!("{:.6}", start.as_secs_f64())));
    let lasted = report.ended.saturating_duration_since(report.began);
    out.plain("seconds", Some(format!("{:.3}", lasted.as_secs_f64())));
    out.plain("packets", Some(report.packets));
    out.plain("octets", Some(report.octets));
    out.plain("expected", Some(report.expected));
    out.plain("lost", Some(report.lost));
    out.plain("missing", Some(report.missing));
    out.plain("reordered", Some(report.reordered));
    out.plain("duplicates", Some(report.duplicates));
    out.plain("restarts", Some(report.restarts));
    out.plain("packet_ms", report.packet.map(millis));
    out.plain("jitter_ms", Some(millis(report.mean_jitter)));
    out.plain("max_jitter_ms", Some(millis(report.most_jitter)));
    out.plain("last_jitter_ms", Some(millis(report.jitter)));
    let variation = report.mean_delay_variation;
    out.plain("delay_variation_ms", Some(millis(variation)));
    let most = report.most_delay_variation;
    out.plain("max_delay_variation_ms", Some(millis(most)));
    out.plain("max_spacing_ms", Some(millis(report.longest_spacing)));
    let bursts = &report.bursts;
    out.plain("burst_density", Some(share(bursts.burst_density)));
    out.plain("gap_density", Some(share(bursts.gap_density)));
    out.plain("burst_ms", Some(bursts.burst_duration));
    out.plain("gap_ms", Some(bursts.gap_duration));
    out.plain("r_factor", report.r_factor);
    let mos = report.r_factor.map(|rating| rating.mos());
    out.plain("mos", mos.map(|mos: Mos| mos.to_string()));
    out.text("dtmf", &report.dtmf);
    out.plain("rtcp", Some(rtcp(report)));
    out.object()
}

fn rtcp(report: &StreamReport) -> String {
    let heard = &report.heard;
    let mut out = Members::default();
    out.plain("sender_reports", Some(heard.sender_reports));
    out.plain("sent", heard.sent);
    out.plain("receiver_reports", Some(heard.receiver_reports));
    let last = heard.last.as_ref();
    out.plain("lost", last.map(|block| block.cumulative_lost));
    out.plain("round_trip_ms", heard.round_trip.map(millis));
    match &heard.cname {
        Some(cname) => out.text("cname", &String::from_utf8_lossy(cname)),
        None => out.plain("cname", None::<u8>),
    }
    out.plain("goodbye", Some(heard.goodbye));
    out.object()
}
