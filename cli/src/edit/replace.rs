//! Another key and value in the place of those that are there.

use super::insert::Editor;
use super::render::Writing;
use super::scalar::Quote;
use super::splice::Splice;
use crate::change::Written;
use crate::judge::Site;
use crate::tree::{Node, Value};

impl Editor<'_> {
    pub(super) fn replace(
        &self,
        site: &Site<'_>,
        new_key: &'static str,
        new_value: &Written,
    ) -> Result<Vec<Splice>, String> {
        let old_value = self.text.slice(site.value.range());
        let writing = Writing {
            keys: Quote::of(self.text.slice(site.key.range())),
            values: Quote::of(old_value),
            ..self.base(site.shape)
        };
        let mut splices = Vec::new();
        if site.key.text() != Some(new_key) {
            splices.push(Splice { range: site.key.range(), text: writing.key(new_key) });
        }
        let value = writing.value(new_value);
        splices.push(match &site.value.value {
            Value::Empty => Splice::insert(self.behind_colon(&site.key)?, format!(" {value}")),
            // A block scalar's range has the end of its last line in it.
            _ => {
                let range = site.value.start()..site.value.start() + old_value.trim_end().len();
                Splice { range, text: value }
            }
        });
        Ok(splices)
    }

    /// Where a value is, or would be.
    pub(super) fn behind_colon(&self, key: &Node<'_>) -> Result<usize, String> {
        let end = key.range().end;
        let colon = self.text.slice(end..self.text.line_end(end)).find(':');
        Ok(end + colon.ok_or("a key has no colon on its line")? + 1)
    }
}
