//! The registries' files: those that Home Assistant wrote, and those that it has to read.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{Owner, device, entity, id};
use homecore::{Action, HomeCore, RegistryError, Storage, StorageConfig, StorageError, StorageStatistics};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

const DEVICES: &str = "core.device_registry";
const ENTITIES: &str = "core.entity_registry";
/// Versions of Home Assistant that wrote the files in `tests/golden/registries`.
const WRITTEN_BY: [&str; 2] = ["2025.1", "2026.11"];

/// Nothing is written but at the end.
fn config() -> StorageConfig {
    StorageConfig { debounce: Duration::from_hours(1), retry: Duration::from_hours(1), clock }
}

fn clock() -> Timestamp {
    Timestamp::from_second(1_900_000_000).unwrap()
}

fn open(dir: &Path) -> HomeCore {
    HomeCore::default().keeping(Storage::open(dir, config()).unwrap())
}

/// A folder with the files that a version of Home Assistant wrote.
fn written_by(version: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/golden/registries").join(version);
    for file in [DEVICES, ENTITIES] {
        fs::copy(golden.join(file), dir.path().join(file)).unwrap();
    }
    dir
}

fn read(dir: &Path, file: &str) -> Value {
    serde_json::from_slice(&fs::read(dir.join(file)).unwrap()).unwrap()
}

/// The entry of a list whose `key` is `value`.
fn entry(file: &Value, list: &str, key: &str, value: &Value) -> Map<String, Value> {
    let entries = file["data"][list].as_array().unwrap();
    entries.iter().find(|entry| entry[key] == *value).unwrap().as_object().unwrap().clone()
}

/// Registers what is in the files anyway, as the integration that was loaded in Home Assistant.
fn register_what_is_known(core: &HomeCore) {
    let known = |name: &str, via| homecore::DeviceEntry {
        manufacturer: "Acme".into(),
        model: "One".into(),
        sw_version: Some("1.0".into()),
        name: name.into(),
        ..device(&name.to_lowercase().replace(' ', "_"), via)
    };
    core.register_device(&Owner, known("Hub", None)).unwrap();
    core.register_device(&Owner, known("Node 1", Some("hub"))).unwrap();
    let presence = homecore::EntityEntry {
        unique_id: "hub_node_1_presence".into(),
        key: "presence".into(),
        device_class: Some("occupancy".into()),
        ..entity("binary_sensor.node_1_presence", Some("node_1"))
    };
    let registered = core.register_entity(&Owner, presence).unwrap();
    assert_eq!(registered.entity_id, id("binary_sensor.attic"), "the id that its user gave it");
}

#[test]
fn files_of_home_assistant_lose_nothing() {
    for version in WRITTEN_BY {
        let dir = written_by(version);
        let before = [DEVICES, ENTITIES].map(|file| read(dir.path(), file));
        let core = open(dir.path());
        assert_eq!(core.storage_statistics(), StorageStatistics::default());
        // Something that is new in both files, so that both are written.
        core.register_device(&Owner, device("new", None)).unwrap();
        core.register_entity(&Owner, entity("sensor.new", Some("new"))).unwrap();
        drop(core);

        let after = [DEVICES, ENTITIES].map(|file| read(dir.path(), file));
        for (before, mut after) in before.into_iter().zip(after) {
            let list = if before["data"].get("devices").is_some() { "devices" } else { "entities" };
            let last = after["data"][list].as_array_mut().unwrap().pop().unwrap();
            assert!(last.to_string().contains("new"), "{version}: {last}");
            assert_eq!(before, after, "{version}");
        }
    }
}

#[test]
fn what_is_known_and_the_same_is_not_written() {
    for version in WRITTEN_BY {
        let dir = written_by(version);
        let before = [DEVICES, ENTITIES].map(|file| fs::read(dir.path().join(file)).unwrap());
        let core = open(dir.path());
        register_what_is_known(&core);
        drop(core);
        let after = [DEVICES, ENTITIES].map(|file| fs::read(dir.path().join(file)).unwrap());
        assert!(before == after, "{version}");
    }
}

