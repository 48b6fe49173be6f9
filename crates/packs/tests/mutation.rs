//! Every number in the shipped packs carries weight: changing any `value:` by one step makes at
//! least one example fail. A number that could be anything is not tested, only restated.

use std::collections::BTreeSet;

use fangxian_packs::{Finding, Library, Loader, Severity};
use jiff::civil::Date;

/// Values that no outcome depends on, with the reason. Empty is the aim.
const EXCEPTIONS: [(&str, &str); 0] = [];

/// One changed copy of a line: the value one step up or down, or one number of a list changed.
fn changed(line: &str) -> Vec<String> {
    let Some(at) = line.find("value: ") else {
        return Vec::new();
    };
    let (before, rest) = line.split_at(at + "value: ".len());
    let end = if rest.starts_with('[') {
        rest.find(']').map_or(rest.len(), |end| end + 1)
    } else {
        rest.find([',', ' ', '}']).unwrap_or(rest.len())
    };
    let (value, after) = rest.split_at(end);
    // A level compares an indicator with a value by its name; the number stands where it is named.
    if value.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Vec::new();
    }
    let list = value.starts_with('[');
    let numbers: Vec<i64> = value
        .trim_matches(['[', ']'])
        .split(',')
        .filter_map(|number| number.trim().parse().ok())
        .collect();
    assert!(!numbers.is_empty(), "`{line}` holds no number");
    let mut copies = Vec::new();
    for step in [-1, 1] {
        for index in 0..numbers.len() {
            let mut copy = numbers.clone();
            copy[index] += step;
            let text: Vec<String> = copy.iter().map(ToString::to_string).collect();
            let text = if list {
                format!("[{}]", text.join(", "))
            } else {
                text.join("")
            };
            copies.push(format!("{before}{text}{after}"));
        }
    }
    copies
}

/// The files with one of them changed, without the examples of other diseases: what a disease pack
/// says, its own examples, those of laws, schemes and cities notice, or nobody does.
fn with(files: &[(String, String)], index: usize, text: String) -> Vec<(String, String)> {
    let changed = &files[index].0;
    let folder = |name: &str| name.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    let of_another = |name: &str| {
        name.starts_with("diseases/")
            && name.contains("/examples")
            && !changed.starts_with("law/")
            && folder(name) != folder(changed)
    };
    let mut all = files.to_vec();
    all[index].1 = text;
    all.retain(|(name, _)| !of_another(name));
    all
}

fn fails(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
}

#[test]
fn changing_any_value_by_one_step_makes_an_example_fail() {
    let files = fangxian_packs::shipped_files();
    assert!(
        !fails(&Library::from_files(files.clone()).findings),
        "the packs do not load unchanged"
    );
    let mut loader = Loader::default();
    let mut survivors = Vec::new();
    let mut tried = 0;
    for (index, (file, text)) in files.iter().enumerate() {
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with('#') {
                continue;
            }
            for copy in changed(line) {
                tried += 1;
                let mut mutated: Vec<&str> = text.lines().collect();
                mutated[number] = &copy;
                let loaded = loader.load(&with(&files, index, mutated.join("\n")));
                let known = EXCEPTIONS.iter().any(|(part, _)| line.contains(part));
                if !fails(&loaded.findings) && !known {
                    survivors.push(format!("{file}:{}: {}", number + 1, copy.trim()));
                }
            }
        }
    }
    assert!(tried > 100, "only {tried} changes were tried");
    assert!(
        survivors.is_empty(),
        "no example notices:\n{}",
        survivors.join("\n")
    );
}

/// Days on which rules change: a later entry of a value, an edition, a law. Not the first day of
/// a value, which may lie before the first edition that reads it.
fn is_boundary(line: &str, before: &str) -> bool {
    let later_value = line.contains("value:") && before.contains("value:");
    let block = ["from: ", "    from: ", "    until: ", "until: "];
    later_value || line.contains("covers:") || block.iter().any(|start| line.starts_with(start))
}

