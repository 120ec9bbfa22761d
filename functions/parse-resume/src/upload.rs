use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::candidates::{CandidateRef, Reach, Reached};
use shared::docs::At;
use shared::domain::application::ApplicationId;
use shared::domain::candidate::{Candidate, CandidateId};
use shared::domain::document::{File, FileId, FileOwner, FileType, Upload, safe_file_name};
use shared::files::{MOST_BYTES, media_type_of};
use shared::http::{Caller, Json, Multipart, UploadFault, Uploaded};
use shared::{Code, Context, Error, Result};

/// Files above the limit are read to their end so that the sender sees a 400 (spec 40 §4), up to here.
pub(crate) const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Beside the part `file`.
#[derive(Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
pub(crate) struct ResumeForm {
    /// Whose resume it is, when staff upload it.
    #[serde(default)]
    candidate_id: Option<CandidateId>,
    /// The application it is for.
    #[serde(default)]
    application_id: Option<ApplicationId>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct UploadedResume {
    /// To be named in `/resume/parse`.
    file_path: String,
    /// Works for 15 minutes.
    url: String,
    filename: String,
    document_id: FileId,
}

pub(crate) async fn upload(
    State(ctx): State<Context>,
    caller: Caller,
    form: Multipart<ResumeForm>,
) -> Result<Json<UploadedResume>> {
    let Uploaded { file_name, content, fields } = form.receive(MOST_BYTES).await.map_err(refused)?;
    let file_name = pdf_name(&file_name)?;
    if media_type_of(&content) != Some("application/pdf") {
        return Err(bad("The content of the file is not PDF. Please save it as PDF and upload that."));
    }
    let (at, candidate, owner_type) = holder(&ctx, &caller, fields.candidate_id).await?;
    if let Some(id) = fields.application_id {
        ctx.check_application(&caller, id, Resource::Document, Action::Create).await?;
    }
    let upload = Upload {
        owner_id: caller.user_id.clone(),
        owner_type,
        candidate_id: Some(candidate),
        application_id: fields.application_id,
        document_type: FileType::Resume,
        file_path: format!("resumes/{candidate}/{file_name}"),
        file_name,
        file_size: content.len() as u64,
        mime_type: "application/pdf".into(),
        is_public: false,
        sha256: String::new(),
    };
    let file = ctx.keep_file(&at, upload, content, |_, _| Ok(())).await?;
    make_current(&ctx, &at, candidate, &file).await?;
    let url = ctx.file_link(&file).await?;
    Ok(Json(UploadedResume {
        file_path: file.file_path,
        url,
        filename: file.file_name,
        document_id: file.id,
    }))
}

/// The profile of the person, or the candidate staff name.
async fn holder(
    ctx: &Context,
    caller: &Caller,
    candidate: Option<CandidateId>,
) -> Result<(At, CandidateId, FileOwner)> {
    match candidate {
        Some(id) if id.to_string() != caller.user_id => {
            let Reached { at, candidate, reach } =
                ctx.candidate(caller, CandidateRef::Id(id), Resource::Document, Action::Create).await?;
            let owner = if reach == Reach::Own { FileOwner::Candidate } else { FileOwner::Recruiter };
            Ok((at, candidate.id, owner))
        }
        None if caller.organisation_id.is_some() => {
            Err(bad("Name the candidate whose resume it is: candidate_id."))
        }
        _ => Ok((caller.person(), ctx.own_profile(caller).await?.id, FileOwner::Candidate)),
    }
}

/// The upload replaces the current resume.
async fn make_current(ctx: &Context, at: &At, candidate: CandidateId, file: &File) -> Result<()> {
    ctx.docs::<Candidate>(at)
        .update(candidate, candidate, None, |candidate, work| {
            work.action("set_resume");
            candidate.set_resume(file.id, file.file_path.clone(), file.uploaded_at);
            Ok(())
        })
        .await?;
    Ok(())
}

fn pdf_name(name: &str) -> Result<String> {
    let name = safe_file_name(name)
        .ok_or_else(|| bad("The file needs a name of letters and digits that ends in .pdf."))?;
    if name.to_ascii_lowercase().ends_with(".pdf") {
        Ok(name)
    } else {
        Err(bad("Only PDF files are taken here: the name must end in .pdf."))
    }
}

fn bad(detail: &'static str) -> Error {
    Error::new(Code::BadRequest, detail)
}

/// On /resume/* everything that is wrong with a file is 400 (spec 00 §5).
fn refused(fault: UploadFault) -> Error {
    match fault {
        UploadFault::NotAForm => bad("Send multipart/form-data with the PDF in the field file."),
        UploadFault::Damaged => bad("The form ends early or cannot be read. Please upload the file again."),
        UploadFault::NoFile => bad("There is no file: send the PDF in the field file."),
        UploadFault::SeveralFiles => bad("Send one file only."),
        UploadFault::Empty => bad("The file is empty."),
        UploadFault::TooLarge => bad("The file is larger than 10 MB. Please upload a smaller one."),
        UploadFault::Field(error) => error,
    }
}
