//! Admission: who may pass, how often, with how large a body. Stands in front of every endpoint; no handler runs without it.

use super::caller::{Anonymous, Caller, unauthenticated};
use super::describe::{Operation, Presence};
use super::edge::{AnsweredBy, RequestFacts};
use super::idempotency;
use super::limits::Standing;
use crate::BoxFuture;
use crate::auth;
use crate::context::Context;
use crate::docs::{Actor, ActorKind};
use crate::error::{Code, Error, Result};
use crate::function::{Access, Endpoint};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::http::header::{ACCEPT, CONTENT_LENGTH, ETAG, IF_NONE_MATCH, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use tower::Service;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The gate of one endpoint, and what stands behind it.
#[derive(Clone)]
pub(crate) struct Gate {
    ctx: Context,
    facts: Arc<Facts>,
}

struct Facts {
    endpoint: Endpoint,
    path: Arc<str>,
    /// Looked up with the first request: a start does not wait for what no request asks for.
    learned: OnceLock<Learned>,
}

/// What follows from the signature of the handler.
struct Learned {
    media: Vec<&'static str>,
    /// Answers 201: takes an Idempotency-Key.
    creates: bool,
    /// Query parameters are the handler's business; elsewhere there are none to know.
    takes_query: bool,
}

impl Gate {
    pub(crate) fn new(ctx: &Context, endpoint: &Endpoint) -> Self {
        let facts = Facts {
            endpoint: endpoint.clone(),
            path: endpoint.path.as_str().into(),
            learned: OnceLock::new(),
        };
        Self { ctx: ctx.clone(), facts: Arc::new(facts) }
    }
}

impl Facts {
    fn learned(&self) -> &Learned {
        self.learned.get_or_init(|| {
            let endpoint = &self.endpoint;
            let operation = endpoint.operation();
            Learned {
                media: operation.answers.iter().filter_map(|answer| answer.media_type).collect(),
                creates: takes_idempotency_key(&endpoint.method, &operation),
                takes_query: endpoint.contract
                    || operation.query.is_some()
                    || endpoint.access == Access::SignedLink,
            }
        })
    }
}

impl Service<Request> for Gate {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, std::result::Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let gate = self.clone();
        Box::pin(async move { Ok(guard(&gate, request).await) })
    }
}

/// The handler of an admitted request.
pub(super) struct Next<'a>(&'a Gate);

impl Next<'_> {
    pub(super) async fn run(self, request: Request) -> Response {
        (self.0.facts.endpoint.handle)(request, self.0.ctx.clone()).await
    }
}

/// POSTs that create take an Idempotency-Key (spec 00 §4).
pub(super) fn takes_idempotency_key(method: &Method, operation: &Operation) -> bool {
    method == Method::POST && operation.answers.iter().any(|answer| answer.status == 201)
}

/// Whether a change must say which version it is meant for.
pub(super) fn needs_if_match(operation: &Operation) -> bool {
    operation.if_match == Some(Presence::Required)
}

async fn guard(gate: &Gate, request: Request) -> Response {
    let mut standing = None;
    let mut response = match admit(gate, request, &mut standing).await {
        Ok((request, caller)) => pass(gate, request, caller).await,
        Err(error) => error.into_response(),
    };
    response.extensions_mut().insert(AnsweredBy(gate.facts.path.clone()));
    if let Some(standing) = standing {
        // The handler may have met a tighter limit.
        let counted = response.extensions().get::<Standing>();
        if counted.is_none_or(|counted| standing.remaining < counted.remaining) {
            response.extensions_mut().insert(standing);
        }
    }
    response
}

async fn admit(
    gate: &Gate,
    mut request: Request,
    standing: &mut Option<Standing>,
) -> Result<(Request, Option<Caller>)> {
    let Gate { ctx, facts } = gate;
    let endpoint = &facts.endpoint;
    let learned = facts.learned();
    let headers = request.headers();
    let now = ctx.now();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let address = client_address(headers, peer, ctx.config().limits.trusted_proxy_hops);
    let signed_in = match endpoint.access {
        Access::SignedLink => Ok(None),
        _ => ctx.sign_in().resolve(ctx, headers, now).await,
    };
    let user = signed_in.as_ref().ok().and_then(Option::as_ref).map(|who| who.user_id.as_str());
    *standing = ctx.sign_in().counters().count(endpoint.rate, &address, user, &ctx.config().limits, now);
    if let Some(standing) = *standing {
        standing.check()?;
    }
    let who = signed_in?;
    check_access(endpoint.access, who.as_deref(), request.method())?;
    check_size(headers, endpoint.body_limit)?;
    if !learned.takes_query && request.uri().query().is_some_and(|query| !query.is_empty()) {
        return Err(Error::new(Code::UnknownParameter, "This address takes no query parameters."));
    }
    check_accept(headers, &learned.media)?;
    let actor = Arc::new(Actor {
        kind: ActorKind::User,
        id: who.as_ref().map(|who| who.user_id.clone()),
        user_agent: header_text(headers, USER_AGENT, 200),
        trace_id: request.extensions().get::<RequestFacts>().map(|facts| facts.trace_id.clone()),
        ip: Some(address),
    });
    DefaultBodyLimit::max(endpoint.body_limit).apply(&mut request);
    let caller = who.map(|who| Caller { who, actor: actor.clone() });
    match &caller {
        Some(caller) => request.extensions_mut().insert(caller.clone()).map(drop),
        None => request.extensions_mut().insert(Anonymous(actor)).map(drop),
    };
    Ok((request, caller))
}

