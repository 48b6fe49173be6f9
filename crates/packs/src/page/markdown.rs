//! A page as Markdown, in one language.

use std::fmt::Write;

use super::{PackPage, PageLine};

impl PackPage {
    /// The page in a language (`zh` or `en`).
    pub fn markdown(&self, language: &str) -> String {
        let mut out = String::new();
        let title = plain(self.title.in_language(language));
        // Writing to a string cannot fail.
        let _ = writeln!(out, "# {title}\n\n`{}` · `{}`\n", self.id, self.file);
        lines(&mut out, &self.about, language);
        for section in &self.sections {
            let title = plain(section.title.in_language(language));
            let _ = writeln!(out, "\n## {title}");
            for entry in &section.entries {
                let text = plain(entry.text.in_language(language));
                let id = match entry.id.as_str() {
                    "" => String::new(),
                    id => format!(" `{id}`"),
                };
                let _ = writeln!(out, "\n### {text}{id}\n");
                lines(&mut out, &entry.lines, language);
            }
        }
        out
    }
}

fn lines(out: &mut String, lines: &[PageLine], language: &str) {
    for line in lines {
        let text = plain(line.text.in_language(language));
        let _ = writeln!(out, "{}- {text}", "  ".repeat(line.depth));
    }
}

/// Text of a pack is text: nothing in it is markup, and a line is one line.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' => {
                plain.push('\\');
                plain.push(c);
            }
            '\n' | '\r' => plain.push(' '),
            _ => plain.push(c),
        }
    }
    plain
}
