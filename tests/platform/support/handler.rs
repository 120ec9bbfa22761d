//! Real programs: built, staged as the deployment does it, started as the Functions host or an operator would.

use super::answer::Answer;
use super::snapshot::{fixture, read, repository};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use shared::config::VARIABLES;
use shared::domain::KINDS;
use shared::function::Function;
use shared::queue::sqlite::SqliteQueue;
use shared::store::sqlite::{Database, Durability, Location};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The host gives up after 30 s.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// The program of this name from this build; the first caller builds all of them. `STAGED=<folder>` takes `talenti` from
/// an app that `cargo stage` wrote: the program as it is deployed.
pub(crate) fn binary(name: &str) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the suite itself is configured by the environment")]
    let staged = std::env::var("STAGED").ok().filter(|_| name == "talenti");
    if let Some(folder) = staged {
        return PathBuf::from(folder).join("handler");
    }
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        // target/<profile>/deps/platform-<hash>
        let test = std::env::current_exe().expect("this program has a path");
        let folder = test.ancestors().nth(2).expect("a target directory").to_owned();
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--workspace", "--bins"]).current_dir(repository());
        build.env("CARGO_TARGET_DIR", folder.parent().expect("a target directory"));
        if folder.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo runs").success(), "the programs do not build");
        folder
    });
    let path = folder.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    assert!(path.is_file(), "{} is missing", path.display());
    path
}

/// A port nobody listens on now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// A child with our settings and nobody else's, that dies with the test.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    pub(crate) fn start(program: &Path, folder: &Path, data: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start_command(program, &[], folder, data, settings)
    }

    pub(crate) fn start_command(
        program: &Path,
        arguments: &[&str],
        folder: &Path,
        data: &Path,
        settings: &[(&str, &str)],
    ) -> Self {
        let log = data.with_extension("log");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).expect("a log file");
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        command.stdout(file.try_clone().expect("a log file")).stderr(file);
        for variable in VARIABLES {
            command.env_remove(variable.name);
        }
        command.env("TALENTI_DATA", data).env("RATE_LIMITS", "off").env("LOG_LEVEL", "warn");
        command.envs(super::backends::settings());
        command.envs(settings.iter().copied());
        Self { child: command.spawn().expect("the program starts"), log }
    }

    /// SIGKILL, as the host and the power supply do it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it ended");
    }
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
    #[track_caller]
    fn assert_running(&mut self) {
        if let Ok(Some(status)) = self.child.try_wait() {
            panic!("the program ended with {status}\n{}", self.log());
        }
    }

    /// Polls as the host does: any answer will do.
    pub(crate) async fn wait_until_ready(&mut self, http: &reqwest::Client, base: &str) {
        let started = Instant::now();
        loop {
            match http.get(format!("{base}/")).send().await {
                Ok(response) => {
                    assert_eq!(response.status(), 200, "GET / of {base}");
                    return;
                }
                Err(error) => assert!(started.elapsed() < READY_WITHIN, "{error}\n{}", self.log()),
            }
            self.assert_running();
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client with a limit that no test needs.
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(60))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("a client")
}

/// A staged app under a host that this test plays.
pub(crate) struct Handler {
    pub(crate) process: Process,
    base: String,
    http: reqwest::Client,
    data: PathBuf,
    _folder: Arc<TempDir>,
}

impl Handler {
    /// Stages these functions around the program and starts it as the host does, with a store of its own.
    pub(crate) async fn start(program: &str, functions: &[Function]) -> Self {
        Self::start_with(program, functions, &[]).await
    }

    pub(crate) async fn start_with(program: &str, functions: &[Function], settings: &[(&str, &str)]) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary directory"));
        Self::start_in(&folder, program, functions, settings).await
    }

    /// Beside the other apps of a folder, over the same store.
    pub(crate) async fn start_in(
        folder: &Arc<TempDir>,
        program: &str,
        functions: &[Function],
        settings: &[(&str, &str)],
    ) -> Self {
        let (app, data) = (folder.path().join(format!("app-{program}")), folder.path().join("data"));
        shared::serve::stage(functions, &binary(program), &app).expect("the app is staged");
        let (port, http) = (free_port(), client());
        let port_text = port.to_string();
        let mut all = vec![
            ("FUNCTIONS_CUSTOMHANDLER_PORT", port_text.as_str()),
            ("FUNCTIONS_WORKER_RUNTIME", "custom"),
        ];
        all.extend_from_slice(settings);
        let mut process = Process::start(&app.join("handler"), &app, &data, &all);
        let base = format!("http://127.0.0.1:{port}");
        process.wait_until_ready(&http, &base).await;
        Self { process, base, http, data, _folder: folder.clone() }
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// `POST /<function>` with an envelope.
    pub(crate) async fn invoke(&self, function: &str, envelope: &str) -> Answer {
        let shape = |request: RequestBuilder| {
            request
                .header("content-type", "application/json; charset=utf-8")
                .header("user-agent", "Azure-Functions-Host/4.1052.200")
                .body(envelope.to_owned())
        };
        self.send(Method::POST, &format!("/{function}"), shape).await
    }

    /// The caller's own request, as the host forwards or proxies it.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        shape: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Answer {
        let response = self.open(method.clone(), path, shape).await;
        Answer::read(method, path.to_owned(), response).await
    }

    /// The answer as it comes, for streams.
    pub(crate) async fn open(
        &self,
        method: Method,
        path: &str,
        shape: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> reqwest::Response {
        let request = self.http.request(method.clone(), format!("{}{path}", self.base));
        let request = request
            .header("x-azure-functions-hostversion", "4.1052.200")
            .header("x-azure-functions-invocationid", "6d2c0f7e-0a51-4d0c-8f0b-0d7a5a0d3c11");
        let response = shape(request).send().await;
        response.unwrap_or_else(|error| panic!("{method} {path}: {error}\n{}", self.process.log()))
    }

    /// The queues, as the host sees them.
    pub(crate) fn queues(&self) -> SqliteQueue {
        let location = Location::File(self.data.join("talenti.db"));
        let database = Database::open(location, KINDS, Durability::Process).expect("the store opens");
        SqliteQueue::over(database)
    }
    pub(crate) fn outbox(&self) -> PathBuf {
        self.data.join("outbox")
    }
}

/// An envelope of the fixtures with its blanks filled in.
pub(crate) fn envelope(name: &str, blanks: &[(&str, &str)]) -> String {
    let mut text = read(&fixture(&format!("host/{name}.json")));
    for (blank, value) in blanks {
        let quoted = Value::from(*value).to_string();
        text = text.replace(&format!("{{{{{blank}}}}}"), &quoted[1..quoted.len() - 1]);
    }
    assert!(!text.contains("{{"), "a blank was left in {name}");
    text
}

/// A queue message as the host delivers it: a JSON string in a JSON string.
pub(crate) fn queue_envelope(function: &str, message: &str) -> String {
    let once = Value::from(message).to_string();
    envelope("queue", &[("TEXT", &once), ("FUNCTION", function)])
}
