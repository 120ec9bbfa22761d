//! One story every queue tells.
