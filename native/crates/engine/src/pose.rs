//! People as an external estimator of poses sees them. Nothing here finds a pose: without an estimator that feeds them in,
//! the entities do not exist, and they are gone seconds after it stops.

use std::collections::BTreeMap;
use std::time::Duration;

use ruview_core::StreamTime;
use serde::Serialize;
use serde_json::json;

use crate::catalog::{POSE, TRACKED_PERSON};
use crate::engine::Engine;
use crate::identity::NodeId;
use crate::publisher::{Entity, Limit, Moment, Publisher};
use crate::services::{ServiceError, ServiceErrorCode};
use crate::show::{Reading, switch};

/// An estimator that is silent for longer has stopped.
const STOPPED_AFTER: Duration = Duration::from_secs(5);
/// Poses are shown no more often, however often they come.
const SHOWN_EVERY: Duration = Duration::from_secs(1);
/// People who are followed at once.
const MAX_PERSONS: usize = 10;
/// The points of a pose, in COCO's order: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles.
pub const KEYPOINTS: usize = 17;
/// No picture is wider, pixels.
const WIDEST: f32 = 1e6;
/// Further away is another house, metres.
const FARTHEST_M: f32 = 1000.0;

/// A person as an estimator sees one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PosedPerson {
    /// The estimator's own number for whom it follows.
    pub track_id: u32,
    /// Of each point: x, y in the estimator's own frame, and how sure it is, 0 to 1.
    pub keypoints: Vec<[f32; 3]>,
    /// Where the person is, metres, on axes of the estimator's own; `None` where it does not know.
    pub position: Option<[f32; 3]>,
}

/// Everybody whom an estimator sees now; checked.
#[derive(Debug, Clone, PartialEq)]
pub struct PoseReport(Vec<PosedPerson>);

impl PoseReport {
    /// # Errors
    /// The field that makes no sense.
    pub fn new(persons: Vec<PosedPerson>) -> Result<Self, ServiceError> {
        if persons.len() > MAX_PERSONS {
            return Err(ServiceError::invalid("persons", format!("at most {MAX_PERSONS}"), persons.len()));
        }
        for (at, person) in persons.iter().enumerate() {
            check(person).map_err(|error| error.below(&format!("persons[{at}]")))?;
            if persons[..at].iter().any(|other| other.track_id == person.track_id) {
                let field = format!("persons[{at}].track_id");
                return Err(ServiceError::invalid(field, "a number that no other person has", person.track_id));
            }
        }
        Ok(Self(persons))
    }
}

fn check(person: &PosedPerson) -> Result<(), ServiceError> {
    let PosedPerson { keypoints, position, .. } = person;
    if keypoints.len() != KEYPOINTS {
        return Err(ServiceError::invalid("keypoints", format!("{KEYPOINTS} points"), keypoints.len()));
    }
    for (at, [x, y, sure]) in keypoints.iter().enumerate() {
        let field = |axis| format!("keypoints[{at}][{axis}]");
        // What is no number is not within either.
        if let Some(axis) = [x, y].iter().position(|value| !(-WIDEST..=WIDEST).contains(*value)) {
            return Err(ServiceError::invalid(field(axis), format!("-{WIDEST} to {WIDEST}"), [x, y][axis]));
        }
        if !(0.0..=1.0).contains(sure) {
            return Err(ServiceError::invalid(field(2), "0 to 1", sure));
        }
    }
    let is_near = |metres: &f32| metres.is_finite() && metres.abs() <= FARTHEST_M;
    match position.iter().flatten().find(|metres| !is_near(metres)) {
        Some(far) => Err(ServiceError::invalid("position", format!("at most {FARTHEST_M} m away"), far)),
        None => Ok(()),
    }
}

/// The poses of every node.
#[derive(Default)]
pub(crate) struct Poses(BTreeMap<String, Feed>);

/// What an estimator feeds in for a node, and what that drives.
struct Feed {
    /// The source whose clock counts.
    source: usize,
    last: StreamTime,
    pose: Entity,
    limit: Limit,
    /// By the number of the device.
    tracked: BTreeMap<usize, Tracked>,
}

struct Tracked {
    track_id: u32,
    entity: Entity,
}

