//! An integration that is set up, updated, unloaded and set up again; and who hears of it.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{device, entity, id};
use homecore::{
    Attributes, ConfigEntry, Context, CoreEvent, DEVICE_REGISTRY_UPDATED, DeviceEntry, ENTITY_REGISTRY_UPDATED,
    EntityEntry, EventFilter, HomeCore, HomeCoreEntity, Integration, IntegrationError, MATCH_ALL, Platform, RecvError,
    RegistryError, STATE_CHANGED, ServiceCall, ServiceId, Storage, StorageConfig, TryRecvError,
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A kettle: how warm it is, in degrees; nothing while it is not plugged in.
#[derive(Clone)]
struct Kettle {
    degrees: Arc<AtomicU32>,
    wanted_id: &'static str,
    via: Option<&'static str>,
    domain: &'static str,
}

const UNPLUGGED: u32 = 0;
const COLD: u32 = 1;

fn kettle() -> Kettle {
    Kettle { degrees: Arc::new(AtomicU32::new(UNPLUGGED)), wanted_id: "sensor.kettle", via: None, domain: "sensor" }
}

impl ConfigEntry for Kettle {
    fn entry_id(&self) -> &'static str {
        "kitchen"
    }

    fn domain(&self) -> &'static str {
        "kettle"
    }

    fn devices(&self) -> Vec<DeviceEntry> {
        vec![device("kettle", None), device("lid", self.via)]
    }

    fn platforms(&self) -> Vec<Box<dyn Platform>> {
        vec![Box::new(self.clone())]
    }
}

impl Platform for Kettle {
    fn domain(&self) -> &str {
        self.domain
    }

    fn entities(&self) -> Vec<Box<dyn HomeCoreEntity>> {
        vec![Box::new(Temperature { kettle: self.clone(), now: UNPLUGGED })]
    }
}

struct Temperature {
    kettle: Kettle,
    now: u32,
}

impl HomeCoreEntity for Temperature {
    fn entry(&self) -> EntityEntry {
        EntityEntry { unique_id: "temperature".into(), ..entity(self.kettle.wanted_id, Some("kettle")) }
    }

    fn update(&mut self, _now: Timestamp) {
        self.now = self.kettle.degrees.load(Ordering::Relaxed);
    }

    fn is_available(&self) -> bool {
        self.now != UNPLUGGED
    }

    fn state(&self) -> Option<String> {
        (self.now != COLD).then(|| self.now.to_string())
    }

