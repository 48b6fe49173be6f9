//! Writes a tree: two spaces a level, lists one level below their key, one space inside braces.

use super::tree::{Entry, Node, Style, Tree};

/// The text of a file.
pub(super) fn write(tree: &Tree) -> String {
    let mut out = Lines::default();
    out.remarks(&tree.head, 0);
    block(&mut out, &tree.root, 0);
    out.remarks(&tree.tail, 0);
    while out.text.ends_with("\n\n") {
        out.text.pop();
    }
    out.text
}

#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    /// Comments; of several empty lines one stays, and none at the top.
    fn remarks(&mut self, remarks: &[String], depth: usize) {
        for remark in remarks {
            if !remark.is_empty() {
                self.indent(depth);
                self.text.push_str(remark);
                self.text.push('\n');
            } else if !self.text.is_empty() && !self.text.ends_with("\n\n") {
                self.text.push('\n');
            }
        }
    }

    fn indent(&mut self, depth: usize) {
        for _ in 0..depth {
            self.text.push_str("  ");
        }
    }

    fn end(&mut self, remark: Option<&String>) {
        if let Some(remark) = remark {
            self.text.push(' ');
            self.text.push_str(remark);
        }
        self.text.push('\n');
    }
}

/// Everything on lines of its own.
fn block(out: &mut Lines, node: &Node, depth: usize) {
    match node {
        Node::Word(_) | Node::Map(Style::Flow, _) | Node::List(Style::Flow, _) => {
            out.indent(depth);
            out.text.push_str(&flow(node));
            out.end(None);
        }
        Node::Map(Style::Block, entries) => {
            for entry in entries {
                out.remarks(&entry.before, depth);
                out.indent(depth);
                pair(out, entry, depth);
            }
        }
        Node::List(Style::Block, entries) => {
            for entry in entries {
                out.remarks(&entry.before, depth);
                out.indent(depth);
                item(out, entry, depth);
            }
        }
    }
}

/// A key and what it holds; the place on the line is taken already.
fn pair(out: &mut Lines, entry: &Entry, depth: usize) {
    out.text.push_str(&entry.key);
    out.text.push(':');
    match &entry.value {
        Node::Word(word) if word.is_empty() => out.end(entry.remark.as_ref()),
        Node::Word(_) | Node::Map(Style::Flow, _) | Node::List(Style::Flow, _) => {
            out.text.push(' ');
            out.text.push_str(&flow(&entry.value));
            out.end(entry.remark.as_ref());
        }
        Node::Map(Style::Block, _) | Node::List(Style::Block, _) => {
            out.end(entry.remark.as_ref());
            block(out, &entry.value, depth + 1);
        }
    }
}

/// Writes an entry whose place on the line is taken.
type Inner = fn(&mut Lines, &Entry, usize);

/// An element of a list; the first entry of what it holds stands on its line.
fn item(out: &mut Lines, entry: &Entry, depth: usize) {
    out.text.push_str("- ");
    let (entries, inner): (&[Entry], Inner) = match &entry.value {
        Node::Map(Style::Block, entries) => (entries, pair),
        Node::List(Style::Block, entries) => (entries, item),
        Node::Word(_) | Node::Map(..) | Node::List(..) => {
            out.text.push_str(&flow(&entry.value));
            out.end(entry.remark.as_ref());
            return;
        }
    };
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 {
            out.remarks(&entry.before, depth + 1);
            out.indent(depth + 1);
        }
        inner(out, entry, depth + 1);
    }
}

/// Everything on one line.
fn flow(node: &Node) -> String {
    let list = |entries: &[Entry], one: fn(&Entry) -> String| {
        entries.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    match node {
        Node::Word(word) => word.clone(),
        Node::Map(_, entries) if entries.is_empty() => "{}".to_owned(),
        Node::Map(_, entries) => {
            let pair = |entry: &Entry| format!("{}: {}", entry.key, flow(&entry.value));
            format!("{{ {} }}", list(entries, pair))
        }
        Node::List(_, entries) => format!("[{}]", list(entries, |entry| flow(&entry.value))),
    }
}
