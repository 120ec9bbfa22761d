use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource, Scope};
use shared::candidates::{CandidateRef, Reach, Reached};
use shared::docs::{At, Listing, PageSize};
use shared::domain::application::ApplicationId;
use shared::domain::candidate::{Candidate, CandidateId};
use shared::domain::document::{File, FileId, FileOwner, FileType, Upload, safe_file_name};
use shared::domain::messages::ParseResumeJob;
use shared::files::{MOST_BYTES, media_type_of};
use shared::http::{
    Caller, Created, Json, MaybeIfMatch, Multipart, NoContent, Page, Path, Query, Tagged, UploadFault,
    Uploaded, with_etag,
};
use shared::{Code, Context, Error, Result};

/// Beside the part `file`.
#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct DocumentForm {
    document_type: FileType,
    #[serde(default)]
    candidate_id: Option<CandidateId>,
    #[serde(default)]
    application_id: Option<ApplicationId>,
    #[serde(default)]
    is_public: Option<bool>,
}

/// PDF, DOCX, text, PNG or JPEG, told by the content. A resume becomes the candidate's current one and is read.
pub(crate) async fn upload(
    State(ctx): State<Context>,
    caller: Caller,
    form: Multipart<DocumentForm>,
) -> Result<Created<File>> {
    let Uploaded { file_name, content, fields } = form.receive(MOST_BYTES).await.map_err(refused)?;
    let file_name = safe_file_name(&file_name)
        .ok_or_else(|| Error::invalid("/file", "The file needs a name of letters and digits."))?;
    let mime_type = media_type_of(&content).ok_or_else(|| {
        Error::new(Code::UnsupportedMediaType, "Only PDF, DOCX, plain text, PNG and JPEG files are taken.")
    })?;
    if fields.document_type == FileType::Resume && mime_type.starts_with("image/") {
        return Err(Error::new(Code::UnsupportedMediaType, "A resume is a PDF, DOCX or text file."));
    }
    let place = place(&ctx, &caller, &fields).await?;
    let upload = Upload {
        owner_id: caller.user_id.clone(),
        owner_type: place.owner_type,
        candidate_id: place.candidate,
        application_id: fields.application_id,
        document_type: fields.document_type,
        file_path: place.path(fields.document_type, &file_name),
        file_name,
        file_size: content.len() as u64,
        mime_type: mime_type.into(),
        is_public: fields.is_public.unwrap_or_default(),
        sha256: String::new(),
    };
    let resume_of = place.candidate.filter(|_| fields.document_type == FileType::Resume);
    let file = ctx
        .keep_file(&place.at, upload, content, |file, work| match resume_of {
            Some(candidate_id) => work.send(&ParseResumeJob { document_id: file.id, candidate_id }),
            None => Ok(()),
        })
        .await?;
    if let Some(candidate) = resume_of {
        ctx.docs::<Candidate>(&place.at)
            .update(candidate, candidate, None, |candidate, work| {
                work.action("set_resume");
                candidate.set_resume(file.id, file.file_path.clone(), file.uploaded_at);
                Ok(())
            })
            .await?;
    }
    Ok(Created::at(format!("/documents/{}", file.id), file))
}

/// Where an upload belongs.
struct Place {
    at: At,
    candidate: Option<CandidateId>,
    owner_type: FileOwner,
    /// Id that its path begins with: of the candidate, else the application, else the uploader.
    folder: String,
}

impl Place {
    fn path(&self, document_type: FileType, name: &str) -> String {
        let folder = &self.folder;
        match document_type {
            FileType::Resume => format!("resumes/{folder}/{name}"),
            other => format!("documents/{folder}/{}/{name}", other.as_str()),
        }
    }
}

async fn place(ctx: &Context, caller: &Caller, fields: &DocumentForm) -> Result<Place> {
    if let Some(id) = fields.application_id {
        ctx.check_application(caller, id, Resource::Document, Action::Create).await?;
    }
    let is_person = caller.organisation_id.is_none();
    let (at, candidate, owner_type) = match fields.candidate_id {
        None if is_person => (caller.person(), Some(ctx.own_profile(caller).await?.id), FileOwner::Candidate),
        Some(id) => {
            let Reached { at, candidate, reach } =
                ctx.candidate(caller, CandidateRef::Id(id), Resource::Document, Action::Create).await?;
            let owner = if reach == Reach::Own { FileOwner::Candidate } else { FileOwner::Recruiter };
            (at, Some(candidate.id), owner)
        }
        None => {
            caller.needs(Resource::Document, Action::Create)?;
            (caller.organisation()?, None, FileOwner::Recruiter)
        }
    };
    let folder = candidate.map(|id| id.to_string());
    let folder = folder.or_else(|| fields.application_id.map(|id| id.to_string()));
    Ok(Place { at, candidate, owner_type, folder: folder.unwrap_or_else(|| caller.user_id.clone()) })
}

