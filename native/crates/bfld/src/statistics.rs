//! Order statistics of a few numbers.

/// The median, the mean of the middle two of an even number; 0 of none.
pub(crate) fn median(values: impl IntoIterator<Item = f32>) -> f32 {
    let mut sorted: Vec<f32> = values.into_iter().collect();
    sorted.sort_by(f32::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        len if len % 2 == 1 => sorted[middle],
        _ => f32::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// A robust standard deviation: 1.4826 times the median distance from the median (Rousseeuw, Croux, 1993).
pub(crate) fn robust_deviation(values: &[f32]) -> f32 {
    const CONSISTENT_WITH_A_NORMAL: f32 = 1.4826;
    let centre = median(values.iter().copied());
    CONSISTENT_WITH_A_NORMAL * median(values.iter().map(|value| (value - centre).abs()))
}

/// The arithmetic mean; 0 of none.
pub(crate) fn mean(values: impl IntoIterator<Item = f32>) -> f32 {
    let (sum, count) = values.into_iter().fold((0.0, 0.0_f32), |(sum, count), value| (sum + value, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "small whole numbers are exact")]
    fn outliers_do_not_count() {
        assert_eq!(median([3.0, 1.0, 1000.0]), 3.0);
        assert_eq!(median([4.0, 2.0]), 3.0);
        assert_eq!(median([]), 0.0);
        assert_eq!(robust_deviation(&[1.0, 2.0, 3.0, 4.0, 1000.0]), 1.4826);
        assert_eq!(mean([]), 0.0);
    }
}
