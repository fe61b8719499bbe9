//! Runs the command as a user does, and checks what it makes by other parsers and an interpreter of mappings.

// What `clippy.toml` allows in tests, for their helpers too.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod cases;
mod command;
mod computed;
mod documents;
mod empty;
mod fixtures;
mod generated;
mod hostile;
mod interpreter;
mod layout;
mod mutated;
mod shared;
mod snippets;
mod support;
mod table;
mod unread;
