//! Wall time of whole reference folders on one thread: reading apart, calling and comparing together.
//!
//! `FANGXIAN_EXTERNAL_DATA` names the folder of folders; unset, nothing is measured.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement prints and asks where its data are"
)]

#[path = "../tests/reading/mod.rs"]
mod reading;

use std::path::Path;
use std::time::Instant;

fn main() {
    let Ok(root) = std::env::var("FANGXIAN_EXTERNAL_DATA") else {
        println!("FANGXIAN_EXTERNAL_DATA is not set: nothing was measured");
        return;
    };
    for name in [
        "farrington_flexible_bulk",
        "rt_uncertain_si",
        "rt_epiestim",
        "rt_wallinga_teunis",
        "outbreakp",
        "space_time_knox",
    ] {
        let folder = reading::folder(&Path::new(&root).join(name), None);
        let mut best = f64::INFINITY;
        for _ in 0..5 {
            let start = Instant::now();
            let report = fangxian_epi::check::run(&folder);
            best = best.min(start.elapsed().as_secs_f64());
            assert!(report.calls > 0);
        }
        println!("{name}: {best:.4} s");
    }
}
