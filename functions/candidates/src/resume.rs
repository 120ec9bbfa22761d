use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shared::auth::{Action, Resource};
use shared::candidates::{CandidateRef, Reach, Reached};
use shared::docs::{At, Listing, Stored};
use shared::domain::candidate::Candidate;
use shared::domain::document::File;
use shared::domain::resume_parse::ResumeParse;
use shared::http::{Caller, Json, NoContent, Path};
use shared::store::Tenant;
use shared::{Context, Error, Result};

#[derive(Serialize, JsonSchema)]
pub(crate) struct CurrentResume {
    document: File,
    /// The latest reading. What the file hides (`findings`) is shown to staff only.
    parse: Option<ResumeParse>,
    /// Works for 15 minutes.
    url: String,
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(which): Path<CandidateRef>,
) -> Result<Json<CurrentResume>> {
    let reached = ctx.candidate(&caller, which, Resource::Document, Action::Read).await?;
    let reach = reached.reach;
    let candidate_at = reached.at.clone();
    let candidate = crate::candidate::visible(&caller, reached)?;
    let (at, document) = file_of(&ctx, &candidate_at, &candidate).await?.ok_or_else(none)?;
    let listing = Listing::newest().within(document.id).page(1, None);
    let mut parse = ctx.docs::<ResumeParse>(&at).list(listing).await?.items.into_iter().next();
    if reach == Reach::Own
        && let Some(parse) = &mut parse
    {
        parse.findings.clear();
    }
    let url = ctx.file_link(&document).await?;
    Ok(Json(CurrentResume { document: document.into_inner(), parse, url }))
}

/// In the candidate's tenant; for an organisation's record of a person who applied, in the person's.
async fn file_of(ctx: &Context, at: &At, candidate: &Candidate) -> Result<Option<(At, Stored<File>)>> {
    let Some(id) = candidate.cv_document_id else { return Ok(None) };
    if let Some(file) = ctx.docs::<File>(at).find(id).await? {
        return Ok(Some((at.clone(), file)));
    }
    let Some(user) = candidate.user_id else { return Ok(None) };
    let person = at.within(Tenant::person(&user.to_string()));
    Ok(ctx.docs::<File>(&person).find(id).await?.map(|file| (person, file)))
}

/// The candidate no longer has it; the document itself stays until it is deleted.
pub(crate) async fn remove(
    State(ctx): State<Context>,
    caller: Caller,
    Path(which): Path<CandidateRef>,
) -> Result<NoContent> {
    let Reached { at, candidate, .. } =
        ctx.candidate(&caller, which, Resource::Document, Action::Delete).await?;
    let id = candidate.id;
    ctx.docs::<Candidate>(&at)
        .update(id, id, None, |candidate, work| {
            candidate.cv_document_id.ok_or_else(none)?;
            work.action("clear_resume");
            candidate.clear_resume();
            Ok(())
        })
        .await?;
    Ok(NoContent)
}

fn none() -> Error {
    Error::not_found("resume")
}
