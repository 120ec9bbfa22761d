//! Accounts, sign-in, members, teams and roles.

mod me;
mod password;
mod register;
mod session;
mod sessions;
mod sign_in;

use shared::function::{Access, Function, delete, get, post, put};
use shared::http::RateClass;

/// The declaration.
pub fn function() -> Function {
    use Access::{Open, SignedIn};
    Function::new("identity", "Accounts, sign-in, members, teams and roles.").serve([
        post("/auth/register", Open, "Make an account", register::register).rate(RateClass::SignIn),
        post("/auth/login", Open, "Sign in with e-mail and password", sign_in::login).rate(RateClass::SignIn),
        post("/auth/refresh", Open, "Exchange a refresh token for a new pair", sessions::refresh),
        post("/auth/logout", SignedIn, "End this session, or all", sessions::logout),
        post("/auth/forgot-password", Open, "Ask for a link to set a new password", password::forgot)
            .rate(RateClass::SignIn),
        post("/auth/reset-password", Open, "Set a new password with a link's token", password::reset)
            .rate(RateClass::SignIn),
        put("/auth/password", SignedIn, "Change the password", password::change).rate(RateClass::SignIn),
        get("/auth/me", SignedIn, "Who I am and what I may do", me::me),
        get("/auth/sessions", SignedIn, "Where I am signed in", sessions::list),
        delete("/auth/sessions/{id}", SignedIn, "End one of my sessions", sessions::end),
    ])
}
