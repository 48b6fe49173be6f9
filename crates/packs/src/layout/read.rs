//! Reads the part of YAML that packs use, with its comments: block mappings and lists, braces and
//! brackets, words and quoted text on one line.

use super::tree::{Entry, Node, Style, Tree};

/// Why a text cannot be laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub line: u64,
    pub column: u64,
    pub message: String,
    pub hint: &'static str,
}

/// A line that says something.
#[derive(Debug, Clone)]
struct Line {
    number: u64,
    indent: usize,
    text: String,
    remark: Option<String>,
    before: Vec<String>,
}

impl Line {
    fn refuse(&self, message: &str, hint: &'static str) -> Refused {
        Refused {
            line: self.number,
            column: self.indent as u64 + 1,
            message: message.to_owned(),
            hint,
        }
    }
}

/// Reads a file.
pub(super) fn read(text: &str) -> Result<Tree, Refused> {
    let (lines, tail) = lines(text)?;
    let mut reader = Reader { lines, next: 0 };
    let head = reader
        .lines
        .first_mut()
        .map(|line| std::mem::take(&mut line.before));
    let root = match reader.lines.first().map(|line| line.indent) {
        None => Node::Word(String::new()),
        Some(indent) => reader.block(indent)?,
    };
    match reader.lines.get(reader.next) {
        Some(line) => Err(line.refuse("indented less than what it belongs to", INDENT)),
        None => Ok(Tree {
            head: head.unwrap_or_default(),
            root,
            tail,
        }),
    }
}

const INDENT: &str = "indent by two spaces a level; entries of one mapping stand below each other";
const ONE_LINE: &str = "write the text on one line, in double quotes where it needs them";

/// The lines that say something, each with the comments above it; and the comments at the end.
fn lines(text: &str) -> Result<(Vec<Line>, Vec<String>), Refused> {
    let mut all = Vec::new();
    let mut before = Vec::new();
    for (index, raw) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let trimmed = raw.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            before.push(trimmed.to_owned());
            continue;
        }
        let indent = raw.len() - raw.trim_start().len();
        let (said, remark) = split_remark(trimmed);
        let line = Line {
            number: index as u64 + 1,
            indent,
            text: said.to_owned(),
            remark: remark.map(str::to_owned),
            before: std::mem::take(&mut before),
        };
        if raw.starts_with([' ', '\t']) && raw[..indent].contains('\t') {
            return Err(line.refuse("a tab in front of the line", INDENT));
        }
        if said.starts_with("---") || said == "..." || said.starts_with('%') {
            return Err(line.refuse("more than one document", "one file holds one pack"));
        }
        all.push(line);
    }
    Ok((all, before))
}

/// Parts a line from the comment at its end: a `#` after a space, outside quotes.
fn split_remark(line: &str) -> (&str, Option<&str>) {
    let mut quote = None;
    // Quotes open only where a word begins.
    let mut begins = true;
    let mut escaped = false;
    let mut last = ' ';
    for (at, c) in line.char_indices() {
        match quote {
            Some('"') if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if begins && (c == '"' || c == '\'') => quote = Some(c),
            None if c == '#' && last.is_whitespace() => {
                return (line[..at].trim_end(), Some(&line[at..]));
            }
            None => {
                begins = matches!(c, '[' | '{' | ',')
                    || c == ' ' && (begins || matches!(last, ':' | '-'));
            }
        }
        last = c;
    }
    (line, None)
}

struct Reader {
    lines: Vec<Line>,
    next: usize,
}

impl Reader {
    /// Everything that stands at one indentation.
    fn block(&mut self, indent: usize) -> Result<Node, Refused> {
        let Some(line) = self.lines.get(self.next) else {
            return Ok(Node::Word(String::new()));
        };
        if dash(&line.text).is_some() {
            self.list(indent)
        } else if key(&line.text).is_some() {
            self.map(indent)
        } else {
            let line = line.clone();
            self.next += 1;
            if line.remark.is_some() {
                return Err(line.refuse("a comment behind a text without key", ONE_LINE));
            }
            self.value(&line, &line.text)
        }
    }

