//! Standard output.

use std::io::{self, IsTerminal as _, Write as _};

use super::paint::Paint;

/// Colours if standard output is a terminal, unless the environment says otherwise: <https://no-color.org>.
pub(crate) fn paint() -> Paint {
    let wanted = std::env::var_os("NO_COLOR").map_or(true, |value| value.is_empty());
    Paint::new(wanted && io::stdout().is_terminal())
}

/// Unlike `println!`, no panic when the reader has gone.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
