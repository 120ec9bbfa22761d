//! What follows from a move of an application in other aggregates: counts of the job, the letter, the person's link.

use crate::{apply, pipeline};
use serde_json::{Map, Value};
use shared::docs::{At, Document as _, Stored, Work};
use shared::domain::application::{Application, ApplicationStatus};
use shared::domain::candidate::Candidate;
use shared::domain::email_message::{EmailMessage, RelatedEntity};
use shared::domain::job::Job;
use shared::domain::job_metrics::JobMetrics;
use shared::domain::messages::{ApplicationMoved, JobChanged, SendLetter};
use shared::domain::organisation::Organisation;
use shared::function::Failure;
use shared::mail::TemplateName;
use shared::message::Envelope;
use shared::store::StoreError;
use shared::{Context, Error, Result};

/// Handler of [`ApplicationMoved`]: every part of it may be repeated.
pub(crate) async fn moved(ctx: Context, envelope: Envelope<ApplicationMoved>) -> Result<(), Failure> {
    let at = envelope.at();
    let event = &envelope.payload;
    count(&ctx, &at, event).await?;
    let Some(application) = ctx.docs::<Application>(&at).find(event.application_id).await? else {
        return Ok(());
    };
    if event.from.is_none() {
        apply::link(&ctx, &application).await?;
    }
    if event.letter {
        write_letter(&ctx, &at, event, &application).await?;
    }
    Ok(())
}

/// Times a count is tried again when other applications of the job are counted at the same moment.
const TRIES: u32 = 20;

/// Counts the move, and a hire as a filled position, exactly once: both stand in the job's aggregate.
pub(crate) async fn count(ctx: &Context, at: &At, event: &ApplicationMoved) -> Result<()> {
    for _ in 0..TRIES {
        let Some(job) = ctx.docs::<Job>(at).find(event.job_id).await? else { return Ok(()) };
        let Some(organisation) = job.meta.organisation_id else { return Ok(()) };
        let stored = ctx.docs::<JobMetrics>(at).find(event.job_id).await?;
        let fresh = || JobMetrics::new(organisation, event.job_id, ctx.now());
        let mut metrics = stored.as_ref().map_or_else(fresh, |stored| JobMetrics::clone(stored));
        if !metrics.moved(&event.event_id.to_string(), event.from, Some(event.to), ctx.now()) {
            return Ok(());
        }
        let mut work = ctx.work(at, event.job_id);
        if event.to == ApplicationStatus::Hired {
            metrics.release(event.application_id);
            let mut changed = Job::clone(&job);
            changed.hired(ctx.now())?;
            work.action("hire");
            work.update(&job, changed)?;
            work.send(&JobChanged { job_id: event.job_id })?;
        }
        if save(work, stored.as_ref(), metrics).await? {
            return Ok(());
        }
    }
    Err(Error::conflict("Too many applications at once. Please try again."))
}

/// Takes a position of the job for a hire that is about to happen. Two hires into the last position meet here: the job's
/// counts are one document. They are read before the job: a hire that is counted in between changes both, so that the commit
/// fails, and a refusal counts only when they still stand.
pub(crate) async fn hold(ctx: &Context, at: &At, application: &Application) -> Result<()> {
    for _ in 0..TRIES {
        let docs = ctx.docs::<JobMetrics>(at);
        let stored = docs.find(application.job_id).await?;
        let job = ctx.docs::<Job>(at).get(application.job_id).await?;
        let organisation = job.meta.organisation_id.ok_or_else(|| Error::not_found(Job::NAME))?;
        let fresh = || JobMetrics::new(organisation, job.id, ctx.now());
        let mut metrics = stored.as_ref().map_or_else(fresh, |stored| JobMetrics::clone(stored));
        for overdue in metrics.overdue(ctx.now()) {
            let known = ctx.docs::<Application>(at).find(overdue).await?;
            if known.is_none_or(|known| known.status != ApplicationStatus::Hired) {
                metrics.release(overdue);
            }
        }
        if let Err(refused) = metrics.hold(&job, application.id, ctx.now()) {
            let etag = |stored: &Stored<JobMetrics>| stored.meta().etag.clone();
            if docs.find(job.id).await?.as_ref().map(etag) == stored.as_ref().map(etag) {
                return Err(refused);
            }
            continue;
        }
        if save(ctx.work(at, job.id), stored.as_ref(), metrics).await? {
            return Ok(());
        }
    }
    Err(Error::conflict("Too many hires at once. Please try again."))
}

