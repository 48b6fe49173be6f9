//! The shipped packs load, and every example in them comes out.

use fangxian_packs::Library;

#[test]
fn the_shipped_packs_have_no_findings() {
    let loaded = Library::from_files(fangxian_packs::shipped_files());
    for finding in &loaded.findings {
        println!("{finding}");
    }
    assert!(
        loaded.findings.is_empty(),
        "{} findings",
        loaded.findings.len()
    );
    assert!(loaded.library.is_some());
}
