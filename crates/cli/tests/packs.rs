//! `fangxian pack` for whoever writes packs: layout, pages, schema.

use std::path::PathBuf;
use std::process::{Command, Output};

fn pack(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fangxian"));
    command.arg("pack").args(words).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A directory with one pack file that leaves the layout.
fn untidy(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("fangxian-packs-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("a.yaml"), "kind: city\nzh: 甲 # a name\nid:   a\n").unwrap();
    dir
}

#[test]
fn fmt_checks_without_writing_and_writes_when_asked() {
    assert_eq!(pack(&["fmt", "--check"]).status.code(), Some(0));
    assert_eq!(pack(&["fmt"]).status.code(), Some(2));
    let dir = untidy("fmt");
    let (path, file) = (dir.to_str().unwrap(), dir.join("a.yaml"));
    let before = std::fs::read_to_string(&file).unwrap();
    let checked = pack(&["fmt", path, "--check"]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(
        said(&checked).starts_with("a.yaml:2:1: gap[layout]"),
        "{checked:?}"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    let written = pack(&["fmt", path]);
    assert_eq!(written.status.code(), Some(0), "{written:?}");
    let after = std::fs::read_to_string(&file).unwrap();
    assert_eq!(after, "kind: city\nid: a\nzh: 甲 # a name\n");
    assert_eq!(pack(&["fmt", path, "--check"]).status.code(), Some(0));
    std::fs::write(&file, "kind: city\nzh: |\n  a\n").unwrap();
    assert_eq!(pack(&["fmt", path]).status.code(), Some(1));
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn docs_speak_both_languages_and_know_what_is_there() {
    let english = said(&pack(&["docs", "norovirus", "--language", "en"]));
    assert!(
        english.starts_with("# norovirus gastroenteritis\n"),
        "{english}"
    );
    assert!(said(&pack(&["docs", "norovirus"])).starts_with("# 诺如病毒"));
    let json = pack(&["docs", "norovirus", "--json"]);
    let object: serde_json::Value = serde_json::from_str(&said(&json)).unwrap();
    assert_eq!(object["packs"][0]["id"], "norovirus");
    let unknown = pack(&["docs", "measels"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&unknown.stderr).contains("norovirus"),
        "{unknown:?}"
    );
}

#[test]
fn the_schema_is_one_object() {
    let schema: serde_json::Value = serde_json::from_str(&said(&pack(&["schema"]))).unwrap();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
}

/// The shipped packs as a folder.
fn shipped(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("fangxian-packs-{name}-{}", std::process::id()));
    for (file, text) in fangxian_packs::shipped_files() {
        let path = dir.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

#[test]
fn a_case_is_confirmed_by_a_person_and_told_when_its_outcome_changes() {
    let dir = shipped("coverage");
    let path = dir.to_str().unwrap();
    let listed = pack(&["coverage", path, "--json"]);
    assert_eq!(listed.status.code(), Some(0), "{listed:?}");
    assert_eq!(pack(&["coverage", path, "--check"]).status.code(), Some(1));
    let told: serde_json::Value = serde_json::from_str(&said(&listed)).unwrap();
    let case = &told["cases"][0];
    assert_eq!(case["state"], "unconfirmed");
    let id = case["id"].as_str().unwrap();
    // Nobody is asked where nobody can answer, and nobody confirms without a name.
    let unasked = pack(&["coverage", path, "--confirm", "--by", "张三"]);
    assert_eq!(unasked.status.code(), Some(2), "{unasked:?}");
    let unnamed = pack(&["coverage", path, "--confirm", id]);
    assert_eq!(unnamed.status.code(), Some(2), "{unnamed:?}");
    let unknown = pack(&[
        "coverage",
        path,
        "--confirm",
        "x@2020-01-01#0",
        "--by",
        "张三",
    ]);
    assert_eq!(unknown.status.code(), Some(2), "{unknown:?}");
    let confirmed = pack(&["coverage", path, "--confirm", id, "--by", "张三"]);
    assert_eq!(confirmed.status.code(), Some(0), "{confirmed:?}");
    assert!(said(&pack(&["coverage", path])).contains("confirmed by 张三 on "));
    assert_eq!(pack(&["fmt", "--check", path]).status.code(), Some(0));

    let folder = dir.join("diseases").join(case["pack"].as_str().unwrap());
    let file = folder.join("confirmed.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("outcome: \"class", "outcome: \"kind")).unwrap();
    let changed = pack(&["coverage", path]);
    assert_eq!(changed.status.code(), Some(1));
    assert!(said(&changed).contains("changed since 张三 confirmed it"));
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_failed_example_is_told_as_it_is_written_and_explain_takes_the_folder() {
    let dir = shipped("explain");
    let file = dir.join("diseases/norovirus/examples.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, after) = text.split_once("until: 20").unwrap();
    let (_, rest) = after.split_at("26-01-01".len());
    std::fs::write(&file, format!("{before}until: 2001-02-03{rest}")).unwrap();
    let path = dir.to_str().unwrap();
    let failed = pack(&["test", path]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(said(&failed).contains("2001-02-03"), "{failed:?}");
    assert!(!said(&failed).contains("Some("), "{failed:?}");

    std::fs::write(&file, text).unwrap();
    let question = dir.join("question.json");
    let asked = r#"{"disease": "norovirus", "on": "2026-05-11", "facts": []}"#;
    std::fs::write(&question, asked).unwrap();
    let explained = pack(&["explain", question.to_str().unwrap(), path]);
    assert_eq!(explained.status.code(), Some(0), "{explained:?}");
    assert!(
        said(&explained).starts_with("norovirus 2026-05-11"),
        "{explained:?}"
    );
    std::fs::remove_file(dir.join("facts.yaml")).unwrap();
    let broken = pack(&["explain", question.to_str().unwrap(), path]);
    assert_eq!(broken.status.code(), Some(2), "{broken:?}");
    std::fs::remove_dir_all(&dir).unwrap();
}
