use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use uuid::Uuid;

use super::template::{Need, TemplateError, TemplateName, TemplateSource};

/// A letter to be written. It holds personal data and one-time links, so it has no Debug.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Letter {
    pub to: String,
    pub template: TemplateName,
    /// By name; texts are shown as given, so times and dates come in the recipient's zone and words.
    pub variables: BTreeMap<String, String>,
    pub message_id: Uuid,
}

/// Subject and both bodies, ready for [`Email::new`](super::Email::new).
#[derive(Clone)]
pub struct Rendered {
    /// One line of at most 255 characters, whatever the variables held.
    pub subject: String,
    /// A whole HTML document.
    pub html: String,
    pub text: String,
}

/// Writes the letter from the organisation's own template if there is one, else from the built-in one.
pub fn render(letter: &Letter, own: Option<&TemplateSource>) -> Result<Rendered, TemplateError> {
    let built_in;
    let source = match own {
        Some(own) => {
            own.check(letter.template)?;
            own
        }
        None => {
            built_in = letter.template.built_in();
            &built_in
        }
    };
    let variables = completed(letter, source)?;

    let subject = one_line(&fill("subject", &source.subject, &variables)?);
    let text = fill("body_text", &source.body_text, &variables)?;
    let body = fill("body_html", &source.body_html, &variables)?.replace("class=\"button\"", BUTTON);

    let mut frame: BTreeMap<&str, Value> =
        variables.iter().map(|(name, text)| (*name, Value::from(*text))).collect();
    frame.insert("subject", Value::from(subject.clone()));
    frame.insert("body", Value::from_safe_string(body));
    frame.entry("link").or_insert_with(|| Value::from(""));
    let html = ENVIRONMENT
        .render_named_str("body_html", include_str!("shell.html"), frame)
        // The escaper also writes slashes as references, which programs that pick links out of mail do not read.
        .map(|html| html.replace("&#x2f;", "/"))
        .map_err(|error| TemplateError::Syntax { part: "shell", line: error.line().unwrap_or(0) })?;

    Ok(Rendered { subject, html, text: format!("{}\n", text.trim_end()) })
}

/// Names a template refers to.
pub(super) fn variables_in(part: &'static str, text: &str) -> Result<BTreeSet<String>, TemplateError> {
    let template = ENVIRONMENT
        .template_from_named_str(part, text)
        .map_err(|error| TemplateError::Syntax { part, line: error.line().unwrap_or(1) })?;
    Ok(template.undeclared_variables(false).into_iter().collect())
}

/// Inline, because several mail programs drop style sheets.
const BUTTON: &str = "class=\"button\" style=\"display:inline-block;padding:13px 26px;background:#2f4bc7;\
    border:1px solid #2f4bc7;border-radius:8px;color:#ffffff;font-weight:600;text-decoration:none;\"";

const SUBJECT_MAX: usize = 255;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|part| match part {
        "body_html" => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    environment
});

/// Every declared variable with its value; optional ones that were not given are empty.
fn completed<'a>(
    letter: &'a Letter,
    source: &TemplateSource,
) -> Result<BTreeMap<&'static str, &'a str>, TemplateError> {
    let declared = letter.template.variables();
    let given =
        |name: &str| letter.variables.get(name).map(String::as_str).filter(|text| !text.trim().is_empty());
    let mut used = source.used()?;
    // The frame shows it whatever the template says.
    used.insert("company".into());

    let mut choices = declared.iter().filter(|v| v.need == Need::OneOf).peekable();
    if let Some(first) = choices.peek().copied()
        && choices.all(|v| given(v.name).is_none())
    {
        return Err(TemplateError::MissingVariable(first.name.into()));
    }
    declared
        .iter()
        .filter_map(|variable| match (given(variable.name), variable.need) {
            (Some(text), _) => Some(Ok((variable.name, text))),
            (None, Need::Always) if used.contains(variable.name) => {
                Some(Err(TemplateError::MissingVariable(variable.name.into())))
            }
            (None, Need::Always) => None,
            (None, Need::OneOf | Need::Optional) => Some(Ok((variable.name, ""))),
        })
        .collect()
}

fn fill(
    part: &'static str,
    text: &str,
    variables: &BTreeMap<&'static str, &str>,
) -> Result<String, TemplateError> {
    let values: BTreeMap<&str, Value> =
        variables.iter().map(|(name, text)| (*name, Value::from(*text))).collect();
    ENVIRONMENT
        .render_named_str(part, text, values)
        .map_err(|error| TemplateError::Syntax { part, line: error.line().unwrap_or(1) })
}

