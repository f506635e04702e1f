//! What holds whatever happens: no event without its precondition, hysteresis, any input, any clock, any restart.
//!
//! Rooms of these tests have short durations, so that a few minutes of scenes drive every primitive.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::{DateTime, date};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use ruview_core::StreamTime;
use ruview_semantic::{
    Availability, Counted, Event, HouseholdContext, MAX_STEP, ROOM_KEYS, Rate, RoomInputs, RoomOutputs, RoomParameters,
    RoomState, RoomTags, Value, WARM_UP, keys,
};

fn parameters() -> RoomParameters {
    let mut all = RoomParameters::default();
    (all.someone_sleeping.still_s, all.someone_sleeping.wake_s) = (60, 10);
    (all.possible_distress.rest_s, all.possible_distress.sustained_s) = (60, 20);
    (all.possible_distress.latch_s, all.possible_distress.fall_s) = (60, 60);
    (all.room_active.active_s, all.room_active.window_s, all.room_active.idle_s) = (10, 60, 120);
    (all.elderly_inactivity_anomaly.floor_s, all.elderly_inactivity_anomaly.history_days) = (60, 0);
    (all.meeting_in_progress.sustained_s, all.meeting_in_progress.leave_s) = (60, 20);
    all.no_movement.still_s = 90;
    all.unexpected_occupancy.present_s = 30;
    all.unrecognized_activity_pattern.pause_s = 60;
    all.bed_exit.awake_s = 60;
    all.validate().unwrap();
    all
}

/// One step: how long after the step before, what was known, and what was said.
struct Moment {
    passed_s: i64,
    inputs: RoomInputs,
    said: RoomOutputs,
}

impl Moment {
    /// No gap lies before it: a clock that was set back by little was corrected, and costs no time.
    fn follows(&self) -> bool {
        self.passed_s.unsigned_abs() <= MAX_STEP.as_secs()
    }

    /// What the room's own clock counts; one that was set back counts as a short gap.
    fn room_s(&self) -> i64 {
        let gap = MAX_STEP.as_secs() as i64;
        if self.passed_s < -gap { gap } else { self.passed_s.max(0) }
    }

    fn judged(&self) -> bool {
        !self
            .said
            .primitives
            .iter()
            .any(|output| matches!(output.availability, Availability::WarmingUp | Availability::Calibrating))
    }

    fn is(&self, key: &str) -> Option<bool> {
        self.said.get(key).unwrap().as_bool()
    }

    fn motion(&self) -> Option<f32> {
        self.inputs.motion_percent.filter(|motion| motion.is_finite()).map(|motion| motion.clamp(0.0, 100.0))
    }

    fn moves_less(&self, percent: f32) -> bool {
        self.motion().is_some_and(|motion| motion < percent)
    }

    fn moves_more(&self, percent: f32) -> bool {
        self.motion().is_some_and(|motion| motion > percent)
    }

    fn present(&self) -> bool {
        self.inputs.presence == Some(true)
    }

    fn told(&self, matches: fn(&Event) -> bool) -> bool {
        self.said.events.iter().any(|told| matches(&told.event))
    }
}

/// Whether `holds` was true in every step of the last `seconds`, without a gap.
fn held(past: &[Moment], seconds: i64, holds: impl Fn(&Moment) -> bool) -> bool {
    let mut lasted = 0;
    for moment in past.iter().rev() {
        if !moment.judged() || !holds(moment) {
            return false;
        }
        if lasted >= seconds {
            return true;
        }
        if !moment.follows() {
            return false;
        }
        lasted += moment.room_s();
    }
    false
}

/// For how long within the last `seconds` `holds` was true.
fn sum_within(past: &[Moment], seconds: i64, holds: impl Fn(&Moment) -> bool) -> i64 {
    let (mut ago, mut sum) = (0, 0);
    for moment in past.iter().rev() {
        if holds(moment) && moment.judged() && moment.follows() {
            sum += moment.room_s();
        }
        ago += moment.room_s();
        if ago > seconds {
            break;
        }
    }
    sum
}

