//! The layer of `lambda_runtime::Runtime`.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use lambda_runtime::LambdaInvocation;
use tower_service::Service;

use super::invocation::{InvocationFuture, Watch};
use super::parts::EventParts;
use crate::core::Core;
use crate::exchange::{begin_event, Exchange, Invocation, Outer};
use crate::flush::{last_moment, timer};
use crate::request::context::Event;
use crate::tower::InferredSpanService;

/// An exchange ends this long before the function is killed, or after nine tenths of its time if that is later.
const BEFORE_THE_END: Duration = Duration::from_millis(200);

/// The layer on the runtime, outside of `OpenTelemetryLayer`: its span becomes the gateway's child. See
/// [AWS Lambda](crate#aws-lambda).
impl<S> Service<LambdaInvocation> for InferredSpanService<S>
where
    S: Service<LambdaInvocation, Response = ()>,
{
    type Response = ();
    type Error = S::Error;
    type Future = InvocationFuture<S::Future, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.split().0.poll_ready(cx)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let (inner, core) = self.split();
        // Off Lambda, `lambda_runtime` can't run.
        let Some(core) = core.filter(|core| core.on_lambda.is_some()) else {
            return InvocationFuture::new(inner.call(invocation), Watch::default());
        };
        let mut watch = watch(core, &invocation);
        let future = watch.in_scope(|| inner.call(invocation));
        InvocationFuture::new(future, watch)
    }
}

/// Begins the exchange, if the event is one of a gateway.
fn watch(core: &Arc<Core>, invocation: &LambdaInvocation) -> Watch {
    // Counted for every event: what comes after the first one doesn't wait for the function's start.
    let is_cold_start = Invocation::is_first();
    let id = &invocation.context.request_id;
    // The layer was added twice.
    if Outer::of(id).is_some() {
        return Watch::default();
    }
    let mut exchange = begin(core, invocation, is_cold_start);
    // Also for one that isn't a gateway's or was refused, so that a layer further in doesn't judge it again.
    let entered = Some(Outer::enter(id, core, exchange.as_deref_mut()));
    let flush = core.on_lambda.as_ref().and_then(|on_lambda| on_lambda.flush.clone());
    let is_watched = flush.is_some() || exchange.is_some();
    let deadline = invocation.context.deadline();
    Watch {
        exchange,
        entered,
        deadline: time_left(deadline).filter(|_| is_watched).and_then(timer),
        last_moment: flush.as_ref().and_then(|_| last_moment(deadline)),
        flush,
        ..Watch::default()
    }
}

fn begin(core: &Arc<Core>, invocation: &LambdaInvocation, is_cold_start: bool) -> Option<Box<Exchange>> {
    if core.is_off {
        return None;
    }
    let (context, headers) = Event::from_json(&invocation.body)?;
    let lambda = &invocation.context;
    let event = Invocation {
        context,
        function_arn: Some(&lambda.invoked_function_arn),
        x_ray: lambda.xray_trace_id.as_deref(),
        is_cold_start,
    };
    begin_event(core, &event, &mut EventParts(headers))
}

fn time_left(deadline: SystemTime) -> Option<Duration> {
    let left = deadline.duration_since(SystemTime::now()).ok()?;
    Some(left.saturating_sub(BEFORE_THE_END.min(left / 10)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_ends_before_the_function_does() {
        for (ms, shortest, longest) in [(3_000, 2_700, 2_800), (100, 80, 90), (0, 0, 0)] {
            let left = time_left(SystemTime::now() + Duration::from_millis(ms)).unwrap_or_default();
            let range = Duration::from_millis(shortest)..=Duration::from_millis(longest);
            assert!(range.contains(&left), "{ms}: {left:?}");
        }
        assert_eq!(time_left(SystemTime::UNIX_EPOCH), None);
    }
}
