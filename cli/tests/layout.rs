//! How mappings are laid out: as the document is, and in Terraform as `terraform fmt` has it.

use crate::support::{folder, is_contained, read, run};

const JSON: &str = "{
  \"swagger\": \"2.0\",
  \"paths\": {
    \"/a\": {
      \"get\": {
        \"x-amazon-apigateway-integration\": {
          \"type\": \"http_proxy\",
          \"uri\": \"http://a\"
        }
      }
    }
  }
}
";

fn terraform(parameters: &str) -> String {
    let head = "resource \"aws_api_gateway_integration\" \"a\" {\n  type = \"HTTP_PROXY\"\n  uri  = \"http://a\"\n";
    format!("{head}{parameters}}}\n")
}

#[test]
fn mappings_are_laid_out_as_the_document_is() {
    const PROXY: &str = "\"integration.request.header.x-dd-proxy\"";
    const TIME: &str = "\"integration.request.header.x-dd-proxy-request-time-ms\"";
    let four = JSON.replace("  ", "    ");
    let tabs = JSON.replace("  ", "\t");
    for (name, text, expected) in [
        ("a.json", JSON.to_owned(), format!("\n          \"requestParameters\": {{\n            {PROXY}: ")),
        ("a.json", four, format!("\n{0}{0}\"requestParameters\": {{\n{0}{0}    {PROXY}: ", " ".repeat(10))),
        ("a.json", tabs, format!("\n\t\t\t\t\t\"requestParameters\": {{\n\t\t\t\t\t\t{PROXY}: ")),
        (
            "a.tf",
            terraform(""),
            format!("\n  request_parameters = {{\n    {PROXY}                 = \"'aws-apigateway'\"\n    {TIME} = "),
        ),
        (
            "a.tf",
            terraform("  request_parameters = {\n    \"a\"     = \"'b'\" # why\n    (local.k) = \"'c'\",\n  }\n"),
            format!("{{\n    \"a\"     = \"'b'\" # why\n    (local.k) = \"'c'\",\n    {PROXY}                 = "),
        ),
        (
            "a.tf",
            terraform("  request_parameters = {\n    \"a\"       = \"'b'\" # why\n    (local.k) = \"'c'\",\n  }\n"),
            format!(
                "{{\n    \"a\"{} = \"'b'\" # why\n    (local.k){} = \"'c'\",\n    {PROXY}                 = ",
                " ".repeat(TIME.len() - 3),
                " ".repeat(TIME.len() - 9)
            ),
        ),
        (
            "a.tf",
            terraform(&format!(
                "  request_parameters = {{\n    \"a\" = \"b\"\n\n    \"{0}\" = \"c\"\n  }}\n",
                "k".repeat(60)
            )),
            format!("{{\n    \"a\" = \"b\"\n\n    \"{0}\" = \"c\"\n    {PROXY}{1} = ", "k".repeat(60), " ".repeat(23)),
        ),
        (
            "a.tf",
            terraform("  request_parameters = { (local.k) = \"1\"\n    \"x\" = \"2\"\n  }\n"),
            format!("\n    \"x\"{} = \"2\"\n    {PROXY}                 = ", " ".repeat(TIME.len() - 3)),
        ),
        (
            "a.tf",
            terraform("  request_parameters = { (local.k) = \"1\" }\n"),
            format!("{{ (local.k) = \"1\", {PROXY} = \"'aws-apigateway'\", {TIME} = "),
        ),
    ] {
        let folder = folder("layout", &[(name, &text)]);
        let said = run(&folder, &["patch", name]);
        assert_eq!(said.code, 0, "{text}: {}{}", said.out, said.err);
        let after = read(&folder.join(name));
        assert!(after.contains(&expected), "{expected}\n{after}");
        assert!(is_contained(&text, &after), "{after}");
    }
}
