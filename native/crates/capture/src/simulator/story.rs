//! What happens in the simulated rooms, and when.

use std::time::Duration;

use super::geometry::Point;
use super::plan::Room;

/// Heights above the floor at which a torso is, in metres.
pub(super) const STANDING_TORSO: f64 = 1.2;
pub(super) const SEATED_TORSO: f64 = 0.8;
/// On a mattress.
pub(super) const LYING_TORSO: f64 = 0.6;
/// What an inner wall costs a path, dB: brick of 10 to 12 cm at 2.4 GHz (ITU-R P.2040-3).
pub(super) const WALL_LOSS_DB: f64 = 12.0;

/// What one person does.
#[derive(Debug, Clone, PartialEq)]
pub enum Activity {
    /// Is in none of the rooms.
    Absent,
    /// Walks along `path` at an even pace that fills the segment. A walk that starts at the door enters, one that ends
    /// there leaves.
    Walk {
        /// Corners of the way, torso centre, metres.
        path: Vec<Point>,
        /// 0 walks like a clockwork, 1 sways and hesitates.
        unsteadiness: f64,
    },
    /// Sits, stands or lies.
    Rest(Rest),
    /// Moves all of the body on the spot.
    Exercise {
        /// Torso centre, metres.
        at: Point,
        /// Share of the widest movements, 0 to 1.
        intensity: f64,
        /// What goes on inside.
        vital: Vital,
    },
    /// Trips, and does not fall.
    Stumble {
        /// Torso centre before, metres.
        at: Point,
        /// The direction of travel, radians from the x axis.
        facing: f64,
    },
    /// Falls from wherever the activity before ended, and lies on the floor for the rest of the segment.
    Fall {
        /// Torso centre before the fall if nothing came before, metres.
        at: Point,
        /// Where it falls to, radians from the x axis.
        facing: f64,
        /// What goes on inside afterwards.
        vital: Vital,
    },
}

/// A body that stays where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Rest {
    /// How.
    pub posture: Posture,
    /// Torso centre, metres.
    pub at: Point,
    /// Where a seated or standing person looks and where a lying one's feet are, radians from the x axis.
    pub facing: f64,
    /// What goes on inside.
    pub vital: Vital,
    /// The movements that nobody can do without.
    pub stir: Stir,
}

/// How a body rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posture {
    /// On a chair.
    Sitting,
    /// On its feet.
    Standing,
    /// The chest points up.
    OnBack,
    /// The chest points to the left of where the feet are.
    OnSide,
}

/// What moves the chest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vital {
    /// Mean breathing rate; 0 holds the breath.
    pub breaths_per_minute: f64,
    /// Mean heart rate; without one the chest does not show it.
    pub heart_rate_bpm: Option<f64>,
}

/// Movements that interrupt a rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stir {
    /// What kind.
    pub kind: StirKind,
    /// Mean seconds between two; 0 for none at all.
    pub every_s: f64,
}

/// Kinds of movements that interrupt a rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StirKind {
    /// A hand or a foot is put elsewhere.
    Fidget,
    /// The hands talk.
    Gesture,
    /// A sleeper turns over.
    TurnOver,
}

impl Stir {
    /// No movement at all.
    pub const NONE: Self = Self { kind: StirKind::Fidget, every_s: 0.0 };
}

impl Activity {
    /// Where it begins; `None` where nobody is.
    pub(super) fn begins(&self) -> Option<Point> {
        match self {
            Self::Absent => None,
            Self::Walk { path, .. } => path.first().copied(),
            Self::Rest(Rest { at, .. })
            | Self::Exercise { at, .. }
            | Self::Stumble { at, .. }
            | Self::Fall { at, .. } => Some(*at),
        }
    }

    /// Where it ends, but for the little that a fall carries.
    pub(super) fn ends(&self) -> Option<Point> {
        match self {
            Self::Walk { path, .. } => path.last().copied(),
            _ => self.begins(),
        }
    }
}

/// One activity for some time.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// How long.
    pub duration: Duration,
    /// What.
    pub activity: Activity,
}

/// One person's activities in their order. After the last, the person is absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline {
    segments: Vec<Segment>,
    /// When each ends.
    ends: Vec<Duration>,
}

/// A segment and how far it has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moment<'a> {
    pub(super) index: usize,
    pub(super) segment: &'a Segment,
    /// Of the segment, in [0, 1).
    pub(super) share: f64,
}

impl Timeline {
    /// A story of `segments`, in their order.
    pub fn new(segments: Vec<Segment>) -> Self {
        let mut end = Duration::ZERO;
        let add = |segment: &Segment| {
            end = end.saturating_add(segment.duration);
            end
        };
        let ends = segments.iter().map(add).collect();
        Self { segments, ends }
    }

