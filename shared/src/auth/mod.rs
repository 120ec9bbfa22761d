//! Who calls, how they proved it, and what they may do. Pure: no HTTP types, no store, no clock.
//!
//! [`Verifier`] turns a bearer token into [`Claims`]; somebody else looks the person up and builds a [`Caller`];
//! [`scope`] answers what the caller may do and how widely. Specification: area 10, identity and access.

pub mod caller;
pub mod issuer;
pub mod jwks;
pub mod key;
mod matrix;
pub mod password;
pub mod permission;
pub mod resource;
pub mod role;
pub mod secret;
#[cfg(test)]
mod test_issuer;
pub mod token;
mod verified_cache;
pub mod verifier;

pub use caller::{AuthMode, Caller};
pub use issuer::{Issuer, Keys};
pub use jwks::Jwks;
pub use password::Passwords;
pub use permission::{
    Action, Permission, Permissions, Rights, Scope, effective_permissions, escalates, scope,
};
pub use resource::Resource;
pub use role::Role;
pub use secret::Secret;
pub use token::SigningKey;
pub use verifier::{Claims, Refusal, Verifier, bearer_token};
