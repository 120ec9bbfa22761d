//! Black-box suites: a platform is started, driven over HTTP, and looked at from outside.
//!
//! - `cargo test -p tests` runs everything; the suites that need real programs build them first.
//! - `UPDATE=1 cargo test -p tests declarations` writes what is recorded under `tests/fixtures` anew.
//! - `BASE_URL=http://host:port cargo test -p tests story` runs the story against a platform elsewhere
//!   (development, `RATE_LIMITS=off`).
//! - `STAGED=$PWD/target/apps/all cargo test -p tests host_contract` runs the program that `cargo stage` wrote.
//! - `bash tests/model.sh` runs `model`, a feature, with a small real model.

mod apps;
mod at_rest;
mod azure;
mod bad_input;
mod crash;
mod declarations;
mod demonstration;
mod deployment;
mod faults;
mod host_contract;
mod house_rules;
mod lambda;
#[cfg(feature = "model")]
mod model;
mod operations;
mod property;
mod protocol;
mod story;
mod support;
mod surface;
mod sweeps;
mod telemetry;
mod time;
