//! Makes cargo look at the packs again when a file is added or taken away.

fn main() {
    println!("cargo::rerun-if-changed=../../packs");
}
