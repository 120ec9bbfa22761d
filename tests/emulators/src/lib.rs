//! Emulators of what the platform uses in the cloud, for tests only. See README.md for what they cannot show.

#[cfg(feature = "azurite")]
pub mod azurite;
#[cfg(feature = "cosmos")]
pub mod cosmos;
#[cfg(feature = "azurite")]
pub mod gate;