fn refused(fault: UploadFault) -> Error {
    let file = |detail: &str| Error::invalid("/file", detail);
    match fault {
        UploadFault::NotAForm => Error::new(Code::UnsupportedMediaType, "Send multipart/form-data."),
        UploadFault::Damaged => Error::new(Code::BadRequest, "The form ends early or cannot be read."),
        UploadFault::NoFile => file("There is no file: send it in the field file."),
        UploadFault::SeveralFiles => file("Send one file only."),
        UploadFault::Empty => file("The file is empty."),
        UploadFault::TooLarge => Error::new(Code::TooLarge, "The file is larger than 10 MB."),
        UploadFault::Field(error) => error,
    }
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DocumentList {
    candidate_id: Option<CandidateId>,
    application_id: Option<ApplicationId>,
    document_type: Option<FileType>,
    limit: PageSize,
    cursor: Option<String>,
}

/// A person's own; of the organisation everything, or what belongs to a candidate or application within the caller's
/// scope, or without either what the caller uploaded.
pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<DocumentList>,
) -> Result<Page<File>> {
    let at = match caller.organisation_id {
        None => caller.person(),
        Some(_) => caller.organisation()?,
    };
    let mut listing = Listing::newest();
    if caller.organisation_id.is_some() && caller.needs(Resource::Document, Action::Read)? != Scope::All {
        match (search.candidate_id, search.application_id) {
            (Some(id), _) => {
                ctx.candidate(&caller, CandidateRef::Id(id), Resource::Document, Action::Read).await?;
            }
            (None, Some(id)) => {
                ctx.check_application(&caller, id, Resource::Document, Action::Read).await?;
            }
            (None, None) => listing = listing.eq("owner_id", &caller.user_id),
        }
    }
    let listing = listing
        .eq_if("candidate_id", search.candidate_id)
        .eq_if("application_id", search.application_id)
        .eq_if("document_type", search.document_type)
        .asked(search.limit, search.cursor);
    Ok(ctx.docs::<File>(&at).list(listing).await?.into())
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct LinkedDocument {
    #[serde(flatten)]
    document: File,
    /// Works for 15 minutes.
    url: String,
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<FileId>,
) -> Result<Tagged<LinkedDocument>> {
    let (_, file) = ctx.file(&caller, id, Action::Read).await?;
    let url = ctx.file_link(&file).await?;
    Ok(with_etag(&*file, LinkedDocument { document: file.clone(), url }))
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Preview {
    /// Works for 15 minutes.
    url: String,
    kind: PreviewKind,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum PreviewKind {
    Pdf,
    Image,
    Text,
}

pub(crate) async fn preview(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<FileId>,
) -> Result<Json<Preview>> {
    let (_, file) = ctx.file(&caller, id, Action::Read).await?;
    let url = ctx.file_link(&file).await?;
    let kind = match file.mime_type.as_str() {
        "application/pdf" => PreviewKind::Pdf,
        "image/png" | "image/jpeg" => PreviewKind::Image,
        "text/plain" => PreviewKind::Text,
        _ => {
            return Err(Error::new(
                Code::UnsupportedMediaType,
                "There is no preview of this type. Download the document instead.",
            ));
        }
    };
    Ok(Json(Preview { url, kind }))
}

pub(crate) async fn remove(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<FileId>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<NoContent> {
    let (at, file) = ctx.file(&caller, id, Action::Delete).await?;
    if ctx.used_by_application(&at, &file).await? {
        return Err(Error::conflict("An application uses this document. Withdraw it first."));
    }
    ctx.docs::<File>(&at).delete(id, id, tag.as_deref()).await?;
    if let Some(candidate) = file.candidate_id {
        forget_resume(&ctx, &at, candidate, id).await?;
    }
    Ok(NoContent)
}

/// A deleted document is nobody's current resume.
async fn forget_resume(ctx: &Context, at: &At, candidate: CandidateId, id: FileId) -> Result<()> {
    let docs = ctx.docs::<Candidate>(at);
    let is_current = docs.find(candidate).await?.is_some_and(|found| found.cv_document_id == Some(id));
    if is_current {
        docs.update(candidate, candidate, None, |candidate, work| {
            if candidate.cv_document_id == Some(id) {
                work.action("clear_resume");
                candidate.clear_resume();
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}
