//! Keeps a score: one commit with the interview it belongs to, then word to the recruiter.

use shared::docs::{At, Stored};
use shared::domain::application::Application;
use shared::domain::interview::{Interview, InterviewId};
use shared::domain::interview_score::InterviewScore;
use shared::domain::job::Job;
use shared::domain::notification::{Notification, NotificationFields, NotificationType, Priority};
use shared::domain::user::UserId;
use shared::store::Tenant;
use shared::{Code, Context, Error, Result};

use crate::judging::Judged;

/// Times a commit is tried when somebody else writes to the interview in between.
const TRIES: u32 = 8;

/// Whether a score that is there already is replaced.
pub(crate) enum Over {
    /// The new one becomes the score; the earlier one goes to its history, with this reason.
    Earlier(Option<String>),
    /// The earlier one stays, and is given back.
    Nothing,
}

/// Stores it: score and `scoring_status` are one commit.
pub(crate) async fn store(
    ctx: &Context,
    at: &At,
    id: InterviewId,
    judged: &Judged,
    over: Over,
) -> Result<InterviewScore> {
    for _ in 0..TRIES {
        let interview = ctx.docs::<Interview>(at).get(id).await?;
        let earlier = ctx.docs::<InterviewScore>(at).find_in(id, id).await?;
        let mut work = ctx.work(at, id);
        let (sheet, record) = (judged.sheet.clone(), judged.record.clone());
        let score = match (&earlier, &over) {
            (None, _) => work.create(InterviewScore::new(&interview, sheet, record, ctx.now()))?,
            (Some(earlier), Over::Earlier(because)) => {
                let mut score = (**earlier).clone();
                score.rescored(sheet, record, because.clone(), ctx.now());
                work.action("rescore");
                work.update(earlier, score)?
            }
            (Some(earlier), Over::Nothing) => (**earlier).clone(),
        };
        let mut changed = (*interview).clone();
        changed.scored();
        work.update(&interview, changed)?;
        match work.commit().await.map_err(Error::from) {
            Ok(()) => return Ok(score),
            Err(error) if error.code() == Code::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::conflict("Too many changes at once. Please try again."))
}

/// What the recruiter is told.
pub(crate) enum News {
    Scored,
    Failed,
}

/// To the application's recruiter, else the job's people, else whoever made the interview. Losing it loses no score, so
/// a failure is only logged.
pub(crate) async fn tell(ctx: &Context, at: &At, interview: &Interview, job: &Job, news: News) {
    if let Err(error) = try_to_tell(ctx, at, interview, job, news).await {
        tracing::warn!(code = error.code().as_str(), cause = error.cause_chain(), "recruiter not notified");
    }
}

async fn try_to_tell(ctx: &Context, at: &At, interview: &Interview, job: &Job, news: News) -> Result<()> {
    let application = ctx.docs::<Application>(at).find(interview.application_id).await?;
    for user in recruiters(interview, job, application.as_ref()) {
        let person = at.within(Tenant::person(&user.to_string()));
        let fields = fields(interview, job, &news);
        let note = Notification::new(user, at.tenant.organisation_id(), fields, ctx.now());
        ctx.docs::<Notification>(&person).create(note).await?;
    }
    Ok(())
}

fn recruiters(interview: &Interview, job: &Job, application: Option<&Stored<Application>>) -> Vec<UserId> {
    if let Some(recruiter) = application.and_then(|application| application.fields.recruiter_id) {
        return vec![recruiter];
    }
    if !job.recruiter_ids.is_empty() {
        return job.recruiter_ids.clone();
    }
    let creator = interview.meta.created_by.as_ref().and_then(|id| id.parse().ok());
    job.fields.hiring_manager_id.or(creator).into_iter().collect()
}

fn fields(interview: &Interview, job: &Job, news: &News) -> NotificationFields {
    let (title, message, priority) = match news {
        News::Scored => (
            "An interview was scored",
            format!("The interview for {} has a score to look at.", job.fields.title),
            Priority::Normal,
        ),
        News::Failed => (
            "An interview could not be scored",
            format!("Scoring the interview for {} failed. It can be started again.", job.fields.title),
            Priority::High,
        ),
    };
    NotificationFields {
        notification_type: NotificationType::Interview,
        title: title.to_owned(),
        message,
        data: serde_json::Map::new(),
        related_entity_type: Some("interview".into()),
        related_entity_id: Some(interview.id.to_string()),
        action_url: Some(format!("/interviews/{}", interview.id)),
        priority,
    }
}
