//! Falls against recordings by others, with their labels. Prints what it measured:
//! `cargo test -p ruview-signal --test falls -- --nocapture --test-threads=1`.
//!
//! The weights are fitted on the clips of one person and judged on those of the other, who also is in another room. A clip
//! without its burst followed by stillness within its ten seconds counts as not detected.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, outside of test functions")]

mod any;
#[allow(dead_code, reason = "each test file uses a part of it")]
mod common;

use std::path::Path;
use std::time::Duration;

use any::{any_frame, any_step_us};
use common::{Timed, concatenated, load, recordings, stream_time};
use proptest::prelude::*;
use ruview_core::{Complex32, CsiFrame, NodeNumber, StreamTime};
use ruview_signal::{FallAssessment, FallConfig, FallDetector};

/// A recording, and what it shows.
struct Clip {
    person: usize,
    label: String,
    frames: Vec<Timed>,
}

impl Clip {
    fn is_fall(&self) -> bool {
        self.label == "fall"
    }
}

/// A burst that was followed by stillness.
#[derive(Clone, Copy)]
struct Event {
    person: usize,
    is_fall: bool,
    strength: f64,
    log_duration: f64,
}

fn clips(data: &Path) -> Vec<Clip> {
    let labels = std::fs::read_to_string(data.join("labels.csv")).unwrap();
    let lines = labels.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let of_set = lines.filter(|fields| fields[0] == "fall_nexmon_fition");
    of_set
        .map(|fields| Clip {
            person: if fields[1].contains("_user1_") { 1 } else { 2 },
            label: fields[3].to_owned(),
            frames: load(&data.join(fields[1])),
        })
        .collect()
}

/// What a detector says of `frames`.
fn assessed(config: FallConfig, frames: &[Timed]) -> FallAssessment {
    let mut detector = FallDetector::with_config(config);
    for (at, frame) in frames {
        detector.push(stream_time(*at), frame);
    }
    detector.assess(stream_time(frames.last().map_or(0.0, |(at, _)| *at)))
}

/// A detector that reports every burst, with the weighted sum of these as its score.
fn reporting_all(strength: f64, enough_strength: f64, duration: f64) -> FallConfig {
    FallConfig {
        strength: strength as f32,
        enough_strength: enough_strength as f32,
        duration: duration as f32,
        offset: 0.0,
        least_confidence: 0.0,
        at_most_every: Duration::ZERO,
        ..FallConfig::default()
    }
}

/// The score whose logistic function is `confidence`.
fn score(confidence: f32) -> f64 {
    let odds = f64::from(confidence) / (1.0 - f64::from(confidence)).max(1e-9);
    odds.max(1e-9).ln()
}

/// All bursts of the clips that were followed by two seconds of stillness: more than by the usual 2.5, for fitting.
fn events(clips: &[Clip]) -> Vec<Event> {
    let stillness = Duration::from_secs(2);
    let of_clip = |clip: &Clip| {
        let scores = |config: FallConfig| {
            let falls = assessed(FallConfig { stillness, ..config }, &clip.frames).falls;
            falls.into_iter().map(|fall| score(fall.confidence)).collect::<Vec<_>>()
        };
        let strengths = scores(reporting_all(1.0, f64::from(f32::MAX), 0.0));
        let durations = scores(reporting_all(0.0, 0.0, 1.0));
        let (person, is_fall) = (clip.person, clip.is_fall());
        let event = |(strength, log_duration)| Event { person, is_fall, strength, log_duration };
        strengths.into_iter().zip(durations).map(event).collect::<Vec<_>>()
    };
    clips.iter().flat_map(of_clip).collect()
}

