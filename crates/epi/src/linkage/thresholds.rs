//! The two thresholds, learnt from the scores alone.

use super::model::Model;
use super::train::Linked;

/// Share of wrong links that is accepted among those made without asking, by the model's own reckoning.
const WRONG: f64 = 2e-5;

/// No single link is made without asking below this probability, however sure the others are.
const SURE: f64 = 0.999;

/// Sets both thresholds of the model.
///
/// The lower one gives the best balance of both errors that the model expects: with pairs in falling order of
/// probability, F1 is twice the expected right links over links plus all expected matches. The upper one keeps the
/// expected share of wrong links among all above it below [`WRONG`], and is at least [`SURE`].
pub(super) fn learn(model: &mut Model, pairs: &[Linked]) {
    let mut chances: Vec<f64> = pairs.iter().map(|pair| pair.score.probability()).collect();
    chances.sort_unstable_by(|a, b| b.total_cmp(a));
    let all: f64 = chances.iter().sum();
    let (mut right, mut best) = (0.0, 0.0);
    (model.threshold, model.automatic) = (0.5, 1.0);
    for (at, chance) in chances.iter().enumerate() {
        right += chance;
        let links = at as f64 + 1.0;
        let f1 = 2.0 * right / (links + all);
        if f1 > best {
            (best, model.threshold) = (f1, *chance);
        }
        if links - right <= WRONG * links && *chance >= SURE {
            model.automatic = *chance;
        }
    }
}
