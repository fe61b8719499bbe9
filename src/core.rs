//! What a layer, its services and their exchanges share.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::WallClock;
use crate::error_statuses::ErrorStatuses;
use crate::observe::span::{SpanSettings, Tracer};
use crate::observe::{Counters, Observers};
use crate::parent::Propagator;
use crate::request::XRay;
use crate::trust::Trust;
use crate::unusable::UnusableSettings;

/// The settings, each for its stage, and the state that clones of a layer share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Core {
    /// The layer is off, and only there to strip headers.
    pub(crate) is_off: bool,
    pub(crate) trust: Trust,
    pub(crate) unusable: UnusableSettings,
    pub(crate) strip_headers: bool,
    pub(crate) propagator: Propagator,
    pub(crate) x_ray: XRay,
    pub(crate) tracer: Arc<Tracer>,
    pub(crate) span: SpanSettings,
    pub(crate) error_statuses: ErrorStatuses,
    pub(crate) integration_timeout: Option<Duration>,
    /// All gateways know their time to the second only.
    pub(crate) whole_second_times: bool,
    pub(crate) wall_clock: WallClock,
    /// The first observer, by its type, because [`stats`](crate::ApiGatewayInferredSpan::stats) reads it.
    pub(crate) counters: Arc<Counters>,
    /// The other observers.
    pub(crate) observers: Observers,
    /// The process is an AWS Lambda function, so that events say what the gateway said, and headers don't.
    #[cfg(any(feature = "lambda", feature = "request-context"))]
    pub(crate) on_lambda: Option<OnLambda>,
    /// When actix-web last refused to let a request's headers be written.
    #[cfg(feature = "actix-web")]
    pub(crate) headers_held_since: Arc<std::sync::Mutex<Option<std::time::Instant>>>,
}

impl Core {
    /// Whether there is something to do even if the layer is off.
    pub(crate) fn acts_if_off(&self) -> bool {
        #[cfg(feature = "lambda")]
        if self.on_lambda.as_ref().is_some_and(|on_lambda| on_lambda.flush.is_some()) {
            return true;
        }
        self.strip_headers
    }
}

/// What matters on AWS Lambda alone.
#[cfg(any(feature = "lambda", feature = "request-context"))]
#[derive(Clone, Debug, Default)]
pub(crate) struct OnLambda {
    /// `AWS_REGION`.
    pub(crate) region: Option<String>,
    /// The header of the Lambda Web Adapter is read.
    #[cfg(feature = "request-context")]
    pub(crate) reads_header: bool,
    #[cfg(feature = "lambda")]
    pub(crate) flush: Option<crate::flush::Flush>,
}
