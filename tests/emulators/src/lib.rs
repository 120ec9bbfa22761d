//! Emulators of what the platform uses in the cloud, for tests only. See README.md for what they cannot show.

#[cfg(feature = "cosmos")]
pub mod cosmos;
