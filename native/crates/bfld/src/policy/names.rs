//! Other names of fields: published clients, which nobody can change any more, call some of them otherwise.

use super::Field;

/// What published clients call a field that the table calls otherwise.
pub const OTHER_NAMES: &[(&str, Field)] = &[
    ("breathing_rate_bpm", Field::BreathingRate),
    ("breathing_confidence", Field::BreathingRate),
    ("heartrate_bpm", Field::HeartRate),
    ("heartrate_confidence", Field::HeartRate),
    ("n_persons", Field::PersonCount),
    ("fall_detected", Field::Fall),
    ("zones", Field::ZoneOccupancy),
    ("persons", Field::TrackedPersons),
    ("keypoints", Field::PoseKeypoints),
    ("track_id", Field::TrackedPersons),
    ("position", Field::TrackedPersons),
];

/// The field of this name, whoever uses it.
pub fn field_of(key: &str) -> Option<Field> {
    let other = || OTHER_NAMES.iter().find(|(name, _)| *name == key).map(|(_, field)| *field);
    Field::from_key(key).or_else(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_is_no_fields_own() {
        for (name, field) in OTHER_NAMES {
            assert_eq!(Field::from_key(name), None, "{name}");
            assert_eq!(field_of(name), Some(*field));
        }
        assert_eq!(field_of("mood"), None);
    }
}
