use super::{Audit, Document, Stored};
use crate::clock::Timestamp;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ids::{Id, new_etag};
use crate::message::{Envelope, Message, Outgoing};
use crate::store::{Batch, Change, Precondition, StoreError, Tenant, Write};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who acts: goes into audit events and `created_by`.
#[derive(Clone)]
pub struct Actor {
    pub kind: ActorKind,
    /// User id or API key id.
    pub id: Option<String>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub trace_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    User,
    ApiKey,
    System,
}

/// Where and as whom data is touched: a tenant and an actor. There is no way around naming both.
#[derive(Clone)]
pub struct At {
    pub tenant: Tenant,
    pub actor: Arc<Actor>,
}

impl At {
    /// A timer or queue handler acting for the platform.
    pub fn system(tenant: Tenant) -> Self {
        let actor = Actor { kind: ActorKind::System, id: None, ip: None, user_agent: None, trace_id: None };
        Self { tenant, actor: Arc::new(actor) }
    }
    /// The same actor in another tenant.
    pub fn within(&self, tenant: Tenant) -> Self {
        Self { tenant, actor: self.actor.clone() }
    }
}

/// The writes of one commit: all within one partition, all or nothing.
pub struct Work<'a> {
    ctx: &'a Context,
    at: &'a At,
    root: String,
    writes: Vec<Write>,
    outgoing: Vec<Outgoing>,
    action: Option<&'static str>,
    quiet: bool,
    now: Timestamp,
}

