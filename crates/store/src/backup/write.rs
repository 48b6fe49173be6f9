//! Making a backup: everything from one snapshot, into a directory that appears when it is whole.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::tables::{self, Table};
use super::{BackupError, FORMAT, HEADS, MANIFEST, Manifest, Part, SIGNATURE};
use crate::audit::{hex, last_seal};
use crate::db::{DbError, Tx, Val};
use crate::store::Store;
use crate::{Author, Command};

/// LIMIT: rows read at a time.
const PAGE: i64 = 500;

impl Store {
    /// Writes a backup into a new directory and answers its manifest. Keys are not in it.
    ///
    /// # Errors
    /// When something cannot be read or written; an unfinished backup has the ending `.part`.
    pub fn backup(&self, to: &Path, author: Author) -> Result<Manifest, BackupError> {
        if to.exists() {
            return Err(BackupError::Exists(to.to_owned()));
        }
        let half = to.with_extension("part");
        if half.exists() {
            std::fs::remove_dir_all(&half).map_err(BackupError::file(&half))?;
        }
        std::fs::create_dir_all(&half).map_err(BackupError::file(&half))?;
        self.seal()?;
        let schema = self.schema_version()?;
        let manifest = self.read(|tx| -> Result<Manifest, BackupError> {
            let mut parts = Vec::new();
            for table in tables::all() {
                parts.push(copy_table(tx, &half, &table)?);
            }
            let last_seal = last_seal(tx)?;
            Ok(Manifest {
                format: FORMAT,
                program: env!("CARGO_PKG_VERSION").to_owned(),
                schema,
                made_at: tx.now(),
                last_seal,
                tables: parts,
                heads: copy_heads(&half, self.data_dir(), last_seal)?,
            })
        })?;
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|e| BackupError::file(&half.join(MANIFEST))(e.into()))?;
        write_all(&half.join(MANIFEST), &text)?;
        let signature = hex(&self.keys().sign(&signed(&text)));
        write_all(&half.join(SIGNATURE), signature.as_bytes())?;
        std::fs::rename(&half, to).map_err(BackupError::file(to))?;
        if let Some(above) = to.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            File::open(above)
                .and_then(|dir| dir.sync_all())
                .map_err(BackupError::file(above))?;
        }
        self.tell(
            author,
            "backup.create",
            vec![("last_seal", manifest.last_seal)],
        )?;
        Ok(manifest)
    }

    /// Leaves the audit entry of a backup or restore.
    pub(super) fn tell(
        &self,
        author: Author,
        action: &'static str,
        detail: Vec<(&'static str, i64)>,
    ) -> Result<(), BackupError> {
        let head = Command {
            id: fangxian_base::CommandId::new(),
            author,
            action,
            purpose: "administration",
            response: None,
            input: None,
        };
        self.write(head, move |tx| -> Result<(), DbError> {
            for (key, value) in &detail {
                tx.detail(key, *value);
            }
            Ok(())
        })
        .map_err(|e| match e {
            crate::WriteError::Db(e) | crate::WriteError::Refused(e) => BackupError::Db(e),
            crate::WriteError::CommandReused | crate::WriteError::Panicked => BackupError::Entry,
        })?;
        Ok(())
    }
}

/// What the signature of a manifest covers.
pub(super) fn signed(manifest: &[u8]) -> Vec<u8> {
    let mut text = b"fangxian backup ".to_vec();
    text.extend(hex(&Sha256::digest(manifest)).into_bytes());
    text
}

fn write_all(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    File::create(path)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(BackupError::file(path))
}

/// A file under way, and the digest of what went into it.
struct Lines {
    file: BufWriter<File>,
    hash: Sha256,
    rows: i64,
}

impl Lines {
    fn begin(path: &Path) -> std::io::Result<Self> {
        Ok(Self {
            file: BufWriter::new(File::create(path)?),
            hash: Sha256::new(),
            rows: 0,
        })
    }

    fn add(&mut self, line: &str) -> std::io::Result<()> {
        for bytes in [line.as_bytes(), b"\n"] {
            self.hash.update(bytes);
            self.file.write_all(bytes)?;
        }
        self.rows += 1;
        Ok(())
    }

    fn end(mut self, name: &str, columns: Vec<String>) -> std::io::Result<Part> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        let sha256 = hex(&self.hash.finalize());
        Ok(Part {
            name: name.to_owned(),
            columns,
            rows: self.rows,
            sha256,
        })
    }
}

fn copy_table(tx: &mut Tx<'_>, dir: &Path, table: &Table) -> Result<Part, BackupError> {
    let path = dir.join(format!("{}.jsonl", table.name));
    let columns = tables::columns(tx, &table.name)?;
    let key: Vec<usize> = table
        .order
        .iter()
        .filter_map(|wanted| columns.iter().position(|column| column == wanted))
        .collect();
    let mut lines = Lines::begin(&path).map_err(BackupError::file(&path))?;
    let mut after: Option<Vec<Val>> = None;
    loop {
        let rows = tx.rows(
            &page_sql(table, &columns, after.is_some()),
            &page_values(after),
        )?;
        let Some(last) = rows.last() else { break };
        after = Some(key.iter().map(|n| last.0[*n].clone()).collect());
        for row in &rows {
            let cells: Vec<Value> = row.0.iter().map(tables::to_json).collect();
            lines
                .add(&Value::Array(cells).to_string())
                .map_err(BackupError::file(&path))?;
        }
    }
    lines
        .end(&table.name, columns)
        .map_err(BackupError::file(&path))
}

fn page_sql(table: &Table, columns: &[String], further: bool) -> String {
    let order = table.order.join(", ");
    let places: Vec<String> = (1..=table.order.len()).map(|n| format!("${n}")).collect();
    let after = if further {
        format!("WHERE ({order}) > ({})", places.join(", "))
    } else {
        String::new()
    };
    let limit = if further { table.order.len() + 1 } else { 1 };
    format!(
        "SELECT {} FROM {} {after} ORDER BY {order} LIMIT ${limit}",
        columns.join(", "),
        table.name
    )
}

fn page_values(after: Option<Vec<Val>>) -> Vec<Val> {
    let mut values = after.unwrap_or_default();
    values.push(PAGE.into());
    values
}

/// Copies the heads told outside up to a place in the order.
fn copy_heads(dir: &Path, data: &Path, last_seal: i64) -> Result<Part, BackupError> {
    let (from, to) = (data.join("audit").join(HEADS), dir.join(HEADS));
    let text = match std::fs::read_to_string(&from) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(BackupError::file(&from)(e)),
    };
    let mut lines = Lines::begin(&to).map_err(BackupError::file(&to))?;
    for line in text.lines() {
        if crate::audit::head_seal(line).is_some_and(|seal| seal <= last_seal) {
            lines.add(line).map_err(BackupError::file(&to))?;
        }
    }
    lines
        .end("heads", Vec::new())
        .map_err(BackupError::file(&to))
}
