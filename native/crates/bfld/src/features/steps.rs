//! From one report to the next.

use core::f32::consts::FRAC_PI_2;

use crate::statistics::{mean, median, robust_deviation};
use crate::window::{Taken, WINDOW_LEN};

/// Beyond this the room can have become any other, and the angle says nothing about motion.
const MAX_GAP_S: f32 = 10.0;
/// Within a burst the feedback's quantisation is more than what a person does: no speed is computed from less time.
const MIN_SPEED_GAP_S: f32 = 0.5;
/// Deviations above the median that are still the usual.
const USUAL_DEVIATIONS: f32 = 3.0;

/// The way between two consecutive reports.
pub(super) struct Step {
    angle_rad: f32,
    gap_s: f32,
}

pub(super) fn between(reports: &[Taken; WINDOW_LEN]) -> Vec<Step> {
    let steps = reports.array_windows().map(|[earlier, later]| Step {
        angle_rad: later.shape.angle_to(&earlier.shape),
        gap_s: later.at.seconds_since(earlier.at) as f32,
    });
    steps.filter(|step| step.gap_s <= MAX_GAP_S).collect()
}

pub(super) fn mean_angle_delta(steps: &[Step]) -> f32 {
    mean(steps.iter().map(|step| step.angle_rad))
}

pub(super) fn burst_motion_score(steps: &[Step]) -> f32 {
    let speeds: Vec<f32> = steps.iter().map(|step| step.angle_rad / step.gap_s.max(MIN_SPEED_GAP_S)).collect();
    let usual = median(speeds.iter().copied()) + USUAL_DEVIATIONS * robust_deviation(&speeds);
    (mean(speeds.iter().map(|speed| (speed - usual).max(0.0))) / FRAC_PI_2).min(1.0)
}
