//! The store over Cosmos DB's emulator, in process.

mod conformance;
mod faults;
mod provision;
