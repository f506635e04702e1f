//! A body: where its scattering centres are while it walks, sits, breathes and fidgets.

use std::f64::consts::TAU;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::channel::Scatterer;
use super::geometry::Point;
use super::story::{Activity, Timeline};

/// Radar cross-sections in square metres.
const TORSO: f64 = 0.6;
const LIMBS: f64 = 0.15;
/// Metres a walker covers between two steps of the same foot, and how far the limbs swing about the torso.
const STRIDE: f64 = 1.4;
const LIMB_SWING: f64 = 0.25;
/// The torso rises and falls twice a stride, by this many metres.
const BOB: f64 = 0.02;
/// Half the travel of the chest wall in quiet breathing, metres (4 to 12 mm peak to peak are usual).
const CHEST: f64 = 0.004;
/// Relative spread of the breathing rate, and the seconds over which it wanders.
const RATE_SPREAD: f64 = 0.05;
const RATE_MEMORY: f64 = 10.0;
/// Mean seconds between two fidgets, the seconds that one takes, and how far torso and limbs go, metres.
const FIDGET_EVERY: f64 = 15.0;
const FIDGET_TAKES: f64 = 0.8;
const FIDGET_TORSO: f64 = 0.005;
const FIDGET_LIMBS: f64 = 0.05;

/// The one person of a story. Driven forward in time only.
#[derive(Debug)]
pub(super) struct Person {
    rng: ChaCha8Rng,
    /// Breaths since the start, modulo 1.
    breath: f64,
    /// Relative deviation of the breathing rate from its mean.
    rate_deviation: f64,
    torso: Posture,
    limbs: Posture,
    fidget_progress: f64,
}

/// Where a part of a seated body rests, and where a fidget takes it.
#[derive(Debug, Default)]
struct Posture {
    from: Point,
    to: Point,
}

impl Posture {
    /// Eases from one rest to the other: no jerk at either end.
    fn at(&self, progress: f64) -> Point {
        let eased = (1.0 - (progress.min(1.0) * TAU / 2.0).cos()) / 2.0;
        self.from + (self.to - self.from) * eased
    }
}

impl Person {
    pub(super) fn new(rng: ChaCha8Rng) -> Self {
        Self {
            rng,
            breath: 0.0,
            rate_deviation: 0.0,
            torso: Posture::default(),
            limbs: Posture::default(),
            fidget_progress: 1.0,
        }
    }

    /// The body at `elapsed` into `story`, `step` seconds after the previous call; nothing when nobody is there.
    pub(super) fn advance(&mut self, story: &Timeline, elapsed: Duration, step: f64) -> Vec<Scatterer> {
        let Some((segment, share)) = story.at(elapsed) else { return Vec::new() };
        match &segment.activity {
            Activity::Empty => Vec::new(),
            Activity::Walk { path } => walking(path, share),
            Activity::Sit { at, facing, breaths_per_minute } => {
                self.breathe(*breaths_per_minute, step);
                self.fidget(step);
                self.sitting(*at, *facing)
            }
        }
    }

    /// An Ornstein-Uhlenbeck walk of the rate: breathing is never metronomic.
    fn breathe(&mut self, breaths_per_minute: f64, step: f64) {
        let kept = (-step / RATE_MEMORY).exp();
        let kick = RATE_SPREAD * (1.0 - kept * kept).sqrt();
        self.rate_deviation = self.rate_deviation * kept + kick * self.normal();
        self.breath += step * breaths_per_minute / 60.0 * (1.0 + self.rate_deviation).max(0.0);
        self.breath = self.breath.fract();
    }

    fn fidget(&mut self, step: f64) {
        self.fidget_progress += step / FIDGET_TAKES;
        let due = self.rng.random::<f64>() < step / FIDGET_EVERY;
        if due && self.fidget_progress >= 1.0 {
            self.torso = Posture { from: self.torso.to, to: self.somewhere(FIDGET_TORSO) };
            self.limbs = Posture { from: self.limbs.to, to: self.somewhere(FIDGET_LIMBS) };
            self.fidget_progress = 0.0;
        }
    }

    fn sitting(&self, at: Point, facing: f64) -> Vec<Scatterer> {
        let ahead = Point::heading(facing);
        let chest = at + ahead * (CHEST * (self.breath * TAU).sin());
        // Hands and knees rest a forearm's length before the chest.
        let lap = at + ahead * 0.3 - Point::new(0.0, 0.0, 0.2);
        vec![
            Scatterer { at: chest + self.torso.at(self.fidget_progress), cross_section: TORSO },
            Scatterer { at: lap + self.limbs.at(self.fidget_progress), cross_section: LIMBS },
        ]
    }

    fn somewhere(&mut self, spread: f64) -> Point {
        Point::new(self.normal(), self.normal(), self.normal()) * spread
    }

    fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.rng)
    }
}

/// A walker `share` of the way along `path`: the torso, and limbs that swing about it.
fn walking(path: &[Point], share: f64) -> Vec<Scatterer> {
    let total: f64 = path.windows(2).map(|leg| leg[0].distance(leg[1])).sum();
    let walked = share * total;
    let Some((at, ahead)) = along(path, walked) else { return Vec::new() };
    let stride = walked / STRIDE * TAU;
    let torso = at + Point::new(0.0, 0.0, BOB * (2.0 * stride).cos());
    let limbs = at + ahead * (LIMB_SWING * stride.sin()) - Point::new(0.0, 0.0, 0.4);
    vec![Scatterer { at: torso, cross_section: TORSO }, Scatterer { at: limbs, cross_section: LIMBS }]
}

/// The point `walked` metres along `path` and the direction of travel there.
fn along(path: &[Point], walked: f64) -> Option<(Point, Point)> {
    let mut rest = walked;
    for leg in path.windows(2) {
        let length = leg[0].distance(leg[1]);
        let ahead = (leg[1] - leg[0]).unit();
        if rest <= length {
            return Some((leg[0] + ahead * rest, ahead));
        }
        rest -= length;
    }
    path.last().map(|end| (*end, Point::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_goes_from_its_first_to_its_last_point_at_an_even_pace() {
        let path = [Point::new(0.0, 0.0, 1.0), Point::new(3.0, 0.0, 1.0), Point::new(3.0, 1.0, 1.0)];
        let at = |walked| along(&path, walked).unwrap().0;
        assert_eq!(at(0.0), path[0]);
        assert_eq!(at(3.5), Point::new(3.0, 0.5, 1.0));
        assert_eq!(at(9.0), path[2]);
        assert!(along(&[], 1.0).is_none());
        assert_eq!(walking(&path[..1], 0.5).len(), 2);
    }
}
