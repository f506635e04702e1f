//! A room with an access point of four antennas and a station that reports: walls that stand still, a person who may walk.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::f32::consts::TAU;

use ruview_bfld::{BfiPair, BfiReport};
use ruview_core::{Complex32, MacAddress, StreamTime};

pub(crate) const N_TX: u8 = 4;
const N_TONES: usize = 52;
const SPEED_OF_LIGHT: f32 = 2.998e8;
const CENTRE_HZ: f32 = 5.21e9;
const TONE_SPACING_HZ: f32 = 312_500.0;

pub(crate) fn pair(station: u8) -> BfiPair {
    let address = |last| MacAddress::new([2, 0, 0, 0, 0, last]);
    BfiPair { beamformer: address(0), beamformee: address(station) }
}

/// Numbers from 0 to 1, the same in every run (xorshift; Marsaglia, 2003).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1_u64 << 24) as f32
    }
}

/// What happens in the room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Person {
    Away,
    /// Somewhere, still.
    Sits,
    /// Half a metre a second to and fro.
    Walks,
}

/// Reports as stations send them: every 1.6 to 1.9 s, and now and then three within 60 ms.
pub(crate) struct Station {
    chance: Chance,
    now_s: f64,
    burst: u32,
    number: u8,
    /// Between reports, where it is regular.
    pace_s: Option<f64>,
}

impl Station {
    pub(crate) fn new(number: u8) -> Self {
        Self { chance: Chance::new(u64::from(number) + 1), now_s: 1_000_000.0, burst: 0, number, pace_s: None }
    }

    /// One that reports every `pace_s`.
    pub(crate) fn paced(number: u8, pace_s: f64) -> Self {
        Self { pace_s: Some(pace_s), ..Self::new(number) }
    }

    pub(crate) fn now(&self) -> StreamTime {
        StreamTime::from_micros((self.now_s * 1e6) as i64)
    }

    /// Gives `take` the reports of the next `seconds`.
    pub(crate) fn report_for(&mut self, seconds: f64, person: Person, mut take: impl FnMut(&BfiReport<'_>)) {
        let end = self.now_s + seconds;
        while self.now_s < end {
            let v = self.feedback(person);
            take(&BfiReport {
                at: self.now(),
                pair: pair(self.number),
                n_tx: N_TX,
                n_streams: 1,
                v: &v,
                snr_db: &[35.0],
            });
            self.wait();
        }
    }

    fn wait(&mut self) {
        if let Some(pace_s) = self.pace_s {
            self.now_s += pace_s;
            return;
        }
        self.burst = match self.burst {
            0 if self.chance.next() < 0.1 => 2,
            burst => burst.saturating_sub(1),
        };
        self.now_s += if self.burst > 0 { 0.03 } else { 1.6 + 0.3 * f64::from(self.chance.next()) };
    }

    /// The strongest beamforming vector of every tone, as coarse as a report's angles.
    fn feedback(&mut self, person: Person) -> Vec<Complex32> {
        let walked_m = 0.5 * (self.now_s % 1000.0) as f32 + 0.1 * (self.now_s as f32 * 3.0).sin();
        let person_path = match person {
            Person::Away => None,
            Person::Sits => Some(7.3),
            Person::Walks => Some(6.0 + (walked_m % 4.0 - 2.0).abs()),
        };
        (0..N_TONES).flat_map(|tone| self.tone(tone, person_path)).collect()
    }

    fn tone(&mut self, tone: usize, person_path_m: Option<f32>) -> [Complex32; N_TX as usize] {
        let hz = CENTRE_HZ + (tone as f32 - N_TONES as f32 / 2.0) * TONE_SPACING_HZ;
        let walls = [(4.0, 1.0, 0.3), (6.7, 0.5, -0.6), (9.1, 0.35, 0.9)];
        let paths = walls.into_iter().chain(person_path_m.map(|metres| (metres, 0.3, 0.7)));
        let mut channel = [Complex32::ZERO; N_TX as usize];
        for (metres, strength, sine) in paths {
            for (antenna, response) in channel.iter_mut().enumerate() {
                let phase = -TAU * hz * metres / SPEED_OF_LIGHT + TAU / 2.0 * sine * antenna as f32;
                *response += Complex32::from_polar(strength, phase);
            }
        }
        let noisy = channel.map(|response| response + Complex32::new(self.noise(), self.noise()));
        let length = noisy.iter().map(Complex32::norm_sqr).sum::<f32>().sqrt();
        noisy.map(|response| {
            let unit = response.conj() / length;
            Complex32::new((unit.re * 64.0).round() / 64.0, (unit.im * 64.0).round() / 64.0)
        })
    }

    fn noise(&mut self) -> f32 {
        0.04 * (self.chance.next() - 0.5)
    }
}
