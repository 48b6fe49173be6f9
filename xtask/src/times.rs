//! The table of steps, budgets and measured times in docs/testing.md.
//!
//! `cargo xtask test --write-times` writes it; `tidy` checks that names and budgets are the code's.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::Outcome;
use crate::steps::STEPS;
use crate::tidy::Finding;

/// The page that holds the table.
pub const PAGE: &str = "docs/testing.md";
const BEGIN: &str = "<!-- times:begin -->\n";
const END: &str = "<!-- times:end -->";

/// Seconds by step, as the page or a run has them.
type Measured = BTreeMap<String, String>;

/// Puts the times of a run into the page; steps that did not run keep the time they had.
pub fn write(root: &Path, run: &[(&'static str, Duration)]) -> Outcome<()> {
    let path = root.join(PAGE);
    let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {PAGE}: {error}"))?;
    let block = block(&text).ok_or_else(|| format!("{PAGE} has no block of times"))?;
    let mut measured = read(block);
    for (name, time) in run {
        measured.insert(
            (*name).to_owned(),
            format!("{} s", time.as_secs_f64().ceil()),
        );
    }
    let new = put(&text, &render(&measured));
    fs::write(&path, new).map_err(|error| format!("cannot write {PAGE}: {error}"))
}

/// Says when the table is not the one that the code would write.
pub fn check(text: &str) -> Vec<Finding> {
    match block(text) {
        None => vec![Finding::file(PAGE, "has no block of times")],
        Some(block) if block == render(&read(block)) => Vec::new(),
        Some(_) => {
            let what = "the table of times is not that of xtask/src/steps.rs; run \
                        `cargo xtask test --only tidy --write-times`";
            vec![Finding::file(PAGE, what)]
        }
    }
}

fn block(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(BEGIN)?;
    rest.split_once(END).map(|(block, _)| block)
}

fn put(text: &str, new: &str) -> String {
    let parts = text
        .split_once(BEGIN)
        .and_then(|(a, rest)| Some((a, rest.split_once(END)?.1)));
    parts.map_or_else(
        || text.to_owned(),
        |(before, after)| format!("{before}{BEGIN}{new}{END}{after}"),
    )
}

fn read(block: &str) -> Measured {
    let cells = |line: &str| {
        line.split('|')
            .map(|cell| cell.trim().to_owned())
            .collect::<Vec<_>>()
    };
    block
        .lines()
        .map(cells)
        .filter_map(|cells| match cells.as_slice() {
            [_, name, _, _, time, _] => Some((name.trim_matches('`').to_owned(), time.clone())),
            _ => None,
        })
        .collect()
}

fn render(measured: &Measured) -> String {
    let mut text = "| step | what it does | budget | measured |\n|---|---|---|---|\n".to_owned();
    for step in STEPS {
        let time = measured.get(step.name).map_or("–", String::as_str);
        let budget = step.budget.as_secs();
        let _ = writeln!(
            text,
            "| `{}` | {} | {budget} s | {time} |",
            step.name, step.what
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_put_between_its_marks_and_nowhere_else() {
        let page = format!("# Tests\n{BEGIN}{END}\nMore.\n");
        assert_eq!(
            put(&page, "| a |\n"),
            format!("# Tests\n{BEGIN}| a |\n{END}\nMore.\n")
        );
        assert_eq!(put("no block", "| a |\n"), "no block");
    }

    #[test]
    fn the_table_keeps_measured_times_and_notices_other_budgets() {
        let mut measured = Measured::new();
        measured.insert(STEPS[0].name.to_owned(), "3 s".to_owned());
        let page = format!("# Tests\n{BEGIN}{}{END}\n", render(&measured));
        assert_eq!(check(&page), []);
        assert_eq!(
            block(&page)
                .map(read)
                .and_then(|m| m.get(STEPS[0].name).cloned()),
            Some("3 s".into())
        );
        let budget = format!("{} s |", STEPS[0].budget.as_secs());
        assert_eq!(check(&page.replacen(&budget, "1000000 s |", 1)).len(), 1);
        assert_eq!(check("no block").len(), 1);
    }
}
