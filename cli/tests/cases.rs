//! The documents in `tests/fixtures`: what is in each, and what becomes of it.

use crate::interpreter::Api::{self, Http, Rest};

pub(crate) struct Case {
    pub(crate) path: &'static str,
    pub(crate) arguments: &'static [&'static str],
    /// Of a definition by itself.
    pub(crate) api: Option<Api>,
    /// How many integrations reach an application.
    pub(crate) integrations: usize,
    /// How many things are left alone.
    pub(crate) left_alone: usize,
    /// How many may be HTTP integrations that can't be read.
    pub(crate) not_checked: usize,
    /// Whether something stays wrong that a patch doesn't replace.
    pub(crate) stays_wrong: bool,
}

const fn case(path: &'static str, api: Option<Api>, integrations: usize, left_alone: usize) -> Case {
    Case { path, arguments: &[], api, integrations, left_alone, not_checked: 0, stays_wrong: false }
}

impl Case {
    const fn with(self, arguments: &'static [&'static str]) -> Self {
        Self { arguments, ..self }
    }

    const fn not_checked(self, not_checked: usize) -> Self {
        Self { not_checked, ..self }
    }

    const fn wrong(self) -> Self {
        Self { stays_wrong: true, ..self }
    }
}

const REGION: &[&str] = &["--region", "eu-west-1"];

pub(crate) const CASES: [Case; 46] = [
    case("openapi/rest-block.yaml", Some(Rest), 2, 2),
    case("openapi/rest-swagger2.yaml", Some(Rest), 1, 0),
    case("openapi/rest-indentless.yaml", Some(Rest), 4, 0),
    case("openapi/rest-flow.yaml", Some(Rest), 4, 0),
    case("openapi/rest-pretty.json", Some(Rest), 2, 0),
    case("openapi/rest-minified.json", Some(Rest), 2, 0),
    case("openapi/rest-tabs.json", Some(Rest), 1, 0),
    case("openapi/rest-stage-variables.json", Some(Rest), 1, 0),
    case("openapi/rest-bom-crlf.yaml", Some(Rest), 2, 0),
    case("openapi/rest-anchors.yaml", Some(Rest), 4, 0),
    case("openapi/rest-aliased-path.yaml", Some(Rest), 1, 0),
    case("openapi/rest-four-spaces.yaml", Some(Rest), 1, 0),
    case("openapi/rest-wrong.yaml", Some(Rest), 2, 0).wrong(),
    case("openapi/http-block.yaml", Some(Http), 2, 0).with(REGION),
    case("openapi/http-shared.yaml", Some(Http), 1, 1).with(REGION),
    case("openapi/http-pretty.json", Some(Http), 1, 0).with(REGION),
    case("openapi/http-datadog.yaml", Some(Http), 1, 0).with(REGION),
    case("openapi/http-wrong.yaml", Some(Http), 2, 0).with(REGION).wrong(),
    case("openapi/undecided.yaml", Some(Http), 1, 0).with(&["--api", "http", "--region", "eu-west-1"]),
    case("openapi/undecided.yaml", Some(Rest), 1, 0).with(&["--api", "rest"]),
    case("openapi/ignored.yaml", Some(Rest), 1, 3).with(&["--exclude", "https://*.example.org/*"]),
    case("openapi/placeholder.yaml", Some(Rest), 1, 0),
    case("openapi/plain.yaml", Some(Rest), 0, 0),
    case("cloudformation/method.yaml", None, 1, 0),
    case("cloudformation/vpc-link.yaml", None, 1, 0),
    case("cloudformation/literal-variables.yaml", None, 1, 0),
    case("cloudformation/http-api.yaml", None, 2, 2),
    case("cloudformation/quick-create.yaml", None, 0, 1).not_checked(1),
    case("cloudformation/rest-body.yaml", None, 2, 0),
    case("cloudformation/http-body.json", None, 2, 0),
    case("cloudformation/computed.yaml", None, 0, 0).not_checked(3),
    case("cloudformation/for-each.yaml", None, 1, 0),
    case("cloudformation/type-http.yaml", None, 1, 0),
    case("sam/inline.yaml", None, 1, 0),
    case("sam/http-api.yaml", None, 1, 1),
    case("sam/include-rest", Some(Rest), 1, 1),
    case("sam/include-http", Some(Http), 1, 1).with(REGION),
    case("terraform/rest", None, 1, 1),
    case("terraform/http", None, 3, 0).not_checked(2).with(REGION),
    case("terraform/websocket", None, 0, 1),
    case("terraform/body", None, 4, 0).not_checked(1).with(REGION),
    case("terraform/template", Some(Http), 2, 1).with(REGION),
    case("terraform/vpc-link", None, 2, 0).not_checked(1).with(REGION),
    case("terraform/module", None, 2, 1).with(REGION),
    case("serverless/http.yml", None, 3, 3),
    case("serverless/resources.yml", None, 2, 0),
];
