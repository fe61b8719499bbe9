//! A module for each block of Rust in README and the docs.

#![allow(unused, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/blocks.rs"));
