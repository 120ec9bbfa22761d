//! Invitations: sending, resending, validating, accepting; the letters themselves.

mod accept;
mod expiry;
mod letter;
mod list;
mod send;

use shared::auth::{Action, Resource};
use shared::function::{Access, Function, get, post};
use shared::http::RateClass;

/// The declaration.
pub fn function() -> Function {
    Function::new(
        "send-invitation",
        "Invitations: sending, resending, validating, accepting; the letters themselves.",
    )
    .serve([
        post(
            "/invitations/send",
            Access::Can(Resource::Invitation, Action::Create),
            "Invite a candidate",
            send::send,
        )
        .contract(),
        get("/invitations", Access::Can(Resource::Invitation, Action::Read), "List invitations", list::list),
        get(
            "/invitations/{id}",
            Access::Can(Resource::Invitation, Action::Read),
            "One invitation",
            list::read,
        ),
        post("/invitations/validate", Access::Open, "What an invitation link leads to", accept::validate)
            .rate(RateClass::SignIn),
        post("/invitations/accept", Access::SignedIn, "Accept an invitation", accept::accept),
        post(
            "/invitations/{id}/resend",
            Access::Can(Resource::Invitation, Action::Update),
            "Send it again with a new link",
            send::resend,
        ),
        post(
            "/invitations/{id}/revoke",
            Access::Can(Resource::Invitation, Action::Update),
            "Make its link useless",
            send::revoke,
        ),
    ])
    .on_message(letter::send)
    .on_schedule("invitation-expiry", "0 5 * * * *", expiry::run)
}
