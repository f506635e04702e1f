//! Home Assistant's rules for states, registries and events.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Owner, device, entity, id};
use homecore::{
    Action, Attributes, Context, CoreEvent, DeviceEntry, EntityEntry, HomeCore, Registered, RegistryError, TryRecvError,
};
use jiff::Timestamp;
use serde_json::json;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// What registering `sensor.x` tells.
fn now(action: Option<Action>) -> Registered {
    Registered { entity_id: id("sensor.x"), action }
}

fn attributes(value: &serde_json::Value) -> Attributes {
    value.as_object().unwrap().clone()
}

#[test]
fn a_write_that_says_nothing_new_moves_last_reported_only() {
    let core = HomeCore::default();
    let (_, mut events) = core.snapshot_and_subscribe();
    let lamp = id("light.lamp");
    let context = Context::new();

    assert!(core.states().set(&lamp, "on", Attributes::new(), context.clone(), at(0)).unwrap());
    assert!(matches!(events.try_recv(), Ok(CoreEvent::StateChanged(c)) if c.old.is_none() && c.new.is_some()));

    assert!(!core.states().set(&lamp, "on", Attributes::new(), Context::new(), at(1)).unwrap());
    assert_eq!(events.try_recv(), Err(TryRecvError::Empty));
    let state = core.states().get("light.lamp").unwrap();
    assert_eq!((state.last_changed, state.last_updated, state.last_reported), (at(0), at(0), at(1)));
    assert_eq!(state.context, context);

    assert!(core.states().set(&lamp, "on", attributes(&json!({"bright": 1})), Context::new(), at(2)).unwrap());
    let state = core.states().get("light.lamp").unwrap();
    assert_eq!((state.last_changed, state.last_updated, state.last_reported), (at(0), at(2), at(2)));

    assert!(core.states().set(&lamp, "off", attributes(&json!({"bright": 1})), Context::new(), at(3)).unwrap());
    let state = core.states().get("light.lamp").unwrap();
    assert_eq!((state.last_changed, state.last_updated, state.last_reported), (at(3), at(3), at(3)));
}