/// Whether `holds` was true in some step of the last `seconds`.
fn seen_within(past: &[Moment], seconds: i64, holds: impl Fn(&Moment) -> bool) -> bool {
    let mut ago = 0;
    for moment in past.iter().rev() {
        if holds(moment) {
            return true;
        }
        ago += moment.room_s();
        if ago > seconds {
            return false;
        }
    }
    false
}

fn motion() -> impl Strategy<Value = Option<f32>> {
    prop_oneof![
        4 => (0.0_f32..1.0).prop_map(Some),
        3 => (1.0_f32..12.0).prop_map(Some),
        3 => (12.0_f32..100.0).prop_map(Some),
        1 => prop::sample::select(vec![None, Some(f32::NAN), Some(f32::INFINITY), Some(-5.0), Some(5.0), Some(1e30)]),
    ]
}

fn rate(usual: std::ops::Range<f32>) -> impl Strategy<Value = Option<Rate>> {
    let per_minute = prop_oneof![8 => usual, 1 => any::<f32>()];
    let confidence = prop_oneof![8 => 0.7_f32..=1.0, 1 => any::<f32>()];
    prop::option::weighted(
        0.8,
        (per_minute, confidence).prop_map(|(per_minute, confidence)| Rate { per_minute, confidence }),
    )
}

fn presence() -> impl Strategy<Value = Option<bool>> {
    prop_oneof![6 => Just(Some(true)), 3 => Just(Some(false)), 1 => Just(None)]
}

fn inputs() -> impl Strategy<Value = RoomInputs> {
    let body = (presence(), prop::option::of(0.0_f32..=1.0), motion(), rate(6.0..26.0), rate(50.0..130.0));
    let people = (
        prop::option::weighted(0.8, (0_u8..5, 0.3_f32..=1.0)),
        prop::option::weighted(0.8, prop_oneof![9 => Just(0_u32), 1 => any::<u32>()]),
        prop::option::weighted(0.8, prop_oneof![9 => Just(0_u32), 1 => 1..3_u32]),
        prop::option::of(prop_oneof![9 => 0.0_f32..=1.0, 1 => any::<f32>()]),
        prop::option::of(prop_oneof![9 => 0.0_f32..=1.0, 1 => any::<f32>()]),
    );
    let room = (
        prop::option::weighted(0.2, any::<bool>()),
        prop::option::weighted(0.2, any::<bool>()),
        prop::bool::weighted(0.05),
        any::<(Option<bool>, Option<bool>)>(),
        any::<(bool, bool)>(),
    );
    (body, people, room).prop_map(|(body, people, room)| {
        let (presence, presence_score, motion_percent, breathing, heart_rate) = body;
        let (persons, falls, near_falls, gait_instability, anomaly_score) = people;
        let (bathroom_zone, bed_zone, calibrating, (known_home, expected), (bedroom, bathroom)) = room;
        RoomInputs {
            local: None,
            presence,
            presence_score,
            motion_percent,
            breathing,
            heart_rate,
            persons: persons.map(|(count, confidence)| Counted { count, confidence }),
            falls,
            near_falls,
            gait_instability,
            anomaly_score,
            bathroom_zone,
            bed_zone,
            calibrating,
            context: HouseholdContext { known_home, expected },
            tags: RoomTags { bedroom, bathroom },
        }
    })
}

/// Scenes: how much time passes before it, how long it lasts, and what is known during it.
fn scenes() -> impl Strategy<Value = Vec<(i64, u32, RoomInputs)>> {
    let passed = prop_oneof![
        12 => Just(1_i64), 2 => 0..10_i64, 1 => 30..900_i64, 1 => Just(100_000), 1 => -900..0_i64, 1 => -5..0_i64, 1 => any::<i32>().prop_map(i64::from),
    ];
    prop::collection::vec((passed, 1..150_u32, inputs()), 1..24)
}

