//! The agreed layout of a pack file: order of keys, indentation, spaces. Comments stay.
//!
//! Reads a text into a tree that keeps every word and comment ([`read`]), puts keys into the order
//! of the JSON Schema ([`order`]) and writes it out again ([`write`]). The reader knows the part of
//! YAML that packs use and refuses the rest; nothing is handed back unless it says the same.

mod order;
mod read;
mod tree;
mod write;

use serde_json::Value;

use crate::finding::{Finding, Severity};

/// The text of a pack file in the agreed layout.
///
/// # Errors
/// What keeps it from being laid out: it is no YAML, or it uses a part of it that packs do without.
pub fn layout(file: &str, text: &str) -> Result<String, Finding> {
    let before = said(file, text)?;
    let mut tree = read::read(text).map_err(|refused| Finding {
        file: file.to_owned(),
        line: refused.line,
        column: refused.column,
        severity: Severity::Gap,
        code: "layout",
        message: refused.message,
        hint: refused.hint.to_owned(),
    })?;
    let words = tree.remarks();
    order::sort(&mut tree.root);
    let laid = write::write(&tree);
    let same = said(file, &laid).is_ok_and(|after| after == before);
    let kept = read::read(&laid).is_ok_and(|tree| tree.remarks() == words);
    if same && kept {
        Ok(laid)
    } else {
        Err(Finding {
            file: file.to_owned(),
            line: 0,
            column: 0,
            severity: Severity::Gap,
            code: "layout",
            message: "laid out, the file would not say the same; it stays as it is".to_owned(),
            hint: "write it more simply".to_owned(),
        })
    }
}

/// Where a file first leaves the agreed layout; none when it keeps to it.
pub fn layout_finding(file: &str, text: &str) -> Option<Finding> {
    let laid = match layout(file, text) {
        Err(refused) => return Some(refused),
        Ok(laid) if laid == text => return None,
        Ok(laid) => laid,
    };
    let pairs = || text.split('\n').zip(laid.split('\n'));
    let at = pairs().take_while(|(is, wanted)| is == wanted).count();
    let column = pairs().nth(at).map_or(0, |(is, wanted)| {
        let same = is.chars().zip(wanted.chars());
        same.take_while(|(is, wanted)| is == wanted).count()
    });
    let wanted = laid.split('\n').nth(at).unwrap_or_default().trim();
    let shown: String = wanted.chars().take(60).collect();
    Some(Finding {
        file: file.to_owned(),
        line: at as u64 + 1,
        column: column as u64 + 1,
        severity: Severity::Gap,
        code: "layout",
        message: format!("not in the agreed layout; here stands `{shown}`"),
        hint: "fangxian pack fmt DIR puts it right".to_owned(),
    })
}

/// What a file says, whatever its layout.
fn said(file: &str, text: &str) -> Result<Value, Finding> {
    crate::reading::typed(file, text)
}
