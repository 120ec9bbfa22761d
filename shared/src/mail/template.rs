use std::{collections::BTreeSet, fmt, str::FromStr, sync::LazyLock};

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::letter;

/// Whether a letter can go without a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Must be given.
    Always,
    /// At least one of the variables so marked must be given.
    OneOf,
    /// Empty when not given.
    Optional,
}

/// A name that may stand in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Variable {
    pub name: &'static str,
    pub need: Need,
}

macro_rules! templates {
    ($($variant:ident $name:literal
        always [$($always:ident)*] one_of [$($one_of:ident)*] optional [$($optional:ident)*];)*) => {
        /// Every letter the platform writes (spec 60 §4).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum TemplateName {
            $(#[serde(rename = $name)] $variant,)*
        }

        impl TemplateName {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in documents and addresses.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What may stand in the template; `name` (the recipient) and `company` are in every list.
            pub fn variables(self) -> &'static [Variable] {
                match self {
                    $(Self::$variant => &[
                        Variable { name: "name", need: Need::Always },
                        Variable { name: "company", need: Need::Always },
                        $(Variable { name: stringify!($always), need: Need::Always },)*
                        $(Variable { name: stringify!($one_of), need: Need::OneOf },)*
                        $(Variable { name: stringify!($optional), need: Need::Optional },)*
                    ],)*
                }
            }

            /// The built-in (plain text with its subject line, HTML).
            fn files(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$variant => (
                        include_str!(concat!("templates/", $name, ".txt")),
                        include_str!(concat!("templates/", $name, ".html")),
                    ),)*
                }
            }
        }
    };
}

templates! {
    InterviewInvitation "interview_invitation" always [role_title link expires_at] one_of [] optional [];
    AssessmentInvitation "assessment_invitation" always [assessment_title link expires_at] one_of [] optional [];
    MemberInvitation "member_invitation" always [link] one_of [] optional [expires_at];
    ApplicationReceived "application_received" always [job_title] one_of [] optional [link];
    StageChanged "stage_changed" always [job_title stage] one_of [] optional [link];
    InterviewScheduled "interview_scheduled" always [job_title time] one_of [place link] optional [];
    InterviewRescheduled "interview_rescheduled" always [job_title time] one_of [place link] optional [reason];
    InterviewCancelled "interview_cancelled" always [job_title time] one_of [] optional [reason];
    InterviewReminder "interview_reminder" always [job_title time] one_of [place link] optional [];
    ApplicationRejected "application_rejected" always [job_title] one_of [] optional [feedback link];
    OfferMade "offer_made" always [job_title] one_of []
        optional [salary start_date employment_type place expires_at link];
    PasswordReset "password_reset" always [link] one_of [] optional [expires_at];
    DeletionCompleted "deletion_completed" always [] one_of [] optional [link];
    ExportReady "export_ready" always [link] one_of [] optional [expires_at];
    ReportReady "report_ready" always [link] one_of [] optional [report_title];
    OnboardingTaskDue "onboarding_task_due" always [task_title link] one_of [] optional [due_date];
    SecurityAlert "security_alert" always [alert link] one_of [] optional [time];
}

impl TemplateName {
    /// The built-in text, which holds until an organisation saves its own.
    pub fn built_in(self) -> TemplateSource {
        let (text, html) = self.files();
        let (first, rest) = text.split_once("\n\n").expect("a test reads every built-in template");
        let subject = first.strip_prefix("Subject: ").expect("a test reads every built-in template");
        TemplateSource { subject: subject.into(), body_html: html.into(), body_text: rest.into() }
    }
}

impl fmt::Display for TemplateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TemplateName {
    type Err = TemplateError;

    fn from_str(name: &str) -> Result<Self, TemplateError> {
        Self::ALL.iter().copied().find(|known| known.as_str() == name).ok_or(TemplateError::UnknownName)
    }
}

/// The text of a letter. It may hold `{{ variable }}`, `{% if variable %}`, `{% if not variable %}`,
/// `{% else %}` and `{% endif %}`, and nothing else of the template language: no filter that turns escaping
/// off, no loop that never ends. Links of class `button` are drawn as buttons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateSource {
    /// At most 255 characters.
    pub subject: String,
    /// What stands inside the letter's frame; at most 100,000 characters.
    pub body_html: String,
    /// At most 100,000 characters.
    pub body_text: String,
}

