//! A body that stays where it is: its chest moves with breath and heart, and now and then it stirs.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::{LIMBS_BELOW, Pose, ease};
use crate::simulator::geometry::Point;
use crate::simulator::story::{Posture, Rest, Stir, StirKind, Vital};

/// Half the travel of the chest wall in quiet breathing, metres (4 to 12 mm peak to peak are usual).
const CHEST: f64 = 0.004;
/// Half the travel that the heart adds, metres (0.2 to 0.5 mm peak to peak are usual).
const HEART: f64 = 0.000_25;
/// Relative spread of the breathing rate, and the seconds over which it wanders. Sleep is more regular.
pub(super) const AWAKE_VARIATION: f64 = 0.05;
const ASLEEP_VARIATION: f64 = 0.02;
const RATE_MEMORY: f64 = 10.0;
const HEART_VARIATION: f64 = 0.03;
/// Metres from the torso to the hands and knees of somebody seated, ahead and down, and to the legs of somebody lying.
const LAP_AHEAD: f64 = 0.3;
const LAP_BELOW: f64 = 0.2;
const LEGS: f64 = 0.8;

/// Relative spread of the breathing rate.
pub(super) const fn variation(posture: Posture) -> f64 {
    match posture {
        Posture::Sitting | Posture::Standing => AWAKE_VARIATION,
        Posture::OnBack | Posture::OnSide => ASLEEP_VARIATION,
    }
}

/// A cycle whose rate wanders about its mean: neither breath nor heart is metronomic.
#[derive(Debug, Default)]
struct Cycle {
    /// Cycles since the start, modulo 1.
    phase: f64,
    /// Relative deviation of the rate from its mean.
    deviation: f64,
}

impl Cycle {
    /// An Ornstein-Uhlenbeck walk of the rate.
    fn live(&mut self, per_minute: f64, variation: f64, step: f64, rng: &mut ChaCha8Rng) {
        let kept = (-step / RATE_MEMORY).exp();
        let kick = variation * (1.0 - kept * kept).sqrt();
        self.deviation = self.deviation * kept + kick * normal(rng);
        self.phase += step * per_minute / 60.0 * (1.0 + self.deviation).max(0.0);
        self.phase = self.phase.fract();
    }
}

/// The chest wall.
#[derive(Debug, Default)]
pub(super) struct Chest {
    breath: Cycle,
    heart: Option<Cycle>,
}

impl Chest {
    pub(super) fn live(&mut self, vital: &Vital, variation: f64, step: f64, rng: &mut ChaCha8Rng) {
        self.breath.live(vital.breaths_per_minute, variation, step, rng);
        match vital.heart_rate_bpm {
            Some(rate) => self.heart.get_or_insert_default().live(rate, HEART_VARIATION, step, rng),
            None => self.heart = None,
        }
    }

    /// Metres that it stands out now.
    pub(super) fn travel(&self) -> f64 {
        // A beat is shorter than its cycle, which a second harmonic shows.
        let beat = |cycle: &Cycle| HEART * ((cycle.phase * TAU).sin() + 0.5 * (cycle.phase * 2.0 * TAU).sin());
        CHEST * (self.breath.phase * TAU).sin() + self.heart.as_ref().map_or(0.0, beat)
    }
}

/// How far torso and limbs go in a movement, metres (standard deviation), and the seconds that it takes.
const fn reach(kind: StirKind) -> (f64, f64, f64) {
    match kind {
        StirKind::Fidget => (0.005, 0.05, 0.8),
        StirKind::Gesture => (0.01, 0.12, 1.0),
        StirKind::TurnOver => (0.08, 0.2, 3.0),
    }
}

/// Movements that interrupt a rest.
#[derive(Debug)]
pub(super) struct Stirring {
    torso: Shift,
    limbs: Shift,
    progress: f64,
}

impl Default for Stirring {
    fn default() -> Self {
        Self { torso: Shift::default(), limbs: Shift::default(), progress: 1.0 }
    }
}

