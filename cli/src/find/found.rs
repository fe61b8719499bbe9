//! What is found in a document.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;

use super::alternatives::Parts;
use super::reason::Reason;
use crate::dialect::Dialect;
use crate::table::Api;
use crate::tree::{Node, NodeId, Piece};

#[derive(Debug, Default)]
pub(crate) struct Found<'a> {
    pub(crate) integrations: Vec<Integration<'a>>,
    pub(crate) left_alone: Vec<LeftAlone>,
    pub(crate) undecided: Vec<Undecided>,
    pub(crate) references: Vec<Reference>,
    /// The deployment of a REST API doesn't follow by itself in this kind of document.
    pub(crate) deployment: Option<&'static str>,
}

/// An integration of which nothing says what its API is.
#[derive(Debug)]
pub(crate) struct Undecided {
    pub(crate) range: std::ops::Range<usize>,
    pub(crate) name: String,
    /// What the API may be, and what to do.
    pub(crate) choice: &'static str,
}

/// A definition in another file, and what the reference tells about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) path: PathBuf,
    /// `None` if it doesn't tell.
    pub(crate) api: Option<Api>,
    pub(crate) reader: Reader,
}

/// Who reads a definition before the gateway does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    CloudFormation,
    TerraformTemplate,
    Serverless,
    Nobody,
}

/// Something that gets no headers, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftAlone {
    pub(crate) at: usize,
    pub(crate) name: String,
    pub(crate) reason: Reason,
    /// The mappings that it reads, and that others may share by aliases.
    pub(crate) reads: Vec<NodeId>,
}

/// An integration that reaches an application.
#[derive(Debug)]
pub(crate) struct Integration<'a> {
    /// `GET /orders/{id}`, or what the document calls it.
    pub(crate) name: String,
    /// From its key to its end.
    pub(crate) range: std::ops::Range<usize>,
    pub(crate) api: Api,
    /// Of type `HTTP`: the client's headers don't pass.
    pub(crate) drops_headers: bool,
    pub(crate) uri: Vec<Piece>,
    pub(crate) place: Place<'a>,
    pub(crate) keys: Keys,
    pub(crate) declared: Declared,
    pub(crate) dialect: Rc<Dialect>,
}

/// Where the mappings are.
#[derive(Debug)]
pub(crate) enum Place<'a> {
    Map(Rc<Node<'a>>),
    /// A key without a value or with `null`, and the mapping that it is in.
    Empty {
        within: Rc<Node<'a>>,
        key: &'static str,
    },
    /// No such key. The keys to add, each in the one before, to a mapping.
    Absent {
        within: Rc<Node<'a>>,
        keys: Vec<&'static str>,
    },
    /// Computed from maps in one of several ways. They can be checked, but nothing says where to add what is missing.
    Computed(Vec<Parts<'a>>),
    /// What can't be read can't be checked.
    Unreadable(&'static str),
}

/// How a header's mapping is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// `integration.request.header.NAME`, or `overwrite:header.NAME`, with the value.
    Gateway,
    /// `NAME`, with `required` and `mappedValue`.
    Serverless,
}

/// The path parameters that a method declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Declared {
    Names(BTreeSet<String>),
    /// The method isn't in this document.
    Unknown,
    /// An HTTP API declares nothing.
    NotNeeded,
}

impl Place<'_> {
    /// The mappings in which an integration's mappings are, or would be.
    pub(crate) fn reads(&self) -> Vec<NodeId> {
        match self {
            Self::Map(node) | Self::Absent { within: node, .. } => node.merged(),
            // A key without a value hides what is merged.
            Self::Empty { within, .. } => vec![within.id()],
            Self::Computed(all) => all.iter().flatten().flat_map(|map| map.merged()).collect(),
            Self::Unreadable(_) => Vec::new(),
        }
    }

    /// The mappings that a patch changes.
    pub(crate) fn writes(&self) -> Vec<NodeId> {
        match self {
            Self::Absent { within, .. } => vec![within.id()],
            Self::Computed(_) => Vec::new(),
            _ => self.reads(),
        }
    }
}

impl Found<'_> {
    pub(crate) fn leave(&mut self, at: usize, name: impl Into<String>, reason: impl Into<Reason>) {
        self.left_alone.push(LeftAlone { at, name: name.into(), reason: reason.into(), reads: Vec::new() });
    }

    /// The same for an integration, which may share its mappings with one that isn't left alone.
    pub(crate) fn leave_integration(
        &mut self,
        at: usize,
        name: impl Into<String>,
        reason: impl Into<Reason>,
        place: &Place<'_>,
    ) {
        self.left_alone.push(LeftAlone { at, name: name.into(), reason: reason.into(), reads: place.reads() });
    }

    pub(crate) fn refer(&mut self, path: impl Into<PathBuf>, api: impl Into<Option<Api>>, reader: Reader) {
        self.references.push(Reference { path: path.into(), api: api.into(), reader });
    }
}
