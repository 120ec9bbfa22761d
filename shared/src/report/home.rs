use minijinja::{Value, context};

use super::html::draw;

/// What the page at the root shows.
pub struct HomeView {
    pub version: String,
    /// Part of the platform and what serves it: ("store", "embedded, data/talenti.db").
    pub backends: Vec<(String, String)>,
    /// Title, address, note.
    pub links: Vec<(String, String, String)>,
}

/// The home page: no script, nothing loaded from elsewhere.
pub fn home_page(view: &HomeView) -> String {
    let values = context! {
        style => Value::from_safe_string(STYLE.into()),
        version => view.version.clone(),
        backends => view.backends.clone(),
        links => view.links.clone(),
    };
    draw(include_str!("../http/home.html"), values)
        .expect("a test draws this page; its inputs are plain text")
}

pub(super) const STYLE: &str = concat!(include_str!("look.css"), include_str!("home.css"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_page_shows_backends_and_links_escaped() {
        let page = home_page(&HomeView {
            version: "1.2.3".into(),
            backends: vec![("Store".into(), "embedded <file>".into())],
            links: vec![("API".into(), "/api/docs?a=1&b=\"".into(), "Try it".into())],
        });
        assert!(page.contains("1.2.3") && page.contains("embedded &lt;file&gt;"));
        assert!(page.contains("href=\"&#x2f;api&#x2f;docs?a=1&amp;b=&quot;\""), "{page}");
        assert!(!page.contains("<script") && !page.contains(" style="));
        assert!(
            home_page(&HomeView { version: String::new(), backends: vec![], links: vec![] })
                .contains("</html>")
        );
    }

    /// For looking at: `HOME_OUT=home.html cargo test -p shared home::`.
    #[test]
    fn the_home_page_stands_alone() {
        let pairs = |rows: &[(&str, &str)]| rows.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
        let link = |title: &str, to: &str, note: &str| (title.into(), to.into(), note.into());
        let page = home_page(&HomeView {
            version: "0.1.0".into(),
            backends: pairs(&[
                ("Store", "embedded, data/talenti.db"),
                ("Queue", "embedded"),
                ("AI", "offline engine: rules and statistics, no network"),
                ("E-mail", "outbox folder data/outbox"),
            ]),
            links: vec![
                link("API reference", "/api/docs", "Every endpoint, to read and to try"),
                link("Health", "/api/v1/health", "Whether each part answers"),
                link("Outbox", "/api/v1/dev/outbox", "Letters written so far; development only"),
            ],
        });
        if let Some(path) = std::env::var_os("HOME_OUT") {
            std::fs::write(path, &page).unwrap();
        }
        assert_eq!(page.matches("<li>").count(), 3);
        assert_eq!(page.matches("<tr>").count(), 4);
        assert!(!page.contains("http://") && !page.contains("https://"), "nothing is loaded from elsewhere");
    }
}
