//! Accounts, sign-in, members, teams and roles.

mod invite;
mod me;
mod operator;
mod password;
mod permissions;
mod register;
mod roles;
mod session;
mod sessions;
mod sign_in;
mod teams;
mod user_roles;
mod users;

pub use operator::make_super_admin;

use shared::auth::{Action, Resource};
use shared::function::{Access, Function, delete, get, patch, post, put};
use shared::http::RateClass;

/// The declaration.
pub fn function() -> Function {
    use Access::{Can, CanOrSubject, Open, SignedIn};
    use Action::{Create, Delete, Read, Update};
    use Resource::{Grant, Role, Team, User};
    Function::new("identity", "Accounts, sign-in, members, teams and roles.").serve([
        post("/auth/register", Open, "Make an account", register::register).rate(RateClass::SignIn),
        post("/auth/login", Open, "Sign in with e-mail and password", sign_in::login).rate(RateClass::SignIn),
        post("/auth/refresh", Open, "Exchange a refresh token for a new pair", sessions::refresh),
        post("/auth/logout", SignedIn, "Sign out here, or everywhere", sessions::logout),
        post("/auth/forgot-password", Open, "Ask for a link to set a new password", password::forgot)
            .rate(RateClass::SignIn),
        post("/auth/reset-password", Open, "Set a new password with a link's token", password::reset)
            .rate(RateClass::SignIn),
        put("/auth/password", SignedIn, "Change the password", password::change).rate(RateClass::SignIn),
        get("/auth/me", SignedIn, "Who I am and what I may do", me::me),
        get("/auth/sessions", SignedIn, "Where I am signed in", sessions::list),
        delete("/auth/sessions/{id}", SignedIn, "End one of my sessions", sessions::end),
        get("/users", Can(User, Read), "List the organisation's people", users::list),
        post("/users", Can(User, Create), "Add somebody to the organisation", invite::invite),
        get("/users/{id}", CanOrSubject(User, Read), "Read a person", users::read),
        patch("/users/{id}", CanOrSubject(User, Update), "Change a person", users::update),
        delete("/users/{id}", Can(User, Delete), "Take a person out of the organisation", users::remove),
        get(
            "/users/{id}/permissions",
            CanOrSubject(Role, Read),
            "What a person may do",
            permissions::of_user,
        ),
        put("/users/{id}/permissions", Can(Grant, Update), "Replace a person's grants", permissions::grant),
        post("/users/{id}/roles", Can(Role, Update), "Give a person a role", user_roles::assign),
        delete(
            "/users/{id}/roles/{role_id}",
            Can(Role, Update),
            "Take a role from a person",
            user_roles::unassign,
        ),
        get("/teams", Can(Team, Read), "List teams", teams::list),
        post("/teams", Can(Team, Create), "Make a team", teams::create),
        get("/teams/{id}", Can(Team, Read), "Read a team", teams::read),
        patch("/teams/{id}", Can(Team, Update), "Change a team", teams::update),
        delete("/teams/{id}", Can(Team, Delete), "Delete a team", teams::delete),
        get("/security/roles", Can(Role, Read), "List roles", roles::list),
        post("/security/roles", Can(Role, Create), "Make a role", roles::create),
        get("/security/roles/{id}", Can(Role, Read), "Read a role", roles::read),
        patch("/security/roles/{id}", Can(Role, Update), "Change a role", roles::update),
        delete("/security/roles/{id}", Can(Role, Delete), "Delete a role", roles::delete),
        get("/security/roles/{id}/permissions", Can(Role, Read), "What a role allows", roles::permissions),
        get("/security/permissions", Can(Role, Read), "List all permissions", permissions::list),
        get("/security/permissions/check", SignedIn, "Ask whether something is allowed", permissions::check),
    ])
}
