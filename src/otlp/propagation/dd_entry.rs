//! Datadog's entry of the trace state: `dd=s:2;o:rum;t.dm:-4`.
//!
//! Datadog's tracers write it into `tracestate`, so that what they know of a trace goes on in W3C's format, too.

use opentelemetry::trace::TraceState;

use crate::request::text::split_once;

const VENDOR: &str = "dd";
const TAG: &str = "t.";
/// Longest value that a trace state can have, in bytes.
const MAX_LEN: usize = 256;

/// What Datadog's headers say beyond a span context. Texts that were read from a trace state are still escaped;
/// [`restored`](Entry::restored) undoes that.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Entry<'a> {
    pub(super) priority: Option<i32>,
    pub(super) origin: Option<&'a str>,
    /// The tags that go along with the trace, without their prefix.
    pub(super) tags: Vec<(&'a str, &'a str)>,
}

impl<'a> Entry<'a> {
    /// The trace state's entry.
    pub(super) fn of(trace_state: &'a TraceState) -> Self {
        let mut entry = Self::default();
        let parts = trace_state.get(VENDOR).unwrap_or_default().split(';');
        for (key, value) in parts.filter_map(|part| split_once(part, b':')).filter(|(_, value)| !value.is_empty()) {
            match (key, key.strip_prefix(TAG)) {
                ("s", _) => entry.priority = value.parse().ok(),
                ("o", _) => entry.origin = Some(value),
                (_, Some(tag)) if !tag.is_empty() => entry.tags.push((tag, value)),
                _ => {}
            }
        }
        entry
    }

    /// A trace state with this entry alone. Parts that would make it too long are left out.
    pub(super) fn to_trace_state(&self) -> TraceState {
        let mut value = String::new();
        let mut add = |part: String| Self::push(&mut value, ';', &part, MAX_LEN);
        if let Some(priority) = self.priority {
            add(format!("s:{priority}"));
        }
        if let Some(origin) = self.origin {
            add(format!("o:{}", escaped_value(origin)));
        }
        for (key, value) in &self.tags {
            add(format!("{TAG}{}:{}", escaped_key(key), escaped_value(value)));
        }
        match value.is_empty() {
            true => TraceState::NONE,
            false => TraceState::from_key_value([(VENDOR, value)]).unwrap_or_default(),
        }
    }

    /// A value as it was before it was escaped.
    pub(super) fn restored(value: &str) -> String {
        value.replace('~', "=")
    }

    /// Adds a part, unless the text would become longer than `max` bytes.
    pub(super) fn push(text: &mut String, separator: char, part: &str, max: usize) {
        let separator = (!text.is_empty()).then_some(separator);
        if text.len() + separator.map_or(0, char::len_utf8) + part.len() <= max {
            text.extend(separator);
            text.push_str(part);
        }
    }
}

/// `tracestate` doesn't allow `=`, for which `~` stands; `;` and `,` separate parts.
fn escaped_value(value: &str) -> String {
    let escape = |c| match c {
        '=' => '~',
        ',' | ';' | '~' => '_',
        ' '..='~' => c,
        _ => '_',
    };
    value.chars().map(escape).collect()
}

/// A key ends at `:`, in addition.
fn escaped_key(key: &str) -> String {
    let escape = |c| match c {
        ' ' | '=' | ':' | ',' | ';' | '~' => '_',
        '!'..='~' => c,
        _ => '_',
    };
    key.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_written_as_datadogs_tracers_write_it() {
        let tags = vec![("dm", "-4"), ("a:~ b", "x=;~:y")];
        let table = [
            (Entry::default(), ""),
            (Entry { priority: Some(-1), ..Entry::default() }, "dd=s:-1"),
            (Entry { priority: Some(2), origin: Some("rum"), tags }, "dd=s:2;o:rum;t.dm:-4;t.a___b:x~__:y"),
            (Entry { origin: Some("a,b;c=d~\u{e9}\n"), ..Entry::default() }, "dd=o:a_b_c~d___"),
        ];
        for (entry, expected) in table {
            assert_eq!(entry.to_trace_state().header(), expected, "{entry:?}");
        }
    }

    #[test]
    fn parts_that_would_make_it_too_long_are_left_out() {
        for (length, is_whole) in [(MAX_LEN - "s:1;t.x:".len(), true), (MAX_LEN - "s:1;t.x:".len() + 1, false)] {
            let value = "a".repeat(length);
            let tags = vec![("x", value.as_str()), ("y", "1")];
            let state = Entry { priority: Some(1), origin: None, tags }.to_trace_state();
            let expected = if is_whole { format!("dd=s:1;t.x:{value}") } else { "dd=s:1;t.y:1".to_owned() };
            assert_eq!(state.header(), expected);
        }
    }

    #[test]
    fn an_entry_is_read_as_far_as_it_can_be() {
        let table = [
            ("", Entry::default()),
            ("vendor=s:1", Entry::default()),
            ("dd=s:2;o:rum;t.dm:-4", Entry { priority: Some(2), origin: Some("rum"), tags: vec![("dm", "-4")] }),
            ("dd=s:x;o:;t.:1;t.a:;p:1;x;:;", Entry::default()),
            ("vendor=1,dd=t.a:b:c~", Entry { tags: vec![("a", "b:c~")], ..Entry::default() }),
        ];
        for (header, expected) in table {
            let state = header.parse().unwrap();
            assert_eq!(Entry::of(&state), expected, "{header:?}");
        }
        assert_eq!(Entry::restored("YWJj~~"), "YWJj==");
    }
}
