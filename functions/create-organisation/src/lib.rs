//! Organisations and their settings.

mod automated_decisions;
mod found;
mod members;
mod organisations;
mod settings;
mod status;

use shared::auth::{Action, Resource};
use shared::function::{Access, Function, delete, get, patch, post, put};

/// The declaration.
pub fn function() -> Function {
    use Access::{Can, Open, SignedIn, SuperAdmin};
    use Action::{Delete, Read, Update};
    use Resource::{Organisation, Setting, User};
    Function::new("create-organisation", "Organisations and their settings.").serve([
        post("/organisations", SignedIn, "Found an organisation", found::found).contract(),
        post("/organisations/", SignedIn, "Found an organisation", found::found).contract(),
        get("/organisations", SignedIn, "List my organisations", organisations::list),
        get("/organisations/{id}", SignedIn, "Read an organisation", organisations::read),
        patch(
            "/organisations/{id}",
            Can(Organisation, Update),
            "Change an organisation",
            organisations::update,
        ),
        post("/organisations/{id}/suspend", SuperAdmin, "Let it be read only", status::suspend),
        post("/organisations/{id}/reactivate", SuperAdmin, "End a suspension", status::reactivate),
        post("/organisations/{id}/close", SuperAdmin, "Close an organisation for good", status::close),
        get(
            "/organisations/{id}/automated-decisions",
            Can(Organisation, Update),
            "What AI contributes to decisions about people, from the live configuration",
            automated_decisions::read,
        ),
        get("/organisations/{id}/members", Can(User, Read), "List members", members::list),
        delete(
            "/organisations/{id}/members/{user_id}",
            Can(User, Delete),
            "Take a member out of the organisation",
            members::remove,
        ),
        get("/settings", Can(Setting, Read), "Settings as they count for me", settings::read),
        put("/settings", Can(Setting, Update), "Change settings", settings::change),
        get("/settings/public", Open, "Settings shown without sign-in", settings::public),
    ])
}
