//! Roots of functions of one variable.

/// LIMIT: steps before the last point is taken as it is; bisection alone needs about a thousand.
const STEPS_MAX: u32 = 2_000;

/// The root of a rising function between `low` and `high`, by Newton's steps that never leave the bracket.
///
/// `f` returns the value and the slope. An infinite `high` is approached by doubling.
pub fn monotone(start: f64, low: f64, high: f64, mut f: impl FnMut(f64) -> (f64, f64)) -> f64 {
    let (mut low, mut high) = (low, high);
    let mut x = start;
    let mut last_step = f64::INFINITY;
    for _ in 0..STEPS_MAX {
        let (value, slope) = f(x);
        if value == 0.0 || value.is_nan() {
            return x;
        }
        if value > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let newton = x - value / slope;
        let middle = if high.is_infinite() {
            2.0 * x + 1.0
        } else {
            0.5 * (low + high)
        };
        let step = (newton - x).abs();
        if step <= 1e-15 * x.abs() {
            return newton.clamp(low, high);
        }
        // Steps of the size of rounding need not shrink.
        let shrinks = step < 0.9 * last_step || step <= 1e-12 * x.abs();
        let next = if newton > low && newton < high && shrinks {
            newton
        } else {
            middle
        };
        last_step = (next - x).abs();
        if high.is_finite() && (high - low) <= 1e-16 * high.abs() {
            return next;
        }
        x = next;
    }
    x
}

/// The place of a sign change of `f` between `low` and `high`, by bisection with secant steps.
///
/// Nothing when the signs at the ends agree.
pub fn bracketed(
    low: f64,
    high: f64,
    tolerance: f64,
    mut f: impl FnMut(f64) -> f64,
) -> Option<f64> {
    let (mut a, mut b) = (low, high);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa == 0.0 {
        return Some(a);
    }
    if fb == 0.0 {
        return Some(b);
    }
    if fa.is_nan() || fb.is_nan() || (fa > 0.0) == (fb > 0.0) {
        return None;
    }
    for round in 0..400 {
        if (b - a).abs() <= tolerance {
            break;
        }
        let secant = b - fb * (b - a) / (fb - fa);
        let inside = secant > a.min(b) && secant < a.max(b);
        let c = if round % 3 != 2 && inside {
            secant
        } else {
            0.5 * (a + b)
        };
        let fc = f(c);
        if fc == 0.0 {
            return Some(c);
        }
        if (fc > 0.0) == (fb > 0.0) {
            (b, fb) = (c, fc);
            // Illinois: halve what was kept, so that the other end moves too.
            fa *= 0.5;
        } else {
            (a, fa) = (b, fb);
            (b, fb) = (c, fc);
        }
    }
    Some(if fa.abs() < fb.abs() { a } else { b })
}

/// The place of a sign change, by the method of Brent (1973) with this absolute tolerance.
///
/// For imitating programs that stop early; [`bracketed`] goes on to the last digits. Nothing when the signs agree.
pub fn brent(low: f64, high: f64, tolerance: f64, f: impl Fn(f64) -> f64) -> Option<f64> {
    let (mut a, mut b) = (low, high);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa == 0.0 || fb == 0.0 {
        return Some(if fa == 0.0 { a } else { b });
    }
    if fa.is_nan() || fb.is_nan() || (fa > 0.0) == (fb > 0.0) {
        return None;
    }
    let (mut c, mut fc) = (a, fa);
    for _ in 0..1_000 {
        let last = b - a;
        if fc.abs() < fb.abs() {
            (a, b, c) = (b, c, b);
            (fa, fb, fc) = (fb, fc, fb);
        }
        let near = 2.0 * f64::EPSILON * b.abs() + tolerance / 2.0;
        let mut step = (c - b) / 2.0;
        if step.abs() <= near || fb == 0.0 {
            return Some(b);
        }
        if last.abs() >= near && fa.abs() > fb.abs() {
            let across = c - b;
            let (mut p, mut q) = if a == c {
                let t = fb / fa;
                (across * t, 1.0 - t)
            } else {
                let (r, s, t) = (fa / fc, fb / fc, fb / fa);
                (
                    t * (across * r * (r - s) - (b - a) * (s - 1.0)),
                    (r - 1.0) * (s - 1.0) * (t - 1.0),
                )
            };
            if p > 0.0 {
                q = -q;
            } else {
                p = -p;
            }
            if p < 0.75 * across * q - (near * q).abs() / 2.0 && p < (last * q / 2.0).abs() {
                step = p / q;
            }
        }
        if step.abs() < near {
            step = near.copysign(step);
        }
        (a, fa) = (b, fb);
        b += step;
        fb = f(b);
        if (fb > 0.0) == (fc > 0.0) {
            (c, fc) = (a, fa);
        }
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_found_to_the_last_digits() {
        let cube = monotone(1.0, 0.0, f64::INFINITY, |x| (x * x * x - 2.0, 3.0 * x * x));
        assert!((cube - 2.0_f64.cbrt()).abs() < 1e-14);
        let root = bracketed(0.0, 2.0, 1e-15, |x| x * x - 2.0);
        assert!(
            root.is_some_and(|x| (x - 2.0_f64.sqrt()).abs() < 1e-13),
            "{root:?}"
        );
        assert_eq!(bracketed(2.0, 3.0, 1e-12, |x| x), None);
    }
}
