//! Somebody went from one room to another: a track did, or presence ended here as it began there.
//!
//! Presence is held for a while after somebody left, so that its end comes too late to be compared with its beginning
//! elsewhere. The last motion in a room tells better when it was left; the end of presence only confirms that nobody stayed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::house::{House, HouseInputs, HouseParameters, RoomPresence, Transition};
use crate::support::below;
use crate::time::Tick;
use crate::timers::{SECOND_US, seconds_us};

/// The key of its entity.
pub const KEY: &str = "multi_room_transition";

/// One room's comings and goings, in the house's own time, microseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Trace {
    presence: Option<bool>,
    moved_us: Option<u64>,
    /// When presence began, until a transition explained it.
    entered_us: Option<u64>,
    /// When the room was left, and when that was known; until a transition explained it.
    left_us: Option<(u64, u64)>,
}

impl Trace {
    fn step(&mut self, now_us: u64, gap: bool, room: &RoomPresence) {
        let was = if gap { None } else { self.presence };
        if room.presence == Some(true) && room.moving == Some(true) {
            self.moved_us = Some(now_us);
        }
        match (was, room.presence) {
            (Some(false), Some(true)) => (self.entered_us, self.left_us) = (Some(now_us), None),
            (Some(true), Some(false)) => {
                self.left_us = Some((self.moved_us.unwrap_or(now_us), now_us));
                self.entered_us = None;
            }
            (_, None) => (self.entered_us, self.left_us) = (None, None),
            _ => {}
        }
        if room.presence != Some(true) {
            self.moved_us = None;
        }
        self.presence = room.presence;
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MultiRoomTransition {
    rooms: BTreeMap<String, Trace>,
    /// Where each track was, and when it was last seen.
    tracks: BTreeMap<u64, (String, u64)>,
}

impl MultiRoomTransition {
    pub(crate) fn step(
        mut self,
        tick: &Tick,
        inputs: &HouseInputs,
        parameters: &HouseParameters,
    ) -> (Self, Vec<Transition>) {
        let gap = tick.skipped_us > 0;
        self.rooms.retain(|id, _| inputs.rooms.iter().any(|room| room.id == *id));
        for room in inputs.rooms.iter().take(House::MAX_ROOMS) {
            let trace = self.rooms.entry(room.id.clone()).or_default();
            if gap {
                *trace = Trace::default();
            }
            trace.step(tick.room_us, gap, room);
        }
        let mut told = self.follow_tracks(tick, inputs, parameters);
        let handovers = self.hand_over(tick.room_us, inputs, parameters);
        // A track tells more surely what a hand-over of presence also shows.
        told.extend(handovers.into_iter().filter(|new| inputs.tracks.iter().all(|track| track.room != new.to)));
        (self, told)
    }

    fn follow_tracks(&mut self, tick: &Tick, inputs: &HouseInputs, p: &HouseParameters) -> Vec<Transition> {
        let now_us = tick.room_us;
        let window_us = seconds_us(p.handover_s);
        self.tracks.retain(|_, (_, seen_us)| now_us.abs_diff(*seen_us) <= window_us);
        let mut told = Vec::new();
        for track in &inputs.tracks {
            if self.tracks.len() >= House::MAX_TRACKS && !self.tracks.contains_key(&track.id) {
                continue;
            }
            let before = self.tracks.insert(track.id, (track.room.clone(), now_us));
            if let Some((from, _)) = before.filter(|(from, _)| *from != track.room) {
                let (to, reason) = (track.room.clone(), vec!["one track".into()]);
                told.push(Transition { from, to, confidence: 1.0, reason });
            }
        }
        told
    }

    /// Pairs every room that was left with the room that was entered closest to it in time.
    fn hand_over(&mut self, now_us: u64, inputs: &HouseInputs, p: &HouseParameters) -> Vec<Transition> {
        let window_us = seconds_us(p.handover_s);
        let confirm_us = seconds_us(p.confirm_s);
        let mut pairs = Vec::new();
        for (from, left) in &self.rooms {
            let Some((left_us, known_us)) = left.left_us else { continue };
            for (to, entered) in &self.rooms {
                let Some(entered_us) = entered.entered_us.filter(|_| from != to) else { continue };
                let apart_us = entered_us.abs_diff(left_us);
                let in_time = apart_us <= window_us && known_us.saturating_sub(left_us) <= confirm_us;
                if in_time && leads(inputs, from, to) {
                    pairs.push((apart_us, from.clone(), to.clone()));
                }
            }
        }
        pairs.sort();
        let mut told: Vec<Transition> = Vec::new();
        for (apart_us, from, to) in pairs {
            if told.iter().any(|other| other.from == from || other.to == to) {
                continue;
            }
            let apart_s = apart_us as f32 / SECOND_US as f32;
            let reason = vec![format!("{apart_s:.0}s apart")];
            told.push(Transition { from, to, confidence: below(apart_s, p.handover_s as f32), reason });
        }
        for Transition { from, to, .. } in &told {
            if let Some(trace) = self.rooms.get_mut(from) {
                trace.left_us = None;
            }
            if let Some(trace) = self.rooms.get_mut(to) {
                trace.entered_us = None;
            }
        }
        self.expire(now_us, window_us.saturating_add(confirm_us));
        told
    }

    /// What no transition explained in time, none will.
    fn expire(&mut self, now_us: u64, after_us: u64) {
        for trace in self.rooms.values_mut() {
            trace.entered_us = trace.entered_us.filter(|at| now_us.saturating_sub(*at) <= after_us);
            trace.left_us = trace.left_us.filter(|(at, _)| now_us.saturating_sub(*at) <= after_us);
        }
    }
}

fn leads(inputs: &HouseInputs, from: &str, to: &str) -> bool {
    inputs.adjacent.as_ref().is_none_or(|pairs| {
        pairs.iter().any(|(one, other)| (one == from && other == to) || (one == to && other == from))
    })
}
