//! Somebody who slept left the bed, or the bedroom, at night.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::inputs::RoomInputs;
use crate::machine::{Machine, Verdict};
use crate::output::{Event, Input};
use crate::parameters::parameters;
use crate::primitives::someone_sleeping::SomeoneSleeping;
use crate::registry::RoomParameters;
use crate::support::presence;
use crate::time::Tick;
use crate::timers::Since;

parameters! {
    /// When leaving the bed is told.
    Parameters {
        /// From this time of day on.
        from: Time = Time::constant(22, 0, 0, 0), in Time::MIN..=Time::MAX;
        /// Until this time of day.
        until: Time = Time::constant(6, 0, 0, 0), in Time::MIN..=Time::MAX;
        /// Who woke up longer ago than this was not asleep when he left, s. It has to cover the time for which presence is
        /// held after somebody left.
        awake_s: u32 = 300, in 1..=3600;
    }
}

impl Parameters {
    /// Whether it is night; it may last over midnight. Equal times: always.
    pub(crate) fn is_night(&self, at: Time) -> bool {
        if self.from < self.until { (self.from..self.until).contains(&at) } else { at >= self.from || at < self.until }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct BedExit {
    /// Its own, so that it depends on no other machine.
    sleeping: SomeoneSleeping,
    slept: Since,
    in_bed: bool,
}

impl Machine for BedExit {
    const KEY: &'static str = "bed_exit";

    fn step(mut self, tick: &Tick, inputs: &RoomInputs, parameters: &RoomParameters) -> (Self, Verdict) {
        let p = &parameters.bed_exit;
        if !inputs.tags.bedroom && inputs.bed_zone.is_none() {
            return (Self::default(), Verdict::not_applicable());
        }
        let slept = self.sleeping.is_asleep();
        self.sleeping = self.sleeping.step(tick, inputs, parameters).0;
        self.slept = self.slept.step(tick, slept || self.sleeping.is_asleep());
        let in_bed = match inputs.bed_zone {
            Some(in_bed) => Some(in_bed),
            None => inputs.presence,
        };
        let (Some(local), Some(in_bed)) = (tick.local, in_bed) else {
            // Where he is while nobody looks is not known, so that no exit follows from it.
            self.in_bed = false;
            let input = if tick.local.is_none() { Input::LocalTime } else { Input::Presence };
            return (self, Verdict::missing(input));
        };
        // What happened during a gap is not known either.
        let left = self.in_bed && !in_bed && tick.skipped_us == 0;
        self.in_bed = in_bed;
        let event = (left && self.slept.within(p.awake_s) && p.is_night(local.time())).then_some(Event::BedExit);
        if event.is_some() {
            // One event an exit: the next needs another sleep.
            self.slept = Since::default();
            self.sleeping = SomeoneSleeping::default();
        }
        let reason = if event.is_some() { vec!["slept".into(), "presence=off".into()] } else { Vec::new() };
        let confidence = if inputs.bed_zone.is_some() { 1.0 } else { presence(in_bed, inputs.presence_score) };
        (self, Verdict::watching(confidence, reason).with(event))
    }
}
