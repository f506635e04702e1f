//! What has a spectrum but no breath: coloured noise, drift, gain steps, and recordings of empty rooms and walking people
//! whose phases were shuffled, so that their spectra stay and their order goes. None may have a rate.
//!
//! `cargo test -p ruview-vitals --test negative_controls -- --nocapture` prints how many were tried.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, outside of test functions")]

mod common;

use std::f64::consts::TAU;

use common::{Timed, labels, load, recordings, stream_time};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ruview_core::{Complex32, CsiFrame, NodeNumber};
use ruview_vitals::process;

/// Frames a second of what is made here.
const RATE_HZ: f64 = 20.0;
const SECONDS: f64 = 50.0;

/// A stationary process with a spectrum of `1 / f^exponent`: a sum of many sinusoids of random phase and place.
struct Coloured {
    lines: Vec<(f64, f64, f64)>,
}

impl Coloured {
    fn new(rng: &mut ChaCha8Rng, exponent: f64) -> Self {
        let line = |_| {
            let hz = 0.003 * (1000.0_f64).powf(rng.random::<f64>());
            // Spread evenly over log f, so that each stands for a width proportional to f.
            (hz, hz.powf((1.0 - exponent) / 2.0) * gaussian(rng).abs(), rng.random::<f64>() * TAU)
        };
        let mut lines: Vec<(f64, f64, f64)> = (0..400).map(line).collect();
        let power = lines.iter().map(|(_, amplitude, _)| amplitude * amplitude / 2.0).sum::<f64>().sqrt();
        for line in &mut lines {
            line.1 /= power;
        }
        Self { lines }
    }

    fn at(&self, seconds: f64) -> f64 {
        self.lines.iter().map(|(hz, amplitude, phase)| amplitude * (TAU * hz * seconds + phase).sin()).sum()
    }
}

fn gaussian(rng: &mut ChaCha8Rng) -> f64 {
    (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt() * (TAU * rng.random::<f64>()).cos()
}

/// A channel of `bins` subcarriers that `sources` processes swing, with packet noise.
fn room(rng: &mut ChaCha8Rng, antennas: u8, exponent: f64, sources: usize, swing: f64, steps: bool) -> Vec<Timed> {
    let bins = 52 * usize::from(antennas);
    let pattern = |rng: &mut ChaCha8Rng| -> Vec<Complex32> {
        (0..bins).map(|_| Complex32::new(gaussian(rng) as f32, gaussian(rng) as f32)).collect()
    };
    let still: Vec<Complex32> = pattern(rng).iter().map(|bin| bin * 5.0 + Complex32::new(20.0, 0.0)).collect();
    let swings: Vec<_> = (0..sources).map(|_| (Coloured::new(rng, exponent), pattern(rng))).collect();
    let changes: Vec<(f64, f32, Vec<Complex32>)> =
        (0..3).map(|_| (rng.random::<f64>() * SECONDS, rng.random_range(0.5..2.0), pattern(rng))).collect();
    let frame = |packet: u32| {
        let now = f64::from(packet) / RATE_HZ;
        let mut iq = still.clone();
        for (source, pattern) in &swings {
            let amount = (source.at(now) * swing) as f32;
            iq.iter_mut().zip(pattern).for_each(|(bin, shape)| *bin += shape * amount);
        }
        for (_, gain, pattern) in changes.iter().filter(|(when, ..)| steps && *when < now) {
            let shift = 0.3 * swing as f32;
            iq.iter_mut().zip(pattern).for_each(|(bin, shape)| *bin = (*bin + shape * shift) * *gain);
        }
        for bin in &mut iq {
            *bin += Complex32::new(gaussian(rng) as f32, gaussian(rng) as f32) * 0.5;
        }
        (stream_time(now), CsiFrame::new(NodeNumber(1), antennas, 52, iq).unwrap())
    };
    (0..(SECONDS * RATE_HZ) as u32).map(frame).collect()
}

fn rates(frames: &[Timed]) -> (usize, usize) {
    let readings = process(frames.iter().map(|(at, frame)| (*at, frame)));
    (readings.iter().filter(|reading| reading.breathing.rate_bpm.is_some()).count(), readings.len().saturating_sub(29))
}

#[test]
fn coloured_noise_drift_and_gain_steps_have_no_rate() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let (mut published, mut windows) = (0, 0);
    for exponent in [0.0, 0.5, 1.0, 1.5, 2.0, 2.5] {
        for sources in [1, 2, 4, 8] {
            for swing in [0.05, 0.5, 3.0] {
                for (antennas, steps) in [(1, false), (1, true), (3, false)] {
                    let (rates, judged) = rates(&room(&mut rng, antennas, exponent, sources, swing, steps));
                    if rates > 0 {
                        println!(
                            "1/f^{exponent}, {sources} sources, swing {swing}, {antennas} antennas: {rates} rates"
                        );
                    }
                    published += rates;
                    windows += judged;
                }
            }
        }
    }
    println!("generated rooms: {published} rates in {windows} windows");
    assert!(published * 500 <= windows, "{published} of {windows}");
}

