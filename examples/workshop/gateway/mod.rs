//! A stand-in for a REST API with the stages `prod` and `beta`, an `HTTP_PROXY` integration and this crate's headers
//! mapped. It writes an access log and counts requests, as API Gateway does for CloudWatch.

mod access_log;
mod counts;
mod exchange;
mod integration;
mod proxy;
mod usage_plan;

pub(crate) use counts::{Counts, Figures};
pub(crate) use integration::INTEGRATION_TIMEOUT;
pub(crate) use proxy::Gateway;
pub(crate) use usage_plan::{PARTNER_KEY, TRIAL_KEY};
