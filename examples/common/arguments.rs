//! What a command line asks for.

use std::process::ExitCode;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arguments<T> {
    Run(T),
    Help,
    Unknown,
}

impl<T> Arguments<T> {
    /// What is to be run; otherwise the help or the usage is printed, and the process ends with this code.
    pub(crate) fn or_exit_code(self, usage: &str, help: &str) -> Result<T, ExitCode> {
        match self {
            Self::Run(what) => Ok(what),
            Self::Help => {
                println!("{usage}\n{help}");
                Err(ExitCode::SUCCESS)
            }
            Self::Unknown => {
                eprintln!("{usage}");
                Err(ExitCode::from(2))
            }
        }
    }
}
