//! Identity over HTTP, with organisations beside it.

#[cfg(test)]
mod harness;
mod members;
#[cfg(test)]
mod organisations;
mod passwords;
mod roles;
mod sign_in;
mod teams;
