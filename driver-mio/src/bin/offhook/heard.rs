//! Whether what was heard is what was said: a search for each piece of the speech in the recording.

use crate::wav::RATE;

/// How long one compared piece is.
const WINDOW: usize = RATE as usize / 5;
/// How far from its expected place a piece may be found: playout may have waited, or caught up.
const REACH: usize = RATE as usize / 4;
/// Correlation from which a piece counts as heard: G.711 of the same speech gives above 0.99.
const SAME: f64 = 0.9;

/// The outcome of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Heard {
    /// How much of the speech's energy was found in the recording, 0 to 1.
    pub(crate) share: f64,
    /// By how many samples the recording lags behind the speech at its first piece.
    pub(crate) lag: isize,
}

impl Heard {
    /// Whether a person would say it is the same speech.
    pub(crate) fn is_the_same(self) -> bool {
        self.share >= 0.95
    }
}

/// Looks for `said` in `heard`.
pub(crate) fn compare(said: &[i16], heard: &[i16]) -> Heard {
    let total: f64 = said.chunks(WINDOW).map(energy).sum();
    let floor = total / said.len().max(1) as f64 * WINDOW as f64 * 0.02;
    let mut found = 0.0;
    let mut sounding = 0.0;
    let mut lag = None;
    for (place, piece) in said.chunks_exact(WINDOW).enumerate() {
        let loudness = energy(piece);
        if loudness <= floor {
            continue;
        }
        sounding += loudness;
        let start = place * WINDOW;
        let best = match lag {
            None => search(piece, heard, 0, heard.len()),
            Some(lag) => {
                let near = start.saturating_add_signed(lag);
                search(piece, heard, near.saturating_sub(REACH), near + REACH)
            }
        };
        if let Some((at, likeness)) = best {
            if likeness >= SAME {
                found += loudness;
                lag = Some(at as isize - start as isize);
            }
        }
    }
    let share = if sounding > 0.0 {
        found / sounding
    } else {
        0.0
    };
    Heard {
        share,
        lag: lag.unwrap_or(0),
    }
}

fn energy(samples: &[i16]) -> f64 {
    samples.iter().map(|s| f64::from(*s) * f64::from(*s)).sum()
}

/// The place in `heard[from..to]` where `piece` fits best, and how well (1 is the same shape).
fn search(piece: &[i16], heard: &[i16], from: usize, to: usize) -> Option<(usize, f64)> {
    let loudness = energy(piece);
    let last = heard.len().checked_sub(piece.len())?.min(to);
    let mut best: Option<(usize, f64)> = None;
    // A coarse pass over every fourth sample of every second place, then a fine one around it.
    for at in (from..=last).step_by(2) {
        let likeness = correlation(piece, heard.get(at..)?, 4);
        if best.is_none_or(|(_, record)| likeness > record) {
            best = Some((at, likeness));
        }
    }
    let (near, _) = best?;
    (near.saturating_sub(3)..=(near + 3).min(last))
        .filter_map(|at| Some((at, correlation(piece, heard.get(at..)?, 1))))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .filter(|_| loudness > 0.0)
}

fn correlation(piece: &[i16], heard: &[i16], step: usize) -> f64 {
    let (mut product, mut ours, mut theirs) = (0i64, 0i64, 0i64);
    for (a, b) in piece.iter().zip(heard).step_by(step) {
        let (a, b) = (i64::from(*a), i64::from(*b));
        product += a * b;
        ours += a * a;
        theirs += b * b;
    }
    if ours == 0 || theirs == 0 {
        return 0.0;
    }
    product as f64 / ((ours as f64).sqrt() * (theirs as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wav;

    #[test]
    fn the_same_speech_later_and_quieter_is_the_same() {
        let said = wav::alice_says().unwrap();
        let mut heard = vec![0; 1234];
        heard.extend(said.iter().map(|s| s / 2));
        let verdict = compare(&said, &heard);
        assert!(verdict.is_the_same(), "{verdict:?}");
        assert_eq!(verdict.lag, 1234);
    }

    #[test]
    fn another_sentence_is_not_the_same() {
        let verdict = compare(&wav::alice_says().unwrap(), &wav::bob_says().unwrap());
        assert!(!verdict.is_the_same(), "{verdict:?}");
    }

    #[test]
    fn silence_and_half_the_speech_are_not_the_same() {
        let said = wav::bob_says().unwrap();
        assert!(!compare(&said, &vec![0; said.len()]).is_the_same());
        assert!(!compare(&said, &said[..said.len() / 2]).is_the_same());
        assert!(!compare(&said, &[]).is_the_same());
    }
}
