//! Jitter and loss of each stream over time, as a picture that stands alone: SVG 1.1, light or dark
//! as the reader's screen is.

use std::fmt::Write;
use std::time::Duration;

use offhook::rtp::observer::{Interval, ObservedStream};
use offhook::trace::ladder::Escaped;

use super::text::{loss, millis, title};

const WIDTH: f64 = 960.0;
/// Between the edges of the picture and the axes.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 70.0;
/// The height of a plot, and of what stands above and below it.
const PLOT: f64 = 180.0;
const ABOVE: f64 = 78.0;
const BELOW: f64 = 62.0;

const STYLE: &str = "\
svg{background:#fff;font-family:system-ui,sans-serif;font-size:12px}\
text{fill:#57606a}.h{fill:#24292f;font-weight:600;font-size:14px}\
.g{stroke:#d0d7de;stroke-width:1}.x{stroke:#57606a;stroke-width:1.2;fill:none}\
.j{stroke:#0969da;stroke-width:1.8;fill:none}.jt{fill:#0969da}\
.b{fill:#cf222e;fill-opacity:.45}.lt{fill:#cf222e}\
@media(prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#8b949e}.h{fill:#e6edf3}\
.g{stroke:#30363d}.x{stroke:#8b949e}.j{stroke:#58a6ff}.jt{fill:#58a6ff}\
.b{fill:#f85149}.lt{fill:#f85149}}";

/// A plot for each stream, one below the other.
pub(super) fn svg(streams: &[ObservedStream]) -> String {
    let mut body = String::new();
    let mut top = 10.0;
    for stream in streams {
        panel(stream, top, &mut body);
        top += ABOVE + PLOT + BELOW;
    }
    if streams.is_empty() {
        let _ = writeln!(body, "<text class=\"h\" x=\"24\" y=\"34\">no RTP</text>");
        top = 60.0;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{top}\" \
         viewBox=\"0 0 {WIDTH} {top}\">\n<style>{STYLE}</style>\n{body}</svg>\n"
    )
}

/// One axis: how far it reaches, and the values that stand along it.
struct Axis {
    end: f64,
    step: f64,
}

impl Axis {
    /// From zero to at least `most`, in some five steps of 1, 2 or 5 and zeros.
    fn to(most: f64) -> Self {
        let rough = most.max(1e-6) / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let fits = |factor: &f64| factor * power >= rough * 0.999;
        let factor = [1.0, 2.0, 5.0].into_iter().find(fits).unwrap_or(10.0);
        let step = factor * power;
        Self {
            end: (most / step).ceil().max(1.0) * step,
            step,
        }
    }

    fn values(&self) -> impl Iterator<Item = f64> + '_ {
        let count = (self.end / self.step).round() as usize;
        (0..=count).map(|n| n as f64 * self.step)
    }

    /// A value with as many decimals as the step has.
    fn label(&self, value: f64) -> String {
        let decimals = (-self.step.log10().floor()).clamp(0.0, 6.0) as usize;
        format!("{value:.decimals$}")
    }
}

/// Where a plot is, and what its axes say.
struct Plot {
    top: f64,
    time: Axis,
    jitter: Axis,
    loss: Axis,
}

impl Plot {
    fn x(&self, seconds: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (seconds / self.time.end)
    }

    fn y(&self, share: f64) -> f64 {
        self.bottom() - PLOT * share
    }

    fn bottom(&self) -> f64 {
        self.top + ABOVE + PLOT
    }
}

fn percent(interval: &Interval) -> f64 {
    match interval.expected {
        0 => 0.0,
        expected => f64::from(interval.lost()) * 100.0 / f64::from(expected),
    }
}

fn in_millis(interval: &Interval) -> f64 {
    interval.jitter.as_secs_f64() * 1000.0
}

fn panel(stream: &ObservedStream, top: f64, out: &mut String) {
    let report = stream.report();
    let (length, intervals) = stream.intervals();
    let width = length.as_secs_f64();
    let most = |of: fn(&Interval) -> f64| intervals.iter().map(of).fold(0.0, f64::max);
    let lasted = report.ended.saturating_duration_since(report.began);
    let plot = Plot {
        top,
        time: Axis::to(lasted.as_secs_f64().max(1.0)),
        // A flat line lies at the bottom of a plot of one millisecond, not of nothing.
        jitter: Axis::to(most(in_millis).max(1.0)),
        loss: Axis::to(most(percent).max(1.0)),
    };
    let (heading, below) = (top + 20.0, top + 40.0);
    let _ = writeln!(
        out,
        "<text class=\"h\" x=\"24\" y=\"{heading}\">{}</text>\n\
         <text x=\"24\" y=\"{below}\">{} packets, {}, jitter mean {}, most {}</text>",
        Escaped(&title(&report)),
        report.packets,
        loss(&report),
        millis(report.mean_jitter),
        millis(report.most_jitter),
    );
    legend(length, top + 60.0, out);
    grid(&plot, out);
    for (place, interval) in intervals.iter().enumerate() {
        bar(&plot, place as f64 * width, width, interval, out);
    }
    let points = intervals.iter().enumerate();
    let points = points.filter(|(_, interval)| interval.received > 0);
    let points: Vec<String> = points
        .map(|(place, interval)| {
            // In the middle of its interval, or of what there is of the last one.
            let middle = (place as f64 + 0.5) * width;
            let x = plot.x(middle.min(plot.time.end));
            let y = plot.y(in_millis(interval) / plot.jitter.end);
            format!("{x:.1},{y:.1}")
        })
        .collect();
    let points = points.join(" ");
    let _ = writeln!(out, "<polyline class=\"j\" points=\"{points}\"/>");
}