#[test]
fn new_entries_have_the_keys_that_home_assistant_gives_them() {
    let dir = tempfile::tempdir().unwrap();
    let core = open(dir.path());
    for name in ["one", "two"] {
        core.register_device(&Owner, device(name, None)).unwrap();
        core.register_entity(&Owner, entity(&format!("sensor.{name}"), Some(name))).unwrap();
    }
    core.remove_device("two");
    drop(core);

    let golden = written_by("2026.11");
    for (file, lists) in [(DEVICES, ["devices", "deleted_devices"]), (ENTITIES, ["entities", "deleted_entities"])] {
        let (ours, theirs) = (read(dir.path(), file), read(golden.path(), file));
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&ours), keys(&theirs));
        assert_eq!(keys(&ours["data"]), keys(&theirs["data"]));
        assert_eq!([&ours["version"], &ours["minor_version"]], [&theirs["version"], &theirs["minor_version"]]);
        for list in lists {
            assert_eq!(keys(&ours["data"][list][0]), keys(&theirs["data"][list][0]), "{list}");
        }
    }
}

#[test]
fn what_is_only_on_file_is_not_announced() {
    let dir = written_by("2026.11");
    let core = open(dir.path());
    let (snapshot, mut events) = core.snapshot_and_subscribe();
    assert!(snapshot.devices.is_empty() && snapshot.entities.is_empty() && snapshot.states.is_empty());
    assert!(core.entities().get("binary_sensor.attic").is_none());
    register_what_is_known(&core);
    assert_eq!(core.devices().get("node_1").unwrap().name, "Attic", "the name that its user gave it");
    assert!(events.try_recv().is_ok());
    let missing = entity("sensor.x", Some("zone_1"));
    assert!(matches!(core.register_entity(&Owner, missing), Err(RegistryError::UnknownDevice { .. })));
}

#[test]
fn who_comes_back_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    first.register_device(&Owner, device("hub", None)).unwrap();
    first.register_entity(&Owner, entity("sensor.x", Some("hub"))).unwrap();
    drop(first);
    let written = [DEVICES, ENTITIES].map(|file| read(dir.path(), file));
    let hub = entry(&written[0], "devices", "name", &json!("HUB"));
    let x = entry(&written[1], "entities", "entity_id", &json!("sensor.x"));
    assert_eq!((&hub["created_at"], &x["device_id"]), (&json!("2030-03-17T17:46:40.000000+00:00"), &hub["id"]));

    let later = StorageConfig { clock: Timestamp::now, ..config() };
    let second = HomeCore::default().keeping(Storage::open(dir.path(), later).unwrap());
    let newer = homecore::DeviceEntry { sw_version: Some("2".into()), ..device("hub", None) };
    assert_eq!(second.register_device(&Owner, newer), Ok(Some(Action::Create)));
    // It is called otherwise now, but it is the same thing.
    let other_id = homecore::EntityEntry { entity_id: id("sensor.y"), ..entity("sensor.x", Some("hub")) };
    for expected in [Some(Action::Create), None] {
        let registered = second.register_entity(&Owner, other_id.clone()).unwrap();
        assert_eq!((registered.entity_id.as_str(), registered.action), ("sensor.x", expected));
    }
    // And this is something else, whatever it is called.
    let stranger = homecore::EntityEntry { unique_id: "other".into(), ..entity("sensor.x", Some("hub")) };
    assert_eq!(second.register_entity(&Owner, stranger).unwrap().entity_id, id("sensor.x_2"));
    drop(second);

    let now = entry(&read(dir.path(), DEVICES), "devices", "name", &json!("HUB"));
    assert_eq!((&now["id"], &now["created_at"], &now["sw_version"]), (&hub["id"], &hub["created_at"], &json!("2")));
    assert_ne!(now["modified_at"], hub["modified_at"]);
    assert_eq!(entry(&read(dir.path(), ENTITIES), "entities", "entity_id", &json!("sensor.x")), x);
}

#[test]
fn what_was_removed_comes_back_as_its_users_made_it() {
    let dir = written_by("2026.11");
    let (devices, entities) = (read(dir.path(), DEVICES), read(dir.path(), ENTITIES));
    let core = open(dir.path());
    register_what_is_known(&core);
    assert!(core.remove_device("node_1"));
    drop(core);
    let removed = read(dir.path(), ENTITIES);
    assert_eq!(entry(&removed, "deleted_entities", "entity_id", &json!("binary_sensor.attic"))["name"], "Anybody");
    assert_eq!(removed["data"]["entities"].as_array().unwrap().len(), 1);

    let core = open(dir.path());
    register_what_is_known(&core);
    drop(core);
    let without_time = |mut entry: Map<String, Value>| {
        entry.remove("modified_at");
        entry
    };
    for (file, list, key, value, before) in [
        (DEVICES, "devices", "name", "Node 1", devices),
        (ENTITIES, "entities", "entity_id", "binary_sensor.attic", entities),
    ] {
        let [before, after] =
            [before, read(dir.path(), file)].map(|file| without_time(entry(&file, list, key, &json!(value))));
        // Home Assistant remembers as little of what an integration may say.
        let by_user =
            ["id", "created_at", "name", "name_by_user", "labels", "aliases_v2", "icon", "via_device_id", "device_id"];
        for key in by_user {
            assert_eq!(before.get(key), after.get(key), "{key}");
        }
    }
}