    /// The whole length.
    pub fn duration(&self) -> Duration {
        self.ends.last().copied().unwrap_or_default()
    }

    /// What happens `elapsed` after the beginning; `None` after the end.
    pub(super) fn at(&self, elapsed: Duration) -> Option<Moment<'_>> {
        let index = self.ends.partition_point(|end| *end <= elapsed);
        let segment = self.segments.get(index)?;
        let start = index.checked_sub(1).map_or(Duration::ZERO, |before| self.ends[before]);
        let share = elapsed.saturating_sub(start).as_secs_f64() / segment.duration.as_secs_f64();
        Some(Moment { index, segment, share })
    }
}

/// Rooms, and who does what in them.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// Where it plays; nodes hear the access point of the room that they are in. Without any, it is [`Room::default`].
    pub rooms: Vec<Room>,
    /// What a wall costs each path that goes through it, dB.
    pub wall_loss_db: f64,
    /// Who is in it.
    pub persons: Vec<Timeline>,
    /// How long it takes. A person whose timeline is shorter is absent afterwards.
    pub duration: Duration,
    /// How long people take from one activity's place and posture to the next one's.
    pub transition: Duration,
    /// Whether nodes send what their firmware would conclude too, once a second. It is derived from the truth.
    pub edge_vitals: bool,
}

impl Story {
    /// `persons` in the default room, until the last of them has ended.
    pub fn new(persons: Vec<Timeline>) -> Self {
        Self {
            rooms: vec![Room::default()],
            wall_loss_db: WALL_LOSS_DB,
            duration: persons.iter().map(Timeline::duration).max().unwrap_or_default(),
            persons,
            transition: Duration::from_secs(1),
            edge_vitals: false,
        }
    }

    /// The demonstration, a minute: 13 s empty, in and about for 8 s, seated for 16 s, out within 5 s, empty for 18 s.
    pub fn demonstration() -> Self {
        let walking = |x, y| Point::new(x, y, STANDING_TORSO);
        let door = walking(0.5, 3.8);
        let seat = (3.2, 1.2);
        let way_in = vec![door, walking(3.8, 3.5), walking(4.2, 1.8), walking(2.0, 0.8), walking(seat.0, seat.1)];
        let way_out = vec![walking(seat.0, seat.1), walking(2.2, 2.5), door];
        let sitting = Activity::Rest(Rest {
            posture: Posture::Sitting,
            at: Point::new(seat.0, seat.1, SEATED_TORSO),
            facing: 126_f64.to_radians(),
            vital: Vital { breaths_per_minute: 14.0, heart_rate_bpm: None },
            stir: Stir { kind: StirKind::Fidget, every_s: 15.0 },
        });
        let segment = |seconds, activity| Segment { duration: Duration::from_secs(seconds), activity };
        let person = Timeline::new(vec![
            segment(13, Activity::Absent),
            segment(8, Activity::Walk { path: way_in, unsteadiness: 0.0 }),
            segment(16, sitting),
            segment(5, Activity::Walk { path: way_out, unsteadiness: 0.0 }),
            segment(18, Activity::Absent),
        ]);
        Self { transition: Duration::ZERO, ..Self::new(vec![person]) }
    }

    /// A room in which nobody is, for `duration`.
    pub fn empty(duration: Duration) -> Self {
        Self { duration, ..Self::new(Vec::new()) }
    }
}

impl Default for Story {
    fn default() -> Self {
        Self::demonstration()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_follow_each_other_and_end() {
        let story = Story::demonstration();
        assert_eq!(story.duration, Duration::from_mins(1));
        let activity = |seconds| story.persons[0].at(Duration::from_secs(seconds)).map(|now| &now.segment.activity);
        assert_eq!(activity(12), Some(&Activity::Absent));
        assert!(matches!(activity(13), Some(Activity::Walk { .. })));
        assert!(matches!(activity(21), Some(Activity::Rest(_))));
        assert!(matches!(activity(41), Some(Activity::Walk { .. })));
        assert_eq!(activity(60), None);
        assert_eq!(Timeline::new(vec![]).at(Duration::ZERO), None);
    }

    #[test]
    fn a_segment_without_length_is_passed_over() {
        let segment = |seconds| Segment { duration: Duration::from_secs(seconds), activity: Activity::Absent };
        let timeline = Timeline::new(vec![segment(0), segment(2), segment(0), segment(1)]);
        let at = |millis| timeline.at(Duration::from_millis(millis)).map(|now| (now.index, now.share));
        assert_eq!(at(0), Some((1, 0.0)));
        assert_eq!(at(1000), Some((1, 0.5)));
        assert_eq!(at(2500), Some((3, 0.5)));
        assert_eq!(at(3000), None);
    }
}
