//! How far the run is: a bar on a terminal, some lines elsewhere.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Instant;

const CELLS: usize = 40;

pub(crate) struct Progress {
    total: usize,
    done: usize,
    begun: Instant,
    is_terminal: bool,
}

impl Progress {
    pub(crate) fn of(total: usize) -> Self {
        Self { total, done: 0, begun: Instant::now(), is_terminal: io::stderr().is_terminal() }
    }

    pub(crate) fn advance(&mut self) {
        self.done += 1;
        self.show();
    }

    /// On standard error, so that the views alone are in a file that standard output is sent to.
    pub(crate) fn show(&self) {
        let seconds = self.begun.elapsed().as_secs_f64();
        let text = format!("{} of {} requests, {seconds:.1} s", self.done, self.total);
        let mut stderr = io::stderr().lock();
        // Whether anybody sees it or not, the run goes on.
        let _ = match self.is_terminal {
            true => write!(stderr, "\r{} {text}", bar(self.done, self.total)).and_then(|()| stderr.flush()),
            false if is_quarter(self.done, self.total) => writeln!(stderr, "{text}"),
            false => Ok(()),
        };
    }

    /// Makes room for what is printed next.
    pub(crate) fn finish(self) {
        if self.is_terminal {
            eprintln!();
        }
    }
}

fn bar(done: usize, total: usize) -> String {
    let filled = (done * CELLS).checked_div(total).unwrap_or(CELLS).min(CELLS);
    format!("{}{}", "━".repeat(filled), "·".repeat(CELLS - filled))
}

/// Whether another quarter has been reached.
fn is_quarter(done: usize, total: usize) -> bool {
    let quarters = |done: usize| (done * 4).checked_div(total);
    done > 0 && quarters(done) != quarters(done - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills() {
        for (done, filled) in [(0, 0), (1, 2), (10, 20), (20, CELLS), (21, CELLS)] {
            let bar = bar(done, 20);
            assert_eq!((bar.matches('━').count(), bar.chars().count()), (filled, CELLS), "{done}");
        }
    }

    #[test]
    fn four_lines_are_enough() {
        for (total, expected) in [(20, vec![5, 10, 15, 20]), (3, vec![1, 2, 3]), (7, vec![2, 4, 6, 7])] {
            let found: Vec<_> = (0..=total).filter(|done| is_quarter(*done, total)).collect();
            assert_eq!(found, expected, "{total}");
        }
    }
}
