//! How long one assessment takes for a person with twenty facts: `cargo bench -p fangxian-packs`.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark speaks and may stop"
)]

use std::hint::black_box;
use std::time::Instant;

use fangxian_packs::{Evidence, Fact, Input, Library};
use jiff::civil::{Date, date};

fn facts() -> Vec<Fact> {
    let day = |d: i8| Some(date(2022, 7, d));
    let mut all = vec![
        Fact::new("o", "onset", day(5)),
        Fact::new("v", "visit", day(6)),
        Fact::new("a", "admission", day(7)),
        Fact::new("s", "stay", day(1)).with("place", "community_with_cases"),
        Fact::new("i", "imaging", day(7)).with("pneumonia", true),
        Fact::new("b", "blood_count", day(7))
            .with("white_cells", "low")
            .with("lymphocytes", "low"),
        Fact::new("x", "vaccination", day(1)).with("any", true),
        Fact::new("n", "classification_notified", day(8))
            .with("class", "confirmed")
            .with("by", "hospital"),
        Fact::new("c", "contact", day(4))
            .with("with", "confirmed")
            .with("protected", false),
    ];
    for name in ["fever", "cough", "breathless"] {
        all.push(
            Fact::new(name, "symptom", day(6))
                .with("name", name)
                .with("present", true),
        );
    }
    for d in 8..16 {
        let test = Fact::new("t", "test", day(d))
            .with("kind", "pcr")
            .with("result", "positive");
        all.push(test);
    }
    all.into_iter()
        .map(|fact| fact.known_by(Evidence::Official))
        .collect()
}

fn median(library: &Library, facts: &[Fact], on: Date) -> f64 {
    let input = Input {
        disease: "covid-19",
        city: "wuchang",
        region: "cn/hubei/wuhan",
        facts,
        approvals: &[],
        on,
        as_of: on,
    };
    let mut times: Vec<f64> = (0..5_000)
        .map(|_| {
            let start = Instant::now();
            black_box(library.assess(black_box(&input)));
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let library = Library::shipped().expect("the shipped packs load");
    let all = facts();
    let on = date(2022, 7, 16);
    println!(
        "median of {} facts: {:.1} µs",
        all.len(),
        median(&library, &all, on)
    );
    println!(
        "median of 4 facts: {:.1} µs",
        median(&library, &all[..4], on)
    );
}