    fn list(&mut self, indent: usize) -> Result<Node, Refused> {
        let mut entries = Vec::new();
        while let Some(line) = self.lines.get_mut(self.next) {
            if line.indent < indent {
                break;
            }
            let Some(rest) = dash(&line.text).filter(|_| line.indent == indent) else {
                if line.indent == indent {
                    break;
                }
                return Err(line.refuse("indented more than the list it belongs to", INDENT));
            };
            let before = std::mem::take(&mut line.before);
            if rest.is_empty() {
                return Err(line.refuse(
                    "an element that begins on the next line",
                    "write it behind the `-`",
                ));
            }
            // What follows the dash is a block of its own, two or more columns further in.
            let offset = line.text.len() - rest.len();
            line.text = rest.to_owned();
            line.indent += offset;
            let (inner, alone) = (
                line.indent,
                dash(&line.text).is_none() && key(&line.text).is_none(),
            );
            let remark = alone.then(|| line.remark.take()).flatten();
            let value = self.block(inner)?;
            entries.push(Entry {
                before,
                key: String::new(),
                value,
                remark,
            });
        }
        Ok(Node::List(Style::Block, entries))
    }

    fn map(&mut self, indent: usize) -> Result<Node, Refused> {
        let mut entries = Vec::new();
        while let Some(line) = self.lines.get(self.next).cloned() {
            if line.indent < indent || line.indent == indent && dash(&line.text).is_some() {
                break;
            }
            let Some((name, rest)) = key(&line.text).filter(|_| line.indent == indent) else {
                let wrong = if line.indent == indent {
                    line.refuse("no `key: value`", ONE_LINE)
                } else {
                    line.refuse("indented more than the mapping it belongs to", INDENT)
                };
                return Err(wrong);
            };
            self.next += 1;
            let value = if rest.is_empty() {
                self.below(indent)?
            } else {
                self.value(&line, rest)?
            };
            entries.push(Entry {
                before: line.before.clone(),
                key: name.to_owned(),
                value,
                remark: line.remark.clone(),
            });
        }
        Ok(Node::Map(Style::Block, entries))
    }

    /// What stands below a key: deeper, or a list at the same place.
    fn below(&mut self, indent: usize) -> Result<Node, Refused> {
        match self.lines.get(self.next) {
            Some(line) if line.indent > indent => self.block(line.indent),
            Some(line) if line.indent == indent && dash(&line.text).is_some() => self.list(indent),
            Some(_) | None => Ok(Node::Word(String::new())),
        }
    }

    /// What stands behind a key or a dash.
    fn value(&mut self, line: &Line, text: &str) -> Result<Node, Refused> {
        if text.starts_with(['|', '>']) {
            return Err(line.refuse("a text over several lines", ONE_LINE));
        }
        if text.starts_with(['&', '*', '!']) {
            return Err(line.refuse("an anchor, alias or tag", "write out what is meant"));
        }
        if text.starts_with(['{', '[']) {
            return self.braces(line, text);
        }
        let open_quote = text.starts_with(['"', '\'']) && !quoted(text);
        let next = self.lines.get(self.next);
        let more = next.is_some_and(|next| {
            let plain = key(&next.text).is_none() && dash(&next.text).is_none();
            plain && next.indent > line.indent && !quoted(text)
        });
        if open_quote || more {
            return Err(line.refuse("a text over several lines", ONE_LINE));
        }
        Ok(Node::Word(word(text)))
    }

    /// Braces and brackets, on this line and those that follow until they are closed.
    fn braces(&mut self, line: &Line, text: &str) -> Result<Node, Refused> {
        const ABOVE: &str = "close it, and write comments above the entry";
        let mut text = text.to_owned();
        let mut remark = line.remark.is_some();
        while !closed(&text) {
            let more = self
                .lines
                .get(self.next)
                .filter(|more| more.before.is_empty());
            let Some(more) = more.filter(|_| !remark) else {
                return Err(line.refuse("a brace that is not closed, or a comment inside", ABOVE));
            };
            remark = more.remark.is_some();
            text = format!("{text} {}", more.text);
            self.next += 1;
        }
        if remark && line.remark.is_none() {
            return Err(line.refuse("a comment behind the last of several lines", ABOVE));
        }
        let mut flow = Flow { rest: &text, line };
        let node = flow.node()?;
        if flow.rest.trim().is_empty() {
            Ok(node)
        } else {
            Err(line.refuse("something behind the closing brace", "write one value"))
        }
    }
}

/// What follows the dash of an element.
fn dash(text: &str) -> Option<&str> {
    if text == "-" {
        return Some("");
    }
    text.strip_prefix("- ").map(str::trim_start)
}

