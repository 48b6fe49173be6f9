//! Recovery, coverage and odd input.

use super::*;

const GENERATION: [f64; 5] = [0.1, 0.3, 0.3, 0.2, 0.1];

/// An outbreak of known tree: two cases from outside, mutations one a generation on average.
fn simulated(seed: u64) -> (Outbreak, Vec<Option<usize>>) {
    let mut draws = Stream::new(seed, "simulated", 0);
    let delay = |draws: &mut Stream| {
        let mark = draws.unit();
        let mut sum = 0.0;
        let day = GENERATION.iter().position(|w| {
            sum += w;
            mark < sum
        });
        span_of(day.unwrap_or(4)) + 1
    };
    let (mut infected, mut truth) = (vec![0, 2], vec![None, None]);
    let mut table: Vec<Vec<f64>> = vec![vec![0.0, 40.0], vec![40.0, 0.0]];
    while infected.len() < 24 {
        // Recent cases infect.
        let from = infected.len() - 1 - draws.below(infected.len().min(5));
        let own = draws.poisson(1.0);
        let mut row: Vec<f64> = table[from].iter().map(|d| d + own).collect();
        table.iter_mut().zip(&row).for_each(|(old, d)| old.push(*d));
        row.push(0.0);
        table.push(row);
        infected.push(infected[from] + delay(&mut draws));
        truth.push(Some(from));
    }
    let outbreak = Outbreak {
        days: infected.iter().map(|day| day + delay(&mut draws)).collect(),
        generation: GENERATION.to_vec(),
        differences: Some(table),
        sites: 10_000.0,
    };
    (outbreak, truth)
}

fn search(rounds: usize, seed: u64) -> Search {
    Search {
        rounds,
        forgotten: rounds / 5,
        every: 4,
        find_outside: true,
        seed,
    }
}

#[test]
fn most_infectors_are_found_and_support_says_how_many() {
    let (mut right, mut support, mut all) = (0.0, 0.0, 0.0);
    for seed in 0..8 {
        let (outbreak, truth) = simulated(seed);
        let tree = seek(&outbreak, &search(400, seed)).expect("a tree");
        for (infector, truth) in tree.infectors.iter().zip(&truth) {
            right += f64::from(u8::from(infector.from == *truth));
            support += infector.support;
            all += 1.0;
        }
    }
    let (right, support) = (right / all, support / all);
    assert!(
        right > 0.6 && (right - support).abs() < 0.1,
        "{right} {support}"
    );
}

#[test]
fn the_same_seed_finds_the_same_tree_and_sequences_matter() {
    let (mut outbreak, _) = simulated(3);
    let tree = seek(&outbreak, &search(200, 5)).expect("a tree");
    assert_eq!(tree, seek(&outbreak, &search(200, 5)).expect("a tree"));
    let support = |tree: &Tree| tree.infectors.iter().map(|i| i.support).sum::<f64>();
    outbreak.differences = None;
    let dates = seek(&outbreak, &search(200, 5)).expect("a tree");
    assert_eq!(dates.mutations, None);
    assert!(support(&dates) < support(&tree) - 2.0);
}

#[test]
fn what_has_no_answer_is_answered() {
    let why =
        |outbreak: &Outbreak, search: &Search| seek(outbreak, search).map_err(|e| e.why()).err();
    let (outbreak, _) = simulated(1);
    let with = |change: &dyn Fn(&mut Outbreak)| {
        let mut changed = outbreak.clone();
        change(&mut changed);
        why(&changed, &search(20, 1))
    };
    assert_eq!(
        why(&Outbreak::default(), &search(20, 1)),
        Some(Why::OutsideDomain)
    );
    assert_eq!(with(&|o| o.days.truncate(1)), Some(Why::TooLittle));
    assert_eq!(with(&|o| o.days[3] = i64::MAX), Some(Why::OutsideDomain));
    assert_eq!(with(&|o| o.generation.fill(0.0)), Some(Why::OutsideDomain));
    assert_eq!(with(&|o| o.sites = 0.0), Some(Why::OutsideDomain));
    assert_eq!(
        with(&|o| o.differences = Some(vec![vec![0.0]])),
        Some(Why::OutsideDomain)
    );
    assert_eq!(why(&outbreak, &search(0, 1)), Some(Why::OutsideDomain));
    // All on one day, a gap of half a year: unlikely, and answered.
    assert_eq!(with(&|o| o.days.fill(4)), None);
    assert_eq!(with(&|o| o.days[7] += 180), None);
}
