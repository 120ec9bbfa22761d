use shared::docs::{Document as _, Listing};
use shared::domain::document::File;
use shared::domain::messages::ParseResumeJob;
use shared::domain::resume_parse::{ResumeParse, ResumeParseStatus};
use shared::function::Failure;
use shared::message::Envelope;
use shared::{Code, Context};

/// Reads a resume that was uploaded as a document. What it tells is added to an organisation's record; a person decides
/// about their own profile. A second delivery finds the reading of this version and only repeats the adding, which adds
/// nothing twice.
pub(crate) async fn parse(ctx: Context, job: Envelope<ParseResumeJob>) -> Result<(), Failure> {
    let at = job.at();
    let id = job.payload.document_id;
    // Deleted in between: nothing to do.
    let Some(file) = ctx.docs::<File>(&at).find(id).await? else { return Ok(()) };
    let readings = ctx.docs::<ResumeParse>(&at).list(Listing::newest().within(file.root())).await?;
    let known = readings.items.into_iter().find(|parse| parse.meta.created_at >= file.uploaded_at);
    let parse = match known {
        Some(parse) => parse,
        None => match Box::pin(ctx.read_resume(&at, &file, &ctx.model().patient())).await {
            Ok(parse) => parse,
            // The document itself cannot be read: the failed reading says so, and trying again changes nothing.
            Err(error) if matches!(error.code(), Code::NoText | Code::TooManyPages | Code::BadRequest) => {
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        },
    };
    if parse.status == ResumeParseStatus::Done && at.tenant.organisation_id().is_some() {
        ctx.apply_resume(&at, job.payload.candidate_id, &parse).await?;
    }
    Ok(())
}