#[test]
fn what_loses_its_source_stays_on_file() {
    let dir = written_by("2026.11");
    let before = fs::read(dir.path().join(ENTITIES)).unwrap();
    let core = open(dir.path());
    register_what_is_known(&core);
    assert!(core.unload_device("node_1") && !core.unload_device("node_1"));
    assert!(core.entities().get("binary_sensor.attic").is_none());
    drop(core);
    assert!(fs::read(dir.path().join(ENTITIES)).unwrap() == before);
}

#[test]
fn an_unknown_major_version_is_told_and_left_alone() {
    for (file, version) in [(DEVICES, 2), (DEVICES, 4), (ENTITIES, 2)] {
        let dir = written_by("2026.11");
        let mut contents = read(dir.path(), file);
        contents["version"] = json!(version);
        fs::write(dir.path().join(file), contents.to_string()).unwrap();
        let error = Storage::open(dir.path(), config()).unwrap_err();
        assert!(matches!(&error, StorageError::Version { found, .. } if *found == version), "{error}");
        assert_eq!(read(dir.path(), file), contents);
    }
}

#[test]
fn a_damaged_file_is_set_aside_and_the_other_one_used() {
    let whole = fs::read(written_by("2026.11").path().join(ENTITIES)).unwrap();
    let damaged = [
        &whole[..whole.len() / 2],
        b"",
        b"\xff\xfe{}",
        br#"{"version": 1, "minor_version": 24, "key": "core.entity_registry", "data": {}}"#,
        br#"{"version": 1, "minor_version": 24, "key": "core.entity_registry", "data": {"entities": [1]}}"#,
        br#"{"version": 1, "minor_version": 24, "key": "core.area_registry", "data": {"entities": []}}"#,
    ];
    for contents in damaged {
        let dir = written_by("2026.11");
        fs::write(dir.path().join(ENTITIES), contents).unwrap();
        let core = open(dir.path());
        assert_eq!(core.storage_statistics(), StorageStatistics { registries_set_aside: 1, ..Default::default() });
        core.register_device(&Owner, device("node_1", None)).unwrap();
        assert_eq!(core.devices().get("node_1").unwrap().name, "Attic");
        core.register_entity(&Owner, entity("sensor.x", Some("node_1"))).unwrap();
        drop(core);
        assert_eq!(read(dir.path(), ENTITIES)["data"]["entities"].as_array().unwrap().len(), 1);
        let aside = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
        let aside: Vec<_> = aside.filter(|path| path.to_string_lossy().contains(".damaged-")).collect();
        assert_eq!(aside.len(), 1);
        assert_eq!(fs::read(&aside[0]).unwrap(), contents);
    }
}

#[test]
fn changes_are_written_together_after_the_debounce_time_or_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let core = open(dir.path());
    for n in 0..50 {
        core.register_entity(&Owner, entity(&format!("sensor.n_{n}"), None)).unwrap();
    }
    assert!(!dir.path().join(ENTITIES).exists());
    assert!(core.flush());
    assert_eq!(core.storage_statistics().registry_writes, 1);
    assert_eq!(read(dir.path(), ENTITIES)["data"]["entities"].as_array().unwrap().len(), 50);
    assert!(core.flush(), "nothing to do");
    assert_eq!(core.storage_statistics().registry_writes, 1);

    let quick = StorageConfig { debounce: Duration::from_millis(1), ..config() };
    let other = tempfile::tempdir().unwrap();
    let core = HomeCore::default().keeping(Storage::open(other.path(), quick).unwrap());
    core.register_entity(&Owner, entity("sensor.x", None)).unwrap();
    while core.storage_statistics().registry_writes == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(other.path().join(ENTITIES).exists());
}
