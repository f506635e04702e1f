//! A body: where its scattering centres are while it walks, rests, breathes, stumbles and falls.

mod fall;
mod gait;
mod rest;

use std::f64::consts::PI;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;

use super::channel::Scatterer;
use super::geometry::Point;
use super::story::{Activity, Moment, Timeline, Vital};
use rest::{Chest, Stirring};

/// Radar cross-sections in square metres.
const TORSO: f64 = 0.6;
const LIMBS: f64 = 0.15;
/// Metres that the torso moves in the shortest transition between two activities.
const EASY: f64 = 0.3;
/// Metres by which hanging hands and striding legs are below the torso.
const LIMBS_BELOW: f64 = 0.4;

/// Where the two scattering centres of a body are, metres.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pose {
    torso: Point,
    limbs: Point,
}

impl Pose {
    fn standing(at: Point) -> Self {
        Self { torso: at, limbs: at - Point::new(0.0, 0.0, LIMBS_BELOW) }
    }

    fn towards(self, other: Self, share: f64) -> Self {
        Self { torso: self.torso.towards(other.torso, share), limbs: self.limbs.towards(other.limbs, share) }
    }
}

/// The truth about a person who is there: what a perfect node would say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Doing {
    pub(super) at: Point,
    pub(super) moving: bool,
    /// Hit the floor within the last seconds.
    pub(super) fallen: bool,
    pub(super) vital: Option<Vital>,
}

/// One person of a story. Driven forward in time only.
#[derive(Debug)]
pub(super) struct Person {
    rng: ChaCha8Rng,
    chest: Chest,
    stirring: Stirring,
    /// Cycles of an exercise since it began.
    cycles: f64,
    /// The segment of the timeline that the pose is of.
    segment: Option<usize>,
    /// Where the segment before ended.
    before: Option<Pose>,
    pose: Option<Pose>,
    /// Share of the body's cross-section that is not yet, or no longer, behind a closing door.
    seen: f64,
    doing: Option<Doing>,
}

impl Person {
    pub(super) fn new(rng: ChaCha8Rng) -> Self {
        Self {
            rng,
            chest: Chest::default(),
            stirring: Stirring::default(),
            cycles: 0.0,
            segment: None,
            before: None,
            pose: None,
            seen: 1.0,
            doing: None,
        }
    }

    /// Lives until `elapsed` into `timeline`, `step` seconds after the previous call.
    pub(super) fn advance(&mut self, timeline: &Timeline, elapsed: Duration, step: f64, transition: Duration) {
        let Some(moment) = timeline.at(elapsed) else {
            (self.segment, self.before, self.pose, self.doing) = (None, None, None, None);
            return;
        };
        if self.segment != Some(moment.index) {
            self.segment = Some(moment.index);
            self.before = self.pose;
        }
        let since = moment.share * moment.segment.duration.as_secs_f64();
        let acted = self.act(&moment, since, step);
        let eased = ease(since / (transition.as_secs_f64() * self.effort(acted)));
        // Falls and stumbles come from the pose before by themselves.
        let abrupt = matches!(moment.segment.activity, Activity::Fall { .. } | Activity::Stumble { .. });
        let easing = eased < 1.0 && !(abrupt && self.before.is_some());
        (self.pose, self.seen) = match (self.before, acted) {
            (Some(before), Some(now)) if easing => (Some(before.towards(now, eased)), 1.0),
            // Nobody appears out of nothing: who comes or goes does so behind a door that opens or closes.
            (Some(before), None) if easing => (Some(before), 1.0 - eased),
            (None, Some(now)) if easing => (Some(now), eased),
            (_, now) => (now, 1.0),
        };
        self.doing = acted.map(|pose| self.doing(&moment, since, pose, easing && self.before.is_some()));
    }

    /// How much longer than the shortest transition it takes to get from the pose before to `now`: nobody is on their feet
    /// a second after lying on the floor.
    fn effort(&self, now: Option<Pose>) -> f64 {
        let metres = self.before.zip(now).map_or(0.0, |(before, now)| before.torso.distance(now.torso));
        (metres / EASY).max(1.0)
    }

    /// What scatters now; nothing when the person is absent.
    pub(super) fn body(&self) -> impl Iterator<Item = Scatterer> {
        let parts = |pose: Pose| [(pose.torso, TORSO), (pose.limbs, LIMBS)];
        // The cross-section is one of power.
        let seen = self.seen * self.seen;
        self.pose
            .into_iter()
            .flat_map(parts)
            .map(move |(at, cross_section)| Scatterer { at, cross_section: seen * cross_section })
    }

    /// The truth; `None` while the person is absent.
    pub(super) fn truth(&self) -> Option<Doing> {
        self.doing
    }

    fn act(&mut self, moment: &Moment<'_>, since: f64, step: f64) -> Option<Pose> {
        let index = moment.index;
        match &moment.segment.activity {
            Activity::Absent => None,
            Activity::Walk { path, unsteadiness } => {
                let wobble = gait::Wobble { size: *unsteadiness, phase: index as f64, at: since };
                gait::walking(path, moment.share, &wobble)
            }
            Activity::Rest(rest) => {
                self.chest.live(&rest.vital, rest::variation(rest.posture), step, &mut self.rng);
                self.stirring.live(&rest.stir, step, &mut self.rng);
                Some(rest::resting(rest, &self.chest, &self.stirring))
            }
            Activity::Exercise { at, intensity, vital } => {
                self.chest.live(vital, rest::AWAKE_VARIATION, step, &mut self.rng);
                self.cycles += gait::exercise_cycles(step, &mut self.rng);
                Some(gait::exercising(*at, *intensity, self.cycles))
            }
            Activity::Stumble { at, facing } => {
                let from = self.before.unwrap_or_else(|| Pose::standing(*at));
                Some(gait::stumbling(from, Pose::standing(*at), *facing, since))
            }
            Activity::Fall { at, facing, vital } => {
                self.chest.live(vital, rest::AWAKE_VARIATION, step, &mut self.rng);
                let from = self.before.unwrap_or_else(|| Pose::standing(*at));
                let mut pose = fall::falling(from, *facing, since);
                pose.torso = pose.torso + Point::new(0.0, 0.0, self.chest.travel());
                Some(pose)
            }
        }
    }

    fn doing(&self, moment: &Moment<'_>, since: f64, pose: Pose, easing: bool) -> Doing {
        let mut doing = Doing { at: pose.torso, moving: easing, fallen: false, vital: None };
        match &moment.segment.activity {
            Activity::Absent => {}
            Activity::Walk { .. } => doing.moving = true,
            Activity::Stumble { .. } => doing.moving |= since < gait::STUMBLE_TAKES,
            Activity::Rest(rest) => doing.vital = Some(rest.vital),
            Activity::Exercise { vital, .. } => (doing.moving, doing.vital) = (true, Some(*vital)),
            Activity::Fall { at, vital, .. } => {
                let height = self.before.map_or(at.z, |from| from.torso.z);
                let fell = since - fall::takes(height);
                doing.vital = Some(*vital);
                doing.fallen = (0.0..fall::FLAG_HOLDS).contains(&fell);
                doing.moving = fell < 1.0;
            }
        }
        doing
    }
}

/// From 0 to 1 without a jerk at either end. Of no time at all (0 / 0) the end is reached.
fn ease(share: f64) -> f64 {
    (1.0 - (share.min(1.0) * PI).cos()) / 2.0
}