/// Scenes of a bedroom whose sleepers are seen to breathe: bed exits need much to come together.
fn nights() -> impl Strategy<Value = Vec<(i64, u32, RoomInputs)>> {
    scenes().prop_map(|mut scenes| {
        for (index, (_, _, inputs)) in scenes.iter_mut().enumerate() {
            inputs.tags.bedroom = true;
            if index % 3 != 2 {
                inputs.bed_zone = None;
                inputs.heart_rate = None;
                inputs.breathing = Some(Rate { per_minute: 12.0, confidence: 0.9 });
                inputs.motion_percent = inputs.motion_percent.map(|motion| motion * 0.3);
            }
        }
        scenes
    })
}

/// Scenes in which a heart is read, at rest and racing.
fn hearts() -> impl Strategy<Value = Vec<(i64, u32, RoomInputs)>> {
    scenes().prop_map(|mut scenes| {
        for (index, (_, _, inputs)) in scenes.iter_mut().enumerate() {
            let (per_minute, motion_percent) = if index % 2 == 0 { (60.0, 2.0) } else { (110.0, 60.0) };
            if index % 5 != 4 {
                inputs.heart_rate = Some(Rate { per_minute, confidence: 0.9 });
                inputs.motion_percent = Some(motion_percent);
                inputs.persons = None;
            }
        }
        scenes
    })
}

fn local(at_s: i64) -> DateTime {
    date(2026, 3, 2).at(20, 0, 0, 0) + Duration::from_secs(at_s.rem_euclid(400 * 86_400).unsigned_abs())
}

/// The same inputs are given in full steps; only the first step of a scene may jump, and events are told in it alone.
fn play(scenes: &[(i64, u32, RoomInputs)], restore_at: Option<usize>) -> Vec<Moment> {
    let parameters = parameters();
    let mut state = RoomState::default();
    let mut at_s = 1_000_000_000_i64;
    let mut past = Vec::new();
    let calm =
        RoomInputs { presence: Some(false), motion_percent: Some(0.0), near_falls: Some(0), ..RoomInputs::default() };
    let warm_up = (1, WARM_UP.as_secs() as u32 + 2, calm);
    for (jump, steps, inputs) in std::iter::once(&warm_up).chain(scenes) {
        for step in 0..*steps {
            let passed_s = if step == 0 { *jump } else { 1 };
            at_s += passed_s;
            let once = |count: Option<u32>| if step == 0 { count } else { count.map(|_| 0) };
            let inputs = RoomInputs {
                local: (inputs.presence_score != Some(0.0)).then(|| local(at_s)),
                falls: once(inputs.falls),
                near_falls: once(inputs.near_falls),
                ..inputs.clone()
            };
            if restore_at == Some(past.len()) {
                state = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
            }
            let said;
            (state, said) = state.step(&parameters, StreamTime::from_micros(at_s * 1_000_000), &inputs);
            past.push(Moment { passed_s, inputs, said });
        }
    }
    past
}

/// Calls `check` for each step in which `key` went from `from` to `to`, with the past up to and with that step.
fn turns(past: &[Moment], key: &str, (from, to): (bool, bool), mut check: impl FnMut(&[Moment])) {
    for index in 1..past.len() {
        if past[index - 1].is(key) == Some(from) && past[index].is(key) == Some(to) {
            check(&past[..=index]);
        }
    }
}

const RISES: (bool, bool) = (false, true);
const FALLS: (bool, bool) = (true, false);

