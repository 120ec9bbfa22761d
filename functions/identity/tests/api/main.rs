//! Identity over HTTP, with organisations beside it.

mod harness;
mod members;
mod organisations;
mod passwords;
mod roles;
mod sign_in;
mod teams;
