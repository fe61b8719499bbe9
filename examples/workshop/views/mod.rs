//! What is printed.

pub(crate) mod agreement;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod waterfalls;

use crate::common::paint::{Colour, Paint};

/// A heading, and what there is to see below it.
fn heading(title: &str, text: &str, paint: Paint) -> String {
    format!("\n{}\n{}\n\n", paint.paint(Colour::Bold, title), paint.paint(Colour::Dim, text))
}