/// Logistic regression of "is a fall" on strength, at most `enough`, and log duration: Newton's method, classes balanced,
/// a unit ridge on the standardised weights. Returns the two weights and the offset.
fn fitted(events: &[Event], enough: f64) -> [f64; 3] {
    let rows: Vec<([f64; 2], bool)> =
        events.iter().map(|e| ([e.strength.min(enough), e.log_duration], e.is_fall)).collect();
    let count = rows.len() as f64;
    let mean = |i: usize| rows.iter().map(|(x, _)| x[i]).sum::<f64>() / count;
    let means = [mean(0), mean(1)];
    let deviation = |i: usize| (rows.iter().map(|(x, _)| (x[i] - means[i]).powi(2)).sum::<f64>() / count).sqrt();
    let deviations = [deviation(0), deviation(1)];
    let falls = rows.iter().filter(|(_, is_fall)| *is_fall).count() as f64;
    let mut weights = [0.0; 3];
    for _ in 0..50 {
        let mut gradient = [weights[0], weights[1], 0.0];
        let mut hessian = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1e-9]];
        for (x, is_fall) in &rows {
            let z = [(x[0] - means[0]) / deviations[0], (x[1] - means[1]) / deviations[1], 1.0];
            let p = 1.0 / (1.0 + (-(0..3).map(|i| weights[i] * z[i]).sum::<f64>()).exp());
            let balance = count / 2.0 / if *is_fall { falls } else { count - falls };
            for i in 0..3 {
                gradient[i] += balance * (p - f64::from(u8::from(*is_fall))) * z[i];
                (0..3).for_each(|j| hessian[i][j] += balance * p * (1.0 - p) * z[i] * z[j]);
            }
        }
        let step = solved(hessian, gradient);
        (0..3).for_each(|i| weights[i] -= step[i]);
    }
    let [a, b] = [weights[0] / deviations[0], weights[1] / deviations[1]];
    [a, b, weights[2] - a * means[0] - b * means[1]]
}

