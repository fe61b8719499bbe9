use tower_layer::Layer;

use super::InferredSpanService;
use crate::layer::ApiGatewayInferredSpan;

impl<S> Layer<S> for ApiGatewayInferredSpan {
    type Service = InferredSpanService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        InferredSpanService::new(inner, self.active())
    }
}
