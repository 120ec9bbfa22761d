//! The platform as a program of its own, told by its settings to use a storage account, and one person who uses it.

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use shared::config::VARIABLES;
use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use url::Url;

const READY_WITHIN: Duration = Duration::from_secs(60);
/// A message that was left in the outbox is sent after 20 seconds by a timer that runs every 15.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) struct Program {
    child: Child,
    folder: TempDir,
    base: String,
    http: Client,
}

impl Program {
    pub(crate) async fn start(queues: &Url, blobs: &Url) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let mut command = command(queues, blobs);
        command.current_dir(folder.path()).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        command
            .env("TALENTI_DATA", folder.path().join("data"))
            .env("PORT", port.to_string())
            .env("RATE_LIMITS", "off")
            .env("LOG_LEVEL", "info");
        let child = command.spawn().expect("the program starts");
        // SSL_CERT_FILE makes the emulator's certificate good for links, too.
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
        let base = format!("http://127.0.0.1:{port}");
        let started = Instant::now();
        while http.get(format!("{base}/health")).send().await.is_err() {
            assert!(started.elapsed() < READY_WITHIN, "the program does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { child, folder, base, http }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    pub(crate) async fn person(&self, name: &str) -> Person<'_> {
        let account = json!({
            "email": format!("{name}@example.com"), "password": "lamp-Ferry-93-quince",
            "first_name": name, "last_name": "Doe",
        });
        let request = self.http.post(format!("{}/api/v1/auth/register", self.base)).json(&account);
        let made = ok(request, 201).await;
        Person { program: self, token: made["access_token"].as_str().unwrap().to_owned() }
    }

    /// What a link leads to, with nothing but the link.
    pub(crate) async fn open(&self, link: &str) -> Response {
        self.http.get(link).send().await.unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `talenti provision`: what it says.
pub(crate) fn provision(queues: &Url, blobs: &Url) -> String {
    let done = command(queues, blobs).arg("provision").output().expect("the program starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// `talenti check`: whether everything answers, and what it says.
pub(crate) fn check(queues: &Url, blobs: &Url) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut check = command(queues, blobs);
    let done = check.arg("check").env("TALENTI_DATA", folder.path()).output().expect("the program starts");
    (done.status.success(), String::from_utf8(done.stdout).unwrap())
}

/// With our settings and nobody else's.
fn command(queues: &Url, blobs: &Url) -> Command {
    let mut command = Command::new(program());
    for variable in VARIABLES {
        command.env_remove(variable.name);
    }
    command
        .env("AZURE_STORAGE_QUEUE_ENDPOINT", queues.as_str())
        .env("AZURE_STORAGE_BLOB_ENDPOINT", blobs.as_str());
    command
}

/// Built beside this test: target/<profile>/deps/azurite-<hash>.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("talenti")
}

pub(crate) struct Person<'a> {
    program: &'a Program,
    token: String,
}

impl Person<'_> {
    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}/api/v1{path}", self.program.base);
        ok(self.program.http.get(url).bearer_auth(&self.token), 200).await
    }

    /// An upload of a document; a resume is read by a message.
    pub(crate) async fn upload(&self, document_type: &str, name: &str, content: &str) -> Response {
        const BOUNDARY: &str = "----emulated";
        let body = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"document_type\"\r\n\r\n{document_type}\r\n\
             --{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             content-type: text/plain\r\n\r\n{content}\r\n--{BOUNDARY}--\r\n"
        );
        let url = format!("{}/api/v1/documents", self.program.base);
        let request = self.program.http.post(url).bearer_auth(&self.token);
        let media = format!("multipart/form-data; boundary={BOUNDARY}");
        request.header("content-type", media).body(body).send().await.unwrap()
    }

    /// The content of a document, by its link.
    pub(crate) async fn content(&self, id: &str) -> String {
        let document = self.get(&format!("/documents/{id}")).await;
        let answer = self.program.open(document["url"].as_str().unwrap()).await;
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }

    /// Waits until the current resume was read.
    pub(crate) async fn reading(&self) -> Value {
        let started = Instant::now();
        loop {
            let resume = self.get("/candidates/me/resume").await;
            if resume["parse"]["status"] == "done" {
                return resume["parse"].clone();
            }
            assert!(started.elapsed() < PATIENCE, "never read: {resume}");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
}

pub(crate) fn resume(name: &str) -> String {
    format!(
        "{name} Doe\n{name}@example.com | +61 2 5550 1234 | Newcastle NSW\n\nSUMMARY\n\
         Boilermaker with six years in heavy fabrication.\n\nEXPERIENCE\n\
         Fabricator, Harbour Steel, Jan 2020 - Present\n- MIG welding and quality inspection\n\n\
         EDUCATION\nCertificate III in Engineering, TAFE NSW, 2019\n\nSKILLS\nMIG welding, forklift\n"
    )
}

async fn ok(request: RequestBuilder, status: u16) -> Value {
    let answer = request.send().await.unwrap();
    let (got, body) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(got, status, "{body}");
    serde_json::from_str(&body).unwrap()
}