#[test]
fn a_state_has_at_most_255_characters() {
    let core = HomeCore::default();
    let (_, mut events) = core.snapshot_and_subscribe();
    let note = id("sensor.note");
    assert!(core.states().set(&note, &"ä".repeat(255), Attributes::new(), Context::new(), at(0)).is_ok());
    let error = core.states().set(&note, &"ä".repeat(256), Attributes::new(), Context::new(), at(1)).unwrap_err();
    assert_eq!(error.found, 256);
    assert_eq!(core.states().get("sensor.note").unwrap().last_reported, at(0));
    assert!(events.try_recv().is_ok());
    assert_eq!(events.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn removing_a_state_is_told_once() {
    let core = HomeCore::default();
    let lamp = id("light.lamp");
    core.states().set(&lamp, "on", Attributes::new(), Context::new(), at(0)).unwrap();
    let (_, mut events) = core.snapshot_and_subscribe();
    assert!(core.states().remove(&lamp));
    assert!(!core.states().remove(&lamp));
    assert!(matches!(events.try_recv(), Ok(CoreEvent::StateChanged(c)) if c.old.is_some() && c.new.is_none()));
    assert_eq!(events.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn registering_creates_updates_or_says_nothing() {
    let core = HomeCore::default();
    let (_, mut events) = core.snapshot_and_subscribe();
    assert_eq!(core.register_device(&Owner, device("a", None)), Ok(Some(Action::Create)));
    assert_eq!(core.register_device(&Owner, device("a", None)), Ok(None));
    let renamed = DeviceEntry { name: "Other".into(), ..device("a", None) };
    assert_eq!(core.register_device(&Owner, renamed.clone()), Ok(Some(Action::Update)));
    assert_eq!(core.devices().get("a").as_deref(), Some(&renamed));

    assert_eq!(core.register_entity(&Owner, entity("sensor.x", Some("a"))), Ok(now(Some(Action::Create))));
    assert_eq!(core.register_entity(&Owner, entity("sensor.x", Some("a"))), Ok(now(None)));
    let disabled = EntityEntry { enabled_default: false, ..entity("sensor.x", Some("a")) };
    assert_eq!(core.register_entity(&Owner, disabled), Ok(now(Some(Action::Update))));

    let mut actions = Vec::new();
    while let Ok(event) = events.try_recv() {
        actions.push(match event {
            CoreEvent::DeviceRegistryUpdated(u) => ("device", u.action),
            CoreEvent::EntityRegistryUpdated(u) => ("entity", u.action),
            other => panic!("unexpected {other:?}"),
        });
    }
    assert_eq!(
        actions,
        [
            ("device", Action::Create),
            ("device", Action::Update),
            ("entity", Action::Create),
            ("entity", Action::Update)
        ]
    );
}

#[test]
fn contradictions_are_refused() {
    let core = HomeCore::default();
    assert!(matches!(core.register_device(&Owner, device("b", Some("a"))), Err(RegistryError::UnknownDevice { .. })));
    assert!(matches!(
        core.register_entity(&Owner, entity("sensor.x", Some("a"))),
        Err(RegistryError::UnknownDevice { .. })
    ));
    core.register_entity(&Owner, entity("sensor.x", None)).unwrap();
    let same_unique_id = EntityEntry { entity_id: id("sensor.y"), ..entity("sensor.x", None) };
    assert!(matches!(core.register_entity(&Owner, same_unique_id), Err(RegistryError::UniqueIdTaken { .. })));
}

#[test]
fn a_device_goes_with_its_entities_and_their_states() {
    let core = HomeCore::default();
    core.register_device(&Owner, device("a", None)).unwrap();
    core.register_device(&Owner, device("b", Some("a"))).unwrap();
    for (entity_id, of) in [("sensor.x", "b"), ("sensor.y", "b"), ("sensor.z", "a")] {
        core.register_entity(&Owner, entity(entity_id, Some(of))).unwrap();
        core.states().set(&id(entity_id), "1", Attributes::new(), Context::new(), at(0)).unwrap();
    }
    let (_, mut events) = core.snapshot_and_subscribe();
    assert!(core.remove_device("b"));
    assert!(!core.remove_device("b"));

    let snapshot = core.snapshot();
    assert_eq!(snapshot.devices.iter().map(|d| d.id.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(snapshot.entities.iter().map(|e| e.entity_id.as_str()).collect::<Vec<_>>(), ["sensor.z"]);
    assert_eq!(snapshot.states.iter().map(|s| s.entity_id.as_str()).collect::<Vec<_>>(), ["sensor.z"]);
    let mut seen = 0;
    while let Ok(event) = events.try_recv() {
        seen += 1;
        match event {
            CoreEvent::StateChanged(c) => assert!(c.new.is_none()),
            CoreEvent::EntityRegistryUpdated(u) => assert_eq!(u.action, Action::Remove),
            CoreEvent::DeviceRegistryUpdated(u) => assert_eq!(u.action, Action::Remove),
            CoreEvent::Fired(_) => panic!("nothing was fired"),
        }
    }
    assert_eq!(seen, 5);
}

#[test]
fn removing_one_entity_leaves_its_device() {
    let core = HomeCore::default();
    core.register_device(&Owner, device("a", None)).unwrap();
    core.register_entity(&Owner, entity("sensor.x", Some("a"))).unwrap();
    core.states().set(&id("sensor.x"), "1", Attributes::new(), Context::new(), at(0)).unwrap();
    assert!(core.remove_entity(&id("sensor.x")));
    assert!(!core.remove_entity(&id("sensor.x")));
    assert!(core.states().get("sensor.x").is_none());
    assert!(core.entities().get("sensor.x").is_none());
    assert!(core.devices().get("a").is_some());
}

#[test]
fn events_carry_their_data_context_and_time() {
    let core = HomeCore::default();
    let (_, mut events) = core.snapshot_and_subscribe();
    let cause = Context { user_id: Some("someone".into()), ..Context::new() };
    let effect = cause.child();
    core.fire("bell", attributes(&json!({"loud": true})), effect.clone(), at(7));
    let Ok(CoreEvent::Fired(event)) = events.try_recv() else { panic!("an event") };
    assert_eq!(event.event_type, "bell");
    assert_eq!(event.data["loud"], json!(true));
    assert_eq!(event.time_fired, at(7));
    assert_eq!(event.context.parent_id, Some(cause.id));
    assert_eq!(event.context.user_id.as_deref(), Some("someone"));
}
