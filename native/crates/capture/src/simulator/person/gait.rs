//! A body that moves on its feet: walking, tripping, exercising.

use std::f64::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{LIMBS_BELOW, Pose, ease};
use crate::simulator::geometry::Point;

/// Metres a walker covers between two steps of the same foot, and how far the limbs swing about the torso.
const STRIDE: f64 = 1.4;
const LIMB_SWING: f64 = 0.25;
/// The torso rises and falls twice a stride, by this many metres.
const BOB: f64 = 0.02;
/// How far the most unsteady walker is off the way, to the side and along it, metres.
const SWAY: f64 = 0.12;
const HESITATION: f64 = 0.25;
/// Seconds that a trip and its recovery take, metres that the torso lunges and drops, and that the arms fly out.
pub(super) const STUMBLE_TAKES: f64 = 0.8;
const LUNGE: f64 = 0.4;
const DROP: f64 = 0.3;
const ARMS_OUT: f64 = 0.5;
/// Movements a second in an exercise, how much their pace varies, and how far torso and limbs go, metres.
const EXERCISE_HZ: f64 = 1.1;
const EXERCISE_VARIATION: f64 = 0.5;
const EXERCISE_TORSO: f64 = 0.12;
const EXERCISE_LIMBS: f64 = 0.35;

/// How a walker strays from an even pace on a straight way.
pub(super) struct Wobble {
    /// 0 to 1.
    pub(super) size: f64,
    /// Tells one walk from another.
    pub(super) phase: f64,
    /// Seconds since the walk began.
    pub(super) at: f64,
}

impl Wobble {
    /// Two tones that never line up, in [-1, 1]: irregular for as long as a walk takes, and smooth.
    fn wave(&self, hz: f64) -> f64 {
        let tone = |ratio: f64| (TAU * (hz * ratio * self.at + self.phase * 0.618 * ratio)).sin();
        self.size * (tone(1.0) + tone(PI / 2.0)) / 2.0
    }
}

/// A walker `share` of the way along `path`: the torso, and limbs that swing about it.
pub(super) fn walking(path: &[Point], share: f64, wobble: &Wobble) -> Option<Pose> {
    let total: f64 = path.windows(2).map(|leg| leg[0].distance(leg[1])).sum();
    let walked = share * total + HESITATION * wobble.wave(0.45);
    let (at, ahead) = along(path, walked)?;
    let stride = walked / STRIDE * TAU;
    let aside = Point::new(-ahead.y, ahead.x, 0.0) * (SWAY * wobble.wave(0.7));
    let torso = at + aside + Point::new(0.0, 0.0, BOB * (2.0 * stride).cos());
    let limbs = at + aside + ahead * (LIMB_SWING * stride.sin()) - Point::new(0.0, 0.0, LIMBS_BELOW);
    Some(Pose { torso, limbs })
}

/// The point `walked` metres along `path` and the direction of travel there.
fn along(path: &[Point], walked: f64) -> Option<(Point, Point)> {
    let mut rest = walked;
    for leg in path.windows(2) {
        let length = leg[0].distance(leg[1]);
        let ahead = (leg[1] - leg[0]).unit();
        if rest <= length {
            return Some((leg[0] + ahead * rest.max(0.0), ahead));
        }
        rest -= length;
    }
    path.last().map(|end| (*end, Point::default()))
}

/// `since` seconds after a foot was caught: a lunge ahead and down, arms out, and back to `upright`.
pub(super) fn stumbling(from: Pose, upright: Pose, facing: f64, since: f64) -> Pose {
    let share = (since / STUMBLE_TAKES).min(1.0);
    let lurch = (PI * share).sin().powi(2);
    let ahead = Point::heading(facing);
    let middle = from.towards(upright, ease(share));
    Pose {
        torso: middle.torso + ahead * (LUNGE * lurch) - Point::new(0.0, 0.0, DROP * lurch),
        limbs: middle.limbs + ahead * ((LUNGE + ARMS_OUT) * lurch),
    }
}

/// Cycles of an exercise in `step` seconds: nobody keeps time.
pub(super) fn exercise_cycles(step: f64, rng: &mut ChaCha8Rng) -> f64 {
    step * EXERCISE_HZ * (1.0 + EXERCISE_VARIATION * rng.random_range(-1.0..1.0))
}

/// Somebody at `at` whose whole body moves, after so many cycles.
pub(super) fn exercising(at: Point, intensity: f64, cycles: f64) -> Pose {
    let (turn, slow) = (cycles * TAU, cycles * TAU * 0.31);
    let torso = Point::new(0.5 * slow.sin(), 0.5 * slow.cos(), turn.sin()) * (EXERCISE_TORSO * intensity);
    let limbs = Point::new(turn.cos(), (turn + slow).sin(), 0.7 * turn.sin()) * (EXERCISE_LIMBS * intensity);
    Pose { torso: at + torso, limbs: at + torso + limbs - Point::new(0.0, 0.0, LIMBS_BELOW / 2.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEADY: Wobble = Wobble { size: 0.0, phase: 0.0, at: 0.0 };

    #[test]
    fn a_walk_goes_from_its_first_to_its_last_point_at_an_even_pace() {
        let path = [Point::new(0.0, 0.0, 1.0), Point::new(3.0, 0.0, 1.0), Point::new(3.0, 1.0, 1.0)];
        let at = |walked| along(&path, walked).unwrap().0;
        assert_eq!(at(0.0), path[0]);
        assert_eq!(at(-0.1), path[0]);
        assert_eq!(at(3.5), Point::new(3.0, 0.5, 1.0));
        assert_eq!(at(9.0), path[2]);
        assert!(along(&[], 1.0).is_none());
        assert!(walking(&path[..1], 0.5, &STEADY).is_some());
    }

    #[test]
    fn an_unsteady_walker_leaves_the_line_and_a_steady_one_does_not() {
        let path = [Point::new(0.0, 0.0, 1.0), Point::new(8.0, 0.0, 1.0)];
        let off = |size: f64| {
            let wobble = |tenth: u32| Wobble { size, phase: 3.0, at: f64::from(tenth) / 10.0 };
            let aside = |tenth: u32| walking(&path, f64::from(tenth) / 80.0, &wobble(tenth)).unwrap().torso.y.abs();
            (0..80).map(aside).fold(0.0, f64::max)
        };
        assert!(off(0.0) < 1e-12);
        assert!((0.05..=SWAY).contains(&off(1.0)), "{}", off(1.0));
    }

    #[test]
    fn a_stumble_is_quicker_than_a_walk_slower_than_a_fall_and_ends_upright() {
        let upright = Pose::standing(Point::new(2.0, 2.0, 1.2));
        let height = |milli: u32| stumbling(upright, upright, 0.3, f64::from(milli) / 1000.0).torso.z;
        let fastest = (1..1000).map(|milli| (height(milli) - height(milli - 1)).abs() * 1000.0).fold(0.0, f64::max);
        assert!((0.8..2.0).contains(&fastest), "{fastest} m/s");
        let after = stumbling(upright, upright, 0.3, 5.0);
        assert!(after.torso.distance(upright.torso) < 1e-9);
    }
}
