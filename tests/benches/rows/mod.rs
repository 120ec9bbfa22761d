//! The rows of the table, by what they need running.

pub(crate) mod interviews;
pub(crate) mod offline;
pub(crate) mod requests;
pub(crate) mod start;
pub(crate) mod streams;

use crate::support::Fallible;
use crate::support::server::{Folder, Program, Server, free_port};
use std::path::Path;

/// A function binary under a Functions host, its limiter on but out of the way.
fn platform(program: &Path, data: &Folder, port: u16) -> Program {
    Program::new(program)
        .setting("FUNCTIONS_CUSTOMHANDLER_PORT", port)
        .setting("TALENTI_DATA", data.path().display())
        .setting("RATE_LIMIT_REQUESTS", 1_000_000)
}

fn with_model(program: Program, model: u16) -> Program {
    program.setting("AI_BASE_URL", format!("http://127.0.0.1:{model}/v1")).setting("AI_MODEL", "scripted")
}

fn bare_hello(program: &Path) -> Fallible<Server> {
    let port = free_port()?;
    Program::new(program).argument(port).serve(port)
}

fn by_hand(program: &Path, data: &Folder, model: u16) -> Fallible<Server> {
    let port = free_port()?;
    Program::new(program)
        .argument(port)
        .argument(data.path().join("by-hand.db").display())
        .argument(format!("http://127.0.0.1:{model}/v1/chat/completions"))
        .serve(port)
}
