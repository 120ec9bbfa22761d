//! Something a user should know (spec 60 §1, §6).

use crate::clock::Timestamp;
use crate::docs::{Audit, Document, Meta};
use crate::domain::organisation::OrganisationId;
use crate::domain::status::values;
use crate::domain::text;
use crate::domain::ttl;
use crate::domain::user::UserId;
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub type NotificationId = Id<Notification>;

/// Days it is kept (spec 80 §1, default).
pub const KEPT_DAYS: u32 = 180;

/// In its user's aggregate and tenant.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Notification {
    pub id: NotificationId,
    pub user_id: UserId,
    #[serde(flatten)]
    pub fields: NotificationFields,
    pub is_read: bool,
    pub read_at: Option<Timestamp>,
    pub is_archived: bool,
    pub archived_at: Option<Timestamp>,
    #[serde(flatten)]
    pub meta: Meta,
}

impl Document for Notification {
    const KIND: &'static str = "notification";
    const NAME: &'static str = "notification";
    const FIELDS: &'static [&'static str] = &["is_read", "is_archived", "notification_type"];
    const ARRAYS: &'static [&'static str] = &[];
    const AUDIT: Audit = Audit::Off;
    const SOFT_DELETE: bool = false;
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn root(&self) -> String {
        self.user_id.to_string()
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn ttl(&self, now: Timestamp) -> Option<u32> {
        let end = self.meta.created_at.plus(time::Duration::days(KEPT_DAYS.into()));
        Some(ttl::until(end, now))
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
pub struct NotificationFields {
    pub notification_type: NotificationType,
    #[garde(length(chars, min = 1, max = 255))]
    pub title: String,
    #[serde(default)]
    #[garde(length(chars, max = 2000))]
    pub message: String,
    #[serde(default)]
    #[garde(custom(text::small_map))]
    pub data: Map<String, Value>,
    #[serde(default)]
    pub related_entity_type: Option<String>,
    #[serde(default)]
    pub related_entity_id: Option<String>,
    /// A path within the frontend.
    #[serde(default)]
    #[garde(inner(custom(text::relative_path)))]
    pub action_url: Option<String>,
    #[serde(default)]
    pub priority: Priority,
}

values! {
    NotificationType {
        System "system", Assessment "assessment", Interview "interview", Application "application",
        Proctoring "proctoring", Message "message", Onboarding "onboarding", Report "report", Security "security",
    }
}
values! { #[derive(Default)]
Priority { Low "low", #[default] Normal "normal", High "high", Urgent "urgent" } }

impl Notification {
    /// `organisation` is where it comes from; it belongs to the user.
    pub fn new(
        user: UserId,
        organisation: Option<OrganisationId>,
        fields: NotificationFields,
        now: Timestamp,
    ) -> Self {
        Self {
            id: NotificationId::new(),
            user_id: user,
            fields,
            is_read: false,
            read_at: None,
            is_archived: false,
            archived_at: None,
            meta: Meta::new(organisation, now, None),
        }
    }

    /// Again is harmless.
    pub fn read(&mut self, now: Timestamp) {
        self.is_read = true;
        self.read_at.get_or_insert(now);
    }

    /// What DELETE does; again is harmless.
    pub fn archive(&mut self, now: Timestamp) {
        self.is_archived = true;
        self.archived_at.get_or_insert(now);
    }
}
