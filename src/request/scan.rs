//! The headers that matter, found in one pass over a request's.

use super::names::{
    BAGGAGE, FORWARDED, PROXY_HEADERS, TRACEPARENT, TRACESTATE, USER_AGENT, X_AMZN_APIGATEWAY_API_ID, X_AMZN_TRACE_ID,
    X_DD_PROXY, X_DD_PROXY_ACCOUNT_ID, X_DD_PROXY_API_ID, X_DD_PROXY_DOMAIN_NAME, X_DD_PROXY_HTTPMETHOD,
    X_DD_PROXY_PATH, X_DD_PROXY_REGION, X_DD_PROXY_REQUEST_ID, X_DD_PROXY_REQUEST_TIME_MS, X_DD_PROXY_RESOURCE_PATH,
    X_DD_PROXY_STAGE, X_DD_PROXY_USER, X_FORWARDED_FOR,
};

/// A header's value as it came, if it came.
pub(crate) type Header<'a> = Option<&'a [u8]>;

/// The values of the headers that matter, unchecked.
#[derive(Debug, Default)]
pub(crate) struct Headers<'a> {
    pub(super) proxy: Header<'a>,
    pub(super) request_time_ms: Header<'a>,
    pub(super) domain_name: Header<'a>,
    pub(super) httpmethod: Header<'a>,
    pub(super) path: Header<'a>,
    pub(super) stage: Header<'a>,
    pub(super) resource_path: Header<'a>,
    pub(super) account_id: Header<'a>,
    pub(super) api_id: Header<'a>,
    pub(super) region: Header<'a>,
    pub(super) user: Header<'a>,
    pub(super) request_id: Header<'a>,
    pub(super) user_agent: Header<'a>,
    pub(super) forwarded: Header<'a>,
    pub(super) x_forwarded_for: Header<'a>,
    pub(super) apigateway_api_id: Header<'a>,
    pub(super) x_amzn_trace_id: Header<'a>,
    /// These two come in events alone.
    #[cfg(any(feature = "lambda", feature = "request-context"))]
    pub(super) extended_request_id: Header<'a>,
    #[cfg(any(feature = "lambda", feature = "request-context"))]
    pub(super) source_ip: Header<'a>,
    pub(crate) propagation: PropagationHeaders<'a>,
    /// Those of the gateway's that came twice with different values, of which one is not the gateway's: a bit for each
    /// of [`PROXY_HEADERS`].
    pub(super) conflicts: u16,
}

impl<'a> Headers<'a> {
    /// Takes names in lower case.
    pub(crate) fn scan<N: AsRef<str>>(headers: impl Iterator<Item = (N, &'a [u8])>) -> Self {
        let mut found = Self::default();
        for (name, value) in headers {
            let name = name.as_ref();
            match found.slot(name) {
                Some(slot @ None) => *slot = Some(value),
                // Of other headers, to which anyone may add, the first one counts.
                Some(Some(first)) if *first != value => {
                    let place = PROXY_HEADERS.into_iter().position(|known| known == name);
                    found.conflicts |= place.map_or(0, |place| 1 << place);
                }
                _ => {}
            }
        }
        found
    }

    /// Takes out the headers that came twice with different values, and returns their names.
    pub(super) fn take_conflicts(&mut self) -> impl Iterator<Item = &'static str> {
        let conflicts = std::mem::take(&mut self.conflicts);
        let names = PROXY_HEADERS.into_iter().enumerate().filter(move |(place, _)| conflicts & 1 << place != 0);
        let names = names.map(|(_, name)| name);
        for name in names.clone() {
            if let Some(slot) = self.slot(name) {
                *slot = None;
            }
        }
        names
    }

    pub(super) fn has_conflicts(&self) -> bool {
        self.conflicts != 0
    }

