//! The numbers, and what is left to do.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::find::{Kind, Standing};
use crate::outcome::Examined;
use crate::run::Results;
use crate::table::{Class, USER};

#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) documents: usize,
    pub(crate) integrations: usize,
    pub(crate) failing: usize,
    pub(crate) not_checked: usize,
    pub(crate) left_alone: usize,
    pub(crate) hosts: BTreeSet<String>,
    without_recommended: usize,
    not_patched: usize,
    user: bool,
}

impl Summary {
    pub(crate) fn new(results: &Results, strict: bool) -> Self {
        let mut summary = Self { documents: results.examined.len(), user: results.user, ..Self::default() };
        for document in &results.examined {
            summary.not_checked += document.skipped(Standing::NotChecked).count();
            summary.left_alone += document.skipped(Standing::LeftAlone).count();
            summary.not_patched += document.skipped(Standing::NotPatched).count();
            for finding in &document.findings {
                summary.integrations += 1;
                summary.failing += usize::from(finding.fails(strict));
                let recommended = finding.missing.iter().any(|(_, class)| *class == Class::Recommended);
                summary.without_recommended += usize::from(recommended);
                summary.hosts.insert(finding.host.clone());
            }
        }
        summary
    }

    pub(super) fn write_checked(&self, out: &mut dyn Write) -> io::Result<()> {
        self.write_hosts(out)?;
        let ok = self.integrations - self.failing;
        write!(out, "{} in {}: ", count(self.integrations, "integration"), count(self.documents, "document"))?;
        write!(out, "{ok} ok, {} failing", self.failing)?;
        if self.without_recommended > 0 {
            write!(out, "; {} without all recommended headers", self.without_recommended)?;
        }
        self.write_skipped(out)?;
        self.write_user(out)
    }

    fn write_user(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.user && self.integrations > 0 {
            true => writeln!(out, "Note: {USER}."),
            false => Ok(()),
        }
    }

    fn write_skipped(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.not_checked > 0 {
            // A definition that wasn't passed may have any number.
            write!(out, "; {} not checked", count(self.not_checked, "HTTP integration or definition"))?;
        }
        writeln!(out, "; {} left alone", self.left_alone)
    }

    pub(super) fn write_patched(&self, out: &mut dyn Write, results: &Results, written: bool) -> io::Result<()> {
        self.write_hosts(out)?;
        let changed: Vec<_> = results.examined.iter().filter(|document| document.new_text.is_some()).collect();
        let findings = changed.iter().flat_map(|document| &document.findings);
        let patched = findings
            .filter(|finding| !finding.added.is_empty() || finding.wrong.iter().any(|wrong| wrong.replaced))
            .count();
        let stays_wrong = results.examined.iter().flat_map(|document| &document.findings);
        let stays_wrong = stays_wrong.filter(|finding| finding.stays_wrong()).count() + self.not_patched;
        let verb = if written { "patched" } else { "would be patched" };
        write!(out, "{} in {} {verb}; ", count(patched, "integration"), count(changed.len(), "document"))?;
        write!(out, "{stays_wrong} still wrong")?;
        self.write_skipped(out)?;
        let without_region: usize = results.examined.iter().map(|document| document.without_region).sum();
        if without_region > 0 {
            let integrations = count(without_region, "integration");
            let lacks = |document: &&Examined| document.without_region > 0;
            let is_terraform = results.examined.iter().filter(lacks).any(|document| document.kind == Kind::Terraform);
            let declare = if is_terraform { ", or declare `data \"aws_region\" \"current\" {}`" } else { "" };
            let reason = "because the document can't tell the region: pass --region";
            writeln!(out, "{integrations} without x-dd-proxy-region, {reason}{declare}")?;
        }
        if !changed.is_empty() {
            writeln!(out, "Deploy the stage: until then, it uses its old mappings.")?;
        }
        let deployments: BTreeSet<_> = changed.iter().filter_map(|document| document.deployment).collect();
        deployments.iter().try_for_each(|deployment| writeln!(out, "Note: {deployment}."))?;
        self.write_user(out)
    }

    fn write_hosts(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.hosts.is_empty() {
            return Ok(());
        }
        let hosts: Vec<_> = self.hosts.iter().map(String::as_str).collect();
        writeln!(out, "{}: {}", if hosts.len() == 1 { "host" } else { "hosts" }, hosts.join(", "))
    }
}

fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {}s", noun.replace(" or ", "s or ")),
    }
}
