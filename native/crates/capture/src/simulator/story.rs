//! What happens in the simulated room, and when.

use std::f64::consts::PI;
use std::time::Duration;

use super::geometry::Point;

/// Height of a walking person's torso above the floor, in metres.
const STANDING_TORSO: f64 = 1.2;
/// Height of a seated person's torso above the floor, in metres.
const SEATED_TORSO: f64 = 0.8;

/// What the one person of the story does.
#[derive(Debug, Clone, PartialEq)]
pub enum Activity {
    /// Nobody is in the room.
    Empty,
    /// Walks along `path` at an even pace that fills the segment. A walk that starts at the door enters, one that ends
    /// there leaves.
    Walk {
        /// Corners of the way, torso centre, metres.
        path: Vec<Point>,
    },
    /// Sits, breathes, and fidgets now and then.
    Sit {
        /// Torso centre, metres.
        at: Point,
        /// Where the chest points, radians from the x axis.
        facing: f64,
        /// Mean breathing rate.
        breaths_per_minute: f64,
    },
}

/// One activity for some time.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// How long.
    pub duration: Duration,
    /// What.
    pub activity: Activity,
}

/// Activities in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    segments: Vec<Segment>,
}

impl Timeline {
    /// A story of `segments`, in their order.
    pub const fn new(segments: Vec<Segment>) -> Self {
        Self { segments }
    }

    /// The demonstration, a minute: 13 s empty, in and about for 8 s, seated for 16 s, out within 5 s, empty for 18 s.
    pub fn demonstration() -> Self {
        let walking = |x, y| Point::new(x, y, STANDING_TORSO);
        let door = walking(0.5, 3.8);
        let seat = (3.2, 1.2);
        let way_in = vec![door, walking(3.8, 3.5), walking(4.2, 1.8), walking(2.0, 0.8), walking(seat.0, seat.1)];
        let way_out = vec![walking(seat.0, seat.1), walking(2.2, 2.5), door];
        let sitting =
            Activity::Sit { at: Point::new(seat.0, seat.1, SEATED_TORSO), facing: 0.7 * PI, breaths_per_minute: 14.0 };
        let segment = |seconds, activity| Segment { duration: Duration::from_secs(seconds), activity };
        Self::new(vec![
            segment(13, Activity::Empty),
            segment(8, Activity::Walk { path: way_in }),
            segment(16, sitting),
            segment(5, Activity::Walk { path: way_out }),
            segment(18, Activity::Empty),
        ])
    }

    /// A room in which nobody is, for `duration`.
    pub fn empty(duration: Duration) -> Self {
        Self::new(vec![Segment { duration, activity: Activity::Empty }])
    }

    /// The whole length.
    pub fn duration(&self) -> Duration {
        self.segments.iter().map(|segment| segment.duration).sum()
    }

    /// The segment in which `elapsed` falls and the share of it that has passed, in [0, 1); `None` after the end.
    pub fn at(&self, elapsed: Duration) -> Option<(&Segment, f64)> {
        let mut start = Duration::ZERO;
        for segment in &self.segments {
            let end = start + segment.duration;
            if elapsed < end {
                let share = elapsed.saturating_sub(start).as_secs_f64() / segment.duration.as_secs_f64();
                return Some((segment, share));
            }
            start = end;
        }
        None
    }
}

impl Default for Timeline {
    fn default() -> Self {
        Self::demonstration()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_follow_each_other_and_end() {
        let story = Timeline::demonstration();
        assert_eq!(story.duration(), Duration::from_mins(1));
        let activity = |seconds| story.at(Duration::from_secs(seconds)).map(|(segment, _)| &segment.activity);
        assert_eq!(activity(12), Some(&Activity::Empty));
        assert!(matches!(activity(13), Some(Activity::Walk { .. })));
        assert!(matches!(activity(21), Some(Activity::Sit { .. })));
        assert!(matches!(activity(41), Some(Activity::Walk { .. })));
        assert_eq!(activity(60), None);
        assert_eq!(Timeline::new(vec![]).at(Duration::ZERO), None);
    }
}
