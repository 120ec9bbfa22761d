//! A server under measurement: a child process on a core of its own, its processor time and memory read from /proc.

use super::Fallible;
use super::wire::Wire;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SERVER_CORE: &str = "0";
const LOAD_CORE: &str = "1";
const READY_WITHIN: Duration = Duration::from_secs(20);
/// One tick of `utime` and `stime` in /proc/<pid>/stat (USER_HZ).
const TICK: Duration = Duration::from_millis(10);

/// What to start.
pub(crate) struct Program {
    path: PathBuf,
    arguments: Vec<String>,
    settings: Vec<(&'static str, String)>,
}

impl Program {
    pub(crate) fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), arguments: Vec::new(), settings: Vec::new() }
    }
    pub(crate) fn argument(mut self, argument: impl std::fmt::Display) -> Self {
        self.arguments.push(argument.to_string());
        self
    }
    pub(crate) fn setting(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        self.settings.push((name, value.to_string()));
        self
    }

    /// Starts it wherever the system likes; returns before it listens.
    pub(crate) fn spawn(&self, port: u16) -> Fallible<Server> {
        self.launch(Command::new(&self.path), port)
    }

    /// Starts it on the servers' core and waits until it answers.
    pub(crate) fn serve(&self, port: u16) -> Fallible<Server> {
        let mut command = Command::new("taskset");
        command.args(["-c", SERVER_CORE]).arg(&self.path);
        let server = self.launch(command, port)?;
        server.wait_until_ready()?;
        Ok(server)
    }

    fn launch(&self, mut command: Command, port: u16) -> Fallible<Server> {
        command
            .args(&self.arguments)
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let child = command.spawn().map_err(|error| format!("{}: {error}", self.path.display()))?;
        Ok(Server { child, port, started })
    }
}

/// A running server; dropping it ends it.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    started: Instant,
}

impl Server {
    /// From the start of the process to the first 200 on `GET /`.
    pub(crate) fn wait_until_ready(&self) -> Fallible<Duration> {
        while self.started.elapsed() < READY_WITHIN {
            if let Ok(mut wire) = Wire::connect(self.port)
                && wire.get("/").is_ok_and(|answer| answer.status == 200)
            {
                return Ok(self.started.elapsed());
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        Err(format!("nobody listens on port {}", self.port).into())
    }

    /// Processor time so far. The scheduler counts the living threads to the nanosecond; the process's own count adds
    /// threads that have ended, in ticks.
    pub(crate) fn cpu(&self) -> Fallible<Cpu> {
        let folder = format!("/proc/{}", self.child.id());
        let mut living = Duration::ZERO;
        for task in fs::read_dir(format!("{folder}/task"))? {
            let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
            let nanos = text.split(' ').next().and_then(|first| first.parse().ok()).ok_or("schedstat")?;
            living += Duration::from_nanos(nanos);
        }
        let stat = fs::read_to_string(format!("{folder}/stat"))?;
        let (_, fields) = stat.rsplit_once(") ").ok_or("stat")?;
        let ticks: u32 =
            fields.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<u32>().ok()).sum();
        Ok(Cpu { living, all: TICK * ticks })
    }

    /// Resident memory in MiB.
    pub(crate) fn resident(&self) -> Fallible<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor time of a process at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Cpu {
    living: Duration,
    all: Duration,
}

impl Cpu {
    pub(crate) fn since(self, earlier: Cpu) -> Duration {
        let exact = self.living.saturating_sub(earlier.living);
        let coarse = self.all.saturating_sub(earlier.all);
        // Only when threads ended in between is the exact count short by more than the coarse one's rounding.
        if coarse > exact + 3 * TICK { coarse } else { exact }
    }
}

/// Moves this process, and what it starts from now on, to the load's core.
pub(crate) fn move_to_load_core() -> Fallible<()> {
    let id = std::process::id().to_string();
    let moved = Command::new("taskset").args(["-acp", LOAD_CORE, &id]).stdout(Stdio::null()).status()?;
    if moved.success() { Ok(()) } else { Err("taskset failed: two cores are needed".into()) }
}

pub(crate) fn free_port() -> Fallible<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A folder that goes with its owner.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Fallible<Self> {
        let path = std::env::temp_dir().join(format!("talenti-speed-{}-{name}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
