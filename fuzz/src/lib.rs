//! What the fuzz targets share: headers as text, and spans that are only counted.

pub mod service;

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Span as _, SpanId};
use opentelemetry::{Context, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

/// How often the value of a line that begins with `*` is repeated, so that a small input reaches the length limits.
const REPEATED: usize = 64;

/// Reads lines of `name: value`.
pub fn pairs(text: &[u8]) -> Vec<(String, Vec<u8>)> {
    let lines = text.split(|b| *b == b'\n').take(40);
    lines
        .filter_map(|line| {
            let (name, value) = split_once(line, b": ")?;
            let name = String::from_utf8_lossy(name);
            Some(match name.strip_prefix('*') {
                None => (name.into_owned(), value.to_vec()),
                Some(name) => (name.to_owned(), value.repeat(REPEATED)),
            })
        })
        .collect()
}

pub fn split_once<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text.windows(separator.len()).position(|window| window == separator)?;
    Some((&text[..at], &text[at + separator.len()..]))
}

/// The wall clock of every target: 2025-06-15T15:06:40Z, in milliseconds since 1970.
pub const NOW_MS: u64 = 1_750_000_000_000;

pub fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(NOW_MS)
}

/// What happened to spans on this thread.
#[derive(Debug, Default)]
pub struct Log {
    pub started: Vec<SpanId>,
    pub ended: Vec<SpanData>,
}

thread_local! {
    static LOG: RefCell<Log> = RefCell::default();
}

pub fn take_log() -> Log {
    LOG.take()
}

/// Keeps starts and ends; a target can hook in at both.
#[derive(Debug)]
pub struct Recorder {
    pub on_start: fn(SpanId),
    pub on_end: fn(SpanId),
}

impl Recorder {
    pub fn new() -> Self {
        Self { on_start: |_| (), on_end: |_| () }
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl SpanProcessor for Recorder {
    fn on_start(&self, span: &mut Span, _: &Context) {
        let id = span.span_context().span_id();
        LOG.with_borrow_mut(|log| log.started.push(id));
        (self.on_start)(id);
    }

    fn on_end(&self, span: SpanData) {
        let id = span.span_context.span_id();
        LOG.with_borrow_mut(|log| log.ended.push(span));
        (self.on_end)(id);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

pub fn attribute<'a>(span: &'a SpanData, key: &str) -> Option<&'a Value> {
    let found = span.attributes.iter().find(|pair| pair.key.as_str() == key);
    found.map(|pair| &pair.value)
}

/// The attribute as text; empty if it isn't there.
pub fn text(span: &SpanData, key: &str) -> String {
    attribute(span, key).map_or_else(String::new, |value| value.as_str().into_owned())
}

/// Fails unless the span could be sent anywhere: every key once, and no text that is empty, long or has control
/// characters.
pub fn assert_sound(span: &SpanData) {
    assert!(span.start_time <= span.end_time, "{span:?}");
    assert!(!span.name.is_empty());
    assert_eq!(span.dropped_attributes_count, 0);
    for (at, pair) in span.attributes.iter().enumerate() {
        let before = &span.attributes[..at];
        assert!(before.iter().all(|other| other.key != pair.key), "{span:?}");
        if let Value::String(value) = &pair.value {
            let value = value.as_str();
            // Put together from a domain of 2 KiB and a path of 8 KiB at most.
            assert!(!value.is_empty() && value.len() <= 11 * 1024, "{pair:?}");
            assert!(!value.chars().any(char::is_control), "{pair:?}");
        }
    }
}