fn check_access(access: Access, caller: Option<&auth::Caller>, method: &Method) -> Result<()> {
    let denied = || Error::forbidden("Your role does not allow this.");
    let allowed = match (access, caller) {
        (Access::Open | Access::SignedLink, _) => return Ok(()),
        (_, None) => return Err(unauthenticated()),
        (Access::SignedIn | Access::CanOrSubject(..), Some(_)) => true,
        (Access::Can(resource, action), Some(caller)) => caller.scope(resource, action).is_some(),
        (Access::Any(all), Some(caller)) => {
            all.iter().any(|(resource, action)| caller.scope(*resource, *action).is_some())
        }
        (Access::SuperAdmin, Some(caller)) => caller.is_super_admin(),
    };
    if !allowed {
        return Err(denied());
    }
    let writes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if writes && caller.is_some_and(|caller| !caller.organisation_writable && !caller.is_super_admin()) {
        return Err(Error::new(
            Code::OrganisationSuspended,
            "The organisation is suspended: reading goes on, changes do not.",
        ));
    }
    Ok(())
}

fn check_size(headers: &HeaderMap, limit: usize) -> Result<()> {
    let length: Option<u64> =
        headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    match length {
        Some(length) if length > limit as u64 => {
            Err(Error::new(Code::TooLarge, format!("The body may have at most {limit} bytes.")))
        }
        _ => Ok(()),
    }
}

fn check_accept(headers: &HeaderMap, media: &[&'static str]) -> Result<()> {
    let Some(accept) = headers.get(ACCEPT).and_then(|value| value.to_str().ok()) else { return Ok(()) };
    if media.is_empty() || accept.trim().is_empty() {
        return Ok(());
    }
    let acceptable = accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or("").to_ascii_lowercase();
        let refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        !refused
            && (name == "*/*"
                || media.iter().any(|media| {
                    *media == name
                        || name.strip_suffix("/*").is_some_and(|kind| media.split('/').next() == Some(kind))
                }))
    });
    if acceptable {
        return Ok(());
    }
    let offered = media.join(", ");
    Err(Error::new(Code::NotAcceptable, format!("This endpoint answers with {offered}.")))
}

async fn pass(gate: &Gate, request: Request, caller: Option<Caller>) -> Response {
    let next = Next(gate);
    let if_none_match = request.headers().get(IF_NONE_MATCH).cloned();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let response = match (gate.facts.learned().creates, caller) {
        (true, Some(caller)) => {
            idempotency::once(&gate.ctx, &caller, request, gate.facts.endpoint.body_limit, next).await
        }
        _ => next.run(request).await,
    };
    // RFC 9110 §13.1.2: what the caller has is still good.
    if is_read
        && let Some(known) = if_none_match
        && response.headers().get(ETAG).is_some_and(|tag| {
            known.as_bytes() == b"*"
                || known.to_str().is_ok_and(|known| {
                    known
                        .split(',')
                        .any(|one| one.trim().trim_start_matches("W/").as_bytes() == tag.as_bytes())
                })
        })
    {
        let mut not_modified = StatusCode::NOT_MODIFIED.into_response();
        if let Some(tag) = response.headers().get(ETAG) {
            not_modified.headers_mut().insert(ETAG, tag.clone());
        }
        return not_modified;
    }
    response
}

/// The client's address (15): the entry of X-Forwarded-For that the outermost trusted proxy wrote, else the peer.
fn client_address(headers: &HeaderMap, peer: Option<SocketAddr>, hops: usize) -> String {
    let peer = peer.map(|peer| peer.ip());
    // Only a proxy on a private or loopback address can be ours.
    let proxied = peer.is_none_or(|ip| match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    });
    if hops > 0 && proxied {
        let entries: Vec<&str> = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .collect();
        let entry = entries.len().checked_sub(hops).and_then(|index| entries.get(index));
        if let Some(address) = entry.and_then(|entry| parse_address(entry)) {
            return address;
        }
    }
    peer.map_or_else(|| "unknown".to_owned(), |ip| ip.to_string())
}

/// An entry may carry a port (App Service writes one).
fn parse_address(entry: &str) -> Option<String> {
    // There is one way to write an address of version 4.
    if entry.parse::<Ipv4Addr>().is_ok() {
        return Some(entry.to_owned());
    }
    let ip = entry
        .parse::<IpAddr>()
        .ok()
        .or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()))?;
    Some(ip.to_string())
}

fn header_text(headers: &HeaderMap, name: HeaderName, most: usize) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.chars().take(most).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarded(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(FORWARDED_FOR, value.parse().unwrap())])
    }

    #[test]
    fn the_first_forwarded_entry_is_never_believed() {
        let proxy = Some("10.0.0.1:443".parse().unwrap());
        let headers = forwarded("1.1.1.1, 203.0.113.7:51234");
        assert_eq!(client_address(&headers, proxy, 1), "203.0.113.7");
        assert_eq!(client_address(&headers, proxy, 2), "1.1.1.1");
        assert_eq!(client_address(&headers, proxy, 3), "10.0.0.1");
        assert_eq!(client_address(&headers, proxy, 0), "10.0.0.1");
        let stranger = Some("198.51.100.4:9".parse().unwrap());
        assert_eq!(client_address(&headers, stranger, 1), "198.51.100.4");
    }

    #[test]
    fn accept_is_honoured() {
        let accept = |text: &str| {
            let headers = HeaderMap::from_iter([(ACCEPT, text.parse().unwrap())]);
            check_accept(&headers, &["application/json"]).is_ok()
        };
        assert!(accept("*/*") && accept("application/*;q=0.5") && accept("text/html, application/json"));
        assert!(!accept("text/html") && !accept("application/json;q=0"));
    }
}
