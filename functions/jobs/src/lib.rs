//! Jobs and their life cycle.

mod applications;
mod course;
mod criteria;
mod deadlines;
mod job;
mod open;
mod published;

use shared::auth::{Action, Resource};
use shared::function::{Access, Function, delete, get, patch, post, put};

/// A description may have 50 000 characters.
const JOB_BYTES: usize = 512 * 1024;

/// The declaration.
pub fn function() -> Function {
    let can = |action| Access::Can(Resource::Job, action);
    Function::new("jobs", "Jobs and their life cycle.")
        .serve([
            get("/jobs", can(Action::Read), "List jobs", job::list),
            get(
                "/jobs/open",
                Access::SignedIn,
                "List active jobs, of one organisation or of all",
                open::list,
            ),
            post("/jobs", can(Action::Create), "Create a draft", job::create).body_limit(JOB_BYTES),
            get(
                "/jobs/{id}",
                Access::CanOrSubject(Resource::Job, Action::Read),
                "Read a job; its public view when it is not the caller's to manage",
                open::read,
            ),
            patch("/jobs/{id}", can(Action::Update), "Change a job", job::update).body_limit(JOB_BYTES),
            delete("/jobs/{id}", can(Action::Delete), "Delete a draft without applications", job::remove),
            post("/jobs/{id}/publish", can(Action::Execute), "Open a job for applications", course::publish),
            post("/jobs/{id}/pause", can(Action::Execute), "Pause a job", course::pause),
            post("/jobs/{id}/close", can(Action::Execute), "Close a job, or mark it filled", course::close),
            post(
                "/jobs/{id}/cancel",
                can(Action::Execute),
                "Cancel a job and reject its open applications",
                course::cancel,
            ),
            post(
                "/jobs/{id}/duplicate",
                can(Action::Create),
                "Make a draft from a job, whatever its status",
                course::duplicate,
            ),
            get(
                "/jobs/{id}/applications",
                Access::Can(Resource::Application, Action::Read),
                "List the applications to a job",
                applications::list,
            ),
            get("/jobs/{id}/ai-criteria", can(Action::Read), "Read the criteria that count", criteria::read),
            put(
                "/jobs/{id}/ai-criteria",
                can(Action::Update),
                "Set what resumes are weighed against",
                criteria::replace,
            ),
            get("/jobs/{id}/rubric", can(Action::Read), "Read the rubric that counts", criteria::read_rubric),
            put(
                "/jobs/{id}/rubric",
                can(Action::Update),
                "Set what interviews are scored on",
                criteria::replace_rubric,
            ),
        ])
        .on_message(published::changed)
        .on_schedule("job-deadlines", "0 0 1 * * *", deadlines::close_overdue)
}
