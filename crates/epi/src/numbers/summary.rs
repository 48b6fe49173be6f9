//! Means, spreads and quantiles of a list.

/// The mean; `NaN` of nothing.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard deviation with `n - 1`; `NaN` for fewer than two values.
pub fn sd(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    let m = mean(values);
    let squares: f64 = values.iter().map(|v| (v - m) * (v - m)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

/// The quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996).
///
/// `sorted` must rise; `NaN` of nothing.
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = p.clamp(0.0, 1.0) * last as f64;
    let below = super::whole(place.floor()).unwrap_or(0).min(last);
    let (a, b) = (sorted[below], sorted[(below + 1).min(last)]);
    a + (place - below as f64) * (b - a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_between_neighbours() {
        let values = [1.0, 2.0, 3.0, 10.0];
        let got: Vec<f64> = [0.0, 0.5, 0.75, 1.0]
            .iter()
            .map(|p| quantile(&values, *p))
            .collect();
        assert_eq!(got, [1.0, 2.5, 4.75, 10.0]);
        assert!(quantile(&[], 0.5).is_nan() && sd(&[1.0]).is_nan());
    }
}