/// A variable with a line break must not start a header of its own, and a direction override must not
/// disguise the subject.
fn one_line(text: &str) -> String {
    let unbroken: String = text
        .chars()
        .map(|c| {
            if c.is_control()
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            {
                ' '
            } else {
                c
            }
        })
        .collect();
    let words: Vec<&str> = unbroken.split_whitespace().collect();
    words.join(" ").chars().take(SUBJECT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(template: TemplateName, variables: &[(&str, &str)]) -> Letter {
        Letter {
            to: "sam@example.org".into(),
            template,
            variables: variables.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            message_id: Uuid::from_u128(7),
        }
    }

    /// A value for every declared variable.
    fn full(template: TemplateName) -> Letter {
        let values: Vec<(&str, String)> =
            template.variables().iter().map(|v| (v.name, format!("value of {}", v.name))).collect();
        letter(template, &values.iter().map(|(k, v)| (*k, v.as_str())).collect::<Vec<_>>())
    }

    /// For looking at: `LETTERS_OUT=<folder> cargo test -p shared letter::`.
    #[test]
    fn every_template_shows_every_variable_in_both_bodies() {
        for name in TemplateName::ALL {
            let rendered = render(&full(*name), None).unwrap();
            for variable in name.variables() {
                let value = format!("value of {}", variable.name);
                assert!(rendered.text.contains(&value), "{name} text: {}", variable.name);
                assert!(rendered.html.contains(&value), "{name} html: {}", variable.name);
            }
            if let Some(folder) = std::env::var_os("LETTERS_OUT") {
                std::fs::write(std::path::Path::new(&folder).join(format!("{name}.html")), &rendered.html)
                    .unwrap();
            }
            assert!(!rendered.text.contains("{{") && !rendered.html.contains("{%"), "{name}");
            assert!(!rendered.text.contains("\n\n\n"), "{name}:\n{}", rendered.text);
            assert!(rendered.html.starts_with("<!doctype html>"));
        }
    }

    #[test]
    fn every_template_does_without_its_optional_variables_and_with_no_other() {
        for name in TemplateName::ALL {
            let mut sparse = full(*name);
            for variable in name.variables() {
                if variable.need == Need::Optional {
                    sparse.variables.remove(variable.name);
                }
            }
            let rendered = render(&sparse, None).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!rendered.text.contains("\n\n\n"), "{name}:\n{}", rendered.text);
            for variable in name.variables().iter().filter(|v| v.need == Need::Always) {
                let mut short = sparse.clone();
                short.variables.insert(variable.name.into(), " ".into());
                assert_eq!(
                    render(&short, None).err(),
                    Some(TemplateError::MissingVariable(variable.name.into())),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn an_interview_has_a_place_or_a_link() {
        let known = [("name", "Sam"), ("company", "Acme"), ("job_title", "Welder"), ("time", "Monday 10 am")];
        let nowhere = letter(TemplateName::InterviewScheduled, &known);
        assert_eq!(render(&nowhere, None).err(), Some(TemplateError::MissingVariable("place".into())));
        let mut at_a_link = nowhere;
        at_a_link.variables.insert("link".into(), "https://meet.example/1".into());
        assert!(render(&at_a_link, None).unwrap().text.contains("https://meet.example/1"));
    }

    #[test]
    fn links_stand_whole_in_both_bodies() {
        let mut known = full(TemplateName::InterviewInvitation);
        known.variables.insert("link".into(), "https://app.example/invite/aB-_9?x=1&y=2".into());
        let rendered = render(&known, None).unwrap();
        assert!(rendered.html.contains("href=\"https://app.example/invite/aB-_9?x=1&amp;y=2\""));
        assert!(rendered.text.contains("\nhttps://app.example/invite/aB-_9?x=1&y=2\n"));
    }

    #[test]
    fn variables_are_escaped_in_html_only() {
        let mut hostile = full(TemplateName::StageChanged);
        hostile.variables.insert("stage".into(), "<img src=x onerror=alert(1)> & \"co\" {{ name }}".into());
        let rendered = render(&hostile, None).unwrap();
        assert!(rendered.html.contains("&lt;img src=x onerror=alert(1)&gt; &amp; &quot;co&quot; {{ name }}"));
        assert!(rendered.text.contains("<img src=x onerror=alert(1)> & \"co\" {{ name }}"));
    }

    #[test]
    fn a_subject_stays_one_line() {
        let mut hostile = full(TemplateName::StageChanged);
        hostile.variables.insert(
            "job_title".into(),
            format!("Welder\r\nBcc: eve@example.org\u{2028}\u{202e}x{}", "y".repeat(400)),
        );
        let subject = render(&hostile, None).unwrap().subject;
        assert!(subject.starts_with("An update on your application for Welder Bcc: eve@example.org x"));
        assert_eq!(subject.chars().count(), 255);
    }

    #[test]
    fn an_organisations_own_text_wins_and_is_checked_again() {
        let own = TemplateSource {
            subject: "{{ company }}: {{ stage }}".into(),
            body_html: "<p>Now {{ stage }} <a class=\"button\" href=\"https://acme.example\">Go</a></p>"
                .into(),
            body_text: "Now {{ stage }}\n".into(),
        };
        // The own text never mentions them, so their absence harms nothing.
        let known = letter(TemplateName::StageChanged, &[("company", "Acme"), ("stage", "offer")]);
        let rendered = render(&known, Some(&own)).unwrap();
        assert_eq!(rendered.subject, "Acme: offer");
        assert_eq!(rendered.text, "Now offer\n");
        assert!(rendered.html.contains("style=\"display:inline-block"));
        let unsafe_text = TemplateSource { body_html: "<script>1</script>".into(), ..own };
        assert_eq!(render(&known, Some(&unsafe_text)).err(), Some(TemplateError::ActiveContent));
    }
}
