use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::ai::offline::vocabulary::{self, SkillKind};
use shared::docs::PageSize;
use shared::domain::candidate::SkillType;
use shared::http::{Caller, Page, Query};
use shared::{Context, Error, Result};

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SkillSearch {
    /// The beginning of the name.
    q: Option<String>,
    limit: PageSize,
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct CatalogueSkill {
    name: &'static str,
    category: SkillType,
}

/// The skills the platform knows, by name; the list comes with the program.
pub(crate) async fn list(
    State(_): State<Context>,
    _: Caller,
    Query(search): Query<SkillSearch>,
) -> Result<Page<CatalogueSkill>> {
    let limit = usize::from(search.limit);
    let start: usize = match &search.cursor {
        Some(cursor) => {
            cursor.parse().map_err(|_| Error::invalid("cursor", "Use next_cursor of the same list."))?
        }
        None => 0,
    };
    let beginning = search.q.unwrap_or_default().trim().to_lowercase();
    let mut fitting =
        vocabulary::all().iter().filter(|(name, _)| name.to_lowercase().starts_with(&beginning)).skip(start);
    let items =
        fitting.by_ref().take(limit).map(|(name, kind)| CatalogueSkill { name, category: category(*kind) });
    let items = items.collect();
    let next_cursor = fitting.next().map(|_| start.saturating_add(limit).to_string());
    Ok(Page { items, next_cursor })
}

fn category(kind: SkillKind) -> SkillType {
    match kind {
        SkillKind::Technical => SkillType::Technical,
        SkillKind::Soft => SkillType::Soft,
        SkillKind::Language => SkillType::Language,
        SkillKind::Certification => SkillType::Certification,
    }
}
