//! Black-box suites live in `platform/`; this crate has no code of its own.
