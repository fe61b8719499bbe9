//! What is wrong with the gateway's mapping.

/// Mistakes in a mapping that could be read all the same, and deserve a word to the operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MappingMistakes {
    /// The time was in seconds: the `000` of an HTTP API's mapping was forgotten.
    pub(crate) seconds: bool,
    /// A value arrived in single quotes.
    pub(crate) quotes: bool,
}
