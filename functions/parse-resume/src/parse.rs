use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::{Action, Resource};
use shared::candidates::{CandidateRef, Reached};
use shared::docs::Stored;
use shared::domain::candidate::CandidateId;
use shared::domain::document::File;
use shared::domain::resume::ParsedResume;
use shared::http::{Caller, ContractBody, Json};
use shared::{Code, Context, Error, Result};

#[derive(Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
pub(crate) struct ParseRequest {
    /// As the upload answered it.
    #[garde(length(chars, min = 1, max = 500))]
    file_path: String,
    /// Whose file it is: the user's id, or the candidate's for one that staff uploaded.
    #[garde(length(chars, min = 1, max = 100))]
    user_id: String,
    /// Adds new skills, experience and education to the candidate; nothing that is there is changed.
    #[serde(default)]
    apply: bool,
}

pub(crate) async fn parse(
    State(ctx): State<Context>,
    caller: Caller,
    ContractBody(request): ContractBody<ParseRequest>,
) -> Result<Json<ParsedResume>> {
    let (reached, file) = find(&ctx, &caller, &request).await?;
    if file.mime_type != "application/pdf" {
        return Err(Error::new(Code::BadRequest, "Only PDF files are read here."));
    }
    let parse = Box::pin(ctx.read_resume(&reached.at, &file, ctx.model())).await?;
    if request.apply {
        ctx.apply_resume(&reached.at, reached.candidate.id, &parse).await?;
    }
    parse.parsed_data.map(Json).ok_or_else(|| Error::internal("a reading without data"))
}

/// The file, when path, owner and caller belong together; else 404 whatever is wrong (spec 40 §4).
async fn find(ctx: &Context, caller: &Caller, request: &ParseRequest) -> Result<(Reached, Stored<File>)> {
    let owner = owner_of(&request.file_path).ok_or_else(no_file)?;
    let reached = ctx
        .candidate(caller, CandidateRef::Id(owner), Resource::Candidate, Action::Update)
        .await
        .map_err(|error| if error.code() == Code::NotFound { no_file() } else { error })?;
    let candidate = &reached.candidate;
    let is_theirs = request.user_id == candidate.id.to_string()
        || candidate.user_id.is_some_and(|user| request.user_id == user.to_string());
    if !is_theirs {
        return Err(no_file());
    }
    let file = ctx.file_at(&request.file_path).await?.ok_or_else(no_file)?;
    if !file.meta.is_active || file.candidate_id != Some(candidate.id) {
        return Err(no_file());
    }
    Ok((reached, file))
}

/// `resumes/{owner}/{name}` names its owner; nothing else is a resume.
fn owner_of(path: &str) -> Option<CandidateId> {
    let mut parts = path.strip_prefix("resumes/")?.split('/');
    let (owner, name, rest) = (parts.next()?, parts.next()?, parts.next());
    let is_path = rest.is_none() && !name.is_empty() && name != "..";
    is_path.then(|| owner.parse().ok()).flatten()
}

fn no_file() -> Error {
    Error::not_found("file")
}
