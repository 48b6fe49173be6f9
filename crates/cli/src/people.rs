//! `fangxian people`: questions about records. Reads the files; what is measured is decided in `epi`.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use fangxian_epi::linkage::model::Explained;
use fangxian_epi::linkage::task::{Measured, Task, Truth, tasks};
use fangxian_epi::linkage::{Person, Scorer, Trained, train};
use fangxian_epi::table::Table;
use serde_json::{Value, json};

use crate::args::{LinkCheckArgs, PeopleArgs, PeopleWhat};
use crate::epi::files;
use crate::out::{self, Ended, Failed};

/// Runs it.
pub fn run(args: &PeopleArgs) -> Result<Ended, Failed> {
    let PeopleWhat::LinkCheck(args) = &args.what;
    link_check(args)
}

/// Runs every task; 1 when the best F1 of one lies below its reference.
fn link_check(args: &LinkCheckArgs) -> Result<Ended, Failed> {
    let manifest = args.dir.join("link.json");
    let mut answers = Vec::new();
    let mut below = false;
    for task in tasks(&files::text(&manifest)?)? {
        let tables = read(&args.dir, &task)?;
        let (people, split) = task.people(&tables)?;
        let began = Instant::now();
        let trained = train(&people, split, args.seed)?;
        let seconds = began.elapsed().as_secs_f64();
        let explained = explain(&people, &trained, args.explain);
        // Only now, when everything is scored, is the truth looked at.
        let truth = truth(&args.dir, &task, &tables)?;
        let measured = Task::measure(&trained, &truth);
        let best = measured.best.map_or(0.0, |best| best.f1);
        let short = task
            .reference
            .is_some_and(|reference| best < reference.best_f1);
        below |= short;
        if args.json {
            answers.push(answer(&task, &trained, &measured, &explained, seconds));
        } else {
            print(&task, &trained, &measured, seconds, short);
            for (a, b, explained) in &explained {
                print_pair(*a, *b, explained);
            }
        }
    }
    if args.json {
        out::json(&json!({ "tasks": answers }))?;
    }
    Ok(if below { Ended::Finding } else { Ended::Done })
}

fn read(dir: &Path, task: &Task) -> Result<Vec<Table>, Failed> {
    let table = |file: &String| files::table(&dir.join(file));
    task.files.iter().map(table).collect()
}

fn truth(dir: &Path, task: &Task, tables: &[Table]) -> Result<BTreeSet<(usize, usize)>, Failed> {
    let pairs = match &task.truth {
        Truth::Pairs(file) => Some(files::table(&dir.join(file))?),
        Truth::Same(_) => None,
    };
    Ok(task.truth(tables, pairs.as_ref())?)
}

/// The pairs nearest to the threshold, by row: 1 is the first row of the first list, and lists follow each other.
fn explain(people: &[Person], trained: &Trained, wanted: usize) -> Vec<(usize, usize, Explained)> {
    let threshold = trained.model.threshold;
    let at = (threshold / (1.0 - threshold)).ln();
    let mut pairs: Vec<_> = trained.pairs.iter().collect();
    pairs.sort_by(|x, y| {
        (x.score.log_odds - at)
            .abs()
            .total_cmp(&(y.score.log_odds - at).abs())
    });
    let scorer = Scorer::new(&trained.model);
    let prepared = |at: usize| people.get(at).map(|person| scorer.prepare(person));
    let told =
        |a: usize, b: usize| Some((a + 1, b + 1, scorer.explain(&prepared(a)?, &prepared(b)?)));
    pairs
        .into_iter()
        .take(wanted)
        .filter_map(|pair| told(pair.a, pair.b))
        .collect()
}

fn answer(
    task: &Task,
    trained: &Trained,
    measured: &Measured,
    explained: &[(usize, usize, Explained)],
    seconds: f64,
) -> Value {
    let explained: Vec<Value> = explained
        .iter()
        .map(|(a, b, explained)| json!({ "a": a, "b": b, "explained": explained }))
        .collect();
    json!({
        "task": task.task,
        "best_f1": measured.best.map(|best| best.f1),
        "f1": measured.at_threshold.f1,
        "precision": measured.at_threshold.precision,
        "recall": measured.at_threshold.recall,
        "automatic": measured.automatic,
        "thresholds": { "link": trained.model.threshold, "automatic": trained.model.automatic },
        "pairs": measured.pairs,
        "true_pairs": measured.true_pairs,
        "true_pairs_compared": measured.found,
        "reference_best_f1": task.reference.map(|reference| reference.best_f1),
        "crowded_tokens": trained.crowded,
        "seconds": seconds,
        "explained": explained,
    })
}

fn print(task: &Task, trained: &Trained, measured: &Measured, seconds: f64, short: bool) {
    out::line(format_args!(
        "{}: {} pairs compared in {seconds:.1} s, {} of {} true pairs among them",
        task.task, measured.pairs, measured.found, measured.true_pairs
    ));
    if let Some(best) = measured.best {
        let against = task.reference.map_or(String::new(), |reference| {
            let word = if short { "below" } else { "at or above" };
            format!(", {word} the reference {:.4}", reference.best_f1)
        });
        out::line(format_args!("  best F1 {:.4}{against}", best.f1));
    }
    for (name, least, quality) in [
        ("link", trained.model.threshold, measured.at_threshold),
        ("automatic", trained.model.automatic, measured.automatic),
    ] {
        out::line(format_args!(
            "  {name} from probability {least:.6}: {} links, precision {:.5}, recall {:.4}, F1 {:.4}",
            quality.links, quality.precision, quality.recall, quality.f1
        ));
    }
}

fn print_pair(a: usize, b: usize, explained: &Explained) {
    out::line(format_args!(
        "  rows {a} and {b}: probability {:.4}, {:+.1} bits; start {:+.1}, other readings {:+.1}",
        explained.probability, explained.weight, explained.start, explained.other
    ));
    for reason in &explained.reasons {
        out::line(format_args!(
            "    {:?}: {} {:+.1}",
            reason.field, reason.step, reason.bits
        ));
    }
}
