//! The timer `invitation-expiry`: invitations whose time has passed, and the interviews they were for.

use crate::send::EXPIRY;
use shared::docs::At;
use shared::domain::interview::{Interview, InterviewStatus};
use shared::domain::invitation::{Invitation, InvitationId};
use shared::due::Due;
use shared::{Context, Error, Result};

pub(crate) async fn run(ctx: Context) -> Result<()> {
    let taken = ctx.clone();
    ctx.take_due(EXPIRY, async move |due: &Due| expire(&taken, due).await).await
}

async fn expire(ctx: &Context, due: &Due) -> Result<()> {
    let at = At::system(due.tenant());
    let id: InvitationId = due.entity_id.parse().map_err(Error::internal)?;
    let docs = ctx.docs::<Invitation>(&at);
    let Some(invitation) = docs.find(id).await? else { return Ok(()) };
    // Accepted ones keep their interview; resent ones have a later note of their own.
    if ctx.now() < invitation.expires_at
        || invitation.accepted_at.is_some() && invitation.interview_id.is_none()
    {
        return Ok(());
    }
    if invitation.clone().expire(ctx.now()) {
        docs.update(id, id, None, |invitation, work| {
            work.action("status_change");
            invitation.expire(work.now());
            Ok(())
        })
        .await?;
    }
    let Some(interview) = invitation.interview_id else { return Ok(()) };
    let interviews = ctx.docs::<Interview>(&at);
    if interviews.find(interview).await?.is_some_and(|found| found.status == InterviewStatus::Invited) {
        interviews
            .update(interview, interview, None, |interview, work| {
                work.action("status_change");
                interview.expire();
                Ok(())
            })
            .await?;
    }
    Ok(())
}
