use crate::context::Context;
use crate::error::{Code, Error};
use crate::function::Function;
use crate::http::{Edge, Gate};
use axum::Router;
use axum::routing::{MethodFilter, on_service};

/// The routes of these functions: admission in front of every endpoint, problems for everything else.
pub fn router(ctx: &Context, functions: &[Function]) -> Edge {
    let mut router = Router::new();
    for endpoint in functions.iter().flat_map(|function| &function.endpoints) {
        let method =
            MethodFilter::try_from(endpoint.method.clone()).expect("a method with a verb of its own");
        router = router.route(&endpoint.path, on_service(method, Gate::new(ctx, endpoint)));
    }
    let routes = router
        .fallback(async || Error::new(Code::NotFound, "There is nothing at this address."))
        .method_not_allowed_fallback(async || {
            Error::new(Code::MethodNotAllowed, "This address does not take this method.")
        });
    Edge::new(ctx, routes)
}
