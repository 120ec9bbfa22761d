//! Asking a model: Azure OpenAI, any OpenAI-compatible address, or the offline engine.

pub mod offline;
