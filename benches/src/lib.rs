//! What the layer costs, and what it may cost at most.
//!
//! | file | |
//! |---|---|
//! | `case` | something that is done again and again, and what it costs more than |
//! | `requests` | the requests that are sent |
//! | `drive` | sends one through a service as a server would, without a runtime |
//! | `floors` | the least it could cost |
//! | `tower`, `actix` | the layer |
//! | `others` | the layers of others |
//! | `observers` | metrics and access log |
//! | `events` | events of AWS Lambda |
//! | `growth` | requests that grow |
//! | `worst` | the dearest requests |
//! | `per_service_export` | what the exporter for each service costs |
//! | `suites` | which cases a binary measures |
//! | `measure` | counts instructions, allocations and processor time |
//! | `targets` | what they may be |

pub mod actix;
pub mod case;
pub mod drive;
#[cfg(feature = "events")]
pub mod events;
pub mod floors;
pub mod growth;
pub mod measure;
#[cfg(feature = "observers")]
pub mod observers;
#[cfg(feature = "others")]
pub mod others;
pub mod per_service_export;
pub mod requests;
pub mod suites;
pub mod targets;
pub mod telemetry;
pub mod tower;
pub mod worst;
