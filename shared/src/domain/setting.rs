//! Settings (spec 140 §1): one document an owner; what counts is user, else team, else organisation, else platform,
//! else built-in.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::organisation::OrganisationId;
use crate::domain::status::values;
use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Bytes of one value's JSON.
pub const MAX_VALUE_BYTES: usize = 16 * 1024;

/// All values one owner has set. `id` is the owner's id, `platform` for the platform; its own aggregate root.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    pub id: String,
    pub owner_kind: OwnerKind,
    pub values: BTreeMap<String, SettingValue>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { Settings, "setting", "setting", root: id, fields: [], arrays: [], audit: values }

values! {
    OwnerKind { Platform "platform", Organisation "organisation", Team "team", User "user" }
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SettingValue {
    pub value: Value,
    pub updated_by: Option<String>,
    pub updated_at: Timestamp,
}

/// Where an effective value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    BuiltIn,
    Platform,
    Organisation,
    Team,
    User,
}

#[derive(Clone, PartialEq, Serialize, JsonSchema)]
pub struct Effective {
    pub value: Value,
    pub source: Source,
}

/// A setting that exists.
pub struct KnownSetting {
    pub key: &'static str,
    pub description: &'static str,
    /// Shown without sign-in.
    pub is_public: bool,
    pub form: Form,
    default: fn() -> Value,
}

/// What its value must be.
pub enum Form {
    Bool,
    /// A whole number within the bounds, both included.
    Whole(i64, i64),
    OneOf(&'static [&'static str]),
    /// `#rrggbb`.
    Colour,
    /// At most this many characters.
    Text(usize),
    /// `{"monday": ["09:00", "17:00"], ...}`; a day left out is closed.
    Hours,
}

const ON: fn() -> Value = || Value::Bool(true);
const OFF: fn() -> Value = || Value::Bool(false);

const fn known(
    key: &'static str,
    form: Form,
    default: fn() -> Value,
    description: &'static str,
) -> KnownSetting {
    KnownSetting { key, description, is_public: false, form, default }
}

const fn public(
    key: &'static str,
    form: Form,
    default: fn() -> Value,
    description: &'static str,
) -> KnownSetting {
    KnownSetting { key, description, is_public: true, form, default }
}

/// Every key there is, in alphabetical order.
pub const KNOWN: &[KnownSetting] = &[
    known(
        "auto_decisions",
        Form::OneOf(&["off", "suggest", "apply"]),
        || json!("suggest"),
        "What follows from an application score when the job does not say: nothing, a suggestion, or moving ahead. Never a rejection.",
    ),
    public(
        "brand_accent_colour",
        Form::Colour,
        || json!("#0f766e"),
        "Second colour of candidate pages and mail.",
    ),
    public(
        "brand_primary_colour",
        Form::Colour,
        || json!("#1d4ed8"),
        "First colour of candidate pages and mail.",
    ),
    known(
        "business_hours",
        Form::Hours,
        weekdays,
        "When people can be met, in the organisation's time zone.",
    ),
    known(
        "contest_days",
        Form::Whole(1, 90),
        || json!(14),
        "Days to answer a candidate who contests a score.",
    ),
    known("default_interview_minutes", Form::Whole(5, 480), || json!(60), "Length of a new interview."),
    known("invitation_days", Form::Whole(1, 90), || json!(7), "Days an invitation stays open."),
    known(
        "notify_by_email",
        Form::Bool,
        ON,
        "Whether notifications also go out by mail, unless a person chose otherwise.",
    ),
    known(
        "notify_in_app",
        Form::Bool,
        ON,
        "Whether notifications appear in the application, unless a person chose otherwise.",
    ),
    known("require_recording_consent", Form::Bool, ON, "Whether recording needs the candidate's consent."),
    known(
        "score_spread_limit",
        Form::Whole(1, 100),
        || json!(15),
        "Points between samples of one dimension above which a person must look.",
    ),
    known("show_integrity_signals", Form::Bool, ON, "Whether browser signals are shown beside a score."),
    public("support_contact", Form::Text(255), || json!(""), "Where candidates can turn with questions."),
    known("weekly_digest", Form::Bool, OFF, "Whether staff get a weekly summary by mail."),
];

