//! Finds the integrations of a document.

mod alternatives;
mod cloudformation;
mod cloudformation_body;
mod found;
mod kind;
mod module;
mod openapi;
mod part;
mod place;
mod protocol;
mod reach;
mod reason;
mod recognise;
mod references;
mod serverless;
mod settings;
mod terraform;
mod terraform_body;

pub(crate) use found::{Declared, Found, Integration, Keys, LeftAlone, Place, Undecided};
pub(crate) use module::Modules;
pub(crate) use reason::{Reason, Standing};
pub(crate) use recognise::{recognise, Kind};
pub(crate) use references::{Passed, References};
pub(crate) use settings::Settings;

use crate::text::Text;
use crate::tree::Node;
use std::rc::Rc;

/// All that a document has: one tree for each document of a stream of YAML.
pub(crate) fn find<'a>(kind: Kind, roots: &[Rc<Node<'a>>], text: &Text, settings: &Settings<'_>) -> Found<'a> {
    let mut found = Found::default();
    for root in roots {
        match kind {
            Kind::OpenApi => openapi::find(root, text, settings, &mut found),
            Kind::CloudFormation | Kind::Sam | Kind::Cdk => {
                cloudformation::find(root, kind, text, settings, &mut found);
            }
            Kind::Serverless => serverless::find(root, text, settings, &mut found),
            Kind::Terraform => terraform::find(root, text, settings, &mut found),
        }
    }
    found
}
