//! Notes of staff about an application. A private one is its author's and the administrators'.

use crate::application::as_staff;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::{Action, Resource, Role};
use shared::docs::{At, Listing, PageSize};
use shared::domain::application::{Application, ApplicationId};
use shared::domain::application_note::{ApplicationNote, ApplicationNoteFields, ApplicationNoteId, NoteType};
use shared::domain::human::Human;
use shared::http::{
    Body, Caller, Created, IfMatch, MaybeIfMatch, NoContent, Patch, Path, Query, RawPage, Tagged,
};
use shared::store::Filter;
use shared::{Context, Error, Result};

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NoteSearch {
    note_type: Option<NoteType>,
    limit: PageSize,
    cursor: Option<String>,
}

pub(crate) async fn create(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
    Body(fields): Body<ApplicationNoteFields>,
) -> Result<Created<ApplicationNote>> {
    let (at, application) = reached(&ctx, &caller, id, Action::Create).await?;
    let author = Human::of(caller.actor())?.id();
    let note = ApplicationNote::new(&application, fields, author, ctx.now());
    let note = ctx.docs::<ApplicationNote>(&at).create(note).await?;
    Ok(Created::at(format!("/applications/{id}/notes/{}", note.id), note))
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
    Query(search): Query<NoteSearch>,
) -> Result<RawPage<ApplicationNote>> {
    let (at, _) = reached(&ctx, &caller, id, Action::Read).await?;
    let mut listing =
        Listing::newest().within(id).eq_if("note_type", search.note_type).asked(search.limit, search.cursor);
    if !(caller.is(Role::OrgAdmin) || caller.is_super_admin()) {
        listing = listing.filter(Filter::Any(vec![
            Filter::Eq("is_private", false.into()),
            Filter::Eq("author_id", caller.user_id.clone().into()),
        ]));
    }
    Ok(ctx.docs::<ApplicationNote>(&at).list_raw(listing).await?.into())
}

pub(crate) async fn update(
    State(ctx): State<Context>,
    caller: Caller,
    Path((id, note_id)): Path<(ApplicationId, ApplicationNoteId)>,
    IfMatch(tag): IfMatch,
    patch: Patch<ApplicationNoteFields>,
) -> Result<Tagged<ApplicationNote>> {
    let (at, fields) = own(&ctx, &caller, id, note_id).await?;
    let fields = patch.apply(&fields)?;
    let note = ctx
        .docs::<ApplicationNote>(&at)
        .update(id, note_id, Some(&tag), |note, _| {
            note.fields = fields.clone();
            Ok(())
        })
        .await?;
    Ok(Tagged::of(note))
}

pub(crate) async fn remove(
    State(ctx): State<Context>,
    caller: Caller,
    Path((id, note_id)): Path<(ApplicationId, ApplicationNoteId)>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<NoContent> {
    let (at, _) = own(&ctx, &caller, id, note_id).await?;
    ctx.docs::<ApplicationNote>(&at).delete(id, note_id, tag.as_deref()).await?;
    Ok(NoContent)
}

async fn reached(
    ctx: &Context,
    caller: &Caller,
    id: ApplicationId,
    action: Action,
) -> Result<(At, Application)> {
    let (at, application) = as_staff(ctx, caller, id, Action::Read).await?;
    ctx.admit(caller, &at, Resource::ApplicationNote, action, &*application).await?;
    Ok((at, application.into_inner()))
}

/// Only the author changes a note; to who may not read it, it does not exist.
async fn own(
    ctx: &Context,
    caller: &Caller,
    id: ApplicationId,
    note_id: ApplicationNoteId,
) -> Result<(At, ApplicationNoteFields)> {
    let (at, _) = reached(ctx, caller, id, Action::Read).await?;
    let me = Human::of(caller.actor())?.id();
    let note = ctx.docs::<ApplicationNote>(&at).get_in(id, note_id).await?;
    if !note.readable_by(me, caller.is(Role::OrgAdmin) || caller.is_super_admin()) {
        return Err(Error::not_found("note"));
    }
    if note.author_id != me {
        return Err(Error::forbidden("Only its author changes a note."));
    }
    Ok((at, note.fields.clone()))
}
