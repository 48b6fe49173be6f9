//! The packs that come with the program: the repository's `packs/`, inside the binary.

use include_dir::{Dir, include_dir};

static PACKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../packs");

/// Every shipped pack file, by path, in order.
pub fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&PACKS, &mut found);
    found.sort();
    found
}

fn collect(dir: &Dir<'_>, into: &mut Vec<(String, String)>) {
    for file in dir.files() {
        let is_yaml = file
            .path()
            .extension()
            .is_some_and(|extension| extension == "yaml");
        if let (true, Some(text)) = (is_yaml, file.contents_utf8()) {
            into.push((
                file.path().to_string_lossy().replace('\\', "/"),
                text.to_owned(),
            ));
        }
    }
    dir.dirs().for_each(|dir| collect(dir, into));
}
