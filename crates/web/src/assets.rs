//! The few static files, in the binary, under names that change with what is in them.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::hex::hex;

/// One static file.
#[derive(Debug)]
pub struct Asset {
    /// Its name in the source.
    pub name: &'static str,
    /// Its address.
    pub path: String,
    /// Its media type.
    pub media: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
}

/// All of them.
pub static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    [
        (
            "app.css",
            "text/css; charset=utf-8",
            include_bytes!("../assets/app.css").as_slice(),
        ),
        (
            "app.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../assets/app.js"),
        ),
        (
            "icon.svg",
            "image/svg+xml",
            include_bytes!("../assets/icon.svg"),
        ),
    ]
    .into_iter()
    .map(|(name, media, bytes)| {
        let digest = Sha256::digest(bytes);
        let mark = hex(digest.get(..5).unwrap_or_default());
        let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
        Asset {
            name,
            path: format!("/static/{stem}.{mark}.{ending}"),
            media,
            bytes,
        }
    })
    .collect()
});

/// The address of a file by its name in the source.
pub fn path(name: &str) -> &'static str {
    ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .map_or("", |asset| asset.path.as_str())
}
