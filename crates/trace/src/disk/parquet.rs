//! Columns of whole numbers in Parquet files, read and written without Arrow.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{DataType, Int32Type, Int64Type};
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
        self.read_pieces(group, usize::MAX, columns, |_| ())
    }

    /// Reads the wanted columns of one group, so many rows at a time, and hands over each piece, all columns beside
    /// each other. `columns` is room, and holds the last piece afterwards.
    pub(crate) fn read_pieces<T: Whole>(
        &self,
        group: usize,
        size: usize,
        columns: &mut Vec<Vec<T>>,
        mut take: impl FnMut(&[Vec<T>]),
    ) -> Result<(), TraceError> {
        let wrong = |source| TraceError::Parquet {
            what: "read",
            path: self.path.clone(),
            source,
        };
        let group = self.reader.get_row_group(group).map_err(wrong)?;
        let mut left = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        columns.resize_with(self.wanted.len(), Vec::new);
        columns.iter_mut().for_each(Vec::clear);
        let open = |at: &usize| T::open(&*group, *at).map_err(wrong);
        let mut readers: Vec<Option<T::Reader>> =
            self.wanted.iter().map(open).collect::<Result<_, _>>()?;
        while left > 0 {
            let rows = left.min(size);
            for (column, reader) in columns.iter_mut().zip(&mut readers) {
                column.clear();
                column.reserve(rows);
                if let Some(reader) = reader {
                    T::read(reader, rows, column).map_err(wrong)?;
                }
                if column.len() != rows {
                    let what = "has missing values or columns of another type".to_owned();
                    return Err(TraceError::Record {
                        path: self.path.clone(),
                        what,
                    });
                }
            }
            take(columns);
            left -= rows;
        }
        Ok(())
    }
}

/// A type of whole numbers that a column can hold.
pub(crate) trait Whole: Sized {
    /// Reads one column of a group, from its first row on.
    type Reader;

    /// Nothing when the column has another type.
    fn open(
        group: &dyn RowGroupReader,
        column: usize,
    ) -> Result<Option<Self::Reader>, ParquetError>;

    /// Appends up to `rows` values; fewer when the column has gaps.
    fn read(
        reader: &mut Self::Reader,
        rows: usize,
        into: &mut Vec<Self>,
    ) -> Result<(), ParquetError>;
}

/// The reader of a column, and room for levels where values may be missing.
pub(crate) struct Reader<T: DataType> {
    values: ColumnReaderImpl<T>,
    levels: Option<Vec<i16>>,
}

macro_rules! whole {
    ($type:ty, $data:ty, $variant:ident) => {
        impl Whole for $type {
            type Reader = Reader<$data>;

            fn open(
                group: &dyn RowGroupReader,
                column: usize,
            ) -> Result<Option<Self::Reader>, ParquetError> {
                let described = group.metadata().column(column).column_descr();
                let levels = (described.max_def_level() > 0).then(Vec::new);
                let ColumnReader::$variant(values) = group.get_column_reader(column)? else {
                    return Ok(None);
                };
                Ok(Some(Reader { values, levels }))
            }

            fn read(
                reader: &mut Self::Reader,
                rows: usize,
                into: &mut Vec<Self>,
            ) -> Result<(), ParquetError> {
                let Reader { values, levels } = reader;
                while into.len() < rows {
                    if let Some(levels) = levels {
                        levels.clear();
                    }
                    let left = PIECE.min(rows - into.len());
                    let (_, values, _) = values.read_records(left, levels.as_mut(), None, into)?;
                    if values == 0 {
                        break;
                    }
                }
                Ok(())
            }
        }
    };
}

whole!(i32, Int32Type, Int32ColumnReader);
whole!(i64, Int64Type, Int64ColumnReader);

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
