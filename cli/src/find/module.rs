//! What the files of a Terraform module say of each other.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::tree::{parse_hcl, Node};

/// Labels of blocks. References to them have no quotes.
const SIGNS: [&str; 3] = ["\"aws_apigatewayv2_api\"", "\"aws_api_gateway_method\"", "\"aws_region\""];

#[derive(Debug, Default)]
pub(super) struct Module {
    /// `protocol_type` by the name of an `aws_apigatewayv2_api`. `None` if it is computed.
    pub(super) protocols: HashMap<String, Option<String>>,
    /// The path parameters that an `aws_api_gateway_method` declares, by its name. `None` if they are computed.
    pub(super) methods: HashMap<String, Option<BTreeSet<String>>>,
    /// An expression that gives the region.
    pub(super) region: Option<String>,
}

/// The modules that have been read, each of which is a folder.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    known: RefCell<HashMap<PathBuf, Rc<Module>>>,
}

impl Modules {
    /// The module of a file.
    pub(super) fn of(&self, path: &Path) -> Rc<Module> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if let Some(known) = self.known.borrow().get(folder) {
            return Rc::clone(known);
        }
        let module = Rc::new(Module::read(folder));
        self.known.borrow_mut().insert(folder.to_owned(), Rc::clone(&module));
        module
    }
}

impl Module {
    /// Reads a folder's files. What can't be read or parsed is said when it is checked itself.
    fn read(folder: &Path) -> Self {
        let mut module = Self::default();
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut files: Vec<_> = entries.filter(|file| file.extension().is_some_and(|ending| ending == "tf")).collect();
        files.sort();
        for file in files {
            let text = fs::read_to_string(file).unwrap_or_default();
            if SIGNS.iter().any(|sign| text.contains(sign)) {
                for root in parse_hcl(&text, 0).unwrap_or_default() {
                    module.add(&root, &text);
                }
            }
        }
        module
    }

    fn add(&mut self, root: &Node<'_>, text: &str) {
        for entry in root.entries() {
            let key = entry.key.text().unwrap_or_default();
            let mut words = key.split(' ');
            let (block, kind, name) = (words.next(), words.next(), words.next().unwrap_or_default());
            match (block, kind) {
                (Some("resource"), Some("aws_apigatewayv2_api")) => {
                    let protocol = entry.value.get("protocol_type").and_then(|value| value.text());
                    self.protocols.insert(name.to_owned(), protocol.map(str::to_owned));
                }
                (Some("resource"), Some("aws_api_gateway_method")) => {
                    self.methods.insert(name.to_owned(), path_parameters(&entry.value));
                }
                // With settings it may be another region, or one of several.
                (Some("data"), Some("aws_region")) if self.region.is_none() && is_empty(&entry.value) => {
                    // `name` is deprecated from version 6 of the provider on, but `region` is unknown before it.
                    let region = format!("data.aws_region.{name}.region");
                    let known = text.contains(&region);
                    self.region = Some(if known { region } else { format!("data.aws_region.{name}.name") });
                }
                _ => {}
            }
        }
    }
}

fn path_parameters(method: &Node<'_>) -> Option<BTreeSet<String>> {
    let Some(parameters) = method.get("request_parameters") else {
        return Some(BTreeSet::new());
    };
    parameters.mapping()?;
    let keys = parameters.entries().filter_map(|entry| entry.key.text());
    Some(keys.filter_map(|key| key.strip_prefix("method.request.path.")).map(str::to_owned).collect())
}

fn is_empty(block: &Node<'_>) -> bool {
    block.entries().next().is_none()
}
