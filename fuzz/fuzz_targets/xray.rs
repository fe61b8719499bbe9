//! Any `X-Amzn-Trace-Id` is read or refused, and what is written of it reads back.
#![no_main]

use apigateway_inferred_span::{ProxyRequest, XRayTraceHeader};
use libfuzzer_sys::fuzz_target;
use opentelemetry::trace::{SpanId, TraceId};

fuzz_target!(|data: &[u8]| {
    let parsed = std::str::from_utf8(data).ok().and_then(|text| text.parse::<XRayTraceHeader>().ok());
    if let Some(header) = parsed {
        let written = header.to_string();
        assert_eq!(written.parse(), Ok(header), "{written}");
        assert!(written.is_ascii() && written.len() <= 40 + 24 + 10, "{written}");
        assert_eq!(written.parse::<XRayTraceHeader>().unwrap().to_string(), written);
        assert_ne!(header.trace_id(), TraceId::INVALID);
        assert_ne!(header.parent(), Some(SpanId::INVALID));
        let root = header.root();
        assert_eq!(root.len(), 35);
        let digits = root.replace('-', "");
        assert_eq!(digits.strip_prefix('1'), Some(&*header.trace_id().to_string()));
    }

    // In a request the limits of every header's value come on top.
    let request = ProxyRequest::from_headers([("x-dd-proxy", &b"azure-fd"[..]), ("x-amzn-trace-id", data)]);
    let request = request.expect("readable").expect("there");
    let is_text =
        data.len() <= 2 * 1024 && std::str::from_utf8(data).is_ok_and(|text| !text.chars().any(char::is_control));
    assert_eq!(request.x_ray(), parsed.as_ref().filter(|_| is_text));
});
