//! Azurite, Microsoft's emulator of Storage accounts, as `tests/emulators.sh` prepares it: with Entra tokens, over https.
//! Every request is checked against the official description before Azurite gets it; one that the description does not
//! allow fails the test. The descriptions are older than the version our SDK speaks: of `x-ms-version` only the presence
//! is checked.

use descriptions::{Description, Watch};
use std::collections::BTreeSet;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use url::Url;

const QUEUES: &str = "storage/data-plane/Microsoft.QueueStorage/stable/2018-03-28/queue.json";
const BLOBS: &str = "storage/data-plane/Microsoft.BlobStorage/stable/2025-01-05/blob.json";
const STARTS_WITHIN: Duration = Duration::from_secs(60);
/// Open connections keep it longer; what it holds is written down by then.
const ENDS_WITHIN: Duration = Duration::from_secs(6);

/// A storage account of its own; ends when dropped.
pub struct Azurite {
    ports: [u16; 3],
    /// What it keeps survives [`Azurite::stop`].
    data: TempDir,
    process: Option<Child>,
    queues: Watch,
    blobs: Watch,
}

impl Azurite {
    pub async fn start() -> Self {
        // Held together, so that they differ.
        let free = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
        let ports = free.each_ref().map(|listener| listener.local_addr().expect("an address").port());
        drop(free);
        let data = tempfile::tempdir().expect("a folder");
        let [blob, queue, _] = ports;
        let (queues, blobs) = (watched(QUEUES, queue).await, watched(BLOBS, blob).await);
        let mut azurite = Self { ports, data, process: None, queues, blobs };
        azurite.start_again().await;
        azurite
    }

    /// Waits until it answers.
    pub async fn start_again(&mut self) {
        let prepared = PathBuf::from(setting("EMULATORS"));
        let [blob, queue, table] = self.ports.map(|port| port.to_string());
        let process = Command::new("node")
            .arg(setting("AZURITE"))
            .args(["--silent", "--disableTelemetry", "--oauth", "basic"])
            .args(["--blobPort", &blob, "--queuePort", &queue, "--tablePort", &table])
            .arg("--location")
            .arg(self.data.path())
            .arg("--cert")
            .arg(prepared.join("cert.pem"))
            .arg("--key")
            .arg(prepared.join("key.pem"))
            .stdout(Stdio::null())
            .spawn()
            .expect("node");
        let note = prepared.join(format!("azurite-{blob}.pid"));
        fs::write(note, process.id().to_string()).expect("a note of its id");
        self.process = Some(process);
        let started = Instant::now();
        for port in &self.ports[..2] {
            while TcpStream::connect(("127.0.0.1", *port)).is_err() {
                assert!(started.elapsed() < STARTS_WITHIN, "Azurite does not start");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Lets it write down what it holds first: it keeps the last seconds in memory, which a storage account does not.
    pub fn stop(&mut self) {
        let Some(process) = &mut self.process else { return };
        let asked = Command::new("kill").arg(process.id().to_string()).status();
        assert!(asked.expect("kill").success());
        let started = Instant::now();
        while started.elapsed() < ENDS_WITHIN && process.try_wait().expect("a child").is_none() {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.kill();
    }

    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.kill());
            drop(process.wait());
        }
    }

    pub fn queues(&self) -> Url {
        self.queues.url.clone()
    }

    pub fn blobs(&self) -> Url {
        self.blobs.url.clone()
    }

    /// The same address without the check, for requests that are wrong on purpose.
    pub fn unchecked(&self, blob: &str) -> String {
        blob.replacen(self.blobs().as_str(), account(self.ports[0]).as_str(), 1)
    }

    /// From now on this operation of the files is refused, as to an identity without the role for it.
    pub fn refuse(&self, operation: &str) {
        self.blobs.refuse(operation);
    }

    /// The operations that were asked for, by their names in the descriptions.
    pub fn asked(&self) -> BTreeSet<String> {
        self.queues.operations().union(&self.blobs.operations()).cloned().collect()
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The address of the emulated account behind a port.
fn account(port: u16) -> Url {
    Url::parse(&format!("https://127.0.0.1:{port}/devstoreaccount1")).expect("an address")
}

async fn watched(description: &str, port: u16) -> Watch {
    let description = Description::load(description).lenient_on_version();
    Watch::start(description, account(port), &PathBuf::from(setting("EMULATORS"))).await
}

/// What `tests/emulators.sh` sets.
fn setting(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the script's settings are not the platform's")]
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run tests/emulators.sh"))
}