/// Which colour is what.
fn legend(length: Duration, y: f64, out: &mut String) {
    let seconds = length.as_secs();
    let (line, square) = (y - 4.0, y - 10.0);
    let _ = writeln!(
        out,
        "<path class=\"j\" d=\"M24 {line}h24\"/>\
         <text x=\"54\" y=\"{y}\">jitter (ms), the largest in each {seconds} s</text>\
         <rect class=\"b\" x=\"300\" y=\"{square}\" width=\"24\" height=\"12\"/>\
         <text x=\"330\" y=\"{y}\">loss (%), of the packets due in each {seconds} s</text>"
    );
}

/// The axes, with their values and units.
fn grid(plot: &Plot, out: &mut String) {
    let (left, right, bottom) = (LEFT, WIDTH - RIGHT, plot.bottom());
    let top = bottom - PLOT;
    for value in plot.jitter.values() {
        let y = plot.y(value / plot.jitter.end);
        let (x, below) = (left - 8.0, y + 4.0);
        let label = plot.jitter.label(value);
        let _ = writeln!(
            out,
            "<path class=\"g\" d=\"M{left} {y:.1}H{right}\"/>\
             <text class=\"jt\" x=\"{x}\" y=\"{below:.1}\" text-anchor=\"end\">{label}</text>"
        );
    }
    for value in plot.loss.values() {
        let (x, y) = (right + 8.0, plot.y(value / plot.loss.end) + 4.0);
        let label = plot.loss.label(value);
        let _ = writeln!(
            out,
            "<text class=\"lt\" x=\"{x}\" y=\"{y:.1}\">{label}</text>"
        );
    }
    for value in plot.time.values() {
        let (x, y) = (plot.x(value), bottom + 18.0);
        let label = plot.time.label(value);
        let _ = writeln!(
            out,
            "<path class=\"g\" d=\"M{x:.1} {bottom}v5\"/>\
             <text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{label}</text>"
        );
    }
    let (middle, names, centre) = (top + PLOT / 2.0, bottom + 38.0, (left + right) / 2.0);
    let (from_left, from_right) = (18.0, WIDTH - 16.0);
    let _ = writeln!(
        out,
        "<path class=\"x\" d=\"M{left} {top}V{bottom}H{right}V{top}\"/>\
         <text x=\"{centre}\" y=\"{names}\" text-anchor=\"middle\">time since its first packet (s)</text>\
         <text class=\"jt\" text-anchor=\"middle\" \
         transform=\"translate({from_left} {middle}) rotate(-90)\">jitter (ms)</text>\
         <text class=\"lt\" text-anchor=\"middle\" \
         transform=\"translate({from_right} {middle}) rotate(90)\">loss (%)</text>"
    );
}

fn bar(plot: &Plot, from: f64, width: f64, interval: &Interval, out: &mut String) {
    let percent = percent(interval);
    if percent <= 0.0 {
        return;
    }
    let (x, end) = (plot.x(from), plot.x((from + width).min(plot.time.end)));
    let y = plot.y(percent / plot.loss.end);
    let (width, height) = ((end - x - 1.0).max(0.5), plot.bottom() - y);
    let _ = writeln!(
        out,
        "<rect class=\"b\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\">\
         <title>{} of {} packets lost</title></rect>",
        interval.lost(),
        interval.expected
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_round_steps_and_reaches_its_end() {
        for (most, end, step) in [
            (1.0, 1.0, 0.2),
            (0.9, 1.0, 0.2),
            (7.3, 8.0, 2.0),
            (100.0, 100.0, 20.0),
            (101.0, 150.0, 50.0),
            (36_000.0, 40_000.0, 10_000.0),
        ] {
            let axis = Axis::to(most);
            let near = |a: f64, b: f64| (a - b).abs() < 1e-9 * b;
            assert!(near(axis.end, end) && near(axis.step, step), "{most}");
            let last = axis.values().last().unwrap();
            assert!(near(last, end), "{most}");
        }
        assert_eq!(Axis::to(1.0).label(0.4), "0.4");
        assert_eq!(Axis::to(100.0).label(40.0), "40");
    }
}
