//! What users can ask of the engine by name: the services of the domain `ruview`.
//!
//! A call is read and checked here, whoever makes it, and done by [`Engine::call`](crate::Engine::call).

mod data;
mod error;

use std::time::Duration;

use ruview_bfld::PrivacyClass;
use ruview_semantic::HouseholdContext;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use error::{ServiceError, ServiceErrorCode};

pub(crate) use data::read;

use crate::identity::NodeId;
use crate::room::{RoomConfig, RoomModel};

/// The domain of all services here.
pub const DOMAIN: &str = "ruview";

/// Every service of [`DOMAIN`].
pub const NAMES: [&str; 8] = [
    "calibrate",
    "cancel_calibration",
    "reset_baseline",
    "remove_node",
    "set_privacy_class",
    "set_rooms",
    "set_context",
    "set_thresholds",
];

/// How long an empty room is measured unless somebody says otherwise.
const CALIBRATION_S: u32 = 10;
/// The shortest and the longest calibration that make sense.
const CALIBRATION_RANGE_S: std::ops::RangeInclusive<u32> = 5..=600;

/// A call that makes sense.
#[derive(Debug, Clone, PartialEq)]
pub enum ServiceCall {
    /// Measure the empty room of a node.
    Calibrate {
        /// Whose.
        node: NodeId,
        /// For how long.
        duration: Duration,
    },
    /// Measure it no longer.
    CancelCalibration {
        /// Whose.
        node: NodeId,
    },
    /// Forget what a node has learnt of its room.
    ResetBaseline {
        /// Whose.
        node: NodeId,
    },
    /// These are all rooms.
    SetRooms(RoomModel),
    /// These could be all rooms; nothing changes.
    CheckRooms(RoomModel),
    /// Forget a node altogether, until it is heard again.
    RemoveNode {
        /// Which.
        node: NodeId,
    },
    /// Everything leaves under this class from now on.
    SetPrivacyClass {
        /// Not looser than the configured one.
        class: PrivacyClass,
        /// Whether everything biometric is withheld at class 2 too.
        privacy_mode: bool,
    },
    /// The household says this of a room. It is valid for 15 minutes.
    SetContext {
        /// Which; a node that stands in no room is one.
        room_id: String,
        /// What.
        context: HouseholdContext,
    },
    /// Judge a room otherwise; what is not named stays.
    SetThresholds {
        /// Which; a node that stands in no room is one.
        room_id: String,
        /// What changes: `sensitivity`, `hold_s` and, by primitive and name, `thresholds`, as in the description of a room.
        changes: Map<String, Value>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalibrateData {
    node_id: String,
    #[serde(default = "calibration_s")]
    duration_s: u32,
}

const fn calibration_s() -> u32 {
    CALIBRATION_S
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeData {
    node_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrivacyData {
    privacy_class: u8,
    #[serde(default)]
    privacy_mode: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoomsData {
    rooms: Vec<RoomConfig>,
    #[serde(default)]
    check: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextData {
    room_id: String,
    #[serde(default)]
    known_home: Option<bool>,
    #[serde(default)]
    expected: Option<bool>,
}

#[derive(Deserialize)]
struct ThresholdsData {
    room_id: String,
    #[serde(flatten)]
    changes: Map<String, Value>,
}

impl ServiceCall {
    /// Whether it changes what a restart must not forget.
    pub(crate) const fn is_durable(&self) -> bool {
        matches!(
            self,
            Self::ResetBaseline { .. }
                | Self::RemoveNode { .. }
                | Self::SetPrivacyClass { .. }
                | Self::SetRooms(_)
                | Self::SetThresholds { .. }
        )
    }

    /// Reads a call of `domain.service` with `data`.
    ///
    /// # Errors
    /// There is no such service, or a field makes no sense: which, what it may be and what it is.
    pub fn parse(domain: &str, service: &str, data: Value) -> Result<Self, ServiceError> {
        let unknown = |field, expected: String, found| {
            ServiceError::new(ServiceErrorCode::UnknownService, field, expected, found)
        };
        if domain != DOMAIN {
            return Err(unknown("domain", DOMAIN.to_owned(), domain));
        }
        match service {
            "calibrate" => {
                let CalibrateData { node_id, duration_s } = read(data)?;
                if !CALIBRATION_RANGE_S.contains(&duration_s) {
                    let (least, most) = CALIBRATION_RANGE_S.into_inner();
                    return Err(ServiceError::invalid("duration_s", format!("{least} to {most}"), duration_s));
                }
                Ok(Self::Calibrate { node: node(&node_id)?, duration: Duration::from_secs(duration_s.into()) })
            }
            "cancel_calibration" => {
                let NodeData { node_id } = read(data)?;
                Ok(Self::CancelCalibration { node: node(&node_id)? })
            }
            "reset_baseline" => {
                let NodeData { node_id } = read(data)?;
                Ok(Self::ResetBaseline { node: node(&node_id)? })
            }
            "remove_node" => {
                let NodeData { node_id } = read(data)?;
                Ok(Self::RemoveNode { node: node(&node_id)? })
            }
            "set_privacy_class" => {
                let PrivacyData { privacy_class, privacy_mode } = read(data)?;
                let classes = [PrivacyClass::Derived, PrivacyClass::Anonymous, PrivacyClass::Restricted];
                let class = classes.into_iter().find(|class| class.as_u8() == privacy_class);
                let wrong = || ServiceError::invalid("privacy_class", "2 or 3", privacy_class);
                Ok(Self::SetPrivacyClass { class: class.ok_or_else(wrong)?, privacy_mode })
            }
            "set_rooms" => {
                let RoomsData { rooms, check } = read(data)?;
                let model = RoomModel::new(rooms)?;
                Ok(if check { Self::CheckRooms(model) } else { Self::SetRooms(model) })
            }
            "set_context" => {
                let ContextData { room_id, known_home, expected } = read(data)?;
                Ok(Self::SetContext { room_id, context: HouseholdContext { known_home, expected } })
            }
            "set_thresholds" => {
                let ThresholdsData { room_id, changes } = read(data)?;
                Ok(Self::SetThresholds { room_id, changes })
            }
            _ => Err(unknown("service", NAMES.join(", "), service)),
        }
    }
}

fn node(id: &str) -> Result<NodeId, ServiceError> {
    id.parse().map_err(|_| ServiceError::invalid("node_id", "the id of a node, such as node_1", id))
}

#[cfg(test)]
mod tests {
    use ruview_core::NodeNumber;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_name_is_a_service() {
        for name in NAMES {
            let error = ServiceCall::parse(DOMAIN, name, json!({})).unwrap_err();
            assert_eq!((error.code, error.found.as_str()), (ServiceErrorCode::InvalidData, "nothing"), "{name}");
        }
    }

    #[test]
    fn a_call_is_read() {
        let node = NodeId::Esp32(NodeNumber(3));
        let parse = |service, data| ServiceCall::parse(DOMAIN, service, data).unwrap();
        assert_eq!(
            parse("calibrate", json!({"node_id": "node_3"})),
            ServiceCall::Calibrate { node: node.clone(), duration: Duration::from_secs(10) }
        );
        assert_eq!(parse("reset_baseline", json!({"node_id": "node_3"})), ServiceCall::ResetBaseline { node });
        let context = HouseholdContext { known_home: Some(true), expected: None };
        assert_eq!(
            parse("set_context", json!({"room_id": "a", "known_home": true, "expected": null})),
            ServiceCall::SetContext { room_id: "a".into(), context }
        );
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (service, data, field, expected, found) in [
            ("dance", json!({}), "service", "calibrate, cancel_calibration", "dance"),
            ("calibrate", json!([]), "data", "an object", "an array"),
            ("calibrate", json!({"duration_s": 10}), "node_id", "a value", "nothing"),
            ("calibrate", json!({"node_id": 3}), "node_id", "a string", "integer `3`"),
            ("calibrate", json!({"node_id": "kitchen"}), "node_id", "such as node_1", "kitchen"),
            ("calibrate", json!({"node_id": "node_3", "duration_s": 4}), "duration_s", "5 to 600", "4"),
            ("calibrate", json!({"node_id": "node_3", "duration": 9}), "duration", "`node_id`", "an unknown field"),
            ("set_rooms", json!({"rooms": [{"id": "a", "name": 1}]}), "rooms[0].name", "a string", "integer `1`"),
            ("set_rooms", json!({"rooms": [{"id": "a", "name": "A"}]}), "rooms[0].nodes", "a value", "nothing"),
            ("set_context", json!({"room_id": "a", "expected": "yes"}), "expected", "a boolean", "string \"yes\""),
        ] {
            let error = ServiceCall::parse(DOMAIN, service, data).unwrap_err();
            assert_eq!(error.field, field, "{error}");
            assert!(error.expected.contains(expected) && error.found.contains(found), "{error}");
        }
        assert_eq!(ServiceCall::parse("light", "calibrate", json!({})).unwrap_err().field, "domain");
    }
}
