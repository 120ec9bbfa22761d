use super::Candidate;

/// Words of a search text, lower case: at most 20.
pub fn search_words(text: &str) -> Vec<String> {
    words(text).take(20).collect()
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    // `c++`, `c#` and `.net` are words too.
    let outside = |c: char| !(c.is_alphanumeric() || matches!(c, '+' | '#' | '.'));
    text.split(outside).map(|word| word.trim_end_matches('.').to_lowercase()).filter(|word| !word.is_empty())
}

impl Candidate {
    /// How well the record fits (spec 40 §6): every word must begin a word of name, title, company, skills or summary;
    /// `None` when one does not. Higher is better; whole words and nearer members count more.
    pub fn relevance(&self, query: &[String]) -> Option<u32> {
        let fields = &self.fields;
        let mut places: Vec<(u32, String)> = Vec::new();
        let mut place = |weight: u32, text: &str| places.extend(words(text).map(|word| (weight, word)));
        place(5, &fields.first_name);
        place(5, &fields.last_name);
        place(4, fields.current_title.as_deref().unwrap_or_default());
        place(3, fields.current_company.as_deref().unwrap_or_default());
        for skill in &self.skills {
            place(4, &skill.fields.skill_name);
        }
        place(1, fields.summary.as_deref().unwrap_or_default());
        let best = |wanted: &String| {
            let fitting = places.iter().filter(|(_, word)| word.starts_with(wanted.as_str()));
            fitting.map(|(weight, word)| weight * if word == wanted { 2 } else { 1 }).max()
        };
        query.iter().map(best).sum()
    }
}
