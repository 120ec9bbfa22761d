//! Applications, the pipeline they move through, and who works on which job.

mod application;
mod apply;
mod bulk;
mod candidate;
mod course;
mod events;
mod feedback;
mod list;
mod note;
mod offer;
mod pipeline;
mod recruiter;

use shared::auth::{Action, Resource};
use shared::function::{Access, Function, delete, get, patch, post, put};

/// A cover letter may have 20 000 characters.
const APPLICATION_BYTES: usize = 256 * 1024;

/// The declaration.
pub fn function() -> Function {
    use Action::{Create, Delete, Execute, Read, Update};
    let can = |action| Access::Can(Resource::Application, action);
    let note = |action| Access::Can(Resource::ApplicationNote, action);
    let feedback = |action| Access::Can(Resource::ApplicationFeedback, action);
    let pipeline = |action| Access::Can(Resource::Pipeline, action);
    let subject = |action| Access::CanOrSubject(Resource::Application, action);
    Function::new("applications", "Applications, the pipeline they move through, and who works on which job.")
        .serve([
            get("/applications", subject(Read), "List applications; candidates see their own", list::all),
            post("/applications", subject(Create), "Apply, or hand in a candidate", apply::create)
                .body_limit(APPLICATION_BYTES),
            get("/applications/{id}", subject(Read), "Read an application", application::read),
            patch("/applications/{id}", can(Update), "Change an application", application::update)
                .body_limit(APPLICATION_BYTES),
            delete("/applications/{id}", can(Delete), "Delete an application", application::remove),
            post(
                "/applications/{id}/advance-stage",
                can(Execute),
                "To the next active stage",
                course::advance,
            ),
            post("/applications/{id}/reject", can(Execute), "Reject; only a person can", course::reject),
            post("/applications/{id}/withdraw", subject(Execute), "Withdraw", course::withdraw),
            post("/applications/{id}/reopen", can(Execute), "Take a rejection back", course::reopen),
            post("/applications/{id}/offer", can(Execute), "Make an offer", offer::make),
            post("/applications/{id}/hire", can(Execute), "Hire; counts a filled position", offer::hire),
            post(
                "/applications/bulk-action",
                can(Execute),
                "One action on up to 100 applications",
                bulk::act,
            ),
            post("/applications/{id}/feedback", feedback(Create), "Rate an application", feedback::create),
            get("/applications/{id}/feedback", feedback(Read), "List ratings, oldest first", feedback::list),
            post("/applications/{id}/notes", note(Create), "Write a note", note::create),
            get("/applications/{id}/notes", note(Read), "List notes", note::list),
            patch(
                "/applications/{id}/notes/{note_id}",
                note(Read),
                "Change a note of one's own",
                note::update,
            ),
            delete(
                "/applications/{id}/notes/{note_id}",
                note(Read),
                "Delete a note of one's own",
                note::remove,
            ),
            get("/pipeline/stages", pipeline(Read), "List the stages in their order", pipeline::stages),
            put("/pipeline/stages", pipeline(Update), "Replace the stages", pipeline::replace),
            get("/pipeline/overview", pipeline(Read), "What stands in which stage", pipeline::overview),
            get(
                "/pipeline/analytics",
                pipeline(Read),
                "How applications pass the stages",
                pipeline::analytics,
            ),
            post(
                "/pipeline/move-candidate",
                can(Execute),
                "Move an application to a stage",
                course::move_candidate,
            ),
            put(
                "/recruiters/{user_id}/jobs/{job_id}",
                Access::Can(Resource::Job, Update),
                "Assign a recruiter to a job",
                recruiter::assign,
            ),
            delete(
                "/recruiters/{user_id}/jobs/{job_id}",
                Access::Can(Resource::Job, Update),
                "Take a recruiter off a job",
                recruiter::unassign,
            ),
        ])
        .on_message(events::moved)
}
