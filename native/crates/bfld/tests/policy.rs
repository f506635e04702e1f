//! The policy: the table as it is written in the documentation, and a filter that lets nothing else through.

use proptest::prelude::*;
use ruview_bfld::policy::{Field, Outlet, STRUCTURE, Terms, document, filter};
use ruview_bfld::{Event, PrivacyClass};
use serde_json::{Value, json};

const HOME: Terms =
    Terms { class: PrivacyClass::Anonymous, privacy_mode: false, tracking_opt_in: false, outlet: Outlet::Public };

fn at(class: PrivacyClass) -> Terms {
    Terms { class, ..HOME }
}

/// Whether a field leaves at classes 1, 2 and 3.
fn permitted(field: Field, terms: Terms) -> [bool; 3] {
    let leaving = [PrivacyClass::Derived, PrivacyClass::Anonymous, PrivacyClass::Restricted];
    leaving.map(|class| Terms { class, ..terms }.permit(field))
}

#[test]
fn nothing_leaves_at_class_0() {
    assert!(Field::ALL.iter().all(|field| !at(PrivacyClass::Raw).permit(*field)));
}

#[test]
fn presence_leaves_at_every_class() {
    for field in [Field::Presence, Field::MotionLevel, Field::RoomActive, Field::UnknownPresence, Field::Fall] {
        assert_eq!(permitted(field, HOME), [true, true, true], "{field:?}");
    }
}

#[test]
fn vitals_are_for_homes_that_want_them() {
    for field in [Field::BreathingRate, Field::HeartRate, Field::SomeoneSleeping, Field::PossibleDistress] {
        assert_eq!(permitted(field, HOME), [true, true, false], "{field:?}");
        assert!(!permitted(field, Terms { privacy_mode: true, ..HOME })[1], "{field:?}");
    }
}

#[test]
fn tracks_need_a_request() {
    for field in [Field::PoseKeypoints, Field::TrackedPersons, Field::MultiRoomTransition] {
        assert_eq!(permitted(field, HOME), [true, false, false], "{field:?}");
        assert_eq!(permitted(field, Terms { tracking_opt_in: true, ..HOME }), [true, true, false], "{field:?}");
    }
}

#[test]
fn identity_is_for_its_outlets_only() {
    let diagnostic = Terms { outlet: Outlet::Diagnostic, ..HOME };
    assert_eq!(permitted(Field::IdentityRiskScore, HOME), [true, false, false]);
    assert_eq!(permitted(Field::IdentityRiskScore, diagnostic), [true, true, false]);
    assert_eq!(permitted(Field::RfSignatureHash, diagnostic), [true, false, false]);
    let research = Terms { outlet: Outlet::Research, ..HOME };
    assert_eq!(permitted(Field::DownsampledAngleMatrix, HOME), [false, false, false]);
    assert_eq!(permitted(Field::DownsampledAngleMatrix, research), [true, false, false]);
    for field in [Field::IdentityEmbedding, Field::RawBfi, Field::AngleMatrix, Field::SoulMatchProbability] {
        assert_eq!(permitted(field, research), [false, false, false], "{field:?}");
    }
}

#[test]
fn numbers_about_the_channel_stop_at_class_2() {
    for field in [Field::AnomalyScore, Field::EnvShiftScore, Field::NodeCoherence] {
        assert_eq!(permitted(field, HOME), [true, true, false], "{field:?}");
    }
}

#[test]
fn answers_say_what_they_withhold() {
    let research = Terms { outlet: Outlet::Research, ..at(PrivacyClass::Derived) };
    assert_eq!(research.redacted_fields(), ["soul_match_probability"]);
    let diagnostic = Terms { outlet: Outlet::Diagnostic, ..HOME };
    assert_eq!(diagnostic.redacted_fields(), ["soul_match_probability", "rf_signature_hash"]);
    let all = ["identity_risk_score", "soul_match_probability", "rf_signature_hash"];
    assert_eq!(HOME.redacted_fields(), all);
    assert_eq!(at(PrivacyClass::Restricted).redacted_fields(), all);
}

