//! What is known of a document besides its text.

use std::path::Path;

use super::found::Reader;
use super::module::Modules;
use super::references::{Hint, Passed};
use crate::dialect::Region;
use crate::table::Api;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings<'s> {
    pub(crate) path: &'s Path,
    pub(crate) modules: &'s Modules,
    pub(crate) passed: &'s Passed,
    /// Whether it is part of what `cdk synth` wrote.
    pub(crate) synthesized: bool,
    /// `--api`: for documents that don't say.
    pub(crate) api: Option<Api>,
    /// `--region`: for documents that can't know it.
    pub(crate) region: Option<&'s str>,
    /// What another document says of this one.
    pub(crate) hint: Option<Hint>,
}

impl Settings<'_> {
    /// Whether a service of the Serverless Framework names this file as one of its parts.
    pub(crate) fn is_part_of_service(&self) -> bool {
        self.hint.is_some_and(|hint| hint.reader == Reader::Serverless)
    }

    /// The region that was given, if one was.
    pub(crate) fn given_region(&self) -> Region {
        self.region.map_or(Region::Unknown, |region| Region::Static(region.to_owned()))
    }
}
