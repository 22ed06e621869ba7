//! The streams in words, for people.

use std::fmt::Write;
use std::time::Duration;

use offhook::Instant;
use offhook::rtp::observer::{ObservedStream, StreamReport};

/// A paragraph for each stream, times counted from the first packet of all.
pub(super) fn report(streams: &[ObservedStream]) -> String {
    let start = streams.iter().map(ObservedStream::began).min();
    let start = start.unwrap_or(Instant::ZERO);
    let all = streams.iter();
    let all = all.map(|stream| paragraph(&stream.report(), start));
    all.collect::<Vec<_>>().join("\n")
}

pub(super) fn millis(span: Duration) -> String {
    format!("{:.1} ms", span.as_secs_f64() * 1000.0)
}

/// Who sends what to whom.
pub(super) fn title(report: &StreamReport) -> String {
    let (id, number) = (&report.id, report.payload_type.as_u8());
    let what = match &report.name {
        Some(name) => format!("{name} ({number})"),
        None => format!("payload type {number}"),
    };
    let (ssrc, source, destination) = (id.ssrc, id.source, id.destination);
    format!("{ssrc}  {source} > {destination}  {what}")
}

/// What part of the expected packets never came.
pub(super) fn loss(report: &StreamReport) -> String {
    let share = match report.expected {
        0 => 0.0,
        expected => report.lost as f64 * 100.0 / expected as f64,
    };
    format!("{} lost ({share:.1} %)", report.lost)
}

fn paragraph(report: &StreamReport, start: Instant) -> String {
    let mut out = String::new();
    let seconds = |at: Instant| at.saturating_duration_since(start).as_secs_f64();
    let (began, ended) = (seconds(report.began), seconds(report.ended));
    let mos = report.r_factor.map(|rating| rating.mos());
    let mos = mos.map_or_else(|| "-".to_owned(), |mos| mos.to_string());
    let bursts = &report.bursts;
    let density = |of_256: u8| f64::from(of_256) * 100.0 / 256.0;
    let _ = write!(
        out,
        "{}\n  \
         {began:.3} s to {ended:.3} s, {} of {} packets, {}, {} reordered, {} duplicates, MOS {mos}\n  \
         jitter mean {}, most {}; delay variation mean {}, most {}; longest spacing {}\n",
        title(report),
        report.packets,
        report.expected,
        loss(report),
        report.reordered,
        report.duplicates,
        millis(report.mean_jitter),
        millis(report.most_jitter),
        millis(report.mean_delay_variation),
        millis(report.most_delay_variation),
        millis(report.longest_spacing),
    );
    if report.missing > 0 {
        let _ = writeln!(
            out,
            "  losses in bursts {:.1} % over {} ms, between them {:.1} % over {} ms",
            density(bursts.burst_density),
            bursts.burst_duration,
            density(bursts.gap_density),
            bursts.gap_duration,
        );
    }
    if report.restarts > 0 {
        let _ = writeln!(out, "  its numbers began anew {} times", report.restarts);
    }
    if !report.dtmf.is_empty() {
        let _ = writeln!(out, "  keys {}", report.dtmf);
    }
    out.push_str(&rtcp(report));
    out
}

fn rtcp(report: &StreamReport) -> String {
    let heard = &report.heard;
    if heard.sender_reports == 0 && heard.receiver_reports == 0 {
        return String::new();
    }
    let mut out = format!(
        "  RTCP: {} sender reports, {} receiver reports",
        heard.sender_reports, heard.receiver_reports
    );
    if let Some(last) = &heard.last {
        let _ = write!(out, ", {} lost by the last", last.cumulative_lost);
    }
    if let Some(round_trip) = heard.round_trip {
        let _ = write!(out, ", round trip {}", millis(round_trip));
    }
    if let Some(cname) = &heard.cname {
        let cname = String::from_utf8_lossy(cname);
        let _ = write!(out, ", from {}", cname.escape_debug());
    }
    if heard.goodbye {
        out.push_str(", goodbye");
    }
    out.push('\n');
    out
}
