//! WAV files: read as 8 kHz mono, written as 8 kHz mono 16-bit PCM.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Samples a second in everything this program plays and records.
pub(crate) const RATE: u32 = 8000;

/// What Alice says in the demo.
pub(crate) fn alice_says() -> Result<Vec<i16>, Failure> {
    embedded(include_bytes!("../../../assets/alice.wav"))
}

/// What Bob says in the demo.
pub(crate) fn bob_says() -> Result<Vec<i16>, Failure> {
    embedded(include_bytes!("../../../assets/bob.wav"))
}

fn embedded(bytes: &[u8]) -> Result<Vec<i16>, Failure> {
    let reader = hound::WavReader::new(Cursor::new(bytes))
        .map_err(|error| Failure::local(format!("the embedded speech is unreadable: {error}")))?;
    samples(reader).map_err(|why| Failure::local(format!("the embedded speech: {why}")))
}

/// Reads `path` as 8 kHz mono samples: other rates are converted, other channels averaged.
pub(crate) fn read(path: &Path) -> Result<Vec<i16>, Failure> {
    let cannot = |why: String| {
        Failure::local(format!(
            "cannot play {}: {why} (give a WAV file, 8 to 32 bit PCM or float)",
            path.display()
        ))
    };
    let reader = hound::WavReader::open(path).map_err(|error| cannot(error.to_string()))?;
    samples(reader).map_err(cannot)
}

fn samples<R: std::io::Read>(mut reader: hound::WavReader<R>) -> Result<Vec<i16>, String> {
    let spec = reader.spec();
    let channels = usize::from(spec.channels.max(1));
    let flat: Result<Vec<f32>, hound::Error> = match spec.sample_format {
        hound::SampleFormat::Int => {
            let full = 2f32.powi(i32::from(spec.bits_per_sample) - 1);
            reader
                .samples::<i32>()
                .map(|s| s.map(|s| s as f32 / full))
                .collect()
        }
        hound::SampleFormat::Float => reader.samples::<f32>().collect(),
    };
    let flat = flat.map_err(|error| error.to_string())?;
    let mono: Vec<f32> = flat
        .chunks(channels)
        .map(|frame| frame.iter().sum::<f32>() / frame.len() as f32)
        .collect();
    if mono.is_empty() {
        return Err("it holds no sound".into());
    }
    Ok(resampled(&mono, spec.sample_rate)
        .iter()
        .map(|s| (s * 32767.0) as i16)
        .collect())
}

/// Straight lines between neighbours: plain, and enough for telephone speech. What is above half
/// the new rate is averaged away first.
fn resampled(samples: &[f32], rate: u32) -> Vec<f32> {
    if rate == RATE || rate == 0 {
        return samples.to_vec();
    }
    let step = f64::from(rate) / f64::from(RATE);
    let width = step.max(1.0);
    let length = (samples.len() as f64 / step) as usize;
    (0..length)
        .map(|n| {
            let from = n as f64 * step;
            let first = from as usize;
            let last = ((from + width) as usize).clamp(first + 1, samples.len().max(first + 1));
            match samples.get(first..last.min(samples.len())) {
                Some(part) if !part.is_empty() => part.iter().sum::<f32>() / part.len() as f32,
                _ => 0.0,
            }
        })
        .collect()
}

/// Writes 8 kHz mono samples.
pub(crate) fn write(path: &Path, samples: &[i16]) -> Result<(), Failure> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let all = || -> Result<(), hound::Error> {
        let mut writer = hound::WavWriter::create(path, spec)?;
        for sample in samples {
            writer.write_sample(*sample)?;
        }
        writer.finalize()
    };
    all().map_err(|error| Failure::local(format!("cannot write {}: {error}", path.display())))
}

/// `call.wav`, then `call-2.wav`, `call-3.wav` for the calls after the first.
pub(crate) fn numbered(path: &Path, call: usize) -> PathBuf {
    if call <= 1 {
        return path.to_path_buf();
    }
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let ending = path
        .extension()
        .map_or_else(|| "wav".into(), |e| e.to_string_lossy().into_owned());
    path.with_file_name(format!("{stem}-{call}.{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_sentences_are_speech_and_differ() {
        let alice = alice_says().unwrap();
        let bob = bob_says().unwrap();
        assert!(alice.len() > 4 * RATE as usize && bob.len() > 4 * RATE as usize);
        assert_ne!(alice[..8000], bob[..8000]);
    }

    #[test]
    fn a_file_written_is_the_file_read() {
        let path = std::env::temp_dir().join(format!("offhook-wav-{}.wav", std::process::id()));
        let tone: Vec<i16> = (0..1600)
            .map(|n| ((n % 40) * 500 - 10_000) as i16)
            .collect();
        write(&path, &tone).unwrap();
        let back = read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(back.len(), tone.len());
        assert!(back.iter().zip(&tone).all(|(a, b)| (a - b).abs() <= 2));
    }

    #[test]
    fn sixteen_kilohertz_comes_out_half_as_long() {
        let samples = vec![0.5; 3200];
        let half = resampled(&samples, 16_000);
        assert_eq!(half.len(), 1600);
        assert!(half.iter().all(|s| (s - 0.5).abs() < 1e-6));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read(Path::new("/nonexistent/tone.wav")).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/tone.wav"));
    }
}
