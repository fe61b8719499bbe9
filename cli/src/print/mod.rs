//! The mappings for a tool, to be pasted.

mod code;
mod data;

use std::io::{self, Write};

use clap::ValueEnum;

use crate::args::{Print, ProxyName, Tool};
use crate::change::Entries;
use crate::dialect::{Dialect, Functions, Region};
use crate::find::Keys;
use crate::table::{wanted, Api, USER};

pub(crate) fn write(out: &mut dyn Write, print: &Print) -> io::Result<()> {
    let text = match print.tool {
        Tool::Cdk => code::cdk(print.api, &entries(print)),
        Tool::Pulumi => code::pulumi(&entries(print)),
        Tool::Cli => code::cli(print.api, &entries(print)),
        Tool::Console => code::console(print.api, &entries(print)),
        _ => data::block(print, &entries(print)),
    };
    out.write_all(text.as_bytes())?;
    let knows = dialect(print).region != Region::Unknown;
    if !knows {
        // So that what is pasted is the mappings alone.
        let tool = print.tool.to_possible_value();
        let tool = tool.as_ref().map_or("it", |tool| tool.get_name());
        writeln!(io::stderr(), "x-dd-proxy-region is left out, because {tool} has no variable for it: pass --region")?;
    }
    if print.user {
        writeln!(io::stderr(), "{USER}")?;
    }
    Ok(())
}

/// The mappings as keys and values.
fn entries(print: &Print) -> Entries {
    let dialect = dialect(print);
    let keys = match (print.tool, print.api) {
        (Tool::Serverless, Api::Rest) => Keys::Serverless,
        _ => Keys::Gateway,
    };
    let datadog_name = print.proxy == ProxyName::AwsApigateway;
    let entries = wanted(print.user).filter_map(|header| {
        let value = crate::change::written(header, print.api, keys, &dialect, datadog_name)?;
        Some((crate::change::key(header, print.api, keys), value))
    });
    entries.collect()
}

/// What a tool makes of the values.
fn dialect(print: &Print) -> Dialect {
    let given = print.region.clone().map(Region::Static);
    let functions = match print.tool {
        Tool::Cloudformation | Tool::CloudformationJson | Tool::Sam => Functions::Short,
        Tool::Serverless if print.api == Api::Http => Functions::Short,
        _ => Functions::None,
    };
    let own = match (print.tool, print.api) {
        (Tool::Cloudformation | Tool::CloudformationJson | Tool::Sam, _) => Region::CloudFormation,
        (Tool::Serverless, Api::Http) => Region::CloudFormation,
        (Tool::Serverless, Api::Rest) => Region::Serverless,
        (Tool::Openapi | Tool::OpenapiJson | Tool::TerraformTemplate, Api::Rest) => Region::Import,
        (Tool::Terraform, _) => Region::Terraform("data.aws_region.current.region".to_owned()),
        (Tool::Cdk, _) => Region::Terraform("Stack.of(this).region".to_owned()),
        (Tool::Pulumi, _) => Region::Terraform("aws.getRegionOutput().region".to_owned()),
        (Tool::Cli, _) => Region::Terraform("AWS_REGION".to_owned()),
        _ => Region::Unknown,
    };
    Dialect {
        functions,
        terraform_template: print.tool == Tool::TerraformTemplate,
        serverless_variables: print.tool == Tool::Serverless,
        region: given.unwrap_or(own),
    }
}
