//! Every prompt rendered with a sample, and what must never be in one.
