use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::docs::{At, Listing, PageSize};
use shared::domain::candidate::{
    Candidate, CandidateForStaff, CandidateSource, SearchTerms, WorkMode, search_words,
};
use shared::http::{Caller, Page, Query};
use shared::store::Filter;
use shared::{Context, Error, Result};

/// Matches that are ranked, at most: the newest ones.
const MOST_RANKED: usize = 1000;

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CandidateSearch {
    /// 1-200 characters; every word must begin a word of name, title, company, skills or summary.
    q: String,
    /// Names of skills, comma-separated; all are needed.
    skills: Option<String>,
    min_years: Option<u8>,
    max_years: Option<u8>,
    /// Every word must begin a word of the place.
    location: Option<String>,
    work_mode: Option<WorkMode>,
    work_rights: Option<String>,
    availability: Option<String>,
    source: Option<CandidateSource>,
    limit: PageSize,
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct FoundCandidate {
    #[serde(flatten)]
    candidate: CandidateForStaff,
    /// Higher fits better; to compare within one search only.
    score: u32,
}

pub(crate) async fn search(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<CandidateSearch>,
) -> Result<Page<FoundCandidate>> {
    let at = caller.organisation()?;
    let limit = usize::from(search.limit);
    let start = search.start()?;
    let words = search.words()?;
    let narrowed = ctx.narrowed::<Candidate>(&caller, &at, Resource::Candidate, Action::Read).await?;
    let mut ranked = find(&ctx, &at, &search, &words, narrowed).await?;
    // By relevance, then newest.
    ranked.sort_by(|(a, x), (b, y)| b.cmp(a).then(y.id.cmp(&x.id)));
    let next = start.saturating_add(limit);
    let next_cursor = (ranked.len() > next).then(|| next.to_string());
    let page = ranked.into_iter().skip(start).take(limit);
    let items = page.map(|(score, candidate)| FoundCandidate { candidate: candidate.staff_view(), score });
    Ok(Page { items: items.collect(), next_cursor })
}

async fn find(
    ctx: &Context,
    at: &At,
    search: &CandidateSearch,
    words: &[String],
    narrowed: Option<Filter>,
) -> Result<Vec<(u32, Candidate)>> {
    let location = search_words(search.location.as_deref().unwrap_or_default());
    let skills: Vec<String> =
        search.skills.iter().flat_map(|list| list.split(',')).map(|name| name.trim().to_owned()).collect();
    let mut listing = Listing::newest();
    listing.filters = SearchTerms { words, skills: &skills, location: &location }.filters();
    if search.min_years.is_some() || search.max_years.is_some() {
        let above = search.max_years.map(|years| (u32::from(years) + 1).into());
        listing.filters.push(Filter::Range("years_experience", search.min_years.map(Into::into), above));
    }
    listing.filters.extend(narrowed);
    let mut listing = listing.eq_if("work_mode", search.work_mode).eq_if("source", search.source);
    let mut found = Vec::new();
    while found.len() < MOST_RANKED {
        let (filters, after) = (listing.filters.clone(), listing.after.take());
        let page = Listing { filters, ..Listing::newest() }.page(200, after);
        let page = ctx.docs::<Candidate>(at).list(page).await?;
        found.extend(page.items.into_iter().filter_map(|candidate| {
            let fits = candidate.searchable() && search.fits(&candidate) && candidate.lives_in(&location);
            Some((candidate.relevance(words).filter(|_| fits)?, candidate))
        }));
        match page.next {
            Some(next) => listing.after = Some(next),
            None => break,
        }
    }
    Ok(found)
}

impl CandidateSearch {
    fn words(&self) -> Result<Vec<String>> {
        let words = search_words(&self.q);
        if words.is_empty() || self.q.chars().count() > 200 {
            return Err(Error::invalid("q", "must have 1 to 200 characters and at least one word"));
        }
        Ok(words)
    }

    /// Where the page begins: the cursor of a ranking is a place in it.
    fn start(&self) -> Result<usize> {
        let Some(cursor) = &self.cursor else { return Ok(0) };
        let place = cursor.parse().ok().filter(|place| *place <= MOST_RANKED + 200);
        place.ok_or_else(|| Error::invalid("cursor", "Use next_cursor of the same search."))
    }

    fn fits(&self, candidate: &Candidate) -> bool {
        let holds = |wanted: &Option<String>, has: &Option<String>| {
            wanted.as_deref().is_none_or(|wanted| {
                has.as_deref().is_some_and(|has| has.to_lowercase().contains(&wanted.trim().to_lowercase()))
            })
        };
        holds(&self.work_rights, &candidate.fields.work_rights)
            && holds(&self.availability, &candidate.fields.availability)
    }
}
