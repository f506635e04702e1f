//! Pieces of recordings as one stream of one node, with a tick at the end of each second of each piece.

use ruview_recordings::{RecordingError, Timed, load};

use crate::plan::Segment;

/// Frames that are played again begin so long after the last one, seconds.
pub const JOINT_S: f64 = 0.01;
/// Silence between two pieces, seconds: the node was away, so that no window spans two recordings.
pub const SILENCE_S: f64 = 35.0;
/// A piece that is played to and fro is repeated no more often than this: a recording of a moment would never fill minutes.
const MAX_REPEATS: usize = 1000;

/// A piece at its place in the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// When its first frame comes, seconds of the stream.
    pub from_s: f64,
    /// When its last frame comes, seconds of the stream.
    pub to_s: f64,
    /// Whether somebody asks for a calibration as it begins.
    pub calibrate: bool,
    /// Times are those of the stream.
    pub frames: Vec<Timed>,
}

/// Reads the pieces of a run and puts them one after the other. A piece without frames takes no time.
///
/// # Errors
/// [`RecordingError`] of the first file that is no recording.
pub fn join(segments: &[Segment]) -> Result<Vec<Piece>, RecordingError> {
    let mut pieces = Vec::with_capacity(segments.len());
    let mut start = 0.0;
    for segment in segments {
        let frames = cut(load(&segment.file)?, segment);
        let piece = placed(&frames, start, segment.calibrate);
        if !piece.frames.is_empty() {
            start = piece.to_s + SILENCE_S;
        }
        pieces.push(piece);
    }
    Ok(pieces)
}

/// The frames that a segment names, as often as it says.
fn cut(mut frames: Vec<Timed>, segment: &Segment) -> Vec<Timed> {
    let to_s = segment.to_s.unwrap_or(f64::INFINITY);
    frames.retain(|timed| timed.at_s >= segment.from_s && timed.at_s < to_s);
    match segment.prolong_to_s {
        Some(seconds) => to_and_fro(frames, seconds),
        None => frames,
    }
}

/// The frames forwards and backwards in turn until `seconds` are full: any length of them, without a jump where they turn.
/// Frames that last longer anyway are left as they are.
fn to_and_fro(frames: Vec<Timed>, seconds: f64) -> Vec<Timed> {
    let (Some(first), Some(last)) = (frames.first().map(|f| f.at_s), frames.last().map(|f| f.at_s)) else {
        return frames;
    };
    let length = last - first;
    if length >= seconds {
        return frames;
    }
    let mut all: Vec<Timed> = Vec::new();
    let mut start = 0.0;
    for turn in 0..MAX_REPEATS {
        if start >= seconds {
            break;
        }
        if turn % 2 == 0 {
            all.extend(frames.iter().map(|f| Timed { at_s: start + f.at_s - first, frame: f.frame.clone() }));
        } else {
            all.extend(frames.iter().rev().map(|f| Timed { at_s: start + last - f.at_s, frame: f.frame.clone() }));
        }
        start += length + JOINT_S;
    }
    all.retain(|timed| timed.at_s < seconds);
    all
}

fn placed(frames: &[Timed], start: f64, calibrate: bool) -> Piece {
    let first = frames.first().map_or(0.0, |timed| timed.at_s);
    let frames: Vec<Timed> =
        frames.iter().map(|timed| Timed { at_s: start + timed.at_s - first, frame: timed.frame.clone() }).collect();
    let to_s = frames.last().map_or(start, |timed| timed.at_s);
    Piece { from_s: start, to_s, calibrate, frames }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ruview_core::{Complex32, CsiFrame};
    use ruview_recordings::NODE;

    use super::*;

    fn recording(times: &[f64]) -> Vec<Timed> {
        let frame = |at_s: &f64| {
            let samples = vec![Complex32::new(*at_s as f32, 0.0); 4];
            Timed { at_s: *at_s, frame: CsiFrame::new(NODE, 1, 4, samples).unwrap() }
        };
        times.iter().map(frame).collect()
    }

    fn told(frames: &[Timed]) -> Vec<(f64, f32)> {
        frames.iter().map(|timed| (timed.at_s, timed.frame.iq()[0].re)).collect()
    }

    #[test]
    fn a_piece_begins_just_after_the_one_before() {
        let piece = placed(&recording(&[3.0, 3.5]), 10.0 + JOINT_S, false);
        assert_eq!(told(&piece.frames), [(10.01, 3.0), (10.51, 3.5)]);
        assert_eq!((piece.from_s, piece.to_s), (10.01, 10.51));
    }

    #[test]
    fn to_and_fro_turns_at_both_ends() {
        let frames = told(&to_and_fro(recording(&[5.0, 5.25, 6.0]), 2.5));
        let values: Vec<_> = frames.iter().map(|(_, value)| *value).collect();
        assert_eq!(values, [5.0, 5.25, 6.0, 6.0, 5.25, 5.0, 5.0, 5.25]);
        assert!(frames.last().is_some_and(|(at_s, _)| (at_s - 2.27).abs() < 1e-9), "{frames:?}");
    }

    #[test]
    fn a_long_recording_is_played_once() {
        assert_eq!(told(&to_and_fro(recording(&[1.0, 4.0]), 2.0)), [(1.0, 1.0), (4.0, 4.0)]);
    }

    proptest! {
        #[test]
        fn time_never_goes_back_and_is_filled(
            steps in prop::collection::vec(0.0..0.5_f64, 1..40), seconds in 0.0..30.0_f64,
        ) {
            let times: Vec<f64> = steps.iter().scan(0.0, |at, step| { *at += step; Some(*at) }).collect();
            let length = times[times.len() - 1] - times[0];
            let frames = to_and_fro(recording(&times), seconds);
            prop_assert!(frames.windows(2).all(|pair| pair[0].at_s <= pair[1].at_s));
            if length > 0.05 && seconds > 0.0 {
                let longest_step = steps.iter().copied().fold(JOINT_S, f64::max);
                let reached = frames[frames.len() - 1].at_s - frames[0].at_s;
                prop_assert!(reached + longest_step + JOINT_S >= seconds.min(length * 500.0), "{reached} of {seconds}");
            }
        }
    }
}
