//! The few kinds of value both databases share, and a row made of them.
//!
//! Instants are milliseconds, civil dates ISO text, ids UUIDs, truth values 0 and 1. A row is read
//! by position; asking for the wrong kind is an error that names the position, never a panic.

use fangxian_base::{Date, Instant};
use uuid::Uuid;

use super::DbError;

/// One value on its way into or out of a database.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Val {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
    Uuid(Uuid),
}

macro_rules! val_from {
    ($($from:ty => |$v:ident| $to:expr;)*) => {$(
        impl From<$from> for Val {
            fn from($v: $from) -> Self {
                $to
            }
        }
    )*};
}

val_from! {
    i64 => |v| Self::Int(v);
    i32 => |v| Self::Int(v.into());
    u32 => |v| Self::Int(v.into());
    f64 => |v| Self::Real(v);
    bool => |v| Self::Int(v.into());
    String => |v| Self::Text(v);
    &str => |v| Self::Text(v.to_owned());
    &String => |v| Self::Text(v.clone());
    Vec<u8> => |v| Self::Bytes(v);
    &[u8] => |v| Self::Bytes(v.to_vec());
    [u8; 32] => |v| Self::Bytes(v.to_vec());
    Uuid => |v| Self::Uuid(v);
    Instant => |v| Self::Int(v.millis());
    Date => |v| Self::Text(v.to_string());
}

macro_rules! val_from_ids {
    ($($id:ident)*) => {$(
        impl From<fangxian_base::$id> for Val {
            fn from(id: fangxian_base::$id) -> Self {
                Self::Uuid(id.uuid())
            }
        }
    )*};
}

val_from_ids! {
    AlertId AppealId AreaId CommandId EntryId FactId ImportId JobId LinkId MeasureId MessageId PairId PersonId
    RecordId ReportClockId ResponseId ReviewId TaskId UnitId UserId
}

impl<T: Into<Val>> From<Option<T>> for Val {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Builds the parameter list of a statement: `vals![id, name, None::<i64>]`.
macro_rules! vals {
    ($($value:expr),* $(,)?) => { [$($crate::db::Val::from($value)),*] };
}
pub(crate) use vals;

/// One row of an answer.
#[derive(Debug, Clone)]
pub(crate) struct Row(pub(crate) Vec<Val>);

/// What can be read out of a [`Row`].
pub(crate) trait FromVal: Sized {
    const WANTED: &'static str;
    fn from_val(value: &Val) -> Option<Self>;
}

macro_rules! from_val {
    ($($ty:ty, $wanted:literal, $pattern:pat => $value:expr;)*) => {$(
        impl FromVal for $ty {
            const WANTED: &'static str = $wanted;
            fn from_val(value: &Val) -> Option<Self> {
                match value {
                    $pattern => $value,
                    _ => None,
                }
            }
        }
    )*};
}

from_val! {
    i64, "a whole number", Val::Int(v) => Some(*v);
    f64, "a number", Val::Real(v) => Some(*v);
    bool, "0 or 1", Val::Int(v) => Some(*v != 0);
    String, "text", Val::Text(v) => Some(v.clone());
    Vec<u8>, "bytes", Val::Bytes(v) => Some(v.clone());
    Instant, "a moment", Val::Int(v) => Some(Instant::from_millis(*v));
    Date, "a date", Val::Text(v) => v.parse().ok();
}

// SQLite keeps ids as blobs of 16 bytes, PostgreSQL has a type for them.
impl FromVal for Uuid {
    const WANTED: &'static str = "an id";
    fn from_val(value: &Val) -> Option<Self> {
        match value {
            Val::Uuid(v) => Some(*v),
            Val::Bytes(v) => Self::from_slice(v).ok(),
            _ => None,
        }
    }
}

macro_rules! ids_from_val {
    ($($id:ident)*) => {$(
        impl FromVal for fangxian_base::$id {
            const WANTED: &'static str = "an id";
            fn from_val(value: &Val) -> Option<Self> {
                Uuid::from_val(value).map(Self::from_uuid)
            }
        }
    )*};
}

ids_from_val! {
    AlertId AppealId AreaId CommandId EntryId FactId ImportId JobId LinkId MeasureId MessageId PairId PersonId
    RecordId ReportClockId ResponseId ReviewId TaskId UnitId UserId
}

impl<T: FromVal> FromVal for Option<T> {
    const WANTED: &'static str = T::WANTED;
    fn from_val(value: &Val) -> Option<Self> {
        match value {
            Val::Null => Some(None),
            other => T::from_val(other).map(Some),
        }
    }
}

impl Row {
    /// The value at `position`, counted from 0.
    pub(crate) fn get<T: FromVal>(&self, position: usize) -> Result<T, DbError> {
        self.0
            .get(position)
            .and_then(T::from_val)
            .ok_or(DbError::Shape {
                position,
                wanted: T::WANTED,
            })
    }
}