    /// All but those that decide whether there is an exchange, and those of propagators.
    pub(super) fn optional(&self) -> [Header<'a>; 15] {
        [
            self.domain_name,
            self.httpmethod,
            self.path,
            self.stage,
            self.resource_path,
            self.account_id,
            self.api_id,
            self.region,
            self.user,
            self.request_id,
            self.user_agent,
            self.forwarded,
            self.x_forwarded_for,
            self.apigateway_api_id,
            self.x_amzn_trace_id,
        ]
    }

    /// The places of [`optional`](Self::optional), in the same order.
    pub(super) fn optional_mut(&mut self) -> [&mut Header<'a>; 15] {
        [
            &mut self.domain_name,
            &mut self.httpmethod,
            &mut self.path,
            &mut self.stage,
            &mut self.resource_path,
            &mut self.account_id,
            &mut self.api_id,
            &mut self.region,
            &mut self.user,
            &mut self.request_id,
            &mut self.user_agent,
            &mut self.forwarded,
            &mut self.x_forwarded_for,
            &mut self.apigateway_api_id,
            &mut self.x_amzn_trace_id,
        ]
    }

    /// Those that come in events alone.
    #[cfg(any(feature = "lambda", feature = "request-context"))]
    pub(super) fn of_events(&self) -> [Header<'a>; 2] {
        [self.extended_request_id, self.source_ip]
    }

    #[cfg(any(feature = "lambda", feature = "request-context"))]
    /// The places of [`of_events`](Self::of_events), in the same order.
    pub(super) fn of_events_mut(&mut self) -> [&mut Header<'a>; 2] {
        [&mut self.extended_request_id, &mut self.source_ip]
    }

    // One match over all names: the compiler makes a comparison by length of it, which is cheaper than a test for the
    // prefix first.
    #[inline]
    fn slot(&mut self, name: &str) -> Option<&mut Header<'a>> {
        Some(match name {
            X_DD_PROXY => &mut self.proxy,
            X_DD_PROXY_REQUEST_TIME_MS => &mut self.request_time_ms,
            X_DD_PROXY_DOMAIN_NAME => &mut self.domain_name,
            X_DD_PROXY_HTTPMETHOD => &mut self.httpmethod,
            X_DD_PROXY_PATH => &mut self.path,
            X_DD_PROXY_STAGE => &mut self.stage,
            X_DD_PROXY_RESOURCE_PATH => &mut self.resource_path,
            X_DD_PROXY_ACCOUNT_ID => &mut self.account_id,
            X_DD_PROXY_API_ID => &mut self.api_id,
            X_DD_PROXY_REGION => &mut self.region,
            X_DD_PROXY_USER => &mut self.user,
            X_DD_PROXY_REQUEST_ID => &mut self.request_id,
            USER_AGENT => &mut self.user_agent,
            FORWARDED => &mut self.forwarded,
            X_FORWARDED_FOR => &mut self.x_forwarded_for,
            X_AMZN_APIGATEWAY_API_ID => &mut self.apigateway_api_id,
            X_AMZN_TRACE_ID => &mut self.x_amzn_trace_id,
            TRACEPARENT => &mut self.propagation.traceparent,
            TRACESTATE => &mut self.propagation.tracestate,
            BAGGAGE => &mut self.propagation.baggage,
            _ => return None,
        })
    }
}

/// The propagation headers that nearly every propagator asks for, so that it needs no look-up of its own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PropagationHeaders<'a> {
    traceparent: Header<'a>,
    tracestate: Header<'a>,
    baggage: Header<'a>,
}

impl<'a> PropagationHeaders<'a> {
    pub(crate) fn has_traceparent(&self) -> bool {
        self.traceparent.is_some()
    }

    pub(crate) fn has_trace_state(&self) -> bool {
        self.tracestate.is_some()
    }

    /// The header of that name; `None` if it is none of these.
    pub(crate) fn get(&self, name: &str) -> Option<Header<'a>> {
        Some(match name {
            TRACEPARENT => self.traceparent,
            TRACESTATE => self.tracestate,
            BAGGAGE => self.baggage,
            _ => return None,
        })
    }
}
