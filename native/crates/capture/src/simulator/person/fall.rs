//! A fall: over within about a second, an impact, and then the floor.

use std::f64::consts::TAU;

use super::Pose;
use crate::simulator::geometry::Point;

/// The torso's height above the floor when somebody lies on it, and that of the limbs, metres.
const FLOOR_TORSO: f64 = 0.15;
const FLOOR_LIMBS: f64 = 0.1;
/// How fast the torso gathers speed downwards, m/s²: a body topples before it drops, so that it meets the floor after 0.8 s
/// with 2.5 m/s instead of after 0.46 s with 4.5 m/s (falls of volunteers and of older adults hit with 2 to 3 m/s).
const ACCELERATION: f64 = 3.0;
/// Metres that the torso travels in the direction of the fall, and that the legs stay behind.
const CARRIES: f64 = 0.8;
const LEGS_BEHIND: f64 = 0.6;
/// The torso bounces by this many metres and the limbs flail by those, so often a second, and come to rest in these seconds.
const BOUNCE: f64 = 0.03;
const FLAIL: f64 = 0.15;
const BOUNCE_HZ: f64 = 6.0;
const SETTLES: f64 = 0.15;
/// Seconds for which a node's firmware keeps its fall flag up.
pub(super) const FLAG_HOLDS: f64 = 5.0;

/// Seconds from the height of `torso` to the floor.
pub(super) fn takes(torso: f64) -> f64 {
    (2.0 * (torso - FLOOR_TORSO).max(0.0) / ACCELERATION).sqrt()
}

/// The body `since` seconds after it began to fall out of `from`, in the direction of `facing`.
pub(super) fn falling(from: Pose, facing: f64, since: f64) -> Pose {
    let takes = takes(from.torso.z);
    let ahead = Point::heading(facing);
    let landed = Point { z: FLOOR_TORSO.min(from.torso.z), ..from.torso + ahead * CARRIES };
    let legs = Point { z: FLOOR_LIMBS, ..landed - ahead * LEGS_BEHIND };
    if since < takes {
        let dropped = (since / takes).powi(2);
        return from.towards(Pose { torso: landed, limbs: legs }, dropped);
    }
    let after = since - takes;
    let ring = (-after / SETTLES).exp() * (TAU * BOUNCE_HZ * after).sin();
    Pose { torso: landed + Point::new(0.0, 0.0, BOUNCE * ring.abs()), limbs: legs + ahead * (FLAIL * ring) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn height(from: f64, milli: u32) -> f64 {
        falling(Pose::standing(Point::new(2.0, 2.0, from)), 0.5, f64::from(milli) / 1000.0).torso.z
    }

    #[test]
    fn meets_the_floor_after_a_second_with_two_to_three_metres_a_second() {
        let speed = |milli: u32| (height(1.2, milli - 1) - height(1.2, milli)) * 1000.0;
        let fastest = (1..2000).map(speed).fold(0.0, f64::max);
        assert!((2.0..3.0).contains(&fastest), "{fastest} m/s");
        assert!((0.6..1.1).contains(&takes(1.2)));
        assert!(speed(100) < 0.5, "it begins slowly");
        assert!((height(1.2, 5000) - FLOOR_TORSO).abs() < 1e-6, "and ends on the floor");
    }

    #[test]
    fn falls_out_of_bed_and_not_through_the_floor() {
        assert!((height(0.6, 3000) - FLOOR_TORSO).abs() < 1e-6);
        assert!((height(0.1, 3000) - 0.1).abs() < 1e-6);
        assert!(height(f64::MAX, 1).is_finite());
    }
}
