//! An allocator that counts; for one binary only, because counting takes instructions.

use std::alloc::{GlobalAlloc, Layout, System};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::process::{lines_of, sibling_binary, watch};
use crate::case::Case;

#[derive(Debug)]
pub struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static REALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// How often memory was asked for, and asked to grow or shrink, since the process began.
fn so_far() -> (u64, u64) {
    (ALLOCATIONS.load(Relaxed), REALLOCATIONS.load(Relaxed))
}

/// For [`count`] to read: a line for each case.
pub fn watch_all(cases: Vec<Case>) {
    for mut case in cases {
        let (mut before, mut after) = ((0, 0), (0, 0));
        watch(&mut case, |case| {
            before = so_far();
            case.run();
            after = so_far();
        });
        println!("{}\t{}", case.per_unit(after.0 - before.0), case.per_unit(after.1 - before.1));
    }
}

/// The allocations and reallocations of a unit, for each case of a suite of a binary.
pub fn count(binary: &str, suite: &str) -> Vec<(f64, f64)> {
    let lines = lines_of(Command::new(sibling_binary(binary)).arg(suite)).into_iter();
    let counts = lines.map(|fields| {
        let mut fields = fields.iter().map(|field| field.parse().expect("a number"));
        let mut field = || fields.next().expect("two fields");
        (field(), field())
    });
    counts.collect()
}

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        System.alloc(layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        System.alloc_zeroed(layout)
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        REALLOCATIONS.fetch_add(1, Relaxed);
        System.realloc(pointer, layout, size)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        System.dealloc(pointer, layout)
    }
}
