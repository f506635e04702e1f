//! Times in recordings are seconds in a JSON number: a binary64, which holds microseconds for 272 years around 1970.

use ruview_core::StreamTime;

const MICROS_PER_SECOND: i64 = 1_000_000;
/// 2^33 s: beyond it, neighbouring numbers are more than a microsecond apart.
const LIMIT_S: f64 = 8_589_934_592.0;

/// The field's name, and its range in words.
pub(super) const FIELD: &str = "timestamp";
pub(super) const RANGE: &str = "less than 2^33 s from 1970";

/// The nearest microsecond, unless the number is too great to tell one.
pub(super) fn from_seconds(seconds: f64) -> Option<StreamTime> {
    if !in_range(seconds) {
        return None;
    }
    // Apart, because the product of all of it would be rounded again.
    let whole = libm::floor(seconds);
    let micros = libm::round((seconds - whole) * MICROS_PER_SECOND as f64);
    Some(StreamTime::from_micros(whole as i64 * MICROS_PER_SECOND + micros as i64))
}

/// The number that [`from_seconds`] reads as `at`; itself as an error if there is none.
pub(super) fn to_seconds(at: StreamTime) -> Result<f64, f64> {
    let seconds = at.as_micros() as f64 / MICROS_PER_SECOND as f64;
    if in_range(seconds) { Ok(seconds) } else { Err(seconds) }
}

fn in_range(seconds: f64) -> bool {
    seconds.abs() < LIMIT_S
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_survive() {
        for us in [0, 1, -1, 1_775_182_186_957_776, -999_999, 8_589_934_591_999_998] {
            let at = StreamTime::from_micros(us);
            assert_eq!(from_seconds(to_seconds(at).unwrap()), Some(at));
        }
    }

    #[test]
    fn other_numbers_are_no_times() {
        for seconds in [f64::NAN, f64::INFINITY, 1e10, -1e10] {
            assert_eq!(from_seconds(seconds), None, "{seconds}");
        }
        assert!(to_seconds(StreamTime::from_micros(i64::MAX)).is_err());
    }
}
