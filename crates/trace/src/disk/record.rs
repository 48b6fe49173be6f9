//! The record: one Parquet file for each order of the stays of a stream, day and area.
//!
//! Whole numbers only: pseudonyms as 64 bits, moments as milliseconds of UTC. Sorted by key, so that whoever reads
//! it with other tools can skip what they do not need.

use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::data_type::{Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

use super::files::{self, failed};
use super::manifest::Listed;
use super::parquet::{Columns, GROUP_ROWS};
use crate::error::TraceError;

const SCHEMA: &str = "message stay {
  required int64 person (INTEGER(64,false));
  required int64 place (INTEGER(64,false));
  required int64 from_at (TIMESTAMP(MILLIS,true));
  required int64 to_at (TIMESTAMP(MILLIS,true));
  required int64 noted_at (TIMESTAMP(MILLIS,true));
  required int32 how (INTEGER(8,false));
  required int32 confidence (INTEGER(8,false));
  required int32 imputed (INTEGER(8,false));
}";
const WIDE: [&str; 5] = ["person", "place", "from_at", "to_at", "noted_at"];
const NARROW: [&str; 3] = ["how", "confidence", "imputed"];

/// A stay as the record holds it: keys instead of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub person: u64,
    pub place: u64,
    pub start: u32,
    pub end: u32,
    pub noted: u32,
    pub how: u8,
    pub confidence: u8,
    pub imputed: bool,
}

impl Recorded {
    pub(crate) fn by_person(&self) -> (u64, u32, u64) {
        (self.person, self.start, self.place)
    }

    pub(crate) fn by_place(&self) -> (u64, u32, u64) {
        (self.place, self.start, self.person)
    }
}

/// Writes one order of a record, durably. `sorted_by` is the column that the stays are sorted by first.
pub(crate) fn write(
    folder: &Path,
    name: String,
    stays: &[Recorded],
    sorted_by: &str,
) -> Result<Listed, TraceError> {
    let path = folder.join(&name);
    let file = files::create(&path)?;
    let wrong = |source| TraceError::Parquet {
        what: "write",
        path: path.clone(),
        source,
    };
    let file = write_groups(file, stays, sorted_by).map_err(wrong)?;
    file.sync_all().map_err(failed("sync", &path))?;
    let (bytes, crc) = files::sum(&path)?.unwrap_or_default();
    Ok(Listed { name, bytes, crc })
}

fn write_groups(
    file: std::fs::File,
    stays: &[Recorded],
    sorted_by: &str,
) -> Result<std::fs::File, ParquetError> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let delta = Encoding::DELTA_BINARY_PACKED;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_column_encoding(ColumnPath::from(sorted_by), delta)
        .set_column_encoding(ColumnPath::from("noted_at"), delta)
        .build();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
    let millis = |seconds: u32| i64::from(seconds) * 1_000;
    for stays in stays.chunks(GROUP_ROWS) {
        let wide: [Vec<i64>; 5] = [
            stays.iter().map(|s| s.person.cast_signed()).collect(),
            stays.iter().map(|s| s.place.cast_signed()).collect(),
            stays.iter().map(|s| millis(s.start)).collect(),
            stays.iter().map(|s| millis(s.end)).collect(),
            stays.iter().map(|s| millis(s.noted)).collect(),
        ];
        let narrow: [Vec<i32>; 3] = [
            stays.iter().map(|s| i32::from(s.how)).collect(),
            stays.iter().map(|s| i32::from(s.confidence)).collect(),
            stays.iter().map(|s| i32::from(s.imputed)).collect(),
        ];
        let mut group = writer.next_row_group()?;
        for column in &wide {
            if let Some(mut writer) = group.next_column()? {
                writer
                    .typed::<Int64Type>()
                    .write_batch(column, None, None)?;
                writer.close()?;
            }
        }
        for column in &narrow {
            if let Some(mut writer) = group.next_column()? {
                writer
                    .typed::<Int32Type>()
                    .write_batch(column, None, None)?;
                writer.close()?;
            }
        }
        group.close()?;
    }
    writer.into_inner()
}

/// Reads all stays of one order.
pub(crate) fn read(folder: &Path, name: &str) -> Result<Vec<Recorded>, TraceError> {
    let path = folder.join(name);
    let (wide, narrow) = (Columns::open(&path, &WIDE)?, Columns::open(&path, &NARROW)?);
    let mut stays = Vec::with_capacity(wide.rows());
    let (mut longs, mut shorts): (Vec<Vec<i64>>, Vec<Vec<i32>>) = (Vec::new(), Vec::new());
    let seconds = |millis: i64| u32::try_from(millis / 1_000).unwrap_or_default();
    let small = |value: i32| u8::try_from(value).unwrap_or_default();
    for group in 0..wide.groups() {
        wide.read(group, &mut longs)?;
        narrow.read(group, &mut shorts)?;
        stays.extend((0..longs[0].len()).map(|at| Recorded {
            person: longs[0][at].cast_unsigned(),
            place: longs[1][at].cast_unsigned(),
            start: seconds(longs[2][at]),
            end: seconds(longs[3][at]),
            noted: seconds(longs[4][at]),
            how: small(shorts[0][at]),
            confidence: small(shorts[1][at]),
            imputed: shorts[2][at] != 0,
        }));
    }
    Ok(stays)
}
