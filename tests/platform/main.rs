//! Black-box suites: a platform is started, driven over HTTP, and looked at from outside.

mod declarations;
mod host_contract;
mod house_rules;
mod property;
mod story;
mod support;
mod surface;
mod sweeps;
mod telemetry;
