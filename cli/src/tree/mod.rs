//! One model for YAML, JSON and HCL: what a document says, and where it says so.
//!
//! Nothing is ever written from this model. It tells where text has to be put, and what a text means.

mod hcl;
mod json;
mod node;
mod yaml;

pub(crate) use hcl::parse as parse_hcl;
pub(crate) use json::parse as parse_json;
pub(crate) use node::{Entry, Malformed, Mapping, Node, NodeId, Piece, Shape, Value};
pub(crate) use yaml::parse as parse_yaml;
