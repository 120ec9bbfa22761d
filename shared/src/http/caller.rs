use super::describe::{Operation, Takes};
use crate::auth::{self, Action, Resource, Role, Scope};
use crate::docs::{Actor, At};
use crate::error::{Code, Error, Result};
use crate::store::Tenant;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use std::sync::Arc;

/// The admitted caller of this request. A handler that takes one runs only when somebody is signed in.
#[derive(Clone)]
pub struct Caller {
    pub(super) who: Arc<auth::Caller>,
    pub(super) actor: Arc<Actor>,
}

impl std::ops::Deref for Caller {
    type Target = auth::Caller;
    fn deref(&self) -> &auth::Caller {
        &self.who
    }
}

impl Caller {
    /// The caller's active organisation, as the place to read and write; 403 without one.
    pub fn organisation(&self) -> Result<At> {
        let id = self.organisation_id.as_ref().ok_or_else(|| {
            Error::forbidden(
                "You are not a member of an organisation. Create one or accept an invitation first.",
            )
        })?;
        Ok(At { tenant: Tenant::organisation(id), actor: self.actor.clone() })
    }
    /// Data the caller holds as a person.
    pub fn person(&self) -> At {
        At { tenant: Tenant::person(&self.user_id), actor: self.actor.clone() }
    }
    /// Platform data.
    pub fn platform(&self) -> At {
        At { tenant: Tenant::platform(), actor: self.actor.clone() }
    }
    /// Another tenant, for what the caller was shown to belong to (an invitation, an interview of their own).
    pub fn within(&self, tenant: Tenant) -> At {
        At { tenant, actor: self.actor.clone() }
    }
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
    /// The widest scope of a right; 403 without it.
    pub fn needs(&self, resource: Resource, action: Action) -> Result<Scope> {
        self.scope(resource, action).ok_or_else(|| Error::forbidden("Your role does not allow this."))
    }
    pub fn is(&self, role: Role) -> bool {
        self.has_role(role)
    }
}

/// The caller, if anybody is signed in.
pub struct MaybeCaller(pub Option<Caller>);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        parts.extensions.get::<Self>().cloned().ok_or_else(unauthenticated)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Caller {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MaybeCaller {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(Self(parts.extensions.get::<Caller>().cloned()))
    }
}

/// The actor behind an open request: nobody known, from a known address.
#[derive(Clone)]
pub struct Anonymous(pub Arc<Actor>);

impl<S: Send + Sync> FromRequestParts<S> for Anonymous {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        if let Some(caller) = parts.extensions.get::<Caller>() {
            return Ok(Self(Arc::new(Actor { id: None, ..(*caller.actor).clone() })));
        }
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Error::internal("request was not admitted"))
    }
}

pub(super) fn unauthenticated() -> Error {
    Error::new(Code::Unauthenticated, "Sign in first: send a valid bearer token.")
}

impl Takes for Caller {
    fn describe(_: &mut Operation) {}
}
impl Takes for MaybeCaller {
    fn describe(_: &mut Operation) {}
}
impl Takes for Anonymous {
    fn describe(_: &mut Operation) {}
}
