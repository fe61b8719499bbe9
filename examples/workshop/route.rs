//! By what requests are counted.

use std::fmt;

/// The dimensions of a REST API's detailed metrics in CloudWatch: stage, method and resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Route {
    pub(crate) stage: String,
    pub(crate) resource: String,
    pub(crate) method: String,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {} {}", self.stage, self.method, self.resource)
    }
}
