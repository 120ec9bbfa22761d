use axum::extract::State;
use shared::candidates::user_id;
use shared::domain::candidate_dei::{CandidateDei, CandidateDeiFields};
use shared::http::{Body, Caller, MaybeIfMatch, NoContent, Tagged};
use shared::{Context, Result};

pub(crate) async fn read(State(ctx): State<Context>, caller: Caller) -> Result<Tagged<CandidateDei>> {
    Ok(Tagged::stored(ctx.docs(&caller.person()).get(&caller.user_id).await?))
}

/// Gives the answers, or replaces all of them.
pub(crate) async fn replace(
    State(ctx): State<Context>,
    caller: Caller,
    MaybeIfMatch(tag): MaybeIfMatch,
    Body(fields): Body<CandidateDeiFields>,
) -> Result<Tagged<CandidateDei>> {
    let at = caller.person();
    let docs = ctx.docs::<CandidateDei>(&at);
    if docs.find(&caller.user_id).await?.is_none() {
        return Ok(Tagged::of(docs.create(CandidateDei::new(user_id(&caller)?, fields, ctx.now())).await?));
    }
    let id = &caller.user_id;
    let answers = docs
        .update(id, id, tag.as_deref(), |answers, _| {
            answers.replace(&fields);
            Ok(())
        })
        .await?;
    Ok(Tagged::of(answers))
}

/// For good: nothing of them is kept.
pub(crate) async fn erase(State(ctx): State<Context>, caller: Caller) -> Result<NoContent> {
    let at = caller.person();
    let answers = ctx.docs::<CandidateDei>(&at).get(&caller.user_id).await?;
    let mut work = ctx.work(&at, &caller.user_id);
    work.erase(&*answers)?;
    work.commit().await?;
    Ok(NoContent)
}
