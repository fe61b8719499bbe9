//! What the tests share.
#![allow(dead_code, unreachable_pub)]

pub mod cases;
pub mod datadog;
pub mod golden;
pub mod log;
pub mod servers;
pub mod spans;