/// Moves that no example can notice, with the reason.
const SILENT: [(&str, &str); 12] = [
    (
        "covid-19/pack.yaml: from: 2020-02-05",
        "edition 4 would begin before it was published",
    ),
    (
        "covid-19/pack.yaml: from: 2020-02-07",
        "edition 4 changes nothing that the pack carries",
    ),
    (
        "novel-influenza/pack.yaml: from: 2013-1",
        "an edition that is not covered answers like no edition",
    ),
    (
        "norovirus/pack.yaml: - { from: 2023-09-1",
        "the figures are the same before and after, only their source is not",
    ),
    (
        "norovirus/pack.yaml: from: 2025-10-24",
        "the revision would begin before it was published",
    ),
    (
        "wuchang-four-categories.yaml: from: 2020-02-01",
        "no city uses the scheme before 2 February",
    ),
    (
        "demo-groups.yaml: from: 2025-08-31",
        "no city uses the groups before 1 September",
    ),
    (
        "{ from: 2021-05-13, value: 2",
        "edition 7 does not read the number of signs",
    ),
    (
        "covid-19/pack.yaml: from: 2020-03-06",
        "edition 6 would begin before it was published",
    ),
    (
        "covid-19/pack.yaml: from: 2020-03-08",
        "edition 6 changes nothing that the pack carries",
    ),
    (
        "reg-2011.yaml: from: 2011-01-07",
        "the regulations would begin before they were published",
    ),
    (
        "idl-2013.yaml: from: 2013-06-",
        "the law is older than every edition",
    ),
];

#[test]
fn moving_any_change_of_the_rules_by_a_day_is_noticed() {
    let files = fangxian_packs::shipped_files();
    assert!(
        !fails(&Library::from_files(files.clone()).findings),
        "the packs do not load unchanged"
    );
    let mut loader = Loader::default();
    let mut survivors = Vec::new();
    let mut tried = 0;
    for (index, (file, text)) in files.iter().enumerate() {
        let rules = text.split("\nexamples:").next().unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let mut before = "";
        for (number, line) in rules.lines().enumerate() {
            if !is_boundary(line, before) {
                before = line;
                continue;
            }
            before = line;
            for key in ["from: ", "until: "] {
                let Some(at) = line.find(key).map(|at| at + key.len()) else {
                    continue;
                };
                let day: Date = line[at..at + 10].parse().expect("a day");
                // A value that lasts longer than the editions that read it changes nothing.
                let steps: &[i64] = if key == "until: " { &[-1] } else { &[-1, 1] };
                for step in steps {
                    tried += 1;
                    let moved = fangxian_base::plus_days(day, *step).to_string();
                    let copy = format!("{}{moved}{}", &line[..at], &line[at + 10..]);
                    let mut mutated = lines.clone();
                    mutated[number] = &copy;
                    let all = with(&files, index, mutated.join("\n"));
                    let shown = format!("{file}: {}", copy.trim());
                    let known = SILENT.iter().any(|(part, _)| shown.contains(part));
                    if !fails(&loader.load(&all).findings) && !known {
                        survivors.push(shown);
                    }
                }
            }
        }
    }
    assert!(tried > 50, "only {tried} moves were tried");
    assert!(
        survivors.is_empty(),
        "nothing notices:\n{}",
        survivors.join("\n")
    );
}

#[test]
fn a_scheme_that_is_made_for_one_disease_more_or_another_makes_an_example_fail() {
    let files = fangxian_packs::shipped_files();
    // Those that some scheme sorts, and one that none does; of the others an example would only
    // restate the list.
    let mut diseases = BTreeSet::from(["norovirus".to_owned()]);
    for (file, text) in &files {
        let line = text.lines().find(|line| line.starts_with("diseases: ["));
        if let (true, Some(line)) = (file.starts_with("schemes/"), line) {
            let named = line.trim_start_matches("diseases: [").trim_end_matches(']');
            diseases.extend(named.split(", ").map(str::to_owned));
        }
    }
    let mut loader = Loader::default();
    let (mut tried, mut survivors) = (0, Vec::new());
    for (index, (file, text)) in files.iter().enumerate() {
        let Some(line) = text
            .lines()
            .find(|line| file.starts_with("schemes/") && line.starts_with("diseases: ["))
        else {
            continue;
        };
        let named = line.trim_start_matches("diseases: [").trim_end_matches(']');
        for other in diseases.iter().filter(|id| !named.contains(id.as_str())) {
            for copy in [format!("{named}, {other}"), other.clone()] {
                tried += 1;
                let mutated = text.replacen(line, &format!("diseases: [{copy}]"), 1);
                let all = with(&files, index, mutated);
                if !fails(&loader.load(&all).findings) {
                    survivors.push(format!("{file}: {copy}"));
                }
            }
        }
    }
    assert!(tried >= 4, "only {tried} changes were tried");
    assert!(
        survivors.is_empty(),
        "nothing notices:\n{}",
        survivors.join("\n")
    );
}
