//! How well a condition is supported: the arithmetic behind `confidence`.
//!
//! A condition on a number is supported by 0.75 exactly at its limit, by 1 from twice the limit's distance on, and less on
//! the wrong side. Conditions that must all hold are as good as the weakest of them; of conditions of which one
//! suffices, the strongest counts (Zadeh, "Fuzzy sets", Information and Control 8, 1965).

/// Support at the limit.
const AT_LIMIT: f32 = 0.75;

/// `value > limit`.
pub(crate) fn above(value: f32, limit: f32) -> f32 {
    (AT_LIMIT + (1.0 - AT_LIMIT) * (value - limit) / limit.abs().max(f32::MIN_POSITIVE)).clamp(0.0, 1.0)
}

/// `value < limit`.
pub(crate) fn below(value: f32, limit: f32) -> f32 {
    (AT_LIMIT + (1.0 - AT_LIMIT) * (limit - value) / limit.abs().max(f32::MIN_POSITIVE)).clamp(0.0, 1.0)
}

/// `min < value < max`: full in the middle.
pub(crate) fn inside(value: f32, min: f32, max: f32) -> f32 {
    let half = ((max - min) / 2.0).max(f32::MIN_POSITIVE);
    let to_edge = (value - min).min(max - value);
    (AT_LIMIT + (1.0 - AT_LIMIT) * to_edge / half).clamp(0.0, 1.0)
}

/// All must hold.
pub(crate) fn all(of: &[f32]) -> f32 {
    of.iter().copied().fold(1.0, f32::min)
}

/// One must hold.
pub(crate) fn any(of: &[f32]) -> f32 {
    of.iter().copied().fold(0.0, f32::max)
}

/// Of presence, or of its absence.
pub(crate) fn presence(is: bool, score: Option<f32>) -> f32 {
    match (is, score) {
        (_, None) => 1.0,
        (true, Some(score)) => score,
        (false, Some(score)) => 1.0 - score,
    }
}
