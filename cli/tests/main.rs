//! Runs the command as a user does, and checks what it makes by other parsers and an interpreter of mappings.

mod cases;
mod command;
mod documents;
mod fixtures;
mod generated;
mod hostile;
mod interpreter;
mod rooms;
mod snippets;
mod support;
mod table;
