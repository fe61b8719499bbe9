//! What the layer costs, and what it may cost at most.
//!
//! | file | |
//! |---|---|
//! | `requests` | the requests that are sent |
//! | `drive` | sends one through a service as a server would, without a runtime |
//! | `cases` | what is measured: a service and a request |
//! | `floors` | the least it could cost |
//! | `ours`, `others` | the layers |
//! | `growth` | requests that grow |
//! | `callgrind`, `allocations`, `processor` | count |
//! | `costs` | counts as costs over the bare service |
//! | `splitting` | what the exporter for each service costs |
//! | `targets` | what they may be |

pub mod allocations;
pub mod callgrind;
pub mod cases;
pub mod costs;
pub mod drive;
pub mod floors;
pub mod growth;
#[cfg(feature = "others")]
pub mod others;
pub mod ours;
pub mod processor;
pub mod requests;
pub mod splitting;
pub mod targets;
pub mod telemetry;