const SUBJECT_MAX: usize = 255;
const BODY_MAX: usize = 100_000;

impl TemplateSource {
    /// Refuses what must not be saved under `name`: unknown variables, active content, broken syntax.
    pub fn check(&self, name: TemplateName) -> Result<(), TemplateError> {
        for (part, text, max) in self.parts() {
            if text.trim().is_empty() {
                return Err(TemplateError::Empty { part });
            }
            if text.chars().count() > max {
                return Err(TemplateError::TooLong { part, max });
            }
            if let Some(place) = foreign_syntax(text) {
                return Err(TemplateError::Syntax { part, line: line_of(text, place) });
            }
            let used = letter::variables_in(part, text)?;
            if let Some(unknown) =
                used.into_iter().find(|used| !name.variables().iter().any(|v| v.name == *used))
            {
                return Err(TemplateError::UnknownVariable { part, variable: unknown });
            }
        }
        if ACTIVE.is_match(&self.body_html) {
            return Err(TemplateError::ActiveContent);
        }
        let plain = |start: usize| ADDRESSES.iter().any(|known| starts_with(&self.body_html[start..], known));
        if let Some(other) = ADDRESS.find_iter(&self.body_html).find(|found| !plain(found.end())) {
            return Err(TemplateError::Address { line: line_of(&self.body_html, other.start()) });
        }
        Ok(())
    }

    /// Names used anywhere in it; call [`check`](Self::check) first.
    pub(super) fn used(&self) -> Result<BTreeSet<String>, TemplateError> {
        let mut all = BTreeSet::new();
        for (part, text, _) in self.parts() {
            all.extend(letter::variables_in(part, text)?);
        }
        Ok(all)
    }

    fn parts(&self) -> [(&'static str, &str, usize); 3] {
        [
            ("subject", &self.subject, SUBJECT_MAX),
            ("body_html", &self.body_html, BODY_MAX),
            ("body_text", &self.body_text, BODY_MAX),
        ]
    }
}

/// Why a template or a letter was refused. Names and places only, no contents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("there is no template of this name")]
    UnknownName,
    #[error("{part} is empty")]
    Empty { part: &'static str },
    #[error("{part} is longer than {max} characters")]
    TooLong { part: &'static str, max: usize },
    #[error(
        "{part}, line {line}: only {{{{ variable }}}} and {{% if variable %}} … {{% endif %}} are understood"
    )]
    Syntax { part: &'static str, line: usize },
    #[error("{part} uses the unknown variable `{variable}`")]
    UnknownVariable { part: &'static str, variable: String },
    #[error("body_html holds a script, a form, an embedded page, or an event handler")]
    ActiveContent,
    #[error(
        "body_html, line {line}: links and pictures begin with https://, http://, mailto:, tel: or a variable"
    )]
    Address { line: usize },
    #[error("the variable `{0}` is missing")]
    MissingVariable(String),
}

/// Elements and attributes that do something. Mail programs drop them, but the preview is shown in a browser.
static ACTIVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?xi)
        < \s* /? \s* (script|iframe|frame|frameset|object|embed|applet|form|input|base|meta|link|svg|math|style|template|noscript)\b
        | [\s"'/] on[a-z]+ \s* ="#,
    )
    .expect("a fixed expression")
});

/// Up to where an address begins. What may follow is listed, because ways to disguise `javascript:` are not.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)[\s"'/](href|src|srcset|action|formaction|background|poster|cite|longdesc|ping)\s*=\s*["']?\s*"#,
    )
    .expect("a fixed expression")
});

const ADDRESSES: [&str; 5] = ["https://", "http://", "mailto:", "tel:", "{{"];

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

static ALLOWED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\{\{-?\s*[a-z_]+\s*-?\}\}|\{%-?\s*(?:if\s+(?:not\s+)?[a-z_]+|else|endif)\s*-?%\}|\{#[^#{}]*#\}",
    )
    .expect("a fixed expression")
});

