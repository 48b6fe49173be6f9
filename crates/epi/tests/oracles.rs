//! The methods against reference outputs: the folders under `testdata/oracles`, and, when
//! `FANGXIAN_EXTERNAL_DATA` names a folder of such folders, those too.

#![expect(clippy::print_stdout, reason = "a test says what it compared")]

mod reading;

use std::path::{Path, PathBuf};

use fangxian_epi::check;

fn shown(folder: &Path) -> bool {
    let read = reading::folder(folder, None);
    let report = check::run(&read);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    println!(
        "{name}: {:?}, {} calls, {} cells",
        report.verdict(),
        report.calls,
        report.cells()
    );
    for left in report.not_compared.iter().take(12) {
        println!("    not compared: {}: {}", left.what, left.why);
    }
    for row in &report.by_draws {
        println!("    told by one side's draws: {row}");
    }
    println!("    {} failures", report.failures.len());
    for failure in report
        .failures
        .iter()
        .step_by(report.failures.len() / 20 + 1)
    {
        println!("    {failure:?}");
    }
    report.verdict() == check::Verdict::Agrees
}

fn below(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.join("check.json").is_file())
        .collect();
    folders.sort();
    folders
}

#[test]
fn shipped_reference_folders_agree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/oracles");
    let folders = below(&root);
    assert!(!folders.is_empty());
    assert!(folders.iter().all(|folder| shown(folder)));
}

#[test]
fn a_changed_number_differs_and_what_is_not_known_is_not_compared() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/oracles/discr_si");
    let text = std::fs::read_to_string(root.join("check.json")).expect("a check.json");
    let read = |manifest: &str| {
        let mut folder = reading::folder(&root, None);
        folder.manifest = check::Manifest::parse(manifest).expect("a manifest");
        folder
    };
    assert_eq!(check::run(&read(&text)).verdict(), check::Verdict::Agrees);
    let strict = text.replace("1e-12", "-1.0");
    assert_eq!(
        check::run(&read(&strict)).verdict(),
        check::Verdict::Differs
    );
    for (from, to) in [
        ("\"discr_si\"", "\"nothing_of_the_kind\""),
        ("\"sigma\": ", "\"spread\": "),
        ("\"w\": {", "\"weight\": {"),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        assert_eq!(
            check::run(&read(&changed)).verdict(),
            check::Verdict::Incomplete,
            "{from}"
        );
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test asks whether the reference folders are at hand"
)]
fn reference_folders_outside_agree() {
    let Ok(root) = std::env::var("FANGXIAN_EXTERNAL_DATA") else {
        println!("FANGXIAN_EXTERNAL_DATA is not set: only testdata/oracles was compared");
        return;
    };
    let only = std::env::var("FANGXIAN_ONLY").ok();
    let wanted = |folder: &PathBuf| {
        only.as_ref()
            .is_none_or(|o| o.split(',').any(|o| folder.ends_with(o)))
    };
    let wrong = below(Path::new(&root))
        .into_iter()
        .filter(wanted)
        .filter(|folder| !shown(folder))
        .count();
    assert_eq!(wrong, 0);
}
