//! `fangxian pack fmt`, `docs` and `schema`: for whoever writes packs, and whoever reads them.

use std::path::Path;

use fangxian_packs::{Finding, Library, PackPage, layout, layout_finding};
use serde::Serialize;

use super::files;
use crate::args::{PackDocsArgs, PackFmtArgs};
use crate::out::{self, Ended, Failed};

/// Puts files into the agreed layout, or says where they leave it.
pub fn fmt(args: &PackFmtArgs) -> Result<Ended, Failed> {
    #[derive(Serialize)]
    struct Json<'a> {
        files: usize,
        changed: &'a [String],
        findings: &'a [Finding],
    }
    let files = files(args.dir.as_deref())?;
    let (mut changed, mut findings) = (Vec::new(), Vec::new());
    for (file, text) in &files {
        match (args.check, args.dir.as_deref()) {
            (false, Some(dir)) => match layout(file, text) {
                Ok(laid) if laid == *text => {}
                Ok(laid) => {
                    replace(&dir.join(file), &laid)?;
                    changed.push(file.clone());
                }
                Err(refused) => findings.push(refused),
            },
            (true, _) | (_, None) => findings.extend(layout_finding(file, text)),
        }
    }
    if args.json {
        out::json(&Json {
            files: files.len(),
            changed: &changed,
            findings: &findings,
        })?;
    } else {
        changed.iter().for_each(out::line);
        findings.iter().for_each(out::line);
        let (all, changed, found) = (files.len(), changed.len(), findings.len());
        out::line(format_args!(
            "{all} files, {changed} changed, {found} findings"
        ));
    }
    Ok(if findings.is_empty() {
        Ended::Done
    } else {
        Ended::Finding
    })
}

/// Writes a file anew beside itself first: who stops in between keeps the old one.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), Failed> {
    let beside = path.with_extension("yaml.new");
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(|e| Failed::new(format!("`{}`: {e}", path.display())))
}

/// Packs as pages for people.
pub fn docs(args: &PackDocsArgs) -> Result<Ended, Failed> {
    let loaded = Library::from_files(files(args.from.as_deref())?);
    let Some(library) = loaded.library else {
        loaded.findings.iter().for_each(out::note);
        return Err(Failed::new(format!("{} findings", loaded.findings.len()))
            .hint("mend them first: fangxian pack check DIR"));
    };
    let mut pages = library.pages();
    if let Some(wanted) = &args.pack {
        let known: Vec<String> = pages.iter().map(|page| page.id.clone()).collect();
        pages.retain(|page| page.id == *wanted);
        if pages.is_empty() {
            return Err(Failed::new(format!("there is no pack `{wanted}`"))
                .hint(format!("the packs are: {}", known.join(", "))));
        }
    }
    match &args.out {
        Some(dir) => {
            write(dir, &pages)?;
            out::line(format_args!("{} pages in {}", pages.len(), dir.display()));
        }
        None if args.json => {
            #[derive(Serialize)]
            struct Json<'a> {
                packs: &'a [PackPage],
            }
            out::json(&Json { packs: &pages })?;
        }
        None => pages
            .iter()
            .for_each(|page| out::line(page.markdown(&args.language))),
    }
    Ok(Ended::Done)
}

fn write(dir: &Path, pages: &[PackPage]) -> Result<(), Failed> {
    std::fs::create_dir_all(dir).map_err(|e| Failed::new(format!("`{}`: {e}", dir.display())))?;
    let put = |name: String, text: String| {
        let path = dir.join(name);
        std::fs::write(&path, text).map_err(|e| Failed::new(format!("`{}`: {e}", path.display())))
    };
    for page in pages {
        for language in ["zh", "en"] {
            put(
                format!("{}.{language}.md", page.id),
                page.markdown(language),
            )?;
        }
        put(
            format!("{}.json", page.id),
            serde_json::to_string_pretty(page)?,
        )?;
    }
    Ok(())
}

/// The JSON Schema of the language.
pub fn schema() -> Result<Ended, Failed> {
    out::json(&fangxian_packs::schema())?;
    Ok(Ended::Done)
}
