//! `fangxian trace bench-check DIR`: rows and checksums, to be compared with other engines.

use std::collections::BTreeMap;
use std::path::Path;

use fangxian_trace::bench::{QUERIES, build, run as ask};

use crate::out::{self, Ended, Failed};

/// Asks every question, and compares with `expected.tsv` where there is one.
pub fn run(dir: &Path) -> Result<Ended, Failed> {
    let work = std::env::temp_dir().join(format!("fangxian-trace-{}", std::process::id()));
    std::fs::create_dir_all(&work)?;
    let ended = check(dir, &work);
    std::fs::remove_dir_all(&work)?;
    ended
}

fn check(dir: &Path, work: &Path) -> Result<Ended, Failed> {
    let world = build(dir, work)?.0.with_facts(dir)?;
    let prepared = world.prepare();
    let mut found = BTreeMap::new();
    for name in QUERIES {
        let result = ask(&prepared, name).unwrap_or_default();
        out::line(format_args!("{name}\t{}\t{}", result.rows, result.checksum));
        found.insert(name.to_owned(), (result.rows, result.checksum));
    }
    let path = dir.join("expected.tsv");
    if !path.exists() {
        return Ok(Ended::Done);
    }
    let text = std::fs::read_to_string(&path)?;
    let (mut differs, mut unasked) = (false, Vec::new());
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let numbers = |at: usize| fields.get(at).and_then(|f| f.trim().parse::<u64>().ok());
        match (found.get(fields[0]), numbers(1), numbers(2)) {
            (Some(result), Some(rows), Some(checksum)) if *result == (rows, checksum) => {}
            (Some(_), Some(rows), Some(checksum)) => {
                differs = true;
                out::note(format_args!(
                    "{}: expected {rows} rows, checksum {checksum}",
                    fields[0]
                ));
            }
            _ => unasked.push(line.to_owned()),
        }
    }
    if let Some(line) = unasked.first() {
        return Err(Failed::new(format_args!(
            "`{}` has lines that name no question: `{line}`",
            path.display()
        )));
    }
    Ok(if differs { Ended::Finding } else { Ended::Done })
}
