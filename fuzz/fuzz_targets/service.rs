//! Sends up to three requests through the tower service: with any settings and headers, answered in any way, and
//! cancelled anywhere.
//!
//! The input is a block of headers for each request, each followed by an empty line, and then bytes from which
//! `arbitrary` takes the settings of the layer and, for each request, what the application and the client do. Seeds
//! are in this format: changing the order of fields or variants in `service/input.rs` changes what they mean.
#![no_main]

use apigateway_inferred_span_fuzz::service::{check, split, Exchange, Layers, Plan, Settings};
use arbitrary::Arbitrary as _;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (requests, mut control) = split(data);
    let Ok(settings) = Settings::arbitrary(&mut control) else {
        return;
    };
    let layers = Layers::new(&settings);
    let mut kept = Vec::new();
    let mut exchanges: Vec<Exchange> = Vec::new();
    for headers in requests {
        let Ok(plan) = Plan::arbitrary(&mut control) else {
            break;
        };
        exchanges.push(layers.send(headers, plan, &mut kept));
    }
    // Futures and bodies that a client has kept end their spans now, after all requests.
    drop(kept);
    check(&layers, &exchanges);
});
