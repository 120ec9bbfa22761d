use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, value::Serde};
use sha2::{Digest as _, Sha256};

use super::{ReportError, ReportView, home, page::Page};

/// The report as one HTML page: no script, nothing loaded from elsewhere, one style element (see
/// [`style_source`]), prints on A4. All of `view` is escaped.
pub fn html(view: &ReportView) -> Result<String, ReportError> {
    draw(include_str!("report.html"), Value::from(Serde(Page::of(view))))
}

/// What a Content-Security-Policy lists under `style-src` to admit the styles of the report and of the home
/// page and no other; the rest of the policy can be `default-src 'none'`.
pub fn style_source() -> String {
    [STYLE, home::STYLE].map(|style| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(style)))).join(" ")
}

/// Base look and the report's own.
pub(super) const STYLE: &str = concat!(include_str!("look.css"), include_str!("report.css"));

/// Draws one of the built-in pages.
pub(super) fn draw(page: &str, values: Value) -> Result<String, ReportError> {
    static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment
    });
    Ok(ENVIRONMENT.render_str(page, values)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use regex::Regex;

    use super::*;
    use crate::report::sample::sample;

    fn found(page: &str, expression: &str) -> usize {
        Regex::new(expression).unwrap().find_iter(page).count()
    }

    /// For looking at: `REPORT_OUT=report.html cargo test -p shared report::`.
    #[test]
    fn the_sample_can_be_written_out() {
        let page = html(&sample()).unwrap();
        if let Some(path) = std::env::var_os("REPORT_OUT") {
            std::fs::write(path, &page).unwrap();
        }
        assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    }

    #[test]
    fn the_page_stands_alone() {
        let page = html(&sample()).unwrap();
        assert_eq!(
            found(&page, r#"(?i)<script|<link|<img|<iframe|@import|url\(|\ssrc=|\sstyle=|\son[a-z]+="#),
            0
        );
        assert_eq!(found(&page, r#"href="[^#]"#), 0, "links stay within the page");
        let ids: Vec<&str> = Regex::new(r#"\sid="([^"]+)""#)
            .unwrap()
            .captures_iter(&page)
            .map(|c| c.get(1).unwrap().as_str())
            .collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        for target in Regex::new(r##"(?:href="#|labelledby=")([^"]+)""##).unwrap().captures_iter(&page) {
            for id in target[1].split(' ') {
                assert!(ids.contains(&id), "{id}");
            }
        }
    }

    #[test]
    fn the_policy_admits_the_styles_as_they_stand_in_the_pages() {
        let empty = home::HomeView { version: String::new(), backends: vec![], links: vec![] };
        for page in [html(&sample()).unwrap(), home::home_page(&empty)] {
            let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
            assert!(style_source().contains(&format!("'sha256-{}'", STANDARD.encode(Sha256::digest(style)))));
        }
    }

    #[test]
    fn nothing_hostile_gets_through_anywhere() {
        let evil = "</script></style></title></svg>\"'><img src=x onerror=alert(1)>{{ 7 * 7 }}";
        let mut view = sample();
        let ReportView {
            organisation,
            job_title,
            candidate,
            interviewed,
            band,
            scored_by,
            model_version,
            prompt_version,
            rubric_version,
            offline_label,
            notices,
            dimensions,
            narrative_summary,
            candidate_feedback,
            integrity_risk,
            integrity_signals,
            replaced,
            ai_did,
            ai_did_not,
            requirements,
            transcript,
            record,
            generated_at,
            duration_minutes: _,
            overall_score: _,
        } = &mut view;
        *band = Some(evil.into());
        *offline_label = Some(evil.into());
        let texts = [
            organisation,
            job_title,
            candidate,
            interviewed,
            scored_by,
            model_version,
            prompt_version,
            rubric_version,
            narrative_summary,
            candidate_feedback,
            integrity_risk,
            generated_at,
            &mut record.input_hash,
        ];
        let lists = [notices, integrity_signals, ai_did, ai_did_not];
        for text in texts.into_iter().chain(lists.into_iter().flatten()) {
            *text = evil.into();
        }
        for dimension in dimensions {
            for text in [&mut dimension.name, &mut dimension.description, &mut dimension.evidence] {
                *text = evil.into();
            }
            for quote in &mut dimension.quotes {
                quote.text = evil.into();
            }
        }
        for requirement in requirements {
            requirement.name = evil.into();
            requirement.note = Some(evil.into());
        }
        for turn in transcript {
            turn.speaker = evil.into();
            turn.content = evil.into();
        }
        record.replay = Some(evil.into());
        record.facts = vec![(evil.into(), evil.into())];
        let replaced = replaced.as_mut().unwrap();
        for text in [&mut replaced.by, &mut replaced.at, &mut replaced.reason] {
            *text = evil.into();
        }
        let page = html(&view).unwrap();
        assert_eq!(found(&page, "(?i)<img|<script|</script"), 0);
        assert_eq!(found(&page, "</style>"), 1);
        assert_eq!(found(&page, "</title>"), 1 + 2, "the page's and the two drawings'");
        assert!(page.contains("{{ 7 * 7 }}") && !page.contains("49}"));
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
    }

    #[test]
    fn the_radar_needs_three_scores_and_takes_twelve() {
        let mut view = sample();
        for n in 1..=12 {
            view.dimensions = sample().dimensions.into_iter().cycle().take(n).collect();
            for (i, dimension) in view.dimensions.iter_mut().enumerate() {
                dimension.score = Some(100.0 * i as f64 / n as f64);
            }
            let page = html(&view).unwrap();
            if let Some(path) = std::env::var_os("REPORT_OUT") {
                std::fs::write(std::path::Path::new(&path).with_extension(format!("{n}.html")), &page)
                    .unwrap();
            }
            assert_eq!(page.contains("class=\"shape\""), n >= 3, "{n}");
            assert_eq!(found(&page, "class=\"spoke\""), if n >= 3 { n } else { 0 });
            assert_eq!(found(&page, "class=\"track\""), n);
            assert_eq!(found(&page, "class=\"fill\""), n - 1, "a score of 0 has no bar");
        }
        view.dimensions.iter_mut().skip(2).for_each(|d| d.score = None);
        assert!(!html(&view).unwrap().contains("class=\"shape\""));
    }

    #[test]
    fn a_withheld_score_is_never_drawn_as_zero() {
        let mut view = sample();
        view.overall_score = None;
        view.band = None;
        let page = html(&view).unwrap();
        assert!(page.contains("Score withheld") && page.contains("No overall score"));
        assert!(page.contains("class=\"spoke none\""));
        assert!(page.contains("Leadership Potential: withheld"));
    }

    #[test]
    fn numbers_that_are_none_do_no_harm() {
        let mut view = sample();
        view.overall_score = Some(f64::NAN);
        view.dimensions[0].score = Some(f64::INFINITY);
        view.dimensions[1].score = Some(-3.0);
        view.dimensions[2].weight = f64::NAN;
        view.dimensions[3].quotes[0].turn = Some(999);
        let page = html(&view).unwrap();
        assert!(!page.contains("NaN") && !page.contains(">inf") && !page.contains("turn-1000"));
    }
}