/// Cramer's rule.
fn solved(matrix: [[f64; 3]; 3], right: [f64; 3]) -> [f64; 3] {
    let determinant = |m: &[[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    std::array::from_fn(|column| {
        let mut replaced = matrix;
        (0..3).for_each(|row| replaced[row][column] = right[row]);
        determinant(&replaced) / determinant(&matrix)
    })
}

/// The largest mean square change within 60 ms, averaged over half a second, of the bins that carry signal: burst energy
/// alone, on the bins that suit it best.
fn burst_energy(frames: &[Timed]) -> f64 {
    let amplitudes: Vec<Vec<f64>> =
        frames.iter().map(|(_, frame)| frame.iq().iter().map(|iq| f64::from(iq.norm())).collect()).collect();
    let bins = amplitudes[0].len();
    let mean_of = |bin: usize| amplitudes.iter().map(|a| a[bin]).sum::<f64>() / amplitudes.len() as f64;
    let means: Vec<f64> = (0..bins).map(mean_of).collect();
    let strongest = means.iter().copied().fold(0.0, f64::max);
    let strong: Vec<usize> = (0..bins).filter(|&bin| means[bin] > 0.2 * strongest).collect();
    let shape = |a: &Vec<f64>| {
        let level = strong.iter().map(|&bin| a[bin]).sum::<f64>() / strong.len() as f64;
        strong.iter().map(|&bin| a[bin] / level).collect::<Vec<_>>()
    };
    let shapes: Vec<Vec<f64>> = amplitudes.iter().map(shape).collect();
    let change = |i: usize| {
        let squares = shapes[i].iter().zip(&shapes[i - 3]).map(|(a, b)| (a - b).powi(2));
        squares.sum::<f64>() / strong.len() as f64
    };
    let changes: Vec<f64> = (3..shapes.len()).map(change).collect();
    changes.windows(25).map(|half_second| half_second.iter().sum::<f64>() / 25.0).fold(0.0, f64::max)
}

/// How many falls score higher than all but so many of the other clips.
fn recall_at<const N: usize>(scored: &[(f64, bool)], false_alarms: [usize; N]) -> [usize; N] {
    let mut others: Vec<f64> = scored.iter().filter(|(_, is_fall)| !is_fall).map(|(score, _)| *score).collect();
    others.sort_unstable_by(|a, b| b.total_cmp(a));
    false_alarms.map(|n| scored.iter().filter(|(score, is_fall)| *is_fall && *score > others[n]).count())
}

/// The highest score of each clip; `NEG_INFINITY` where nothing was reported.
fn scored<'a>(clips: impl Iterator<Item = &'a Clip>, score_of: impl Fn(&Clip) -> f64) -> Vec<(f64, bool)> {
    clips.map(|clip| (score_of(clip), clip.is_fall())).collect()
}

const FALSE_ALARMS: [usize; 4] = [0, 1, 2, 4];

#[test]
fn better_than_burst_energy_on_the_person_not_fitted_on() {
    let Some(data) = recordings() else { return };
    let clips = clips(&data);
    let events = events(&clips);
    println!("falls detected of 30 at {FALSE_ALARMS:?} false alarms in 80 other clips (0.23 h)");
    for (fitted_on, tested_on) in [(1, 2), (2, 1)] {
        let of_person = || clips.iter().filter(|clip| clip.person == tested_on);
        let training: Vec<Event> = events.iter().filter(|event| event.person == fitted_on).copied().collect();
        let enough = f64::from(FallConfig::default().enough_strength);
        let [strength, duration, offset] = fitted(&training, enough);
        let highest = |config: FallConfig| {
            move |clip: &Clip| {
                let falls = assessed(config, &clip.frames).falls;
                falls.iter().map(|fall| score(fall.confidence)).fold(f64::NEG_INFINITY, f64::max)
            }
        };
        let config = FallConfig { offset: offset as f32, ..reporting_all(strength, enough, duration) };
        let detector = recall_at(&scored(of_person(), highest(config)), FALSE_ALARMS);
        let energy = recall_at(&scored(of_person(), |clip| burst_energy(&clip.frames)), FALSE_ALARMS);
        let stilled =
            recall_at(&scored(of_person(), highest(reporting_all(1.0, f64::from(f32::MAX), 0.0))), FALSE_ALARMS);
        println!(
            "person {tested_on}: fitted on {fitted_on} (weights {strength:.1} {duration:.1}, offset {offset:.1}) {detector:?}"
        );
        println!(
            "person {tested_on}: burst energy alone {energy:?}, energy of bursts followed by stillness {stilled:?}"
        );
        for (i, n) in FALSE_ALARMS.iter().enumerate().skip(1) {
            assert!(detector[i] > energy[i] && detector[i] > stilled[i], "at {n} false alarms");
        }
        assert!(detector[2] >= 15, "half of the falls at two false alarms");
    }
}

#[test]
fn what_is_detected_of_each_activity() {
    let Some(data) = recordings() else { return };
    let clips = clips(&data);
    for person in [1, 2] {
        let (mut alarms, mut hours) = (0, 0.0);
        for label in ["fall", "sitdown", "standup", "getintobed", "walking", "nm"] {
            let of_label: Vec<&Clip> = clips.iter().filter(|c| c.person == person && c.label == label).collect();
            let found: Vec<FallAssessment> =
                of_label.iter().map(|clip| assessed(FallConfig::default(), &clip.frames)).collect();
            let falls = found.iter().filter(|found| !found.falls.is_empty()).count();
            let near = found.iter().filter(|found| !found.near_falls.is_empty()).count();
            println!(
                "person {person} {label:10} falls in {falls:2}, near-falls in {near:2} of {} clips",
                of_label.len()
            );
            if label == "fall" {
                assert!(falls >= 18, "recall");
            } else {
                alarms += found.iter().map(|found| found.falls.len()).sum::<usize>();
                hours += of_label.iter().filter_map(|clip| Some(clip.frames.last()?.0)).sum::<f64>() / 3600.0;
            }
        }
        println!("person {person}: {alarms} false alarms in {hours:.2} h of other activities");
        assert!(alarms <= 4, "false alarms");
    }
}

#[test]
fn no_falls_in_other_recordings() {
    let Some(data) = recordings() else { return };
    let (mut falls, mut near, mut all) = (0, 0, 0.0);
    let sets = [
        "presence_esp32_pulse",
        "motion_espectre",
        "motion_esp32c5_hku",
        "breath_esp32_abtest",
        "breath_esp32_pulse",
        "breath_intel5300_gyro",
    ];
    for set in sets {
        let mut paths: Vec<_> = data.join(set).read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let (mut seconds, mut found) = (0.0, FallAssessment::default());
        for path in paths {
            let frames = load(&path);
            seconds += frames.last().map_or(0.0, |(at, _)| *at);
            let of_recording = assessed(FallConfig::default(), &frames);
            for fall in &of_recording.falls {
                println!("  {}: {:.1} s {}", path.display(), fall.at.seconds_since(stream_time(0.0)), fall.confidence);
            }
            found.falls.extend(of_recording.falls);
            found.near_falls.extend(of_recording.near_falls);
            assert_eq!(of_recording.gait_instability, None, "no steps are seen in {}", path.display());
        }
        println!("{set:24} {} falls, {} near-falls in {seconds:.0} s", found.falls.len(), found.near_falls.len());
        (falls, near, all) = (falls + found.falls.len(), near + found.near_falls.len(), all + seconds / 3600.0);
    }
    println!("{falls} falls, {near} near-falls in {all:.2} h");
    assert_eq!(falls, 0);
}

#[test]
fn jumps_of_the_channel_are_no_falls() {
    let Some(data) = recordings() else { return };
    let clips = clips(&data);
    let still = clips.iter().filter(|clip| clip.label == "nm");
    let joined = concatenated(still.map(|clip| clip.frames.as_slice()));
    let found = assessed(FallConfig::default(), &joined);
    println!(
        "32 clips without movement in one stream: {} falls, {} near-falls",
        found.falls.len(),
        found.near_falls.len()
    );
    assert!(found.falls.is_empty());
}

/// For every 2.4 s of a recording: the ratio of the mean square changes of its shape within 20 and 60 ms, geometric means.
fn smoothness(frames: &[Timed]) -> Vec<f64> {
    let mut slots: Vec<(f64, usize, Vec<f64>)> = Vec::new();
    for (at, frame) in frames {
        let slot = (at / 0.02).floor();
        if slots.last().is_none_or(|(open, ..)| (*open - slot).abs() > 0.5) {
            slots.push((slot, 0, vec![0.0; frame.iq().len()]));
        }
        let level = frame.iq().iter().map(|iq| f64::from(iq.norm())).sum::<f64>() / frame.iq().len() as f64;
        if let Some((_, count, sum)) = slots.last_mut().filter(|_| level > 0.0) {
            *count += 1;
            sum.iter_mut().zip(frame.iq()).for_each(|(sum, iq)| *sum += f64::from(iq.norm()) / level);
        }
    }
    let bins = slots[0].2.len();
    let mean = |bin: usize| slots.iter().map(|(_, count, sum)| sum[bin] / (*count).max(1) as f64).sum::<f64>();
    let means: Vec<f64> = (0..bins).map(mean).collect();
    let strongest = means.iter().copied().fold(0.0, f64::max);
    let change = |a: usize, b: usize| {
        let of_bin =
            |bin: usize| slots[a].2[bin] / slots[a].1.max(1) as f64 - slots[b].2[bin] / slots[b].1.max(1) as f64;
        (0..bins).filter(|bin| means[*bin] > 0.2 * strongest).map(|bin| of_bin(bin).powi(2)).sum::<f64>().max(1e-9)
    };
    let is_apart = |a: usize, b: usize, slots_apart: f64| (slots[a].0 - slots[b].0 - slots_apart).abs() < 0.5;
    let log_ratio = |i: &usize| {
        let complete = is_apart(*i, i - 1, 1.0) && is_apart(*i, i - 3, 3.0);
        complete.then(|| (change(*i, i - 1) / change(*i, i - 3)).ln())
    };
    let of_window = |window: &[usize]| {
        let ratios: Vec<f64> = window.iter().filter_map(log_ratio).collect();
        (ratios.len() >= 40).then(|| (ratios.iter().sum::<f64>() / ratios.len() as f64).exp())
    };
    (3..slots.len()).collect::<Vec<_>>().chunks(120).filter_map(of_window).collect()
}

#[test]
fn movement_is_smooth_and_stillness_is_not() {
    let Some(data) = recordings() else { return };
    let sets = [
        (true, "presence_esp32_pulse", "mov"),
        (true, "motion_espectre", "movement"),
        (false, "presence_esp32_pulse", "vacio"),
        (false, "motion_espectre", "baseline"),
        (false, "breath_esp32_abtest", "abtest"),
        (false, "breath_esp32_pulse", "resp"),
        (false, "fall_nexmon_fition", "nm_"),
    ];
    for (moves, set, prefix) in sets {
        let mut paths: Vec<_> = data.join(set).read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)));
        let mut ratios: Vec<f64> = paths.iter().flat_map(|path| smoothness(&load(path))).collect();
        ratios.sort_unstable_by(f64::total_cmp);
        let share = |share: f64| ratios[((ratios.len() - 1) as f64 * share) as usize];
        println!(
            "{set:22} {prefix:9} 20 ms : 60 ms, 5 to 95 % of {}: {:.2} to {:.2}",
            ratios.len(),
            share(0.05),
            share(0.95)
        );
        assert!(if moves { share(0.8) < 0.67 } else { share(0.1) > 0.67 });
    }
}

