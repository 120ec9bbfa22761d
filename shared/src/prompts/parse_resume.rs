use crate::{
    ai::{Data, Lane, Parameters, Prompt},
    domain::resume::ParsedResume,
};

/// Read the visible text of a resume. Answer: [`crate::domain::resume::ParsedResume`].
#[derive(Clone)]
pub struct ParseResume {
    /// Visible text only, in reading order, one line of the page per line; pages separated by form feeds (U+000C).
    pub text: String,
}

impl Prompt for ParseResume {
    type Answer = ParsedResume;
    const NAME: &'static str = "parse_resume";
    const TEXT: &'static str = include_str!("parse_resume.md");
    const LANE: Lane = Lane::Resumes;

    fn data(&self, data: &mut Data) {
        data.quote("resume", &self.text);
        data.line("Copy the facts of this resume into the form.");
    }

    fn parameters(&self) -> Parameters {
        Parameters { temperature: 0.0, max_tokens: 4096 }
    }
}
