//! The page that users read says what the code does.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::collections::BTreeMap;

use ruview_semantic::{HouseParameters, ROOM_KEYS, RoomParameters, keys};
use serde_json::Value;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/semantics.md");

fn page() -> String {
    std::fs::read_to_string(PAGE).unwrap()
}

/// The rows `| name | default | meaning |` whose name has a dot.
fn documented() -> BTreeMap<String, String> {
    let page = page();
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let name = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
        name.contains('.').then(|| (name.to_owned(), cells.next().unwrap_or_default().to_owned()))
    });
    rows.collect()
}

#[test]
fn the_table_of_parameters_is_the_code() {
    // Through text, so that an f32 reads as it was written.
    let text = serde_json::to_string(&RoomParameters::default()).unwrap();
    let groups: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_str(&text).unwrap();
    let mut documented = documented();
    for (group, fields) in groups {
        for (field, default) in fields {
            let name = format!("{group}.{field}");
            let written = documented.remove(&name).unwrap_or_else(|| panic!("{name} is not documented"));
            let same = match default.as_f64() {
                Some(number) => written.parse() == Ok(number),
                None => default.as_str().map_or_else(|| default.to_string(), str::to_owned) == written,
            };
            assert!(same, "{name}: {written} is documented, {default} is the default");
        }
    }
    assert_eq!(documented, BTreeMap::new());
}

#[test]
fn every_primitive_is_named() {
    let page = page();
    for key in ROOM_KEYS.iter().chain([&keys::multi_room_transition]) {
        assert!(page.contains(&format!("`{key}`")), "{key}");
    }
    let house = HouseParameters::default();
    let sentence = format!("hand-over within {} s, confirmed within {} s", house.handover_s, house.confirm_s);
    assert!(page.contains(&sentence), "{sentence}");
}
