use crate::context::Context;
use crate::error::{Code, Error};
use crate::function::Function;
use crate::http;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, on_service};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _, SizeAbove};

/// Answers below this many bytes are not worth compressing.
const COMPRESS_ABOVE: u64 = 1024;

/// The routes of these functions: admission in front of every endpoint, problems for everything else.
pub fn router(ctx: &Context, functions: &[Function]) -> Router {
    let mut router = Router::new();
    for endpoint in functions.iter().flat_map(|function| &function.endpoints) {
        let method =
            MethodFilter::try_from(endpoint.method.clone()).expect("a method with a verb of its own");
        router = router.route(&endpoint.path, on_service(method, http::Gate::new(ctx, endpoint)));
    }
    let predicate = DefaultPredicate::new().and(SizeAbove::new(COMPRESS_ABOVE));
    router
        .fallback(async || Error::new(Code::NotFound, "There is nothing at this address."))
        .method_not_allowed_fallback(async || {
            Error::new(Code::MethodNotAllowed, "This address does not take this method.")
        })
        // As one: each call of `layer` boxes every request once more. The first is the outermost.
        .layer((
            CompressionLayer::new().compress_when(predicate),
            http::cors(ctx.config()),
            from_fn_with_state(ctx.clone(), http::edge),
        ))
        .with_state(ctx.clone())
}
