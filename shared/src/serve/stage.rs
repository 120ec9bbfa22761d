//! Deployable folders for the Functions host: host.json, the binary `handler`, one folder per trigger; and their zips.

use crate::function::Function;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

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

/// Name of the program in an app; host.json's `defaultExecutablePath`.
const PROGRAM: &str = "handler";

/// Writes one app into `folder` (emptied first) around a copy of `binary`.
pub fn stage(functions: &[Function], binary: &Path, folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::create_dir_all(folder)?;
    fs::write(folder.join("host.json"), HOST_JSON)?;
    // Copying keeps the execute bit.
    fs::copy(binary, folder.join(PROGRAM))?;
    for trigger in triggers(functions) {
        let place = folder.join(trigger.folder());
        fs::create_dir_all(&place)?;
        let mut text = serde_json::to_string_pretty(&function_json(&trigger))?;
        text.push('\n');
        fs::write(place.join("function.json"), text)?;
    }
    Ok(())
}

/// Zips a staged app: host.json at the top, the program with its execute bit whatever machine packs it. The same folder
/// makes the same bytes: names in order, no times.
pub fn pack(folder: &Path, archive: &Path) -> io::Result<()> {
    let mut zip = ZipWriter::new(io::BufWriter::new(File::create(archive)?));
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        names.push(if entry.file_type()?.is_dir() { format!("{name}/function.json") } else { name });
    }
    names.sort_unstable();
    for name in names {
        let mode = if name == PROGRAM { 0o755 } else { 0o644 };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .system(System::Unix)
            .unix_permissions(mode);
        zip.start_file(name.as_str(), options)?;
        io::copy(&mut File::open(folder.join(&name))?, &mut zip)?;
    }
    io::Write::flush(&mut zip.finish()?)
}
