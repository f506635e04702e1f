//! The room is in use: enough motion within minutes, and still in use until it was idle for long.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::inputs::RoomInputs;
use crate::machine::{Machine, Verdict};
use crate::output::Input;
use crate::parameters::{DAY_S, parameters};
use crate::registry::RoomParameters;
use crate::support::{above, any, below};
use crate::time::Tick;
use crate::timers::{SECOND_US, Since, seconds_us};

parameters! {
    /// When the room is active.
    Parameters {
        /// Motion is above this, %.
        motion_percent: f32 = 10.0, in 0.0..=100.0;
        /// For how long altogether, s.
        active_s: u32 = 30, in 1..=DAY_S;
        /// Within this time, s.
        window_s: u32 = 300, in 1..=DAY_S;
        /// It leaves when it was idle for this long, s.
        idle_s: u32 = 600, in 1..=DAY_S;
    }
    active_s <= window_s;
}

/// The window moves in as many steps, so that it costs the same whatever its length.
const BINS: u64 = 30;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RoomActive {
    active: bool,
    moved: Since,
    /// Which bin of the room's time, and for how long there was motion in it, microseconds. Newest last.
    bins: VecDeque<(u64, u64)>,
}

impl RoomActive {
    /// Motion within the window, microseconds.
    fn count(&mut self, tick: &Tick, moves: bool, p: &Parameters) -> u64 {
        let bin = tick.room_us / (seconds_us(p.window_s) / BINS).max(1);
        let moved_us = if moves { tick.elapsed_us } else { 0 };
        match self.bins.back_mut() {
            Some((last, sum)) if *last == bin => *sum = sum.saturating_add(moved_us),
            _ if moved_us > 0 => self.bins.push_back((bin, moved_us)),
            _ => {}
        }
        // A window of another length numbers its bins anew: those from its future are of no use.
        self.bins.retain(|(at, _)| *at <= bin && at.saturating_add(BINS) > bin);
        self.bins.iter().fold(0, |sum, (_, us)| sum.saturating_add(*us))
    }
}

impl Machine for RoomActive {
    const KEY: &'static str = "room_active";
    const HEAP_BYTES: usize = (BINS as usize + 1).next_power_of_two() * size_of::<(u64, u64)>();

    fn step(mut self, tick: &Tick, inputs: &RoomInputs, parameters: &RoomParameters) -> (Self, Verdict) {
        let p = &parameters.room_active;
        let moves = inputs.motion_percent.is_some_and(|motion| motion > p.motion_percent);
        let moved_us = self.count(tick, moves, p);
        self.moved = self.moved.step(tick, moves);
        let Some(motion) = inputs.motion_percent else {
            return (self, Verdict::missing(Input::Motion));
        };
        if self.active {
            self.active = self.moved.within(p.idle_s);
        } else {
            self.active = moves && moved_us >= seconds_us(p.active_s);
        }
        let verdict = if self.active {
            let reason = if moves { format!("motion>{}%", p.motion_percent) } else { format!("idle<{}s", p.idle_s) };
            let recent = above(moved_us as f32 / SECOND_US as f32, p.active_s as f32);
            Verdict::boolean(true, any(&[above(motion, p.motion_percent), recent]), vec![reason])
        } else {
            let reason = format!("motion<{}s in {}s", p.active_s, p.window_s);
            Verdict::boolean(false, below(moved_us as f32 / SECOND_US as f32, p.active_s as f32), vec![reason])
        };
        (self, verdict)
    }

    #[cfg(test)]
    fn heap_bytes(&self) -> usize {
        self.bins.capacity() * size_of::<(u64, u64)>()
    }
}