fn weekdays() -> Value {
    let day = || json!(["09:00", "17:00"]);
    json!({ "monday": day(), "tuesday": day(), "wednesday": day(), "thursday": day(), "friday": day() })
}

/// The setting of this name.
pub fn known_setting(key: &str) -> Option<&'static KnownSetting> {
    KNOWN.iter().find(|setting| setting.key == key)
}

impl KnownSetting {
    pub fn default_value(&self) -> Value {
        (self.default)()
    }

    /// 422 with the key as pointer when the value has another form.
    pub fn check(&self, value: &Value) -> Result<()> {
        let wrong = |what: String| Err(Error::invalid(format!("/{}", self.key), what));
        if value.to_string().len() > MAX_VALUE_BYTES {
            return wrong(format!("The value must be at most {MAX_VALUE_BYTES} bytes of JSON."));
        }
        match &self.form {
            Form::Bool if value.is_boolean() => Ok(()),
            Form::Bool => wrong("The value must be true or false.".into()),
            Form::Whole(low, high) => match value.as_i64() {
                Some(number) if (*low..=*high).contains(&number) => Ok(()),
                _ => wrong(format!("The value must be a whole number from {low} to {high}.")),
            },
            Form::OneOf(choices) => match value.as_str() {
                Some(text) if choices.contains(&text) => Ok(()),
                _ => wrong(format!("The value must be one of {}.", choices.join(", "))),
            },
            Form::Colour => match value.as_str() {
                Some(text) if is_colour(text) => Ok(()),
                _ => wrong("The value must be a colour such as #1d4ed8.".into()),
            },
            Form::Text(longest) => match value.as_str() {
                Some(text) if text.chars().count() <= *longest => Ok(()),
                _ => wrong(format!("The value must be a text of at most {longest} characters.")),
            },
            Form::Hours if value.as_object().is_some_and(are_hours) => Ok(()),
            Form::Hours => wrong("The value must name days with opening and closing time, such as {\"monday\": [\"09:00\", \"17:00\"]}.".into()),
        }
    }
}

fn is_colour(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|b| b.is_ascii_hexdigit())
}

fn are_hours(days: &Map<String, Value>) -> bool {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    days.iter().all(|(day, hours)| {
        let times: Option<Vec<u16>> = hours.as_array().and_then(|pair| pair.iter().map(minutes).collect());
        DAYS.contains(&day.as_str()) && matches!(times.as_deref(), Some([from, to]) if from < to)
    })
}

/// `HH:MM` as minutes since midnight; 24:00 is the end of the day.
fn minutes(value: &Value) -> Option<u16> {
    let text = value.as_str()?;
    let (hour, minute) = text.split_once(':')?;
    let two = |part: &str| {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u16>().ok())?
    };
    let (hour, minute) = (two(hour)?, two(minute)?);
    (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
}

impl Settings {
    /// `owner` is the owner's id; ignored for the platform.
    pub fn new(
        owner_kind: OwnerKind,
        owner: &str,
        organisation: Option<OrganisationId>,
        now: Timestamp,
    ) -> Self {
        let id = if owner_kind == OwnerKind::Platform { "platform" } else { owner };
        Self {
            id: id.to_owned(),
            owner_kind,
            values: BTreeMap::new(),
            meta: Meta::new(organisation, now, None),
        }
    }

    /// Sets what has a value, forgets what is null. One unknown key or wrong value refuses all of it (422).
    pub fn put(&mut self, changes: Map<String, Value>, by: Option<&str>, now: Timestamp) -> Result<()> {
        for (key, value) in &changes {
            let setting = known_setting(key)
                .ok_or_else(|| Error::invalid(format!("/{}", pointer(key)), "There is no such setting."))?;
            if !value.is_null() {
                setting.check(value)?;
            }
        }
        for (key, value) in changes {
            if value.is_null() {
                self.values.remove(&key);
            } else {
                let value = SettingValue { value, updated_by: by.map(str::to_owned), updated_at: now };
                self.values.insert(key, value);
            }
        }
        Ok(())
    }

