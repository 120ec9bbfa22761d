//! Identity over HTTP, with organisations beside it.

mod harness;
mod sign_in;
