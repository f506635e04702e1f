//! Falls against recordings by others, with their labels. Prints what it measured:
//! `cargo test -p ruview-signal --test falls -- --nocapture --test-threads=1`.
//!
//! The weights were fitted on these very clips: what they find shows that nothing was lost, not how right they are. How
//! right the same fit is on a person that it was not made on is in `docs/accuracy.md`. A clip without its burst followed by
//! stillness within its ten seconds counts as not detected.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, outside of test functions")]

mod any;
#[allow(dead_code, reason = "each test file uses a part of it")]
mod common;

use std::path::Path;

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

fn clips(data: &Path) -> Vec<Clip> {
    let of_set = ruview_recordings::labels(data).unwrap().into_iter().filter(|of| of.set == "fall_nexmon_fition");
    of_set
        .map(|of| Clip {
            person: if of.path.to_string_lossy().contains("_user1_") { 1 } else { 2 },
            frames: load(&of.path),
            label: of.label,
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
        // Movements that are so close are one, however short the second is: the detector bridges half a second.
        bursts.dedup_by(|next, burst| next.0 - burst.1 < 0.8 && { burst.1 = next.1; true });
        for fall in &found.falls {
            let at = fall.at.seconds_since(stream_time(0.0));
            let of = bursts.iter().position(|(begin, end)| (begin - 0.3..end + 0.3).contains(&at));
            prop_assert!(of.is_some(), "a fall at {at} s without a burst in {bursts:?}");
            let next = bursts.get(of.unwrap() + 1).map_or(f64::INFINITY, |(begin, _)| *begin);
            prop_assert!(next - bursts[of.unwrap()].1 >= 2.0, "a fall at {at} s without stillness in {bursts:?}");
        }
    }
}
