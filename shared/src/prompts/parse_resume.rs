/// Read the visible text of a resume. Answer: [`crate::domain::resume::ParsedResume`].
#[derive(Clone)]
pub struct ParseResume {
    /// Visible text only, in reading order, one line of the page per line; pages separated by form feeds (U+000C).
    pub text: String,
}