/// Every `n`th packet.
fn at_another_rate(frames: &[Timed], n: usize) -> Vec<Timed> {
    frames.iter().step_by(n).cloned().collect()
}

#[test]
fn half_the_packets_show_the_same_falls() {
    let Some(data) = recordings() else { return };
    let clips = clips(&data);
    let count = |is_fall: bool, n: usize| {
        let of_kind = clips.iter().filter(|clip| clip.is_fall() == is_fall);
        let found = |clip: &&Clip| !assessed(FallConfig::default(), &at_another_rate(&clip.frames, n)).falls.is_empty();
        of_kind.filter(found).count()
    };
    let (falls, alarms) = (count(true, 2), count(false, 2));
    println!("at 25 Hz: {falls} of 60 falls, {alarms} of 160 other clips");
    assert!(falls >= 36 && alarms <= 10);
}

/// A frame of 64 bins whose relative amplitudes depend on `phase` by `depth`.
fn frame(phase: f32, depth: f32, packet: u64) -> CsiFrame {
    let value = |bin: usize| {
        let noise = (((packet.wrapping_mul(64) + bin as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f32) / 1.7e7;
        20.0 * (1.0 + depth * (phase + bin as f32 / 5.0).sin() + 0.01 * (noise - 0.5))
    };
    let iq = (0..64).map(|bin| Complex32::new(value(bin), 0.0)).collect();
    CsiFrame::new(NodeNumber(1), 1, 64, iq).unwrap()
}

/// A quiet channel that moves within each of `bursts` (begin and end, seconds), until `seconds`.
fn stream(rate: f64, seconds: f64, bursts: &[(f64, f64)]) -> Vec<Timed> {
    let mut phase = 0.0;
    let packets = (0..(seconds * rate) as u64).map(|packet| {
        let at = packet as f64 / rate;
        if bursts.iter().any(|(begin, end)| (*begin..*end).contains(&at)) {
            phase += (30.0 / rate) as f32;
        }
        (at, frame(phase, 0.3, packet))
    });
    packets.collect()
}

#[test]
fn one_fall_a_burst_and_at_most_one_in_thirty_seconds() {
    for rate in [20.0, 33.0, 50.0, 100.0, 150.0] {
        let found = assessed(FallConfig::default(), &stream(rate, 40.0, &[(10.0, 11.2)]));
        assert_eq!((found.falls.len(), found.near_falls.len()), (1, 0), "{rate} Hz: {found:?}");
        let at = found.falls[0].at.seconds_since(stream_time(0.0));
        assert!((9.8..11.4).contains(&at) && found.falls[0].confidence > 0.9, "{rate} Hz: {found:?}");
        let again = assessed(FallConfig::default(), &stream(rate, 70.0, &[(10.0, 11.2), (20.0, 21.2), (50.0, 51.2)]));
        assert_eq!(again.falls.len(), 2, "{rate} Hz: {again:?}");
    }
}

#[test]
fn what_is_no_fall() {
    let falls = |seconds, bursts: &[(f64, f64)]| assessed(FallConfig::default(), &stream(50.0, seconds, bursts));
    assert_eq!(falls(60.0, &[]), FallAssessment::default(), "nothing moves");
    assert!(falls(60.0, &[(10.0, 16.0)]).falls.is_empty(), "a long movement");
    assert!(falls(12.5, &[(10.0, 11.2)]).falls.is_empty(), "not still for long enough yet");
    assert!(falls(20.0, &[(0.5, 1.5)]).falls.is_empty(), "began when the stream did");
    let caught = falls(40.0, &[(10.0, 11.2), (12.9, 17.0)]);
    assert_eq!((caught.falls.len(), caught.near_falls.len()), (0, 1), "moved again");
    let mut silent = stream(50.0, 40.0, &[(10.0, 11.2)]);
    silent.retain(|(at, _)| !(11.3..14.5).contains(at));
    assert!(assessed(FallConfig::default(), &silent).falls.is_empty(), "silence is not stillness");
    assert_eq!(assessed(FallConfig::default(), &stream(8.0, 60.0, &[(10.0, 11.2)])), FallAssessment::default(), "slow");
}

#[test]
fn an_assessment_is_given_once_and_survives_serialisation() {
    let mut detector = FallDetector::new();
    for (at, frame) in stream(50.0, 20.0, &[(10.0, 11.2)]) {
        detector.push(stream_time(at), &frame);
    }
    let found = detector.assess(stream_time(20.0));
    assert_eq!(found.falls.len(), 1);
    assert!(detector.assess(stream_time(20.0)).falls.is_empty());
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<FallAssessment>(&json).unwrap(), found);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn any_frames_at_any_times(events in prop::collection::vec((any_step_us(), any_frame()), 1..300)) {
        let mut detector = FallDetector::new();
        let mut now = 1_700_000_000_000_000_i64;
        for (step, frame) in events {
            now = now.wrapping_add(step);
            detector.push(StreamTime::from_micros(now), &frame);
            let found = detector.assess(StreamTime::from_micros(now));
            prop_assert!(found.falls.iter().chain(&found.near_falls).all(|f| (0.0..=1.0).contains(&f.confidence)));
            prop_assert!(found.gait_instability.is_none_or(|i| (0.0..=1.0).contains(&i)));
        }
    }

    /// Movement at random times: every fall lies in a burst, after stillness, and is followed by stillness; times increase.
    #[test]
    fn a_fall_is_a_burst_between_stillnesses(
        steps in prop::collection::vec((0.2_f64..6.0, 0.2_f64..8.0), 1..8),
        rate in prop::sample::select(vec![20.0_f64, 50.0, 100.0]),
    ) {
        let mut bursts = Vec::new();
        let mut end = 3.0;
        for (duration, pause) in steps {
            bursts.push((end, end + duration));
            end += duration + pause;
        }
        let found = assessed(FallConfig::default(), &stream(rate, end + 4.0, &bursts));
        prop_assert!(found.falls.is_sorted_by(|a, b| a.at < b.at));
        for fall in &found.falls {
            let at = fall.at.seconds_since(stream_time(0.0));
            let of = bursts.iter().position(|(begin, end)| (begin - 0.3..end + 0.3).contains(&at));
            prop_assert!(of.is_some(), "a fall at {at} s without a burst in {bursts:?}");
            let next = bursts.get(of.unwrap() + 1).map_or(f64::INFINITY, |(begin, _)| *begin);
            prop_assert!(next - bursts[of.unwrap()].1 >= 2.0, "a fall at {at} s without stillness in {bursts:?}");
        }
    }
}