impl Poses {
    fn take(&mut self, publisher: &Publisher, moment: &Moment, node: &str, source: usize, report: &PoseReport) {
        let feed = self.0.entry(node.to_owned()).or_insert_with(|| Feed {
            source,
            last: moment.at,
            pose: publisher.register_entity(node, &POSE),
            limit: Limit::new(SHOWN_EVERY),
            tracked: BTreeMap::new(),
        });
        (feed.source, feed.last) = (source, moment.at);
        let PoseReport(persons) = report;
        let reading = Reading::plain(persons.len().to_string()).with("persons", json!(persons));
        if feed.limit.passes(moment.at) {
            publisher.show(moment, &mut feed.pose, &reading.state, reading.attributes);
        }
        feed.follow(publisher, moment, node, persons);
    }

    /// A second of a source has passed: who has stopped is forgotten.
    pub(crate) fn second(&mut self, publisher: &Publisher, source: usize, at: StreamTime) {
        self.forget(publisher, |feed| {
            feed.source == source && (at < feed.last || at.since(feed.last) >= STOPPED_AFTER)
        });
    }

    /// Nothing will come of a source any more.
    pub(crate) fn source_ended(&mut self, publisher: &Publisher, source: usize) {
        self.forget(publisher, |feed| feed.source == source);
    }

    fn forget(&mut self, publisher: &Publisher, is_over: impl Fn(&Feed) -> bool) {
        for (node, feed) in self.0.extract_if(.., |_, feed| is_over(feed)) {
            publisher.remove_entity(feed.pose);
            for number in feed.tracked.keys() {
                publisher.remove_device(&device(&node, *number));
            }
        }
    }
}

impl Feed {
    /// Each track keeps its device; a new one gets the first that nobody is on.
    fn follow(&mut self, publisher: &Publisher, moment: &Moment, node: &str, persons: &[PosedPerson]) {
        let is_there = |track_id: u32| persons.iter().any(|person| person.track_id == track_id);
        for person in persons {
            if self.tracked.values().any(|tracked| tracked.track_id == person.track_id) {
                continue;
            }
            let is_free = |number: &usize| self.tracked.get(number).is_none_or(|tracked| !is_there(tracked.track_id));
            let Some(number) = (1..=MAX_PERSONS).find(is_free) else { continue };
            let tracked = self.tracked.entry(number).or_insert_with(|| Tracked::register(publisher, node, number));
            tracked.track_id = person.track_id;
        }
        for tracked in self.tracked.values_mut() {
            let reading = switch(Some(is_there(tracked.track_id)));
            publisher.show(moment, &mut tracked.entity, &reading.state, reading.attributes);
        }
    }
}

impl Tracked {
    fn register(publisher: &Publisher, node: &str, number: usize) -> Self {
        let device = device(node, number);
        publisher.register_space(&device, "person", &format!("Person {number}"), Some(node));
        Self { track_id: 0, entity: publisher.register_entity(&device, &TRACKED_PERSON) }
    }
}

fn device(node: &str, number: usize) -> String {
    format!("{node}_person_{number}")
}

impl Engine {
    /// Takes what an estimator of poses sees at a node now.
    ///
    /// # Errors
    /// There is no such node, or it is silent.
    pub fn take_pose(&mut self, node: &NodeId, report: &PoseReport) -> Result<(), ServiceError> {
        let (found, at) = self.node_now(node)?;
        if found.is_silent() {
            let (code, expected) = (ServiceErrorCode::NodeSilent, "a node that is live");
            return Err(ServiceError::new(code, "node_id", expected, node));
        }
        let source = found.source().index;
        let moment = self.publisher.moment(at);
        self.poses.take(&self.publisher, &moment, &node.to_string(), source, report);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(track_id: u32) -> PosedPerson {
        PosedPerson { track_id, keypoints: vec![[0.5, 0.5, 0.9]; KEYPOINTS], position: Some([1.0, 2.0, 0.0]) }
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let but = |change: fn(&mut PosedPerson)| {
            let mut person = person(1);
            change(&mut person);
            PoseReport::new(vec![person]).unwrap_err().field
        };
        assert_eq!(but(|person| person.keypoints.truncate(3)), "persons[0].keypoints");
        assert_eq!(but(|person| person.keypoints[4][1] = f32::NAN), "persons[0].keypoints[4][1]");
        assert_eq!(but(|person| person.keypoints[0][2] = 1.5), "persons[0].keypoints[0][2]");
        assert_eq!(but(|person| person.position = Some([0.0, 1e9, 0.0])), "persons[0].position");
        assert_eq!(PoseReport::new(vec![person(1), person(1)]).unwrap_err().field, "persons[1].track_id");
        assert_eq!(PoseReport::new((0..11).map(person).collect()).unwrap_err().field, "persons");
        assert!(PoseReport::new((0..10).map(person).collect()).is_ok());
        assert!(PoseReport::new(Vec::new()).is_ok(), "nobody is there");
    }
}
