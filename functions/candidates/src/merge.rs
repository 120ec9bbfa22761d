use crate::candidate::email_claim;
use crate::view::{CandidateSeen, tagged};
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use shared::auth::{Action, Resource, Scope};
use shared::candidates::Reach;
use shared::docs::{At, Listing, Target};
use shared::domain::application::{Application, ApplicationStatus};
use shared::domain::candidate::{Candidate, CandidateFields, CandidateId};
use shared::domain::document::File;
use shared::domain::interview::Interview;
use shared::http::{Body, Caller, Path, Tagged};
use shared::{Context, Error, Result};
use std::collections::BTreeMap;

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct Merge {
    #[garde(length(min = 1, max = 10))]
    source_ids: Vec<CandidateId>,
    /// Members to take from a source even where the target has a value: member to source id. Not `email`.
    #[serde(default)]
    #[garde(length(max = 50))]
    field_choices: BTreeMap<String, CandidateId>,
}

/// Takes other records of the same person over (spec 40 §6). Each step can be repeated: a merge that was cut short is
/// finished by sending it again.
pub(crate) async fn merge(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<CandidateId>,
    Body(merge): Body<Merge>,
) -> Result<Tagged<CandidateSeen>> {
    let at = caller.organisation()?;
    if caller.needs(Resource::Candidate, Action::Update)? != Scope::All {
        return Err(Error::forbidden("Merging needs the right to change every candidate."));
    }
    let docs = ctx.docs::<Candidate>(&at);
    let mut target = docs.get(id).await?.into_inner();
    target.check_present()?;
    let mut sources = Vec::new();
    for source in &merge.source_ids {
        let source = docs.get(source).await?.into_inner();
        if source.merged_into != Some(id) {
            // Looked at before anything moves.
            target.clone().absorb(&mut source.clone())?;
            sources.push(source);
        }
    }
    let choices = chosen(&merge.field_choices, &sources)?;
    choose(&mut target.clone(), &choices)?;
    for source in &sources {
        move_work(&ctx, &at, source, &target).await?;
        target = docs
            .update(id, id, None, |target, work| {
                work.action("merge");
                target.absorb(&mut source.clone())?;
                choose(target, &choices)
            })
            .await?;
        docs.update(source.id, source.id, None, |source, work| {
            work.action("merge");
            source.merged_into = Some(id);
            Ok(())
        })
        .await?;
        // Who is known by the source's address is from now on the target.
        let claim = email_claim(&at, &source.fields.email);
        ctx.release(&claim, &source.id.to_string()).await?;
        ctx.claim(&claim, &Target::of(&at, &target)).await?;
    }
    Ok(tagged(target, Reach::Staff))
}

/// Values of the chosen members.
fn chosen(choices: &BTreeMap<String, CandidateId>, sources: &[Candidate]) -> Result<Vec<(String, Value)>> {
    let wrong = |member: &str, detail: &str| Error::invalid(format!("/field_choices/{member}"), detail);
    let value = |(member, id): (&String, &CandidateId)| {
        let source = sources.iter().find(|source| source.id == *id);
        let source = source.ok_or_else(|| wrong(member, "The record is not among the sources."))?;
        let fields = serde_json::to_value(&source.fields).map_err(Error::internal)?;
        match fields.get(member) {
            Some(value) if member != "email" => Ok((member.clone(), value.clone())),
            _ => Err(wrong(member, "This member cannot be chosen.")),
        }
    };
    choices.iter().map(value).collect()
}

fn choose(target: &mut Candidate, choices: &[(String, Value)]) -> Result<()> {
    let mut fields = serde_json::to_value(&target.fields).map_err(Error::internal)?;
    for (member, value) in choices {
        fields[member] = value.clone();
    }
    let fields: CandidateFields = serde_json::from_value(fields).map_err(Error::internal)?;
    fields
        .validate()
        .map_err(|_| Error::invalid("/field_choices", "The chosen values do not go together."))?;
    target.set_fields(fields);
    Ok(())
}

/// Applications, interviews and documents go to the target.
async fn move_work(ctx: &Context, at: &At, source: &Candidate, target: &Candidate) -> Result<()> {
    let of = |id: CandidateId| Listing::newest().eq("candidate_id", id);
    let applications = ctx.docs::<Application>(at);
    let own = applications.all(of(target.id)).await?;
    for moved in applications.all(of(source.id)).await? {
        if let Some(other) = own.iter().find(|own| own.job_id == moved.job_id) {
            let lesser = if standing(&moved) > standing(other) { other } else { &moved };
            withdraw(ctx, at, lesser).await?;
        }
        applications
            .update(moved.id, moved.id, None, |application, _| {
                application.set_candidate(target.id, target.user_id);
                Ok(())
            })
            .await?;
    }
    for interview in ctx.docs::<Interview>(at).all(of(source.id)).await? {
        ctx.docs::<Interview>(at)
            .update(interview.id, interview.id, None, |interview, _| {
                interview.candidate_id = target.id;
                Ok(())
            })
            .await?;
    }
    for file in ctx.docs::<File>(at).all(of(source.id)).await? {
        ctx.docs::<File>(at)
            .update(file.id, file.id, None, |file, _| {
                file.candidate_id = Some(target.id);
                Ok(())
            })
            .await?;
    }
    Ok(())
}

async fn withdraw(ctx: &Context, at: &At, application: &Application) -> Result<()> {
    ctx.docs::<Application>(at)
        .update(application.id, application.id, None, |application, work| {
            if application.status.is_open() {
                application.withdraw(Some("merged".into()), work.now())?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// How far an application has come.
fn standing(application: &Application) -> usize {
    match application.status {
        ApplicationStatus::Withdrawn => 0,
        ApplicationStatus::Rejected => 1,
        ApplicationStatus::Hired => usize::MAX,
        open => 2 + ApplicationStatus::ALL.iter().position(|status| *status == open).unwrap_or(0),
    }
}
