//! Why something gets no headers.

use std::path::PathBuf;

use crate::dialect::display;
use crate::tree::Piece;

/// What a reason means for the check as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// It reaches no application over HTTP, or the user wants it left alone.
    LeftAlone,
    /// It is an HTTP integration, or may be one, and its mappings can't be read here.
    NotChecked,
    /// It lacks headers, and `patch` can't add them here.
    NotPatched,
}

/// Why something gets no headers, and what follows from that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) standing: Standing,
    pub(crate) text: String,
    /// The file or folder that it is in instead, from the folder of the document.
    pub(crate) elsewhere: Option<PathBuf>,
}

impl Reason {
    pub(crate) fn not_checked(text: impl Into<String>) -> Self {
        Self { standing: Standing::NotChecked, ..Self::from(text.into()) }
    }

    pub(crate) fn not_patched(text: impl Into<String>) -> Self {
        Self { standing: Standing::NotPatched, ..Self::from(text.into()) }
    }

    /// A quick-create API: an HTTP integration, unless its target is a Lambda function.
    pub(super) fn quick_create(text: &str, target: &[Piece]) -> Self {
        match display(target).starts_with("http") {
            true => Self::not_checked(text),
            false => text.into(),
        }
    }

    /// A part of a document, such as functions of which nothing says that they have HTTP integrations.
    pub(super) fn elsewhere(text: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { elsewhere: Some(path.into()), ..Self::from(text.into()) }
    }

    /// The definition of an API.
    pub(super) fn definition_elsewhere(text: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { standing: Standing::NotChecked, ..Self::elsewhere(text, path) }
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self { standing: Standing::LeftAlone, text, elsewhere: None }
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}
