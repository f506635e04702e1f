//! Ten semantic primitives and three named events as pure state machines.
//!
//! A [`Room`] turns what the detectors say once a second (presence, motion, rates, counts) into states with a meaning,
//! such as "somebody sleeps"; a [`House`] tells who went from room to room. Everything is a function of
//! `(state, inputs, now)`: nothing here reads a clock, a time zone or a random number, so that a recording gives the same
//! states at any speed. `docs/semantics.md` tells users what each state means.
//!
//! # Time
//! A duration is *observed* time: what lies between two steps counts when they are at most [`MAX_STEP`] apart. A longer
//! gap counts for nothing that must last ("still for 300 s" begins anew after it) but for everything that runs out
//! (latches, idle times, 24-hour windows). What was true before a gap is kept over [`CARRY_OVER`] at most, and is shown
//! only when inputs of now support it. In the first [`WARM_UP`], after an outage and while a node is
//! being calibrated, a room is not judged at all.
//!
//! # Memory
//! A room holds at most [`ROOM_BYTES`], whatever it sees; a test says so.
//!
//! # To add a primitive
//! Write one file in `primitives/` and register it with one line in `registry.rs`.

mod anomaly;
mod house;
mod inputs;
mod machine;
mod output;
mod parameters;
mod primitives;
mod registry;
mod room;
mod support;
mod time;
mod timers;

pub use house::{House, HouseInputs, HouseParameters, HouseState, RoomPresence, Track, Transition};
pub use inputs::{Counted, HouseholdContext, Rate, RoomInputs, RoomTags};
pub use output::{Availability, Event, Input, Learnt, Output, RoomEvent, RoomOutputs, Value};
pub use parameters::ParameterError;
pub use primitives::multi_room_transition;
pub use registry::{ROOM_KEYS, RoomParameters, keys, parameters as parameter_types};
pub use room::{ROOM_BYTES, RestoreError, Room, RoomState};
pub use time::{CARRY_OVER, MAX_STEP, WARM_UP};