/// Nothing was seen for so long that everything was forgotten.
fn forgotten(past: &[Moment]) -> bool {
    past.last().is_some_and(|now| now.passed_s > 600)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every output is well formed, and nothing is said before the warm-up is over.
    #[test]
    fn outputs_are_well_formed(scenes in scenes()) {
        let past = play(&scenes, None);
        for (index, moment) in past.iter().enumerate() {
            prop_assert_eq!(moment.said.primitives.len(), ROOM_KEYS.len());
            prop_assert!(index >= WARM_UP.as_secs() as usize || !moment.judged());
            prop_assert!(moment.judged() || moment.said.events.is_empty());
            prop_assert!(!(moment.inputs.calibrating && moment.judged()));
            for output in &moment.said.primitives {
                prop_assert!((0.0..=1.0).contains(&output.confidence), "{:?}", output);
                let has_value = output.availability == Availability::Available && output.key != keys::bed_exit;
                prop_assert_eq!(output.value.is_some(), has_value, "{:?}", output);
                if let Some(Value::Percent(percent)) = output.value {
                    prop_assert!((0.0..=100.0).contains(&percent));
                }
                prop_assert!(output.value.is_none() || !output.reason.is_empty());
            }
        }
    }

    /// A state that was saved and restored in any step has the same future.
    #[test]
    fn a_saved_state_has_the_same_future(scenes in scenes(), at in any::<prop::sample::Index>()) {
        let past = play(&scenes, None);
        let again = play(&scenes, Some(at.index(past.len())));
        for (left, right) in past.iter().zip(&again) {
            prop_assert_eq!(&left.said, &right.said);
        }
    }

    #[test]
    fn someone_sleeping(scenes in scenes()) {
        let past = play(&scenes, None);
        let p = parameters().someone_sleeping;
        turns(&past, keys::someone_sleeping, RISES, |past| {
            assert!(held(past, i64::from(p.still_s), |moment| moment.present() && moment.moves_less(p.still_percent)));
            let breathes = |moment: &Moment| moment.inputs.breathing.is_some();
            assert!(seen_within(past, 60, breathes));
        });
        turns(&past, keys::someone_sleeping, FALLS, |past| {
            let left = past.last().unwrap().inputs.presence == Some(false);
            assert!(left || forgotten(past) || held(past, i64::from(p.wake_s), |moment| moment.moves_more(p.wake_percent)));
        });
    }

    #[test]
    fn possible_distress(scenes in hearts()) {
        let past = play(&scenes, None);
        let p = parameters().possible_distress;
        turns(&past, keys::possible_distress, RISES, |past| {
            let moves = |moment: &Moment| moment.moves_more(p.motion_percent) && moment.inputs.presence != Some(false);
            assert!(held(past, i64::from(p.sustained_s), moves));
            assert!(!seen_within(past, i64::from(p.fall_s) - 1, |moment| moment.judged() && moment.inputs.falls > Some(0)));
            assert!(seen_within(past, 15, |moment| moment.inputs.heart_rate.is_some()));
            assert!(past.last().unwrap().said.get(keys::possible_distress).unwrap().confidence >= p.min_confidence);
        });
        // The latch: once it is on it lasts.
        turns(&past, keys::possible_distress, FALLS, |past| {
            let on = |moment: &Moment| moment.is(keys::possible_distress) == Some(true);
            let lasted = sum_within(&past[..past.len() - 1], i64::from(p.latch_s), on);
            assert!(lasted >= i64::from(p.latch_s) - 1 || past.iter().any(|moment| !moment.follows()) || !past.iter().all(Moment::judged));
        });
    }

    #[test]
    fn room_active(scenes in scenes()) {
        let past = play(&scenes, None);
        let p = parameters().room_active;
        let moves = |moment: &Moment| moment.moves_more(p.motion_percent);
        turns(&past, keys::room_active, RISES, |past| {
            assert!(sum_within(past, i64::from(p.window_s), moves) >= i64::from(p.active_s));
        });
        turns(&past, keys::room_active, FALLS, |past| {
            assert!(forgotten(past) || !seen_within(past, i64::from(p.idle_s) - 1, |moment| moment.judged() && moves(moment)));
        });
    }

    #[test]
    fn elderly_inactivity_anomaly(scenes in scenes()) {
        let past = play(&scenes, None);
        let p = parameters().elderly_inactivity_anomaly;
        let mut days = Vec::new();
        turns(&past, keys::elderly_inactivity_anomaly, RISES, |past| {
            let still = |moment: &Moment| moment.present() && !moment.moves_more(p.motion_percent);
            assert!(held(past, i64::from(p.floor_s), still));
            days.push(past.last().unwrap().inputs.local.unwrap().date());
        });
        // Not twice in a row on one day; a clock that was set back may bring a day again.
        days.dedup();
        let mut rises = 0;
        turns(&past, keys::elderly_inactivity_anomaly, RISES, |_| rises += 1);
        prop_assert_eq!(days.len(), rises);
        turns(&past, keys::elderly_inactivity_anomaly, FALLS, |past| {
            let now = past.last().unwrap();
            let night = now.inputs.tags.bedroom;
            assert!(!now.present() || now.moves_more(p.still_percent) || night || !now.follows());
        });
    }

    #[test]
    fn meeting_in_progress(scenes in scenes()) {
        let past = play(&scenes, None);
        let p = parameters().meeting_in_progress;
        let count = |moment: &Moment| match (moment.inputs.presence, moment.inputs.persons) {
            (Some(false), _) => Some(0),
            (_, persons) => persons.filter(|found| found.confidence >= p.min_confidence).map(|found| found.count),
        };
        turns(&past, keys::meeting_in_progress, RISES, |past| {
            assert!(held(past, i64::from(p.sustained_s), |moment| count(moment) >= Some(p.min_persons)));
        });
        turns(&past, keys::meeting_in_progress, FALLS, |past| {
            let few = |moment: &Moment| count(moment).is_some_and(|count| count < p.min_persons);
            assert!(forgotten(past) || held(past, i64::from(p.leave_s), few));
        });
    }

    #[test]
    fn bathroom_occupied(scenes in scenes()) {
        for moment in play(&scenes, None).iter().filter(|moment| moment.judged()) {
            let RoomInputs { tags, presence, bathroom_zone, .. } = moment.inputs;
            let expected = if tags.bathroom { presence } else { bathroom_zone };
            prop_assert_eq!(moment.is(keys::bathroom_occupied), expected);
            let applies = tags.bathroom || bathroom_zone.is_some();
            let said = moment.said.get(keys::bathroom_occupied).unwrap().availability;
            prop_assert_eq!(applies, said != Availability::NotApplicable);
        }
    }

    #[test]
    fn fall_risk_elevated(scenes in scenes()) {
        let past = play(&scenes, None);
        let p = parameters().fall_risk_elevated;
        let mut armed = true;
        for moment in &past {
            let score = moment.said.get(keys::fall_risk_elevated).unwrap().value.and_then(Value::as_percent);
            if score.is_some_and(|score| score < p.threshold - p.hysteresis) {
                armed = true;
            }
            if moment.told(|event| matches!(event, Event::FallRiskElevated { .. })) {
                prop_assert!(armed && score.is_some_and(|score| score >= p.threshold));
                armed = false;
            }
        }
    }

    #[test]
    fn bed_exit(scenes in nights()) {
        let past = play(&scenes, None);
        let p = parameters();
        for index in 1..past.len() {
            if past[index].told(|event| matches!(event, Event::BedExit)) {
                let in_bed = |moment: &Moment| moment.inputs.bed_zone.or(moment.inputs.presence);
                let now = &past[index];
                prop_assert!(now.inputs.tags.bedroom || now.inputs.bed_zone.is_some());
                prop_assert_eq!((in_bed(&past[index - 1]), in_bed(now)), (Some(true), Some(false)));
                let hour = now.inputs.local.unwrap().hour();
                prop_assert!(!(6..22).contains(&hour));
                // Somebody was still and breathed within the time that may pass between sleep and exit.
                let still = |moment: &Moment| moment.present();
                prop_assert!(sum_within(&past[..=index], 100_000, still) >= i64::from(p.someone_sleeping.still_s));
                prop_assert!(now.follows());
            }
        }
    }

    #[test]
    fn no_movement(scenes in scenes()) {
        let past = play(&scenes, None);
        let p = parameters().no_movement;
        turns(&past, keys::no_movement, RISES, |past| {
            assert!(held(past, i64::from(p.still_s), |moment| moment.present() && moment.moves_less(p.still_percent)));
        });
        turns(&past, keys::no_movement, FALLS, |past| {
            let now = past.last().unwrap();
            assert!(now.inputs.presence == Some(false) || now.moves_more(p.motion_percent) || forgotten(past));
        });
    }

    #[test]
    fn unknown_presence(scenes in scenes()) {
        let past = play(&scenes, None);
        for index in 1..past.len() {
            let (before, now) = (&past[index - 1], &past[index]);
            let rises = before.inputs.presence == Some(false) && now.present() && before.judged() && now.judged();
            let home = now.inputs.context.known_home;
            let told = now.said.events.iter().find(|told| matches!(told.event, Event::UnknownPresence { .. }));
            let gap = !now.follows();
            prop_assert_eq!(told.is_some(), rises && home != Some(true) && !gap);
            if let Some(told) = told {
                prop_assert_eq!(told.event, Event::UnknownPresence { person_aware: home.is_some() });
            }
        }
    }

    #[test]
    fn unexpected_occupancy(scenes in scenes()) {
        let past = play(&scenes, None);
        let p = parameters().unexpected_occupancy;
        for index in 1..past.len() {
            if past[index].told(|event| matches!(event, Event::UnexpectedOccupancy { .. })) {
                let outside = |moment: &Moment| moment.present() && moment.inputs.context.expected == Some(false);
                prop_assert!(held(&past[..=index], i64::from(p.present_s), outside));
                prop_assert_ne!(past[index - 1].is(keys::unexpected_occupancy), Some(true));
            }
        }
    }

    #[test]
    fn unrecognized_activity_pattern(scenes in scenes()) {
        let past = play(&scenes, None);
        let p = parameters().unrecognized_activity_pattern;
        let told = |moment: &Moment| moment.told(|event| matches!(event, Event::UnrecognizedActivityPattern { .. }));
        for (index, moment) in past.iter().enumerate() {
            let score = moment.said.anomaly_score;
            prop_assert!(score.is_none_or(|score| (0.0..=1.0).contains(&score)));
            if told(moment) {
                prop_assert!(score >= Some(p.threshold));
                prop_assert!(!seen_within(&past[..index], i64::from(p.pause_s) - 1 - moment.room_s(), told));
            }
        }
        turns(&past, keys::unrecognized_activity_pattern, FALLS, |past| {
            let score = past.last().unwrap().said.anomaly_score;
            assert!(score < Some(p.threshold - p.hysteresis) || forgotten(past));
        });
    }
}

/// The scenes do drive what these properties are about: each primitive rises, each event is told.
#[test]
fn scenes_reach_everything() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeMap::new();
    let any = prop_oneof![scenes().boxed(), nights().boxed(), hearts().boxed()];
    for _ in 0..150 {
        let past = play(&any.new_tree(&mut runner).unwrap().current(), None);
        for key in ROOM_KEYS {
            turns(&past, key, RISES, |_| *seen.entry(format!("{key} rises")).or_insert(0) += 1);
            turns(&past, key, FALLS, |_| *seen.entry(format!("{key} falls")).or_insert(0) += 1);
        }
        for told in past.iter().flat_map(|moment| &moment.said.events) {
            *seen.entry(format!("{} told", told.event.event_type())).or_insert(0) += 1;
        }
    }
    println!("{seen:#?}");
    assert_eq!(seen.len(), 2 * (ROOM_KEYS.len() - 2) + 5, "{seen:#?}");
}
