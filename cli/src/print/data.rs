//! Tools that read YAML, JSON or HCL.

use crate::args::{Print, Tool};
use crate::change::{Pair, Written};
use crate::edit::Writing;
use crate::table::Api;
use crate::tree::Shape;

pub(super) fn block(print: &Print, entries: &[Pair]) -> String {
    let shape = match print.tool {
        Tool::OpenapiJson | Tool::CloudformationJson => Shape::Json,
        Tool::Terraform => Shape::HclBody,
        _ => Shape::YamlBlock,
    };
    let functions = matches!(print.tool, Tool::Cloudformation | Tool::Sam | Tool::Serverless);
    let writing = Writing::new(shape, print.tool == Tool::TerraformTemplate, functions);
    let parameters = |key, entries: &[Pair]| vec![(key, Written::Map(entries.to_vec()))];
    let block = match (print.tool, print.api) {
        (Tool::Cloudformation | Tool::CloudformationJson, _) | (Tool::Serverless, Api::Http) => {
            parameters("RequestParameters", entries)
        }
        (Tool::Serverless, Api::Rest) => {
            parameters("request", &parameters("parameters", &parameters("headers", entries)))
        }
        (Tool::Terraform, _) => parameters("request_parameters", entries),
        _ => parameters("requestParameters", entries),
    };
    let note = match print.tool {
        Tool::Terraform if print.region.is_none() => {
            "# The region needs: data \"aws_region\" \"current\" {}\n# Versions of the provider before 6 have no `.region`: \
             write `.name`.\n"
        }
        _ => "",
    };
    note.to_owned() + &writing.entries(&block) + "\n"
}