    fn source(&self) -> Source {
        match self.owner_kind {
            OwnerKind::Platform => Source::Platform,
            OwnerKind::Organisation => Source::Organisation,
            OwnerKind::Team => Source::Team,
            OwnerKind::User => Source::User,
        }
    }
}

fn pointer(key: &str) -> String {
    key.chars().take(100).collect::<String>().replace('~', "~0").replace('/', "~1")
}

/// Every known key with the value that counts. `layers` in any order; of two teams the first one given wins.
pub fn effective(layers: &[&Settings]) -> BTreeMap<&'static str, Effective> {
    KNOWN.iter().map(|setting| (setting.key, effective_value(setting, layers))).collect()
}

fn effective_value(setting: &KnownSetting, layers: &[&Settings]) -> Effective {
    let mut best = Effective { value: setting.default_value(), source: Source::BuiltIn };
    for layer in layers {
        let source = layer.source();
        // A stored value of an older release may no longer fit; then it does not count.
        if let Some(stored) = layer.values.get(setting.key)
            && source as u8 > best.source as u8
            && setting.check(&stored.value).is_ok()
        {
            best = Effective { value: stored.value.clone(), source };
        }
    }
    best
}

/// A whole number; panics never: a key that is no number gives its default or 0.
pub fn whole(layers: &[&Settings], key: &str) -> i64 {
    known_setting(key).and_then(|setting| effective_value(setting, layers).value.as_i64()).unwrap_or_default()
}

pub fn flag(layers: &[&Settings], key: &str) -> bool {
    known_setting(key)
        .and_then(|setting| effective_value(setting, layers).value.as_bool())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(kind: OwnerKind, values: Value) -> Settings {
        let mut settings = Settings::new(kind, "x", None, Timestamp::from_unix(0));
        settings.put(values.as_object().unwrap().clone(), None, Timestamp::from_unix(0)).unwrap();
        settings
    }

    #[test]
    fn every_default_has_the_form_it_asks_for() {
        for setting in KNOWN {
            assert!(setting.check(&setting.default_value()).is_ok(), "{}", setting.key);
        }
        assert!(KNOWN.is_sorted_by_key(|setting| setting.key));
    }

    #[test]
    fn the_nearest_owner_wins() {
        let platform = layer(OwnerKind::Platform, json!({"invitation_days": 10, "weekly_digest": true}));
        let organisation = layer(OwnerKind::Organisation, json!({"invitation_days": 20}));
        let user = layer(OwnerKind::User, json!({"notify_by_email": false}));
        let values = effective(&[&user, &platform, &organisation]);
        assert!(values["invitation_days"] == Effective { value: json!(20), source: Source::Organisation });
        assert_eq!(values["weekly_digest"].source, Source::Platform);
        assert_eq!(values["contest_days"].source, Source::BuiltIn);
        assert_eq!(whole(&[&platform], "invitation_days"), 10);
        assert!(!flag(&[&user], "notify_by_email") && flag(&[], "notify_by_email"));
    }

    #[test]
    fn one_wrong_value_changes_nothing() {
        let mut settings = layer(OwnerKind::Organisation, json!({"invitation_days": 20}));
        for wrong in [
            json!({"invitation_days": 5, "unknown": 1}),
            json!({"invitation_days": 91}),
            json!({"invitation_days": "7"}),
            json!({"auto_decisions": "reject"}),
            json!({"brand_primary_colour": "blue"}),
            json!({"business_hours": {"monday": ["17:00", "09:00"]}}),
            json!({"business_hours": {"someday": ["09:00", "17:00"]}}),
            json!({"support_contact": "x".repeat(256)}),
        ] {
            let changes = wrong.as_object().unwrap().clone();
            assert!(settings.put(changes, None, Timestamp::from_unix(0)).is_err(), "{wrong}");
        }
        assert_eq!(whole(&[&settings], "invitation_days"), 20);
        settings
            .put(json!({"invitation_days": null}).as_object().unwrap().clone(), None, Timestamp::from_unix(0))
            .unwrap();
        assert_eq!(whole(&[&settings], "invitation_days"), 7);
    }
}
