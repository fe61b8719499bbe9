//! What is to be added or replaced, before it is put into any syntax.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::dialect::{Dialect, Region};
use crate::find::{Integration, Keys, Place};
use crate::judge::{Site, Verdict};
use crate::table::{Api, Header, Source, AWS_APIGATEWAY, PROXY};
use crate::tree::{Node, NodeId};

/// A value that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Written {
    /// What the gateway is to read.
    Text(Cow<'static, str>),
    /// `true` or `false`.
    Bool(bool),
    /// The argument of CloudFormation's `Fn::Sub`.
    Sub(String),
    /// That of `Ref`.
    Ref(String),
    /// The parts that `Fn::Join` puts together.
    Join(Vec<String>),
    /// A template of Terraform or the Serverless Framework, which is not to be escaped.
    Template(String),
    Map(Entries),
}

/// A key and what belongs to it.
pub(crate) type Pair = (&'static str, Written);

pub(crate) type Entries = Vec<Pair>;

#[derive(Debug)]
pub(crate) enum Change<'a> {
    /// Entries at the end of a mapping.
    Add { to: Rc<Node<'a>>, entries: Entries },
    /// A value for a key that has none.
    Fill { key: Rc<Node<'a>>, within: Rc<Node<'a>>, entries: Entries },
    /// Another key and value for those that are there.
    Replace { site: Site<'a>, new_key: &'static str, new_value: Written },
}

/// A change, and how the values around it are read.
pub(crate) type Planned<'a> = (Rc<Dialect>, Change<'a>);

impl Change<'_> {
    /// Where it is.
    pub(crate) fn at(&self) -> usize {
        match self {
            Self::Add { to, .. } => to.start(),
            Self::Fill { key, .. } => key.start(),
            Self::Replace { site, .. } => site.key.start(),
        }
    }

    /// The mapping that gets something added.
    pub(crate) fn mapping(&self) -> Option<NodeId> {
        match self {
            Self::Add { to: mapping, .. } | Self::Fill { within: mapping, .. } => Some(mapping.id()),
            Self::Replace { .. } => None,
        }
    }
}

/// What the user chose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wishes {
    pub(crate) replace: bool,
    /// HTTP APIs get `aws-apigateway`.
    pub(crate) datadog_name: bool,
}

/// The headers whose mappings an integration gets, or gets right.
#[derive(Debug, Default)]
pub(crate) struct Made {
    pub(crate) added: Vec<&'static str>,
    pub(crate) replaced: Vec<&'static str>,
    /// Those that `--replace` would put right.
    pub(crate) replaceable: Vec<&'static str>,
}

/// The changes that a document gets, each mapping once however many integrations share it.
#[derive(Debug, Default)]
pub(crate) struct Changes<'a> {
    pub(crate) list: Vec<Planned<'a>>,
    seen: BTreeSet<(NodeId, &'static str)>,
    /// Integrations that get no region, because nothing says what it is.
    pub(crate) without_region: usize,
}

impl<'a> Changes<'a> {
    /// Adds the changes of an integration, and returns the headers that it gets and those that are put right.
    pub(crate) fn add(&mut self, integration: &Integration<'a>, verdict: &Verdict<'a>, wishes: Wishes) -> Made {
        let target = match &integration.place {
            Place::Map(node) | Place::Empty { within: node, .. } | Place::Absent { within: node, .. } => node,
            Place::Computed(_) | Place::Unreadable(_) => return Made::default(),
        };
        let mut made = Made::default();
        let Integration { api, keys, dialect, .. } = integration;
        let value = |header| written(header, *api, *keys, dialect, wishes.datadog_name);
        let mut entries = Vec::new();
        for header in &verdict.missing {
            let Some(value) = value(header) else {
                self.without_region += 1;
                continue;
            };
            made.added.push(header.name);
            if self.seen.insert((target.id(), header.name)) {
                entries.push((key(header, *api, *keys), value));
            }
        }
        // Before what is added: both may be put at the end of a key without a value.
        for wrong in &verdict.wrong {
            let Some(site) = &wrong.entry else { continue };
            let Some(new_value) = value(wrong.header) else { continue };
            if !wishes.replace {
                made.replaceable.push(wrong.header.name);
                continue;
            }
            made.replaced.push(wrong.header.name);
            if self.seen.insert((site.key.id(), wrong.header.name)) {
                let new_key = key(wrong.header, *api, *keys);
                let change = Change::Replace { site: site.clone(), new_key, new_value };
                self.list.push((Rc::clone(&integration.dialect), change));
            }
        }
        if !entries.is_empty() {
            let change = placed(&integration.place, entries);
            self.list.extend(change.map(|change| (Rc::clone(&integration.dialect), change)));
        }
        made
    }
}

fn placed<'a>(place: &Place<'a>, entries: Entries) -> Option<Change<'a>> {
    match place {
        Place::Map(to) => Some(Change::Add { to: Rc::clone(to), entries }),
        Place::Absent { within, keys } => {
            let wrap = |entries, key: &&'static str| vec![(*key, Written::Map(entries))];
            Some(Change::Add { to: Rc::clone(within), entries: keys.iter().rev().fold(entries, wrap) })
        }
        Place::Empty { within, key } => {
            let entry = within.entries().find(|entry| entry.key.text() == Some(key))?;
            Some(Change::Fill { key: Rc::clone(&entry.key), within: Rc::clone(within), entries })
        }
        Place::Computed(_) | Place::Unreadable(_) => None,
    }
}

pub(crate) fn key(header: &Header, api: Api, keys: Keys) -> &'static str {
    match keys {
        Keys::Serverless => header.name,
        Keys::Gateway => header.key(api),
    }
}

/// The value of a header's mapping. `None` for a region that isn't known.
pub(crate) fn written(header: &Header, api: Api, keys: Keys, dialect: &Dialect, datadog_name: bool) -> Option<Written> {
    let value = match header.source(api) {
        Source::Text(_) if datadog_name && api == Api::Http && header.name == PROXY => {
            Written::Text(AWS_APIGATEWAY.into())
        }
        Source::Text(text) => text_value(text, dialect),
        Source::Region => region(api, &dialect.region)?,
    };
    Some(match keys {
        Keys::Gateway => value,
        Keys::Serverless => Written::Map(vec![
            // Declares the header on the method too, where a client needn't send it.
            ("required", Written::Bool(false)),
            ("mappedValue", value),
        ]),
    })
}

fn text_value(text: &'static str, dialect: &Dialect) -> Written {
    match text.split_once("${") {
        // Taken apart, so that the Serverless Framework sees no variable.
        Some((before, after)) if dialect.serverless_variables => {
            Written::Join(vec![format!("{before}$"), format!("{{{after}")])
        }
        _ => Written::Text(text.into()),
    }
}

fn region(api: Api, region: &Region) -> Option<Written> {
    let quoted = |text: String| if api == Api::Rest { format!("'{text}'") } else { text };
    Some(match (region, api) {
        (Region::CloudFormation, Api::Rest) => Written::Sub(quoted("${AWS::Region}".to_owned())),
        (Region::CloudFormation, Api::Http) => Written::Ref("AWS::Region".to_owned()),
        (Region::Import, _) => Written::Text(quoted("${AWS::Region}".to_owned()).into()),
        (Region::Serverless, _) => Written::Template(quoted("${aws:region}".to_owned())),
        (Region::Terraform(expression), _) => Written::Template(quoted(format!("${{{expression}}}"))),
        (Region::Static(region), _) => Written::Text(quoted(region.clone()).into()),
        (Region::Unknown, _) => return None,
    })
}
