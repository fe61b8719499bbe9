//! The process's environment. Beside `src/environment.rs`, the only file that reads it.
#![allow(clippy::disallowed_methods)]

pub(crate) fn variable(name: &'static str) -> Option<String> {
    Some(std::env::var_os(name)?.to_string_lossy().into_owned())
}
