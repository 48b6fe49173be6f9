//! A part of a long list, and where the next part begins.

use schemars::JsonSchema;
use serde::Serialize;

/// Rows of a list that is read from one key to the next, so that what is added or taken away
/// meanwhile moves no row to another page.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Part<R, K> {
    /// The rows.
    pub rows: Vec<R>,
    /// Where the next part begins; none: this was the last.
    pub next: Option<K>,
}

impl<R, K> Part<R, K> {
    /// Cuts what was read with one row more than is shown: that row tells whether there is more.
    pub(crate) fn cut(mut rows: Vec<R>, max: usize, key: impl Fn(&R) -> K) -> Self {
        let more = rows.len() > max;
        rows.truncate(max);
        let next = rows.last().filter(|_| more).map(key);
        Self { rows, next }
    }

    /// The same part with its rows turned into something else.
    pub(crate) fn map<S>(
        self,
        turn: impl FnMut(R) -> crate::Result<S>,
    ) -> crate::Result<Part<S, K>> {
        Ok(Part {
            rows: self
                .rows
                .into_iter()
                .map(turn)
                .collect::<crate::Result<_>>()?,
            next: self.next,
        })
    }
}

/// How many rows to read so that `max` can be shown.
pub(crate) fn and_one(max: usize) -> i64 {
    i64::try_from(max).unwrap_or(i64::MAX - 1) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_too_many_is_not_shown_but_tells_of_a_next_part() {
        let part = Part::cut(vec![1, 2, 3], 2, |n| *n);
        assert_eq!((part.rows, part.next), (vec![1, 2], Some(2)));
        let last = Part::cut(vec![1, 2], 2, |n| *n);
        assert_eq!((last.rows, last.next), (vec![1, 2], None));
    }
}
