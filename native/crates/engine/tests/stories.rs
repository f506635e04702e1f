//! Stories of the simulator, through the whole engine: what is published of people who breathe, fall and meet.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use homecore::{CoreEvent, HomeCore};
use ruview_bfld::PrivacyClass;
use ruview_bfld::policy::Terms;
use ruview_capture::{CaptureAdapter, Simulator, SimulatorConfig, Speed, StoryFile};
use ruview_core::DataSource;
use ruview_engine::services::{DOMAIN, ServiceCall};
use ruview_engine::{Engine, EngineConfig, Source, SourceName, stream_clock};
use serde_json::{Value, json};

const SOURCE: Source = Source { index: 0, kind: DataSource::Simulated, name: SourceName::FIRST };

/// What entities went through, in order, and what happened.
struct Told {
    core: Arc<HomeCore>,
    states: BTreeMap<String, Vec<String>>,
    events: Vec<(String, String)>,
}

impl Told {
    fn states(&self, entity_id: &str) -> &[String] {
        self.states.get(entity_id).map_or(&[], Vec::as_slice)
    }

    fn numbers(&self, entity_id: &str) -> Vec<f32> {
        self.states(entity_id).iter().filter_map(|state| state.parse().ok()).collect()
    }
}

/// Plays a built-in story once.
async fn play(story: &str, config: EngineConfig, rooms: Value) -> Told {
    let told = StoryFile::find(story.as_ref()).unwrap().config;
    let start = told.start.or_else(|| Some(common::start()));
    let mut simulator = Simulator::new(SimulatorConfig { speed: Speed::Max, repeat: false, start, ..told });
    let core = Arc::new(HomeCore::default());
    let mut engine = Engine::new(config, Arc::clone(&core), stream_clock());
    engine.call(ServiceCall::parse(DOMAIN, "set_rooms", json!({ "rooms": rooms })).unwrap()).unwrap();
    let mut changes = core.snapshot_and_subscribe().1;
    let mut told = Told { core, states: BTreeMap::new(), events: Vec::new() };
    while let Some(captured) = simulator.next().await {
        engine.handle(&SOURCE, &captured);
        while let Ok(change) = changes.try_recv() {
            match change {
                CoreEvent::StateChanged(changed) => {
                    let state = changed.new.map_or_else(|| "removed".to_owned(), |new| new.state.clone());
                    let states = told.states.entry(changed.entity_id.to_string()).or_default();
                    if states.last() != Some(&state) {
                        states.push(state);
                    }
                }
                CoreEvent::Fired(event) => {
                    let place = event.data["entity_id"].as_str().unwrap().to_owned();
                    told.events.push((event.event_type.clone(), place));
                }
                _ => {}
            }
        }
    }
    told
}

fn room(tags: &[&str]) -> Value {
    json!([{"id": "room", "name": "Room", "tags": tags, "nodes": ["node_1"]}])
}

#[tokio::test]
async fn who_sleeps_breathes_and_is_one() {
    let told = play("sleeping", common::config(), room(&["bedroom"])).await;
    let rates = told.numbers("sensor.node_1_breathing_rate");
    assert!(!rates.is_empty() && rates.iter().all(|rate| (rate - 13.0).abs() <= 2.0), "13 breaths a minute: {rates:?}");
    assert!(told.states("binary_sensor.node_1_someone_sleeping").contains(&"on".to_owned()));
    assert!(told.states("sensor.node_1_person_count").contains(&"1".to_owned()));
    assert_eq!(told.states("sensor.node_1_heart_rate"), &[] as &[String], "nothing drives it");
}

#[tokio::test]
async fn nobody_breathes_in_an_empty_room() {
    let told = play("empty", common::config(), room(&[])).await;
    assert!(told.numbers("sensor.node_1_breathing_rate").is_empty());
    assert!(!told.states("binary_sensor.node_1_presence").contains(&"on".to_owned()));
    assert!(told.numbers("sensor.node_1_person_count").iter().all(|count| *count < 0.5));
    assert!(told.events.is_empty(), "{:?}", told.events);
}

#[tokio::test]
async fn no_body_is_told_of_where_that_is_forbidden() {
    for privacy in [
        Terms { class: PrivacyClass::Restricted, ..Terms::default() },
        Terms { privacy_mode: true, ..Terms::default() },
    ] {
        let config = EngineConfig { privacy, experimental_heart_rate: true, ..common::config() };
        let told = play("sleeping", config, room(&["bedroom"])).await;
        let snapshot = told.core.snapshot();
        for entity in &snapshot.entities {
            let of_body = ["breathing_rate", "heart_rate", "someone_sleeping", "possible_distress"];
            assert!(!of_body.contains(&entity.key.as_str()), "{}", entity.key);
        }
        let all =
            serde_json::to_string(&snapshot.states.iter().map(|state| &*state.attributes).collect::<Vec<_>>()).unwrap();
        assert!(!all.contains("br=") && !all.contains("hr="), "{all}");
        assert!(told.states("binary_sensor.node_1_presence").contains(&"on".to_owned()), "the rest is there");
    }
}
