//! The circles: around every place the others, nearest first, as far as a window may reach.

use super::study::{Settings, Study};

/// Circles around every place.
#[derive(Debug, Clone, PartialEq)]
pub struct Zones {
    /// Places, list after list.
    lists: Vec<u32>,
    /// Where the list of every centre begins, and the end of the last.
    starts: Vec<usize>,
}

impl Zones {
    /// Grows circles until the next place would make one too large. Places at the same distance enter by their coordinates,
    /// the smaller first.
    pub(super) fn around(study: &Study, settings: &Settings) -> Self {
        let weights = study.weights();
        let limit = settings.largest_share * weights.iter().sum::<f64>() * (1.0 + 1e-12);
        let n = study.at.len();
        let (mut lists, mut starts) = (Vec::new(), vec![0]);
        let mut order: Vec<(f64, u32)> = Vec::with_capacity(n);
        for centre in 0..n {
            order.clear();
            order.extend(
                (0_u32..)
                    .take(n)
                    .map(|other| (study.distance(centre, other as usize), other)),
            );
            order.sort_unstable_by(|a, b| {
                let ((ax, ay), (bx, by)) = (study.at[a.1 as usize], study.at[b.1 as usize]);
                a.0.total_cmp(&b.0)
                    .then(ax.total_cmp(&bx))
                    .then(ay.total_cmp(&by))
                    .then(a.1.cmp(&b.1))
            });
            let mut sum = 0.0;
            for (_, place) in &order {
                sum += weights[*place as usize];
                if sum > limit && n > 1 {
                    break;
                }
                lists.push(*place);
            }
            starts.push(lists.len());
        }
        Self { lists, starts }
    }

    /// Whether there is no circle at all.
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// How many circles there are around all centres together.
    pub fn len(&self) -> usize {
        self.lists.len()
    }

    /// How many centres there are.
    pub fn centres(&self) -> usize {
        self.starts.len() - 1
    }

    /// The places of the circle of this many places around a centre.
    pub fn places(&self, centre: usize, many: usize) -> &[u32] {
        let list = self.list(centre);
        &list[..many.min(list.len())]
    }

    /// All places that circles around the centre reach, nearest first.
    pub fn list(&self, centre: usize) -> &[u32] {
        &self.lists[self.starts[centre]..self.starts[centre + 1]]
    }

    /// The positions of the circles of a centre among all.
    pub(super) fn span(&self, centre: usize) -> std::ops::Range<usize> {
        self.starts[centre]..self.starts[centre + 1]
    }
}