/// The same room with a chest in it does have a rate: the controls above are not silent for another reason.
#[test]
fn a_chest_in_such_a_room_has_its_rate() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for bpm in [6.0, 10.0, 15.0, 21.0, 30.0] {
        let mut frames = room(&mut rng, 1, 1.0, 4, 0.02, true);
        let chest: Vec<Complex32> = (0..52).map(|_| Complex32::new(gaussian(&mut rng) as f32, 0.0)).collect();
        for (packet, (at, frame)) in frames.iter_mut().enumerate() {
            let level = frame.iq().iter().map(|bin| bin.norm()).sum::<f32>() / 52.0 / 20.0;
            let breath = (TAU * bpm / 60.0 * packet as f64 / RATE_HZ).sin() as f32 * level;
            let iq = frame.iq().iter().zip(&chest).map(|(bin, shape)| bin + shape * breath).collect();
            *frame = CsiFrame::new(NodeNumber(1), 1, 52, iq).unwrap();
            *at = stream_time(packet as f64 / RATE_HZ);
        }
        let readings = process(frames.iter().map(|(at, frame)| (*at, frame)));
        let found: Vec<f32> = readings.iter().filter_map(|reading| reading.breathing.rate_bpm).collect();
        assert!(found.len() >= 8, "{bpm}: {found:?}");
        assert!(found.iter().all(|rate| (f64::from(*rate) - bpm).abs() < 1.0), "{bpm}: {found:?}");
    }
}

/// Amplitudes of a recording with the phases of each frequency turned at random, the same for all bins: its covariance and
/// spectra stay as they were.
fn surrogate(frames: &[Timed], rng: &mut ChaCha8Rng) -> Vec<Timed> {
    let seconds = frames.last().unwrap().0.seconds_since(frames[0].0);
    let samples = (seconds * RATE_HZ) as usize;
    let nearest =
        |at: usize| &frames[frames.partition_point(|(t, _)| t.seconds_since(frames[0].0) < at as f64 / RATE_HZ)].1;
    let (antennas, bins) = (frames[0].1.n_antennas(), frames[0].1.n_subcarriers());
    let level =
        |frame: &CsiFrame| frame.iq().iter().map(|bin| bin.norm()).sum::<f32>().max(1e-6) / frame.iq().len() as f32;
    let resampled: Vec<Vec<f32>> =
        (0..samples).map(|at| nearest(at).iq().iter().map(|bin| bin.norm() / level(nearest(at))).collect()).collect();
    let turns: Vec<f64> = (0..=samples / 2).map(|_| rng.random::<f64>() * TAU).collect();
    let shuffled: Vec<Vec<f32>> = (0..resampled[0].len())
        .map(|bin| shuffle(&resampled.iter().map(|sample| f64::from(sample[bin])).collect::<Vec<_>>(), &turns))
        .collect();
    let frame = |at: usize| {
        let iq = shuffled.iter().map(|bin| Complex32::new(20.0 * bin[at].max(0.0), 0.0)).collect();
        (stream_time(at as f64 / RATE_HZ), CsiFrame::new(NodeNumber(1), antennas, bins, iq).unwrap())
    };
    (0..samples).map(frame).collect()
}

fn shuffle(values: &[f64], turns: &[f64]) -> Vec<f32> {
    let n = values.len();
    let circle: Vec<(f64, f64)> = (0..n).map(|at| (TAU * at as f64 / n as f64).sin_cos()).collect();
    let mut sum = vec![values.iter().sum::<f64>() / n as f64; n];
    for (cycles, turn) in turns.iter().enumerate().skip(1) {
        let place = |at: usize| circle[(cycles * at) % n];
        let add =
            |(re, im): (f64, f64), (at, value): (usize, &f64)| (re + value * place(at).1, im + value * place(at).0);
        let (re, im) = values.iter().enumerate().fold((0.0, 0.0), add);
        let (sine, cosine) = turn.sin_cos();
        let (re, im) = ((re * cosine + im * sine) * 2.0 / n as f64, (im * cosine - re * sine) * 2.0 / n as f64);
        sum.iter_mut().enumerate().for_each(|(at, sum)| *sum += re * place(at).1 + im * place(at).0);
    }
    sum.into_iter().map(|value| value as f32).collect()
}

#[test]
fn surrogates_of_empty_and_walked_rooms_have_no_rate() {
    let Some(data) = recordings() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let (mut published, mut windows) = (0, 0);
    for [set, file, label] in labels(&data) {
        if set.starts_with("motion_") || !["empty", "hold", "walking"].contains(&label.as_str()) {
            continue;
        }
        let frames = load(&data.join(&file));
        for _ in 0..4 {
            let (rates, judged) = rates(&surrogate(&frames, &mut rng));
            if rates > 0 {
                println!("{file}: {rates} rates");
            }
            published += rates;
            windows += judged;
        }
    }
    println!("surrogates: {published} rates in {windows} windows");
    assert!(published * 100 <= windows, "{published} of {windows}");
}
