use super::router;
use crate::context::Context;
use crate::function::Function;

/// HTTP behind API Gateway, a Function URL or a load balancer.
pub(crate) async fn run(
    ctx: Context,
    functions: &[Function],
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    lambda_http::run(router(&ctx, functions)).await
}