/// Commits a job's counts with the rest of `work`; `false` when something of it was changed in between.
async fn save(mut work: Work<'_>, stored: Option<&Stored<JobMetrics>>, metrics: JobMetrics) -> Result<bool> {
    match stored {
        Some(stored) => drop(work.update(stored, metrics)?),
        None => drop(work.create(metrics)?),
    }
    match work.commit().await {
        Ok(()) => Ok(true),
        Err(StoreError::Precondition { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Gives the position back when the hire was refused.
pub(crate) async fn release(ctx: &Context, at: &At, application: &Application) -> Result<()> {
    let (job, id) = (application.job_id, application.id);
    let docs = ctx.docs::<JobMetrics>(at);
    let released = docs.update(job, job, None, |metrics, _| {
        metrics.release(id);
        Ok(())
    });
    released.await.map(drop)
}

/// Has the event's id: a repeated delivery writes no second letter.
async fn write_letter(
    ctx: &Context,
    at: &At,
    event: &ApplicationMoved,
    application: &Application,
) -> Result<()> {
    let template = match event.to {
        ApplicationStatus::New if event.from.is_none() => TemplateName::ApplicationReceived,
        ApplicationStatus::Rejected => TemplateName::ApplicationRejected,
        ApplicationStatus::Offer if application.offer.is_some() => TemplateName::OfferMade,
        ApplicationStatus::Withdrawn => return Ok(()),
        _ => TemplateName::StageChanged,
    };
    let Some(candidate) = ctx.docs::<Candidate>(at).find(application.candidate_id).await? else {
        return Ok(());
    };
    let Some(job) = ctx.docs::<Job>(at).find(application.job_id).await? else { return Ok(()) };
    let Some(organisation) = application.meta.organisation_id else { return Ok(()) };
    let company = ctx.docs::<Organisation>(at).get(organisation).await?;
    let mut variables = Map::new();
    let mut set = |name: &str, text: String| drop(variables.insert(name.to_owned(), Value::String(text)));
    set("name", candidate.fields.first_name.clone());
    set("company", company.fields.name.clone());
    set("job_title", job.fields.title.clone());
    match template {
        TemplateName::StageChanged => set("stage", stage_name(ctx, at, event, application).await?),
        TemplateName::OfferMade => {
            if let Some(terms) = application.offer.as_ref().map(|offer| &offer.terms) {
                set("salary", format!("{} {} a {}", terms.currency, terms.amount, terms.unit));
                terms.start_date.iter().for_each(|day| set("start_date", day.to_string()));
                terms.expires_on.iter().for_each(|day| set("expires_at", day.to_string()));
            }
        }
        _ => {}
    }
    let about = RelatedEntity { entity_type: "application".into(), entity_id: application.id.to_string() };
    let to = candidate.fields.email.clone();
    let mut letter =
        EmailMessage::new(Some(organisation), to, template.as_str(), variables, Some(about), ctx.now());
    letter.id = event.event_id.cast();
    let root = letter.id.to_string();
    let mut work = ctx.work(at, &root);
    work.send(&SendLetter { root: root.clone(), email_message_id: letter.id })?;
    work.create(letter.within(&root))?;
    match work.commit().await {
        // Written by an earlier delivery.
        Err(StoreError::Precondition { .. }) => Ok(()),
        done => Ok(done?),
    }
}

async fn stage_name(
    ctx: &Context,
    at: &At,
    event: &ApplicationMoved,
    application: &Application,
) -> Result<String> {
    if event.to == ApplicationStatus::Hired {
        return Ok("Hired".into());
    }
    let pipeline = pipeline::of(ctx, at).await?;
    let stage = pipeline.stage(application.current_stage_id).or_else(|| pipeline.standing_for(event.to));
    Ok(stage.map_or_else(|| event.to.to_string(), |stage| stage.name.clone()))
}
