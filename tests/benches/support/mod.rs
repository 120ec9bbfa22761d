//! What every row of the table needs: servers to measure, clients to load them, people to sign in.

pub(crate) mod load;
pub(crate) mod model;
pub(crate) mod people;
pub(crate) mod server;
pub(crate) mod table;
pub(crate) mod wire;

/// Anything that goes wrong ends the run with its text.
pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
