//! The layers of a stream as they change: sealed segments, and sorted runs of what came since.

use std::sync::Arc;

use crate::batch::Outcome;
use crate::index::flat::{Hidden, Run};
use crate::index::layers::{Layer, Layers, Walk};
use crate::index::segment::Segment;
use crate::index::{Identity, Stay};

/// A sealed segment, and what has been hidden in it since.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    pub segment: Arc<Segment>,
    pub hidden: Arc<Hidden>,
}

/// The layers of one stream as they are at a moment. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Track {
    pub sealed: Vec<Sealed>,
    pub runs: Vec<(Arc<Run>, Arc<Hidden>)>,
}

impl Track {
    /// Sealed ones, then runs, oldest first.
    pub(crate) fn layers(&self) -> Layers<'_> {
        let sealed = self.sealed.iter().map(|s| {
            let view = s.segment.view();
            Layer {
                segment: Some(view),
                flat: view.long,
                hidden: &s.hidden,
            }
        });
        let runs = self.runs.iter().map(|(run, hidden)| Layer {
            segment: None,
            flat: run.flat(),
            hidden,
        });
        Layers::new(sealed.chain(runs).collect())
    }

    /// The stays of the tail that are to be seen.
    pub(crate) fn tail(&self) -> impl Iterator<Item = &Stay> + '_ {
        self.runs.iter().flat_map(|(run, hidden)| run.seen(hidden))
    }

    pub(crate) fn tail_len(&self) -> usize {
        self.runs
            .iter()
            .map(|(run, hidden)| run.stays.len() - hidden.len())
            .sum()
    }

    /// Takes what a batch came to: hides what it replaced, adds what it added.
    pub(crate) fn take(&mut self, outcome: Outcome) {
        self.hide(outcome.replaced);
        if !outcome.stays.is_empty() {
            let run = Arc::new(Run::new(outcome.stays));
            self.runs.push((run, Arc::default()));
        }
        while let [.., (before, _), (last, _)] = &self.runs[..]
            && before.stays.len() <= last.stays.len()
        {
            self.merge_last();
        }
    }

    /// Hides stays, each in the layer that holds it.
    fn hide(&mut self, mut replaced: Vec<(usize, Identity)>) {
        replaced.sort_unstable();
        let sealed = self.sealed.iter_mut().map(|s| &mut s.hidden);
        let mut all: Vec<_> = sealed
            .chain(self.runs.iter_mut().map(|(_, hidden)| hidden))
            .collect();
        for of_layer in replaced.chunk_by(|a, b| a.0 == b.0) {
            let identities: Vec<Identity> =
                of_layer.iter().map(|(_, identity)| *identity).collect();
            Arc::make_mut(&mut *all[of_layer[0].0]).extend(&identities);
        }
    }

    fn merge_last(&mut self) {
        let Some(((last, hidden), (before, hidden_before))) = self.runs.pop().zip(self.runs.pop())
        else {
            return;
        };
        let merged = Run::merged((&before, &hidden_before), (&last, &hidden));
        if !merged.stays.is_empty() {
            self.runs.push((Arc::new(merged), Arc::default()));
        }
    }

    /// Hides every stay of a person; how many there were.
    pub(crate) fn hide_person(&mut self, person: u32) -> usize {
        let mut all = Vec::new();
        let walk = &mut Walk::default();
        self.layers()
            .starting(walk, person, 0, u32::MAX, |layer, row, _, _| {
                all.push((layer, (person, row.start, row.other)));
            });
        let count = all.len();
        self.hide(all);
        count
    }
}
