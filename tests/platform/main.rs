//! Black-box suites: a platform is started, driven over HTTP, and looked at from outside.

mod declarations;
mod house_rules;
mod property;
mod support;
mod surface;
mod sweeps;
