//! Who calls, how they proved it, and what they may do. Pure: no HTTP types, no store, no clock.
//!
//! [`Verifier`] turns a bearer token into [`Claims`]; somebody else looks the person up and builds a [`Caller`];
//! [`scope`] answers what the caller may do and how widely. Specification: area 10, identity and access.

pub mod caller;
mod matrix;
pub mod permission;
pub mod resource;
pub mod role;
pub mod secret;

pub use caller::{AuthMode, Caller};
pub use permission::{
    Action, Permission, Permissions, Rights, Scope, effective_permissions, escalates, scope,
};
pub use resource::Resource;
pub use role::Role;
pub use secret::Secret;
