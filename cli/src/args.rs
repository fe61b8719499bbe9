//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::change::Wishes;
use crate::examine::Request;
use crate::table::Api;

const ABOUT: &str =
    "Checks and patches the header mappings by which Amazon API Gateway announces itself to an application";

const EXIT_CODES: &str = "\
Exit codes:
  0  all is well
  1  something required is missing or wrong (check), would change (patch --diff), or stays wrong (patch);
     an HTTP integration can't be checked (check --strict)
  2  nothing was recognised, or something can't be read, understood or told";

#[derive(Debug, Parser)]
#[command(name = "apigw-headers", version, about = ABOUT, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Report what is missing or wrong, integration by integration
    Check(Check),
    /// Add the headers that are missing
    Patch(Patch),
    /// Print the mappings for a tool, ready to paste
    Print(Print),
    /// Print the completions for a shell
    Completions { shell: clap_complete::Shell },
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Fail if a recommended header is missing or wrong, too
    #[arg(long)]
    pub(crate) strict: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Patch {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Print a diff and write nothing
    #[arg(long)]
    pub(crate) diff: bool,
    /// Replace wrong mappings as well
    #[arg(long)]
    pub(crate) replace: bool,
    /// What HTTP APIs send as `x-dd-proxy`
    #[arg(long, value_enum, default_value_t = ProxyName::AwsHttpapi)]
    pub(crate) proxy: ProxyName,
}

#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Files, folders and glob patterns
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Map `x-dd-proxy-user` too: it is personal data, and has a value only where there is IAM authorization
    #[arg(long)]
    pub(crate) user: bool,
    /// Leave alone integrations whose URI matches this glob pattern
    #[arg(long, value_name = "URI-GLOB")]
    pub(crate) exclude: Vec<glob::Pattern>,
    /// The region, for documents that have no variable for it
    #[arg(long, value_parser = region)]
    pub(crate) region: Option<String>,
    /// The kind of API, for documents that don't say
    #[arg(long, value_enum)]
    pub(crate) api: Option<Api>,
    /// Print only the summary
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Print {
    #[arg(value_enum)]
    pub(crate) tool: Tool,
    /// The kind of API
    #[arg(long, value_enum)]
    pub(crate) api: Api,
    /// The region, for tools that have no variable for it
    #[arg(long, value_parser = region)]
    pub(crate) region: Option<String>,
    /// Print `x-dd-proxy-user` too: it is personal data, and has a value only where there is IAM authorization
    #[arg(long)]
    pub(crate) user: bool,
    /// What HTTP APIs send as `x-dd-proxy`
    #[arg(long, value_enum, default_value_t = ProxyName::AwsHttpapi)]
    pub(crate) proxy: ProxyName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    /// Annotations of GitHub Actions
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProxyName {
    /// As in Datadog's documentation; tracers for Go, PHP and .NET know nothing else
    AwsApigateway,
    /// Tells HTTP APIs from REST APIs
    AwsHttpapi,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tool {
    /// OpenAPI in YAML
    Openapi,
    OpenapiJson,
    Cloudformation,
    CloudformationJson,
    /// OpenAPI inside a template of SAM
    Sam,
    /// TypeScript
    Cdk,
    Terraform,
    /// OpenAPI in YAML that Terraform reads as a template
    TerraformTemplate,
    /// TypeScript
    Pulumi,
    Serverless,
    /// The AWS CLI
    Cli,
    Console,
}

/// Nothing else may get into a mapping: quotes would end it.
fn region(text: &str) -> Result<String, String> {
    let is_region =
        text.contains('-') && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    match is_region {
        true => Ok(text.to_owned()),
        false => Err("expected a region such as `eu-west-1`".to_owned()),
    }
}

impl Common {
    pub(crate) fn request(&self, patch: Option<Wishes>) -> Request {
        Request { user: self.user, exclude: self.exclude.clone(), patch }
    }
}

impl Patch {
    pub(crate) fn wishes(&self) -> Wishes {
        Wishes { replace: self.replace, datadog_name: self.proxy == ProxyName::AwsApigateway }
    }
}