impl<'a> Work<'a> {
    pub(crate) fn new(ctx: &'a Context, at: &'a At, root: String) -> Self {
        Self {
            ctx,
            at,
            root,
            writes: Vec::new(),
            outgoing: Vec::new(),
            action: None,
            quiet: false,
            now: ctx.now(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }
    pub fn tenant(&self) -> &Tenant {
        &self.at.tenant
    }
    /// Id of the aggregate root this commit is about.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Names the audit action of the next write (default `create` and `update`; spec 80 §1).
    pub fn action(&mut self, action: &'static str) {
        self.action = Some(action);
    }

    /// The next update is machinery (progress, counters) and leaves no audit event.
    pub fn quiet(&mut self) {
        self.quiet = true;
    }

    pub fn create<T: Document>(&mut self, mut document: T) -> Result<T> {
        document.meta_mut().etag = new_etag();
        let body = to_raw_value(&document).map_err(Error::internal)?;
        let action = self.action.take().unwrap_or("create");
        if let Audit::Values { masked } = T::AUDIT {
            let mut new = members(body.get())?;
            new.retain(|_, value| !is_empty(value));
            self.event(action, T::KIND, &document.id(), None, Some(shown(new, masked)?))?;
        } else if T::AUDIT == Audit::FactOnly {
            self.audit(action, T::KIND, &document.id(), None)?;
        }
        self.put(&document, Precondition::Absent, body);
        Ok(document)
    }

    /// Saves a changed document; the commit fails when it is no longer the one that was read.
    pub fn update<T: Document>(&mut self, before: &Stored<T>, mut document: T) -> Result<T> {
        let meta = document.meta_mut();
        meta.etag = new_etag();
        meta.updated_at = self.now;
        let body = to_raw_value(&document).map_err(Error::internal)?;
        let action = self.action.take().unwrap_or("update");
        let audit = if std::mem::take(&mut self.quiet) { Audit::Off } else { T::AUDIT };
        if let Audit::Values { masked } = audit {
            let (mut old, mut new) = (members(before.body().get())?, members(body.get())?);
            let same: Vec<_> = old
                .iter()
                .filter(|(name, value)| new.get(**name).is_some_and(|now| now.get() == value.get()))
                .map(|(name, _)| *name)
                .collect();
            for name in same {
                old.remove(name);
                new.remove(name);
            }
            let (old, new) = (shown(old, masked)?, shown(new, masked)?);
            self.event(action, T::KIND, &document.id(), Some(old), Some(new))?;
        } else if audit == Audit::FactOnly {
            self.audit(action, T::KIND, &document.id(), None)?;
        }
        self.put(&document, Precondition::Match(before.meta().etag.clone()), body);
        Ok(document)
    }

    /// Writes without a condition and without audit: counters and other machinery whose last writer may win.
    pub fn overwrite<T: Document>(&mut self, mut document: T) -> Result<()> {
        document.meta_mut().etag = new_etag();
        let body = to_raw_value(&document).map_err(Error::internal)?;
        self.put(&document, Precondition::None, body);
        Ok(())
    }

    /// Removes it for good.
    pub fn erase<T: Document>(&mut self, document: &T) -> Result<()> {
        if T::AUDIT != Audit::Off {
            self.audit("deletion", T::KIND, &document.id(), None)?;
        }
        self.writes.push(Write {
            kind: T::KIND,
            id: document.id(),
            precondition: Precondition::None,
            change: Change::Delete,
        });
        Ok(())
    }

    /// A message that leaves with this commit or not at all.
    pub fn send<M: Message>(&mut self, message: &M) -> Result<()> {
        self.send_later(message, 0)
    }

    /// As [`Self::send`]; the message stays hidden for `delay_seconds`.
    pub fn send_later<M: Message>(&mut self, message: &M, delay_seconds: u32) -> Result<()> {
        let envelope = Envelope::new(message, self.at, self.now)?;
        let outgoing = Outgoing::new(envelope, M::QUEUE, delay_seconds, &self.at.tenant, &self.root)?;
        self.writes.push(outgoing.write()?);
        self.outgoing.push(outgoing);
        Ok(())
    }

    /// An audit event of its own, for what is not a document's change (view, export, login, refused requests).
    pub fn audit(
        &mut self,
        action: &'static str,
        entity_type: &'static str,
        entity_id: &str,
        new_values: Option<&Map<String, Value>>,
    ) -> Result<()> {
        let new_values = new_values.map(to_raw_value).transpose().map_err(Error::internal)?;
        self.event(action, entity_type, entity_id, None, new_values)
    }

    fn event(
        &mut self,
        action: &'static str,
        entity_type: &'static str,
        entity_id: &str,
        old_values: Option<Box<RawValue>>,
        new_values: Option<Box<RawValue>>,
    ) -> Result<()> {
        let event = crate::domain::audit::AuditEvent {
            id: Id::new(),
            organisation_id: self.at.tenant.organisation_id(),
            actor_id: self.at.actor.id.clone(),
            actor_kind: self.at.actor.kind,
            action: action.to_owned(),
            entity_type: entity_type.to_owned(),
            entity_id: entity_id.to_owned(),
            old_values,
            new_values,
            ip_address: self.at.actor.ip.clone(),
            user_agent: self.at.actor.user_agent.clone(),
            occurred_at: self.now,
            trace_id: self.at.actor.trace_id.clone(),
            etag: new_etag(),
        };
        self.writes.push(Write {
            kind: crate::domain::audit::AuditEvent::KIND,
            id: event.id.to_string(),
            precondition: Precondition::Absent,
            change: Change::Put {
                etag: event.etag.clone(),
                body: to_raw_value(&event).map_err(Error::internal)?,
                ttl: None,
            },
        });
        Ok(())
    }

    fn put<T: Document>(&mut self, document: &T, precondition: Precondition, body: Box<RawValue>) {
        let change = Change::Put { etag: document.meta().etag.clone(), body, ttl: document.ttl(self.now) };
        self.writes.push(Write { kind: T::KIND, id: document.id(), precondition, change });
    }

    /// Commits everything, then hands the messages to the dispatcher.
    pub async fn commit(self) -> Result<(), StoreError> {
        if self.writes.is_empty() {
            return Ok(());
        }
        self.ctx.outbox().mark(&self.at.tenant, &self.outgoing).await?;
        let batch = Batch { tenant: self.at.tenant.clone(), root: self.root, writes: self.writes };
        self.ctx.store().commit(batch).await?;
        self.ctx.outbox().dispatch(self.outgoing);
        Ok(())
    }
}

/// Members whose change is not worth an audit entry.
const UNAUDITED: &[&str] =
    &["etag", "updated_at", "schema_version", "created_at", "created_by", "organisation_id"];

/// Members by name, as they stand in the text of a document.
type Members<'a> = BTreeMap<&'a str, &'a RawValue>;

/// Those that an audit event may be about.
fn members(body: &str) -> Result<Members<'_>> {
    let mut members: Members<'_> = serde_json::from_str(body).map_err(Error::internal)?;
    members.retain(|name, _| !UNAUDITED.contains(name));
    Ok(members)
}

fn is_empty(value: &RawValue) -> bool {
    matches!(value.get(), "null" | "[]" | "{}")
}

/// As an audit event keeps them: what is masked only says that there was something.
fn shown<'a>(mut members: Members<'a>, masked: &[&'a str]) -> Result<Box<RawValue>> {
    let something: &RawValue = serde_json::from_str("\"***\"").map_err(Error::internal)?;
    for name in masked {
        if let Some(value) = members.get_mut(name).filter(|value| !is_empty(value)) {
            *value = something;
        }
    }
    to_raw_value(&members).map_err(Error::internal)
}