#[test]
fn names_are_of_ambient_awareness() {
    let alarming = ["intruder", "threat", "security", "burglar", "suspect", "attack"];
    let keys = Field::ALL.iter().map(|field| field.row().key).chain(STRUCTURE.iter().copied());
    assert!(keys.into_iter().all(|key| alarming.iter().all(|word| !key.contains(word))));
}

#[test]
fn document_is_the_table() {
    let document = serde_json::to_value(document()).unwrap();
    let rows = document["fields"].as_array().unwrap();
    assert_eq!(rows.len(), Field::ALL.len());
    let heart_rate =
        json!({"key": "heart_rate", "classes": ["always", "unless_privacy_mode", "never"], "biometric": true});
    assert!(rows.contains(&heart_rate));
    for field in Field::ALL {
        assert_eq!(Field::from_key(field.row().key), Some(*field), "two rows of one key");
    }
}

#[test]
fn events_release_what_may_leave() {
    let event = Event::new().with(Field::Presence, true).with(Field::HeartRate, 62.5);
    let released = |class| Value::Object(event.release(at(class)));
    assert_eq!(released(PrivacyClass::Anonymous), json!({"heart_rate": 62.5, "presence": true}));
    assert_eq!(released(PrivacyClass::Restricted), json!({"presence": true}));
    assert_eq!(released(PrivacyClass::Raw), json!({}));
}

#[test]
fn filter_reaches_every_depth() {
    let mut outgoing = json!({
        "type": "event",
        "event": {"attributes": [{"presence": true, "raw_bfi": [1, 2]}, [{"nested": {"presence": true}}]]},
        "heart_rate": 60,
        "identity_embedding": {"values": [0.1]},
    });
    let removed = filter(&mut outgoing, at(PrivacyClass::Restricted));
    assert_eq!(outgoing, json!({"type": "event", "event": {"attributes": [{"presence": true}, [{}]]}}));
    let expected = ["heart_rate", "identity_embedding", "event.attributes.raw_bfi", "event.attributes.nested"];
    assert_eq!(removed, expected);
}

/// Every frame that the server of this repository sends today passes whole.
#[test]
fn filter_leaves_the_servers_own_frames_alone() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/golden/ws_v1");
    let mut frames = 0;
    for file in std::fs::read_dir(golden).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("server_") {
            let mut frame = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            assert_eq!(filter(&mut frame, HOME), Vec::<String>::new(), "{name}");
            frames += 1;
        }
    }
    assert!(frames > 10);
}

/// JSON of listed and unlisted keys.
fn document_of_any_keys() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), any::<i32>().prop_map(Value::from)];
    let listed =
        Field::ALL.iter().map(|field| field.row().key.to_owned()).chain(STRUCTURE.iter().map(|key| (*key).into()));
    let key = prop_oneof![prop::sample::select(listed.collect::<Vec<String>>()), "[a-z_]{1,12}"];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
        ]
    })
}

fn keys(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                found.push(key.clone());
                keys(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn only_permitted_keys_pass(
        mut outgoing in document_of_any_keys(),
        class in prop::sample::select(PrivacyClass::ALL.to_vec()),
        privacy_mode: bool,
        tracking_opt_in: bool,
        outlet in prop::sample::select(vec![Outlet::Public, Outlet::Diagnostic, Outlet::Research]),
    ) {
        let terms = Terms { class, privacy_mode, tracking_opt_in, outlet };
        filter(&mut outgoing, terms);
        let mut left = Vec::new();
        keys(&outgoing, &mut left);
        for key in left {
            let is_permitted_field = Field::from_key(&key).is_some_and(|field| terms.permit(field));
            prop_assert!(is_permitted_field || STRUCTURE.contains(&key.as_str()), "{}", key);
        }
        prop_assert!(filter(&mut outgoing, terms).is_empty());
    }

    #[test]
    fn a_stricter_class_never_permits_more(
        field in prop::sample::select(Field::ALL.to_vec()),
        privacy_mode: bool,
        tracking_opt_in: bool,
        outlet in prop::sample::select(vec![Outlet::Public, Outlet::Diagnostic, Outlet::Research]),
    ) {
        let [one, two, three] = permitted(field, Terms { privacy_mode, tracking_opt_in, outlet, ..HOME });
        prop_assert!(one >= two && two >= three);
    }
}
