//! What kind of document a text is, by its content.

use std::fmt;
use std::rc::Rc;

use super::cloudformation;
use super::part::is_part;
use super::serverless;
use crate::tree::Node;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    OpenApi,
    CloudFormation,
    Sam,
    /// What `cdk synth` writes.
    Cdk,
    Serverless,
    Terraform,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenApi => "OpenAPI",
            Self::CloudFormation => "CloudFormation",
            Self::Sam => "SAM",
            Self::Cdk => "CDK output",
            Self::Serverless => "Serverless Framework",
            Self::Terraform => "Terraform",
        })
    }
}

/// The kind of a document of YAML or JSON. Terraform's is told by its file's name.
pub(crate) fn recognise(root: &Rc<Node<'_>>) -> Option<Kind> {
    if root.get("openapi").is_some() || root.get("swagger").is_some() {
        return Some(Kind::OpenApi);
    }
    if root.get("service").is_some() && root.get("provider").is_some() || serverless::is_part(root) {
        return Some(Kind::Serverless);
    }
    if is_part(root) {
        return Some(Kind::OpenApi);
    }
    // A file may hold resources alone, and a template includes it.
    let resources = root.get("Resources").or_else(|| cloudformation::is_part(root).then_some(root))?;
    let mut resources = resources.entries().peekable();
    resources.peek()?;
    if resources.any(|resource| is_cdk(&resource.value)) {
        return Some(Kind::Cdk);
    }
    let transform = root.get("Transform");
    let names = transform
        .into_iter()
        .flat_map(|node| node.items().map_or(vec![&**node], |items| items.iter().map(|item| &**item).collect()));
    let is_sam = names.filter_map(Node::text).any(|name| name.starts_with("AWS::Serverless-"));
    // Without a transform, resources of SAM are what `AWS::Include` or another step puts it into.
    Some(if is_sam { Kind::Sam } else { Kind::CloudFormation })
}

fn is_cdk(resource: &Node<'_>) -> bool {
    let metadata = resource.get("Metadata");
    metadata.is_some_and(|metadata| {
        metadata.entries().any(|entry| entry.key.text().is_some_and(|key| key.starts_with("aws:cdk:")))
    }) || resource.get("Type").and_then(|kind| kind.text()) == Some("AWS::CDK::Metadata")
}
