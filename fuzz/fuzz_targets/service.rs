//! Any requests through the whole tower service, answered in any way and cut off anywhere, with any settings.
//!
//! The input is a block of headers for each request, each ended by an empty line, then bytes that say all the rest.
#![no_main]

use apigateway_inferred_span_fuzz::service::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| fuzz(data));
