//! One story every blob storage tells.