/// Parts `key: value`.
fn key(text: &str) -> Option<(&str, &str)> {
    if text.starts_with(['{', '[', '#', '|', '>', '&', '*', '!']) {
        return None;
    }
    let start = if text.starts_with(['"', '\'']) {
        end_of_quote(text)?
    } else {
        0
    };
    let at = start
        + text[start..]
            .find(':')
            .filter(|at| start == 0 || *at == 0)?;
    let mut at = at;
    loop {
        let rest = &text[at + 1..];
        if rest.is_empty() || rest.starts_with(' ') {
            return Some((&text[..at], rest.trim()));
        }
        at += 1 + rest.find(':').filter(|_| start == 0)?;
    }
}

/// The place behind the closing quote of a text that begins with one.
fn end_of_quote(text: &str) -> Option<usize> {
    let open = text.chars().next()?;
    let mut escaped = false;
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if escaped {
            escaped = false;
        } else if open == '"' && c == '\\' {
            escaped = true;
        } else if c == open {
            if open == '\'' && chars.peek().is_some_and(|(_, c)| *c == '\'') {
                escaped = true;
                continue;
            }
            return Some(at + 1);
        }
    }
    None
}

/// Whether a text is one quoted text.
fn quoted(text: &str) -> bool {
    text.starts_with(['"', '\'']) && end_of_quote(text) == Some(text.len())
}

/// A word as it is written: single quotes become double ones where that changes nothing else.
fn word(text: &str) -> String {
    match text
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    {
        Some(inner) if !inner.contains(['\'', '"', '\\']) => format!("\"{inner}\""),
        Some(_) | None => text.to_owned(),
    }
}

/// Whether every brace and bracket outside quotes is closed.
fn closed(text: &str) -> bool {
    let mut depth = 0_i64;
    let mut rest = text;
    let mut begins = true;
    while let Some(c) = rest.chars().next() {
        if begins && (c == '"' || c == '\'') {
            let Some(end) = end_of_quote(rest) else {
                return false;
            };
            rest = &rest[end..];
            begins = false;
            continue;
        }
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => {}
        }
        begins = matches!(c, '{' | '[' | ',' | ':') || c == ' ' && begins;
        rest = &rest[c.len_utf8()..];
    }
    depth <= 0
}

/// Reads braces and brackets.
struct Flow<'t> {
    rest: &'t str,
    line: &'t Line,
}

impl Flow<'_> {
    fn node(&mut self) -> Result<Node, Refused> {
        self.rest = self.rest.trim_start();
        match self.rest.chars().next() {
            Some('{') => Ok(Node::Map(Style::Flow, self.entries('}')?)),
            Some('[') => Ok(Node::List(Style::Flow, self.entries(']')?)),
            Some('&' | '*' | '!') => {
                let hint = "write out what is meant";
                Err(self.line.refuse("an anchor, alias or tag", hint))
            }
            Some(_) | None => Ok(Node::Word(self.word()?)),
        }
    }

    fn entries(&mut self, close: char) -> Result<Vec<Entry>, Refused> {
        let mut entries = Vec::new();
        self.rest = &self.rest[1..];
        loop {
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix(close) {
                self.rest = rest;
                return Ok(entries);
            }
            let mut key = String::new();
            if close == '}' {
                key = self.word()?;
                let Some(rest) = self.rest.trim_start().strip_prefix(':') else {
                    let hint = "inside braces stands `key: value`";
                    return Err(self.line.refuse(&format!("`{key}` has no value"), hint));
                };
                self.rest = rest;
            }
            let value = self.node()?;
            entries.push(Entry::new(key, value));
            self.rest = self.rest.trim_start();
            match self.rest.strip_prefix(',') {
                Some(rest) => self.rest = rest,
                None if self.rest.starts_with(close) => {}
                None => {
                    let hint =
                        "put a comma between entries, and quotes around a text with `, [ ] { }`";
                    return Err(self.line.refuse("no comma between two entries", hint));
                }
            }
        }
    }

    /// A word or quoted text, up to what ends it.
    fn word(&mut self) -> Result<String, Refused> {
        self.rest = self.rest.trim_start();
        let end = if self.rest.starts_with(['"', '\'']) {
            let end = end_of_quote(self.rest);
            end.ok_or_else(|| self.line.refuse("a quote that is not closed", ONE_LINE))?
        } else {
            let mut end = self.rest.len();
            for (at, c) in self.rest.char_indices() {
                let after = self.rest[at + c.len_utf8()..].chars().next();
                let colon = c == ':'
                    && after.is_none_or(|c| matches!(c, ' ' | ',' | '}' | ']' | '[' | '{'));
                if colon || matches!(c, ',' | '}' | ']' | '{' | '[') {
                    end = at;
                    break;
                }
            }
            end
        };
        let found = word(self.rest[..end].trim());
        self.rest = &self.rest[end..];
        Ok(found)
    }
}
