//! Files: the only place in this crate that reads or writes any.

pub(crate) mod files;
pub(crate) mod log;
pub(crate) mod manifest;
pub(crate) mod map;
pub(crate) mod numbers;
pub(crate) mod parquet;
pub(crate) mod record;
