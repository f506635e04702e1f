//! What users ask of the engine: services, done between two packets.

use std::collections::BTreeMap;
use std::time::Duration;

use ruview_bfld::PrivacyClass;
use ruview_bfld::policy::Terms;
use ruview_core::StreamTime;
use ruview_semantic::HouseholdContext;
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::engine::Engine;
use crate::identity::NodeId;
use crate::node::Node;
use crate::room::{RoomModel, Tuning};
use crate::services::{ServiceCall, ServiceError, ServiceErrorCode};

impl Engine {
    /// Does what a service is asked for.
    ///
    /// # Errors
    /// Why it was not done; nothing has changed then.
    pub fn call(&mut self, call: ServiceCall) -> Result<(), ServiceError> {
        match call {
            ServiceCall::Calibrate { node, duration } => self.calibrate(&node, duration),
            ServiceCall::CancelCalibration { node } => self.cancel_calibration(&node),
            ServiceCall::ResetBaseline { node } => self.reset_baseline(&node),
            ServiceCall::SetRooms(model) => {
                self.set_rooms(model);
                Ok(())
            }
            // Only rooms that make sense get here.
            ServiceCall::CheckRooms(_) => Ok(()),
            ServiceCall::RemoveNode { node } => self.remove_node(&node),
            ServiceCall::SetPrivacyClass { class, privacy_mode } => self.set_privacy_class(class, privacy_mode),
            ServiceCall::SetContext { room_id, context } => self.set_context(&room_id, context),
            ServiceCall::SetThresholds { room_id, changes } => self.set_thresholds(&room_id, changes),
        }
    }

    /// Begins to measure the empty room of a node for `duration` of its own time. How far it is, the entity `calibration`
    /// tells; so it does when somebody comes in meanwhile, which ends it without a result. Its end is told by an event.
    ///
    /// # Errors
    /// There is no such node, it sends no CSI now, or somebody is there.
    pub fn calibrate(&mut self, node: &NodeId, duration: Duration) -> Result<(), ServiceError> {
        let (found, at) = self.node_now(node)?;
        found.calibrate(at, duration)
    }

    /// Ends the calibration of a node without a result: what was known before still counts. Where none runs, nothing happens,
    /// because one may end by itself while it is cancelled.
    ///
    /// # Errors
    /// There is no such node, or it learns nothing of rooms.
    pub fn cancel_calibration(&mut self, node: &NodeId) -> Result<(), ServiceError> {
        let (_, at) = self.node_now(node)?;
        self.nodes.get_mut(node).map_or(Ok(()), |found| found.cancel_calibration(&self.publisher, at))
    }

    /// Forgets what a node has learnt of its room: it begins to learn anew.
    ///
    /// # Errors
    /// There is no such node, or it learns nothing of rooms.
    pub fn reset_baseline(&mut self, node: &NodeId) -> Result<(), ServiceError> {
        self.node_now(node)?.0.reset_baseline()
    }

    /// Forgets a node with its device, its entities and what it has learnt. One that is heard again begins anew.
    ///
    /// # Errors
    /// There is no such node.
    pub fn remove_node(&mut self, node: &NodeId) -> Result<(), ServiceError> {
        let (_, at) = self.node_now(node)?;
        if let Some(mut removed) = self.nodes.remove(node) {
            removed.leave(&self.publisher, at);
        }
        let device = node.to_string();
        self.publisher.remove_device(&device);
        self.memory.forget(&device);
        self.rooms.forget(&device);
        tracing::info!(node = device, "a node was removed");
        Ok(())
    }

    /// These are all rooms from now on.
    pub fn set_rooms(&mut self, model: RoomModel) {
        self.rooms.set_model(&mut self.publisher, model);
        self.tune_nodes();
    }

    /// From now on everything leaves under this class: entities that it does not permit are gone when this returns.
    ///
    /// # Errors
    /// The class is looser than the configured one.
    pub fn set_privacy_class(&mut self, class: PrivacyClass, privacy_mode: bool) -> Result<(), ServiceError> {
        let configured = self.publisher.configured();
        if class.as_u8() < configured.class.as_u8() {
            let expected = format!("at least {}, which is configured", configured.class.as_u8());
            return Err(ServiceError::new(ServiceErrorCode::LooserClass, "privacy_class", expected, class.as_u8()));
        }
        let privacy_mode = privacy_mode || configured.privacy_mode || class == PrivacyClass::Restricted;
        let terms = Terms { class, privacy_mode, ..configured };
        if terms != self.publisher.privacy() {
            tracing::info!(class = class.as_str(), privacy_mode, "the privacy class has changed");
            // Whoever follows both must know why entities go before they go.
            self.terms.send_replace(terms);
            self.publisher.set_privacy(terms);
        }
        Ok(())
    }

    /// Under which terms everything leaves.
    pub fn terms(&self) -> watch::Receiver<Terms> {
        self.terms.subscribe()
    }

    /// Takes what the household says of a room.
    ///
    /// # Errors
    /// There is no such room.
    pub fn set_context(&mut self, room_id: &str, context: HouseholdContext) -> Result<(), ServiceError> {
        if !self.rooms.has(room_id) {
            return Err(no_room(room_id));
        }
        self.rooms.set_context(room_id, context);
        Ok(())
    }

    /// Judges a room otherwise. What `changes` does not name stays as it is.
    ///
    /// # Errors
    /// There is no such room, or a value that makes no sense.
    pub fn set_thresholds(&mut self, room_id: &str, changes: Map<String, Value>) -> Result<(), ServiceError> {
        if !self.rooms.has(room_id) {
            return Err(no_room(room_id));
        }
        let tuning = merged(&self.rooms.tuning(room_id), changes)?;
        self.rooms.tune(room_id, tuning);
        self.tune_nodes();
        Ok(())
    }

    /// Nodes that stand in no room are judged like this from now on; the others stay as they are.
    pub fn set_tunings(&mut self, tunings: BTreeMap<String, Tuning>) {
        self.rooms.tune_nodes_without_room(tunings);
        self.tune_nodes();
    }

    /// Lets every node judge as its room says.
    pub(crate) fn tune_nodes(&mut self) {
        for node in self.nodes.values_mut() {
            let tuning = self.rooms.tuning_on(node.device());
            node.tune(&tuning);
        }
    }

    /// A node and the time of its source's clock.
    pub(crate) fn node_now(&mut self, id: &NodeId) -> Result<(&mut Node, StreamTime), ServiceError> {
        let Some(node) = self.nodes.get_mut(id) else {
            return Err(ServiceError::new(ServiceErrorCode::NotFound, "node_id", "a node that was heard", id));
        };
        let at = self.times.get(&node.source().index).copied().unwrap_or_else(|| node.last_packet());
        Ok((node, at))
    }
}

fn no_room(room_id: &str) -> ServiceError {
    ServiceError::new(ServiceErrorCode::NotFound, "room_id", "a room, or a node that stands in none", room_id)
}

/// A tuning with some of it changed.
fn merged(tuning: &Tuning, changes: Map<String, Value>) -> Result<Tuning, ServiceError> {
    let mut all = serde_json::to_value(tuning).unwrap_or_default();
    merge(&mut all, Value::Object(changes));
    Tuning::read(all)
}

/// Puts `changes` into `all`, object by object.
fn merge(all: &mut Value, changes: Value) {
    match (all, changes) {
        (Value::Object(all), Value::Object(changes)) => {
            for (key, change) in changes {
                merge(all.entry(key).or_insert(Value::Null), change);
            }
        }
        (all, changes) => *all = changes,
    }
}
