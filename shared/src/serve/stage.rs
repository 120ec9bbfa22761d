//! Deployable folders for the Functions host: host.json, the binary `handler`, one folder per trigger.

use crate::function::Function;
use serde_json::{Value, json};
use std::io;
use std::path::Path;

/// The repository's host.json: it serves every app unchanged.
const HOST_JSON: &str = include_str!("../../../host.json");

/// One folder with a function.json.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// All requests below a prefix, such as `api/v1/jobs`.
    Http {
        prefix: String,
    },
    Queue {
        queue: &'static str,
    },
    Timer {
        name: &'static str,
        schedule: &'static str,
    },
}

impl Trigger {
    /// Folder and function name.
    pub fn folder(&self) -> String {
        match self {
            Self::Http { prefix } => {
                let name = prefix.strip_prefix("api/v1/").unwrap_or(prefix).replace(['/', '.'], "-");
                format!("http-{name}")
            }
            Self::Queue { queue } => (*queue).to_owned(),
            Self::Timer { name, .. } => (*name).to_owned(),
        }
    }
}

/// Every trigger these functions need, in a stable order, each once.
pub fn triggers(functions: &[Function]) -> Vec<Trigger> {
    let mut triggers = Vec::new();
    for function in functions {
        triggers.extend(
            function
                .prefixes()
                .into_iter()
                .filter(|prefix| !prefix.is_empty())
                .map(|prefix| Trigger::Http { prefix }),
        );
        triggers.extend(function.queues().into_iter().map(|queue| Trigger::Queue { queue }));
        triggers.extend(
            function.timers.iter().map(|timer| Trigger::Timer { name: timer.name, schedule: timer.schedule }),
        );
    }
    let mut seen = std::collections::HashSet::new();
    triggers.retain(|trigger| seen.insert(trigger.folder()));
    triggers
}

/// The function.json of one trigger. No output bindings: messages are sent from code, so that HTTP is passed through.
pub fn function_json(trigger: &Trigger) -> Value {
    match trigger {
        Trigger::Http { prefix } => json!({
            "bindings": [
                {
                    "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous",
                    "methods": ["get", "post", "put", "patch", "delete", "options", "head"],
                    "route": format!("{prefix}/{{*path}}"),
                },
                { "type": "http", "direction": "out", "name": "res" },
            ],
        }),
        Trigger::Queue { queue } => json!({
            "bindings": [{
                "type": "queueTrigger", "direction": "in", "name": "message",
                "queueName": queue, "connection": "AzureWebJobsStorage",
            }],
        }),
        Trigger::Timer { schedule, .. } => json!({
            "bindings": [{
                "type": "timerTrigger", "direction": "in", "name": "timer",
                "schedule": schedule, "useMonitor": true, "runOnStartup": false,
            }],
        }),
    }
}

pub fn host_json() -> &'static str {
    HOST_JSON
}

/// Writes one app into `folder` (emptied first) around a copy of `binary`.
pub fn stage(functions: &[Function], binary: &Path, folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("host.json"), HOST_JSON)?;
    // Copying keeps the execute bit.
    std::fs::copy(binary, folder.join("handler"))?;
    for trigger in triggers(functions) {
        let place = folder.join(trigger.folder());
        std::fs::create_dir_all(&place)?;
        let mut text = serde_json::to_string_pretty(&function_json(&trigger))?;
        text.push('\n');
        std::fs::write(place.join("function.json"), text)?;
    }
    Ok(())
}
