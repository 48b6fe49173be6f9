//! Foreign formats in and out: bytes become checked rows, rows become bytes.
//!
//! Codecs only. Nothing here touches the database, the disk or the network, decides what a row
//! means for a person, or prints a personal value. Start with [`linelist`].

pub mod linelist;
