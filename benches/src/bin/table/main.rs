//! Measures everything, and says what it costs.
//!
//! | argument | |
//! |---|---|
//! | `--end-to-end` | a server on the loopback interface too |
//! | `--write DIRECTORY` | all of it, as `performance.md` and `cost.svg` in there |

mod measured;
mod svg;
mod text;

use std::env;
use std::fs;
use std::path::PathBuf;

use measured::Measured;

fn main() {
    let mut arguments = env::args().skip(1);
    let (mut directory, mut end_to_end) = (None, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--write" => directory = arguments.next().map(PathBuf::from),
            "--end-to-end" => end_to_end = true,
            other => panic!("no such argument: {other:?}"),
        }
    }
    let measured = Measured::now(end_to_end || directory.is_some());
    let text = text::page(&measured);
    println!("{text}");
    if let Some(directory) = directory {
        fs::write(directory.join("performance.md"), text).expect("a page that can be written");
        let chart = svg::chart(&measured);
        fs::write(directory.join("cost.svg"), chart).expect("a chart that can be written");
    }
}