/// The first place where template syntax stands that is not among the allowed forms.
fn foreign_syntax(text: &str) -> Option<usize> {
    let mut rest = 0;
    for allowed in ALLOWED.find_iter(text).map(Some).chain([None]) {
        let end = allowed.map_or(text.len(), |found| found.start());
        let between = &text[rest..end];
        if let Some(at) =
            ["{{", "}}", "{%", "%}", "{#", "#}"].iter().filter_map(|mark| between.find(mark)).min()
        {
            return Some(rest + at);
        }
        rest = allowed.map_or(end, |found| found.end());
    }
    None
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(body_html: &str) -> TemplateSource {
        TemplateSource { subject: "Hi".into(), body_html: body_html.into(), body_text: "Hello".into() }
    }

    #[test]
    fn every_built_in_template_passes_its_own_check() {
        assert_eq!(TemplateName::ALL.len(), 17);
        for name in TemplateName::ALL {
            let built_in = name.built_in();
            assert_eq!(built_in.check(*name), Ok(()), "{name}");
            assert_eq!(name.as_str().parse(), Ok(*name));
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
            let used = built_in.used().unwrap();
            for variable in name.variables() {
                assert!(used.contains(variable.name), "{name} never uses {}", variable.name);
            }
        }
    }

    #[test]
    fn unknown_variables_are_refused_by_name() {
        let refused = source("<p>{{ salary }}</p>").check(TemplateName::PasswordReset);
        assert_eq!(
            refused,
            Err(TemplateError::UnknownVariable { part: "body_html", variable: "salary".into() })
        );
        assert!(source("{% if not salary %}x{% endif %}").check(TemplateName::PasswordReset).is_err());
        assert_eq!(source("<p>{{ salary }}</p>").check(TemplateName::OfferMade), Ok(()));
        assert!("welcome".parse::<TemplateName>().is_err());
    }

    #[test]
    fn anything_beyond_names_and_conditions_is_refused() {
        for text in [
            "{{ link | safe }}",
            "{% for c in link %}{% endfor %}",
            "{{ 'a' * 99999999 }}",
            "{% autoescape false %}{{ name }}{% endautoescape %}",
            "{{ name.__class__ }}",
            "{{ name",
            "{% set name = 1 %}",
            "{% if name %}",
            "{% endif %}",
            "{# a {{ name }} #}",
            "{{{ name }}}",
        ] {
            let refused = source(&format!("line one\n{text}")).check(TemplateName::PasswordReset);
            assert!(
                matches!(refused, Err(TemplateError::Syntax { part: "body_html", line: 1..=2 })),
                "{text}: {refused:?}"
            );
        }
    }

    #[test]
    fn active_content_is_refused() {
        for text in [
            "<script>alert(1)</script>",
            "<SCRIPT src=x>",
            "< script>",
            "<img src=x onerror=alert(1)>",
            "<img/onload=alert(1)>",
            "<iframe src=x>",
            "<form action=x>",
            "<svg><animate/></svg>",
            "<meta http-equiv=refresh>",
        ] {
            assert_eq!(
                source(text).check(TemplateName::PasswordReset),
                Err(TemplateError::ActiveContent),
                "{text}"
            );
        }
        for address in [
            "javascript:alert(1)",
            "java&#115;cript:1",
            "\tjavascript:1",
            "data:text/html,x",
            "//evil.example",
            "/x",
        ] {
            for quote in ["\"", "'", ""] {
                let text = format!("<p>\n<a class=b href = {quote}{address}{quote}>x</a>");
                let refused = source(&text).check(TemplateName::PasswordReset);
                assert!(matches!(refused, Err(TemplateError::Address { line: 2 })), "{text}: {refused:?}");
            }
        }
        let harmless = "<p>Personal data: bring your script on Monday; once done = done.</p><a href=\"{{ link }}\">Go</a>\
            <a href='HTTPS://acme.example/a'>A</a><img src=\"https://acme.example/l.png\" alt=\"Acme\">";
        assert_eq!(source(harmless).check(TemplateName::PasswordReset), Ok(()));
    }

    #[test]
    fn sizes_are_bounded() {
        let long = TemplateSource { subject: "x".repeat(256), ..source("x") };
        assert_eq!(
            long.check(TemplateName::PasswordReset),
            Err(TemplateError::TooLong { part: "subject", max: 255 })
        );
        assert_eq!(
            source(" ").check(TemplateName::PasswordReset),
            Err(TemplateError::Empty { part: "body_html" })
        );
    }
}
