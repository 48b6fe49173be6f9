//! Columns of whole numbers in Parquet files, read and written without Arrow.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::column::reader::ColumnReader;
use parquet::data_type::Int32Type;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::files::failed;
use crate::error::TraceError;

/// Rows of a column are decoded in pieces of so many.
const PIECE: usize = 1 << 16;
/// Rows of a group, as readers of Parquet like them.
pub(crate) const GROUP_ROWS: usize = 131_072;

/// A Parquet file whose columns are whole numbers.
pub(crate) struct Columns {
    path: std::path::PathBuf,
    reader: SerializedFileReader<File>,
    wanted: Vec<usize>,
}

impl Columns {
    /// Opens a file and finds the columns by name.
    pub(crate) fn open(path: &Path, names: &[&str]) -> Result<Self, TraceError> {
        let file = File::open(path).map_err(failed("open", path))?;
        let path = path.to_path_buf();
        let reader = SerializedFileReader::new(file).map_err(|source| TraceError::Parquet {
            what: "open",
            path: path.clone(),
            source,
        })?;
        let schema = reader.metadata().file_metadata().schema_descr_ptr();
        let mut wanted = Vec::new();
        for name in names {
            let at = schema.columns().iter().position(|c| c.name() == *name);
            let what = || format!("has no column `{name}`");
            wanted.push(at.ok_or_else(|| TraceError::Record {
                path: path.clone(),
                what: what(),
            })?);
        }
        Ok(Self {
            path,
            reader,
            wanted,
        })
    }

    /// Rows of all groups.
    pub(crate) fn rows(&self) -> usize {
        usize::try_from(self.reader.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    pub(crate) fn groups(&self) -> usize {
        self.reader.num_row_groups()
    }

    /// Reads the wanted columns of one group into `columns`.
    pub(crate) fn read<T: Whole>(
        &self,
        group: usize,
        columns: &mut Vec<Vec<T>>,
    ) -> Result<(), TraceError> {
        let wrong = |source| TraceError::Parquet {
            what: "read",
            path: self.path.clone(),
            source,
        };
        let group = self.reader.get_row_group(group).map_err(wrong)?;
        columns.resize_with(self.wanted.len(), Vec::new);
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        for (column, at) in columns.iter_mut().zip(&self.wanted) {
            column.clear();
            column.reserve(rows);
            T::read(&*group, *at, rows, column).map_err(wrong)?;
            if column.len() != rows {
                let what = "has missing values or columns of another type".to_owned();
                return Err(TraceError::Record {
                    path: self.path.clone(),
                    what,
                });
            }
        }
        Ok(())
    }
}

/// A type of whole numbers that a column can hold.
pub(crate) trait Whole: Sized {
    /// Appends up to `rows` values; fewer when the column has another type or gaps.
    fn read(
        group: &dyn RowGroupReader,
        column: usize,
        rows: usize,
        into: &mut Vec<Self>,
    ) -> Result<(), ParquetError>;
}

macro_rules! whole {
    ($type:ty, $variant:ident) => {
        impl Whole for $type {
            fn read(
                group: &dyn RowGroupReader,
                column: usize,
                rows: usize,
                into: &mut Vec<Self>,
            ) -> Result<(), ParquetError> {
                let optional = group
                    .metadata()
                    .column(column)
                    .column_descr()
                    .max_def_level()
                    > 0;
                let ColumnReader::$variant(mut reader) = group.get_column_reader(column)? else {
                    return Ok(());
                };
                let mut levels = Vec::new();
                while into.len() < rows {
                    levels.clear();
                    let levels = optional.then_some(&mut levels);
                    let (_, values, _) =
                        reader.read_records(PIECE.min(rows - into.len()), levels, None, into)?;
                    if values == 0 {
                        break;
                    }
                }
                Ok(())
            }
        }
    };
}

whole!(i32, Int32ColumnReader);
whole!(i64, Int64ColumnReader);

/// Writes columns of whole numbers; nothing is synced.
pub(crate) fn write(path: &Path, columns: &[(&str, &[i32])]) -> Result<(), TraceError> {
    let wrong = |source| TraceError::Parquet {
        what: "write",
        path: path.to_path_buf(),
        source,
    };
    let file = File::create(path).map_err(failed("create", path))?;
    write_columns(file, columns).map_err(wrong)
}

fn write_columns(file: File, columns: &[(&str, &[i32])]) -> Result<(), ParquetError> {
    let fields: Vec<String> = columns
        .iter()
        .map(|(name, _)| format!("required int32 {name};"))
        .collect();
    let schema = Arc::new(parse_message_type(&format!(
        "message row {{ {} }}",
        fields.join(" ")
    ))?);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_dictionary_enabled(false)
        .build();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
    let rows = columns.first().map_or(0, |(_, values)| values.len());
    for first in (0..rows).step_by(GROUP_ROWS) {
        let mut group = writer.next_row_group()?;
        for (_, values) in columns {
            if let Some(mut writer) = group.next_column()? {
                let values = values.get(first..rows.min(first + GROUP_ROWS));
                let values = values.unwrap_or_default();
                writer
                    .typed::<Int32Type>()
                    .write_batch(values, None, None)?;
                writer.close()?;
            }
        }
        group.close()?;
    }
    writer.close().map(|_| ())
}
