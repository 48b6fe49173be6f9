//! What the browser journeys need: Chromium, Chinese fonts, Node and the packages under e2e/.
//!
//! Looks first, installs what is missing where it may, and says so. The journeys are in e2e/.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{self, Summary, Totals};
use crate::{Outcome, metadata};

const VARIABLE: &str = "FANGXIAN_CHROMIUM";
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
const NODE_MIN: u32 = 20;

/// Runs the journeys against the built program on one database (`sqlite` or `postgres`).
pub fn journeys(root: &Path, database: &str, postgres: Option<&str>) -> (Totals, Outcome<()>) {
    let prepared = prepare(root).and_then(|chromium| Ok((chromium, binary(root)?, scripts(root)?)));
    let (chromium, binary, scripts) = match prepared {
        Ok(found) => found,
        Err(why) => return (Totals::default(), Err(why)),
    };
    let mut node = Command::new("node");
    node.current_dir(root.join("e2e"))
        .args(["--test", "--test-reporter=spec", "--test-concurrency=1"])
        .args(scripts)
        .env("FANGXIAN_BIN", binary)
        .env(VARIABLE, chromium)
        .env("FANGXIAN_E2E_DATABASE", database)
        .env_remove(crate::postgres::VARIABLE);
    if let Some(url) = postgres {
        node.env(crate::postgres::VARIABLE, url);
    }
    run::show(&mut node, Summary::Node)
}

/// Builds the program and takes a picture of every page into e2e/shots.
pub fn screenshots(root: &Path) -> Outcome<()> {
    let chromium = prepare(root)?;
    run::show(
        run::cargo(root).args(["build", "--package", "fangxian"]),
        Summary::None,
    )
    .1?;
    let mut node = Command::new("node");
    node.current_dir(root.join("e2e"))
        .arg("screenshots.mjs")
        .env("FANGXIAN_BIN", binary(root)?)
        .env(VARIABLE, chromium);
    run::show(&mut node, Summary::None).1
}

/// The journeys, by name: versions of Node differ in what they make of a folder.
fn scripts(root: &Path) -> Outcome<Vec<String>> {
    let folder = root.join("e2e/journeys");
    let entries = fs::read_dir(&folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut scripts: Vec<String> = entries
        .filter_map(Result::ok)
        .map(|entry| format!("journeys/{}", entry.file_name().to_string_lossy()))
        .filter(|path| path.ends_with(".test.mjs"))
        .collect();
    scripts.sort();
    if scripts.is_empty() {
        Err("e2e/journeys holds no journey".to_owned())
    } else {
        Ok(scripts)
    }
}

/// The program that the journeys drive, as the build step left it.
fn binary(root: &Path) -> Outcome<PathBuf> {
    let name = format!("fangxian{}", std::env::consts::EXE_SUFFIX);
    let binary = metadata::target_directory(root)?.join("debug").join(name);
    if binary.is_file() {
        return Ok(binary);
    }
    Err(format!(
        "{} is not there; run the step `build` first",
        binary.display()
    ))
}

fn prepare(root: &Path) -> Outcome<PathBuf> {
    let chromium = chromium()?;
    fonts()?;
    node()?;
    packages(&root.join("e2e"))?;
    Ok(chromium)
}

fn chromium() -> Outcome<PathBuf> {
    if let Some(path) = std::env::var_os(VARIABLE).map(PathBuf::from) {
        let there = path.is_file();
        return if there {
            Ok(path)
        } else {
            Err(format!("{VARIABLE} names no file"))
        };
    }
    let installed = || NAMES.iter().find_map(|name| run::which(name));
    if let Some(path) = installed() {
        return Ok(path);
    }
    run::apt_install(
        &["chromium", "fonts-noto-cjk"],
        "the journeys need Chromium, which is missing",
    )
    .map_err(|why| format!("{why}, or name a browser in {VARIABLE}"))?;
    installed().ok_or_else(|| "chromium is not there after installing".to_owned())
}

/// Without a Chinese font every screenshot is boxes, and widths are wrong.
fn fonts() -> Outcome<()> {
    match run::read(Command::new("fc-list").args([":lang=zh", "family"])) {
        Ok(list) if list.trim().is_empty() => {
            run::apt_install(&["fonts-noto-cjk"], "no font for Chinese is installed")
        }
        Ok(_) => Ok(()),
        Err(_) => {
            println!("    fc-list is missing: cannot tell whether a Chinese font is installed");
            Ok(())
        }
    }
}

fn node() -> Outcome<()> {
    if run::which("node").is_none() || run::which("npm").is_none() {
        run::apt_install(
            &["nodejs", "npm"],
            "the journeys need Node.js, which is missing",
        )?;
    }
    let version = run::read(Command::new("node").arg("--version"))?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .unwrap_or("");
    if major.parse::<u32>().is_ok_and(|major| major >= NODE_MIN) {
        return Ok(());
    }
    Err(format!(
        "Node.js {} is too old; {NODE_MIN} or newer is needed",
        version.trim()
    ))
}

/// `npm ci`, unless the packages of exactly this lock file are there already.
fn packages(e2e: &Path) -> Outcome<()> {
    let (lock, stamp) = (
        e2e.join("package-lock.json"),
        e2e.join("node_modules/.installed-lock"),
    );
    let read =
        |path: &Path| fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()));
    let wanted = read(&lock)?;
    if read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("    installing the packages of e2e/package-lock.json");
    let mut npm = Command::new("npm");
    npm.current_dir(e2e)
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
    run::read(&mut npm)?;
    fs::write(&stamp, wanted).map_err(|error| format!("cannot write {}: {error}", stamp.display()))
}
