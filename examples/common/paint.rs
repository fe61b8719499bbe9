//! Colours of a terminal.

use std::fmt::Display;

use opentelemetry_sdk::trace::SpanData;

use super::span;

#[derive(Clone, Copy)]
pub(crate) struct Paint {
    is_on: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum Colour {
    Bold,
    Dim,
    Gateway,
    Application,
    Error,
}

impl Colour {
    pub(crate) fn of_service(span: &SpanData) -> Self {
        if span::is_gateway(span) {
            Self::Gateway
        } else {
            Self::Application
        }
    }

    pub(crate) fn of_outcome(span: &SpanData) -> Self {
        if span::is_error(span) {
            Self::Error
        } else {
            Self::of_service(span)
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Gateway => "35",
            Self::Application => "36",
            Self::Error => "31",
        }
    }
}

impl Paint {
    pub(crate) fn new(is_on: bool) -> Self {
        Self { is_on }
    }

    pub(crate) fn paint(self, colour: Colour, text: impl Display) -> String {
        if self.is_on {
            format!("\x1b[{}m{text}\x1b[0m", colour.code())
        } else {
            text.to_string()
        }
    }
}