    fn attributes(&self) -> Attributes {
        Attributes::from_iter([("boils".to_owned(), json!(self.now >= 100))])
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

#[test]
fn an_entry_brings_its_entities_and_takes_them_with_it() {
    let (core, kettle) = (Arc::new(HomeCore::default()), kettle());
    let degrees = Arc::clone(&kettle.degrees);
    let context = Context::new();
    let mut set_up = Integration::set_up(Arc::clone(&core), Box::new(kettle), &context, at(0)).unwrap();
    let state = || core.states().get("sensor.kettle").map(|state| (state.state.clone(), state.attributes.len()));
    assert_eq!(state(), Some(("unavailable".into(), 0)));
    for (value, shown) in [(COLD, "unknown"), (80, "80"), (UNPLUGGED, "unavailable")] {
        degrees.store(value, Ordering::Relaxed);
        let update = context.child();
        set_up.update(&update, at(i64::from(value))).unwrap();
        assert_eq!(state().unwrap().0, shown);
        assert_eq!(core.states().get("sensor.kettle").unwrap().context, update);
    }
    assert_eq!(set_up.entity_ids().collect::<Vec<_>>(), [&id("sensor.kettle")]);
    set_up.unload();
    let left = core.snapshot();
    assert!(left.devices.is_empty() && left.entities.is_empty() && left.states.is_empty());
}

#[test]
fn an_entry_that_is_wrong_leaves_nothing() {
    let core = Arc::new(HomeCore::default());
    let set_up = |kettle| Integration::set_up(Arc::clone(&core), Box::new(kettle), &Context::new(), at(0)).err();
    let lost = Kettle { via: Some("stove"), ..kettle() };
    assert!(matches!(set_up(lost), Some(IntegrationError::Registry(RegistryError::UnknownDevice { .. }))));
    let mixed = Kettle { domain: "light", ..kettle() };
    assert!(matches!(set_up(mixed), Some(IntegrationError::Domain { .. })));
    let hot = Kettle { degrees: Arc::new(AtomicU32::new(100)), ..kettle() };
    assert_eq!(set_up(hot), None, "set up, and dropped");
    let left = core.snapshot();
    assert!(left.devices.is_empty() && left.entities.is_empty() && left.states.is_empty());
}

#[test]
fn an_entry_that_comes_back_has_its_entities_ids() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Storage::open(dir.path(), StorageConfig::default()).unwrap();
    let core = Arc::new(HomeCore::default().keeping(storage));
    for wanted_id in ["sensor.kettle", "sensor.samovar"] {
        let kettle = Kettle { wanted_id, ..kettle() };
        let set_up = Integration::set_up(Arc::clone(&core), Box::new(kettle), &Context::new(), at(0)).unwrap();
        assert_eq!(set_up.entity_ids().collect::<Vec<_>>(), [&id("sensor.kettle")]);
        assert!(core.states().get("sensor.kettle").is_some());
    }
}

#[test]
fn listeners_hear_what_they_want() {
    let core = Arc::new(HomeCore::default());
    let heard = |filter| core.listen(filter);
    let kettle_only = EventFilter::new(MATCH_ALL).of_entities([id("sensor.kettle")]);
    let mut listeners = [
        heard(EventFilter::new(MATCH_ALL)),
        heard(EventFilter::new(STATE_CHANGED)),
        heard(EventFilter::new("boiling")),
        heard(kettle_only),
    ];
    let set_up = Integration::set_up(Arc::clone(&core), Box::new(kettle()), &Context::new(), at(0)).unwrap();
    core.states().set(&id("sensor.other"), "1", Attributes::new(), Context::new(), at(1)).unwrap();
    let place = json!({"entity_id": "sensor.kettle", "loud": true}).as_object().unwrap().clone();
    core.fire("boiling", place, Context::new(), at(2));
    set_up.unload();

    let (device, entity, state) = (DEVICE_REGISTRY_UPDATED, ENTITY_REGISTRY_UPDATED, STATE_CHANGED);
    let expected: [&[&str]; 4] = [
        &[device, device, entity, state, state, "boiling", state, entity, device, device],
        &[state, state, state],
        &["boiling"],
        &[entity, state, "boiling", state, entity],
    ];
    for (listener, expected) in listeners.iter_mut().zip(expected) {
        let mut types = Vec::new();
        loop {
            match listener.try_recv() {
                Ok(event) => types.push(event.event_type().to_owned()),
                Err(error) => break assert_eq!(error, TryRecvError::Empty),
            }
        }
        assert_eq!(types, expected);
    }
}

#[tokio::test]
async fn a_listener_that_lags_is_told_even_if_it_wants_none_of_what_is_lost() {
    let core = HomeCore::new(4);
    let mut listener = core.listen(EventFilter::new("boiling"));
    for n in 0..10 {
        core.states().set(&id("sensor.x"), &n.to_string(), Attributes::new(), Context::new(), at(n)).unwrap();
    }
    core.fire("boiling", Attributes::new(), Context::new(), at(20));
    assert_eq!(listener.recv().await, Err(RecvError::Lagged(7)));
    assert_eq!(listener.recv().await.unwrap().event_type(), "boiling");
    drop(core);
    assert_eq!(listener.recv().await, Err(RecvError::Closed));
}

#[tokio::test]
async fn what_a_service_changes_is_caused_by_its_call() {
    let core = Arc::new(HomeCore::default());
    let (boil, at_work) = (ServiceId::new("kettle", "boil").unwrap(), Arc::clone(&core));
    let handler = move |call: ServiceCall<Value>| {
        let core = Arc::clone(&at_work);
        async move {
            let changed =
                core.states().set(&id("sensor.kettle"), "100", Attributes::new(), call.context.child(), at(0));
            Ok(changed.unwrap())
        }
    };
    core.services().register(boil.clone(), handler).unwrap();
    let mut changes = core.listen(EventFilter::new(STATE_CHANGED));
    let cause = Context { user_id: Some("cook".into()), ..Context::new() };
    let answer = core.services().call(&boil, json!({}), cause.clone(), homecore::DEFAULT_TIMEOUT).await;
    assert_eq!(answer, Ok(json!(true)));
    let Ok(CoreEvent::StateChanged(change)) = changes.recv().await else { panic!("a change") };
    let effect = &change.new.unwrap().context;
    assert_eq!((effect.parent_id, effect.user_id.as_deref()), (Some(cause.id), Some("cook")));
    assert_ne!(effect.id, cause.id);
}
