//! An allocator that counts; for one binary only, because counting takes instructions.

use std::alloc::{GlobalAlloc, Layout, System};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::case::Case;
use crate::measure::callgrind::{sibling_binary, watch};

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
        let (allocations, reallocations) = (after.0 - before.0, after.1 - before.1);
        println!("{}\t{allocations}\t{reallocations}", case.name);
    }
}

/// The allocations and reallocations of each case of a set of a binary, all requests that count together.
pub fn count(binary: &str, set: &str) -> Vec<(String, u64, u64)> {
    let output = Command::new(sibling_binary(binary)).arg(set).output();
    let output = output.expect("a binary that runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8_lossy(&output.stdout);
    let counts = lines.lines().map(|line| {
        let mut fields = line.split('\t');
        let mut field = || fields.next().expect("three fields");
        let number = |text: &str| text.parse().expect("a number");
        (field().to_owned(), number(field()), number(field()))
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
