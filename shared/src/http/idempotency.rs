//! Idempotency-Key on creates (spec 00 §4): the same key and body within 24 h give the first answer, another body 409.

use super::admit::Next;
use super::caller::Caller;
use crate::clock::Timestamp;
use crate::context::Context;
use crate::docs::{Audit, Document, Meta, Stored};
use crate::error::{Code, Error, Result};
use crate::store::StoreError;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const KEPT_SECONDS: u32 = 24 * 3600;
/// A request that never finished (the process died) may be tried again after this long.
const ABANDONED_SECONDS: i64 = 60;
const MAX_KEPT_ANSWER: usize = 256 * 1024;

/// What the first request with a key was and what it got.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Remembered {
    id: String,
    request_hash: String,
    /// `None` while the first request is running.
    answer: Option<KeptAnswer>,
    #[serde(flatten)]
    meta: Meta,
}

#[derive(Clone, Serialize, Deserialize)]
struct KeptAnswer {
    status: u16,
    location: Option<String>,
    etag: Option<String>,
    content_type: Option<String>,
    body: String,
}

impl Document for Remembered {
    const KIND: &'static str = "idempotency";
    const NAME: &'static str = "idempotency key";
    const FIELDS: &'static [&'static str] = &[];
    const ARRAYS: &'static [&'static str] = &[];
    const AUDIT: Audit = Audit::Off;
    const SOFT_DELETE: bool = false;
    fn id(&self) -> String {
        self.id.clone()
    }
    fn root(&self) -> String {
        self.id.clone()
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn ttl(&self, _now: Timestamp) -> Option<u32> {
        Some(KEPT_SECONDS)
    }
}

pub(super) async fn once(
    ctx: &Context,
    caller: &Caller,
    request: Request,
    limit: usize,
    next: Next<'_>,
) -> Response {
    let Some(key) = request.headers().get(&KEY).cloned() else { return next.run(request).await };
    match remembered(ctx, caller, &key, request, limit, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn remembered(
    ctx: &Context,
    caller: &Caller,
    key: &HeaderValue,
    request: Request,
    limit: usize,
    next: Next<'_>,
) -> Result<Response> {
    if key.is_empty() || key.len() > 255 {
        return Err(Error::new(Code::BadRequest, "An Idempotency-Key has 1 to 255 characters."));
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, limit)
        .await
        .map_err(|_| Error::new(Code::TooLarge, format!("The body may have at most {limit} bytes.")))?;
    let id = hex(&[key.as_bytes()]);
    let request_hash = hex(&[parts.method.as_str().as_bytes(), parts.uri.to_string().as_bytes(), &body]);
    let at = caller.person();
    let fresh = Remembered {
        id: id.clone(),
        request_hash: request_hash.clone(),
        answer: None,
        meta: Meta::new(None, ctx.now(), Some(caller.user_id.clone())),
    };
    let mut work = ctx.work(&at, &id);
    let mut record = work.create(fresh)?;
    match work.commit().await {
        Ok(()) => {}
        Err(StoreError::Precondition { .. }) => {
            let known: Stored<Remembered> = ctx.docs(&at).get(&id).await?;
            if known.request_hash != request_hash {
                return Err(Error::new(
                    Code::IdempotencyMismatch,
                    "This Idempotency-Key was used for another request. Use a new key for a new request.",
                ));
            }
            if let Some(answer) = &known.answer {
                return Ok(answer.replay());
            }
            if ctx.now().seconds_since(known.meta.updated_at) < ABANDONED_SECONDS {
                return Err(
                    Error::conflict("The first request with this key is still running.").retry_after(2)
                );
            }
            let mut work = ctx.work(&at, &id);
            record = work.update(&known, known.clone_inner()?)?;
            work.commit().await?;
        }
        Err(error) => return Err(error.into()),
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    // Failures are not kept: after a correction the same key may be used again.
    if response.status().is_success() {
        return keep(ctx, caller, record, response).await;
    }
    let mut work = ctx.work(&at, &id);
    work.erase(&record)?;
    work.commit().await?;
    Ok(response)
}

async fn keep(
    ctx: &Context,
    caller: &Caller,
    mut record: Remembered,
    response: Response,
) -> Result<Response> {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, MAX_KEPT_ANSWER).await.map_err(Error::internal)?;
    let text =
        |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned);
    record.answer = Some(KeptAnswer {
        status: parts.status.as_u16(),
        location: text(LOCATION),
        etag: text(ETAG),
        content_type: text(CONTENT_TYPE),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    });
    let at = caller.person();
    let mut work = ctx.work(&at, &record.id);
    work.overwrite(record)?;
    work.commit().await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

impl KeptAnswer {
    fn replay(&self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        for (name, value) in
            [(LOCATION, &self.location), (ETAG, &self.etag), (CONTENT_TYPE, &self.content_type)]
        {
            if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

fn hex(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
