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