/// Where a part of the body rests relative to its posture, and where a movement takes it.
#[derive(Debug, Default)]
struct Shift {
    from: Point,
    to: Point,
}

impl Shift {
    fn at(&self, progress: f64) -> Point {
        self.from + (self.to - self.from) * ease(progress)
    }
}

impl Stirring {
    pub(super) fn live(&mut self, stir: &Stir, step: f64, rng: &mut ChaCha8Rng) {
        let (torso, limbs, takes) = reach(stir.kind);
        self.progress += step / takes;
        let due = stir.every_s > 0.0 && rng.random::<f64>() < step / stir.every_s;
        if due && self.progress >= 1.0 {
            self.torso = Shift { from: self.torso.to, to: somewhere(torso, rng) };
            self.limbs = Shift { from: self.limbs.to, to: somewhere(limbs, rng) };
            self.progress = 0.0;
        }
    }
}

pub(super) fn resting(rest: &Rest, chest: &Chest, stirring: &Stirring) -> Pose {
    let ahead = Point::heading(rest.facing);
    let (outward, limbs) = match rest.posture {
        // Hands and knees rest a forearm's length before the chest.
        Posture::Sitting => (ahead, rest.at + ahead * LAP_AHEAD - Point::new(0.0, 0.0, LAP_BELOW)),
        Posture::Standing => (ahead, rest.at - Point::new(0.0, 0.0, LIMBS_BELOW)),
        Posture::OnBack => (Point::new(0.0, 0.0, 1.0), rest.at + ahead * LEGS),
        Posture::OnSide => (Point::new(-ahead.y, ahead.x, 0.0), rest.at + ahead * LEGS),
    };
    Pose {
        torso: rest.at + outward * chest.travel() + stirring.torso.at(stirring.progress),
        limbs: limbs + stirring.limbs.at(stirring.progress),
    }
}

fn somewhere(spread: f64, rng: &mut ChaCha8Rng) -> Point {
    Point::new(normal(rng), normal(rng), normal(rng)) * spread
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(1)
    }

    #[test]
    fn a_chest_rises_as_often_as_it_is_told_and_a_held_breath_does_not() {
        let travels = |vital: Vital| {
            let (mut chest, mut rng) = (Chest::default(), rng());
            let live = |_| {
                chest.live(&vital, ASLEEP_VARIATION, 0.05, &mut rng);
                chest.travel()
            };
            (0..12_000).map(live).collect::<Vec<_>>()
        };
        let breathing = travels(Vital { breaths_per_minute: 14.0, heart_rate_bpm: None });
        let rises = breathing.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        assert!((135..=145).contains(&rises), "10 min at 14/min gave {rises}");
        assert!(breathing.iter().all(|travel| travel.abs() <= CHEST));

        let held = travels(Vital { breaths_per_minute: 0.0, heart_rate_bpm: None });
        assert!(held.iter().all(|travel| (travel - held[0]).abs() < f64::EPSILON));

        let heart = travels(Vital { breaths_per_minute: 0.0, heart_rate_bpm: Some(60.0) });
        assert!(heart.iter().all(|travel| travel.abs() < 0.0005), "below a millimetre");
        assert!(heart.iter().any(|travel| travel.abs() > 0.0002));
    }

    #[test]
    fn stirs_about_as_often_as_it_is_told() {
        let count = |every_s| {
            let (mut stirring, mut rng) = (Stirring::default(), rng());
            let stir = Stir { kind: StirKind::Fidget, every_s };
            let begins = |_| {
                stirring.live(&stir, 0.05, &mut rng);
                usize::from(stirring.progress == 0.0)
            };
            (0..72_000).map(begins).sum::<usize>()
        };
        assert!((180..=280).contains(&count(15.0)), "an hour gave {}", count(15.0));
        assert_eq!(count(0.0), 0);
    }
}
