//! Writes each block of Rust in README and the docs to a module, inside the context that it needs to compile.
//!
//! A file of `contexts` names the page and the beginning of the block in its first line, and has a line `BLOCK` where the
//! block goes. The block keeps its line numbers, so that the compiler's messages name lines of the page.

// A build script is told by the environment where to write.
#![allow(clippy::disallowed_methods)]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The Rust of this page is that of programs that `tests/receivers` builds.
const ELSEWHERE: &str = "backends.md";

struct Block {
    page: String,
    /// Of the block's first line, counted from 1.
    line: usize,
    text: String,
}

struct Context {
    page: String,
    beginning: String,
    before: String,
    after: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let contexts = contexts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("contexts"))?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    let mut modules = String::new();
    for block in pages(&root)?.iter().map(|page| blocks(&root, page)).collect::<Result<Vec<_>, _>>()?.iter().flatten() {
        let place = format!("{}:{}", block.page, block.line);
        match contexts.iter().find(|context| context.page == block.page && block.text.starts_with(&context.beginning)) {
            Some(context) => {
                let file = out.join(format!("{}@{}.rs", block.page.replace('/', "@"), block.line));
                let padding = "\n".repeat(block.line - 2);
                fs::write(&file, format!("{padding}{}\n{}{}", context.before, block.text, context.after))?;
                let name = place.replace(|c: char| !c.is_ascii_alphanumeric(), "_").to_ascii_lowercase();
                writeln!(modules, "#[path = {file:?}]\nmod {name};")?;
            }
            None => writeln!(modules, "compile_error!(\"{place}: no context in tests/snippets/rust/contexts\");")?,
        }
    }
    fs::write(out.join("blocks.rs"), modules)?;
    Ok(())
}

/// README and the docs, or, to try that a broken block is found, the page that a variable names.
fn pages(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=SNIPPETS_PAGE");
    if let Ok(page) = env::var("SNIPPETS_PAGE") {
        return Ok(vec![page]);
    }
    println!("cargo::rerun-if-changed={}", root.join("docs").display());
    let mut pages = vec!["README.md".to_owned()];
    for entry in fs::read_dir(root.join("docs"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") && name != ELSEWHERE {
            pages.push(format!("docs/{name}"));
        }
    }
    Ok(pages)
}

fn blocks(root: &Path, page: &str) -> Result<Vec<Block>, Box<dyn Error>> {
    let path = root.join(page);
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(&path)?;
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut is_fenced = false;
    for (index, line) in text.lines().enumerate() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            is_fenced = !is_fenced;
            blocks.extend(open.take());
            if is_fenced && info.split([' ', ',']).next() == Some("rust") {
                open = Some(Block { page: page.to_owned(), line: index + 2, text: String::new() });
            }
        } else if let Some(block) = &mut open {
            block.text += line;
            block.text += "\n";
        }
    }
    Ok(blocks)
}

fn contexts(folder: &Path) -> Result<Vec<Context>, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut contexts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?;
        let parts = text.split_once('\n').and_then(|(head, code)| {
            let (page, beginning) = head.strip_prefix("// ")?.split_once(": ")?;
            let (before, after) = code.split_once("BLOCK\n")?;
            Some((page, beginning, before, after))
        });
        let (page, beginning, before, after) =
            parts.ok_or_else(|| format!("{}: expected `// page: beginning` and a line BLOCK", path.display()))?;
        contexts.push(Context {
            page: page.to_owned(),
            beginning: beginning.to_owned(),
            // One line, whatever comes before the block.
            before: before.replace('\n', " "),
            after: after.to_owned(),
        });
    }
    Ok(contexts)
}
