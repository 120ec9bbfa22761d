//! The same work as somebody would write it for the occasion: axum, SQLite and nothing between them.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::unfold;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::unbounded_channel;
use uuid::Uuid;

const SECRET: &[u8] = b"a yardstick needs no secrets, but a key of some length";
const FAR_FUTURE: u64 = 4_102_444_800;

/// The indexes are those that the platform's lists of jobs, audit events and AI calls can filter, narrow and sort by.
const SCHEMA: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA wal_autocheckpoint = 4000;
CREATE TABLE person (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE application (
    organisation TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (organisation, id)
) STRICT;
CREATE TABLE job (
    n INTEGER PRIMARY KEY, organisation TEXT NOT NULL, id TEXT NOT NULL UNIQUE, etag TEXT NOT NULL,
    status TEXT, title TEXT, department TEXT, location TEXT, job_type TEXT, work_type TEXT,
    experience_level TEXT, team TEXT, deadline TEXT, owner TEXT, body TEXT NOT NULL
) STRICT;
CREATE INDEX job_newest ON job (organisation, id);
CREATE INDEX job_status ON job (organisation, status, id);
CREATE INDEX job_title ON job (organisation, title, id);
CREATE INDEX job_department ON job (organisation, department, id);
CREATE INDEX job_location ON job (organisation, location, id);
CREATE INDEX job_type ON job (organisation, job_type, id);
CREATE INDEX job_work ON job (organisation, work_type, id);
CREATE INDEX job_level ON job (organisation, experience_level, id);
CREATE INDEX job_team ON job (organisation, team, id);
CREATE INDEX job_deadline ON job (organisation, deadline, id);
CREATE INDEX job_owner ON job (organisation, owner, id);
CREATE TABLE audit (
    n INTEGER PRIMARY KEY, organisation TEXT NOT NULL, id TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    entity_type TEXT NOT NULL, entity TEXT NOT NULL, occurred_at TEXT NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX audit_newest ON audit (organisation, id);
CREATE INDEX audit_actor ON audit (organisation, actor, id);
CREATE INDEX audit_action ON audit (organisation, action, id);
CREATE INDEX audit_type ON audit (organisation, entity_type, id);
CREATE INDEX audit_entity ON audit (organisation, entity, id);
CREATE INDEX audit_moment ON audit (organisation, occurred_at, id);
CREATE TABLE turn (
    interview TEXT NOT NULL, place INTEGER NOT NULL, speaker TEXT NOT NULL, words TEXT NOT NULL,
    PRIMARY KEY (interview, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE call (
    n INTEGER PRIMARY KEY, person TEXT NOT NULL, id TEXT NOT NULL, purpose TEXT NOT NULL, outcome TEXT NOT NULL,
    occurred_at TEXT NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX call_newest ON call (person, id);
CREATE INDEX call_purpose ON call (person, purpose, id);
CREATE INDEX call_outcome ON call (person, outcome, id);
CREATE INDEX call_moment ON call (person, occurred_at, id);
";

struct Server {
    reading: Mutex<Connection>,
    writing: Mutex<Connection>,
    key: DecodingKey,
    http: reqwest::Client,
    model: String,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    organisation: String,
    exp: u64,
}

type Failure = (StatusCode, String);

fn failed(error: impl std::fmt::Display) -> Failure {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, file, model] = arguments.as_slice() else {
        return Err("usage: by-hand PORT DATABASE MODEL_ADDRESS".into());
    };
    let writing = Connection::open(file)?;
    writing.execute_batch(SCHEMA)?;
    let server = Server {
        reading: Mutex::new(Connection::open(file)?),
        writing: Mutex::new(writing),
        key: DecodingKey::from_secret(SECRET),
        http: reqwest::ClientBuilder::new().no_proxy().build()?,
        model: model.clone(),
    };
    let app = Router::new()
        .route("/", get(async || "hello"))
        .route("/token/{user}/{organisation}", get(token))
        .route("/keep/{table}/{organisation}/{id}", post(keep))
        .route("/me", get(me))
        .route("/applications", get(applications))
        .route("/jobs", post(create_job))
        .route("/chat", post(chat))
        .route("/relay", post(relay))
        .with_state(Arc::new(server));
    let port: u16 = port.parse()?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        axum::serve(listener, app).await?;
        Ok(())
    })
}

async fn token(Path((sub, organisation)): Path<(String, String)>) -> Result<String, Failure> {
    let claims = Claims { sub, organisation, exp: FAR_FUTURE };
    jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET)).map_err(failed)
}

/// Takes over what the platform made, so that both answer with the same bytes.
async fn keep(
    State(server): State<Arc<Server>>,
    Path((table, organisation, id)): Path<(String, String, String)>,
    body: String,
) -> Result<StatusCode, Failure> {
    let connection = server.writing.lock().unwrap_or_else(PoisonError::into_inner);
    if table == "person" {
        connection.execute("INSERT INTO person VALUES (?1, ?2)", params![id, body]).map_err(failed)?;
    } else {
        const SQL: &str = "INSERT INTO application VALUES (?1, ?2, ?3)";
        connection.execute(SQL, params![organisation, id, body]).map_err(failed)?;
    }
    Ok(StatusCode::CREATED)
}

impl Server {
    fn caller(&self, headers: &HeaderMap) -> Result<Claims, Failure> {
        let refused = || (StatusCode::UNAUTHORIZED, "who are you?".to_owned());
        let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(refused)?;
        let token = header.strip_prefix("Bearer ").ok_or_else(refused)?;
        let data = jsonwebtoken::decode::<Claims>(token, &self.key, &Validation::default());
        data.map(|data| data.claims).map_err(|_| refused())
    }
}

fn json_text(body: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

async fn me(State(server): State<Arc<Server>>, headers: HeaderMap) -> Result<Response, Failure> {
    let caller = server.caller(&headers)?;
    let connection = server.reading.lock().unwrap_or_else(PoisonError::into_inner);
    let mut statement = connection.prepare_cached("SELECT body FROM person WHERE id = ?1").map_err(failed)?;
    let body: String = statement.query_row([&caller.sub], |row| row.get(0)).map_err(failed)?;
    Ok(json_text(body))
}

async fn applications(State(server): State<Arc<Server>>, headers: HeaderMap) -> Result<Response, Failure> {
    const SQL: &str = "SELECT body FROM application WHERE organisation = ?1 ORDER BY id DESC LIMIT 100";
    let caller = server.caller(&headers)?;
    let connection = server.reading.lock().unwrap_or_else(PoisonError::into_inner);
    let mut statement = connection.prepare_cached(SQL).map_err(failed)?;
    let mut rows = statement.query([&caller.organisation]).map_err(failed)?;
    let mut answer = String::from("{\"items\":[");
    while let Some(row) = rows.next().map_err(failed)? {
        if !answer.ends_with('[') {
            answer.push(',');
        }
        answer.push_str(row.get_ref(0).and_then(|value| Ok(value.as_str()?)).map_err(failed)?);
    }
    answer.push_str("],\"next_cursor\":null}");
    Ok(json_text(answer))
}

/// Stores the job and the audit event in one transaction, as the platform does.
async fn create_job(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    Json(mut job): Json<Value>,
) -> Result<Response, Failure> {
    const JOB: &str =
        "INSERT INTO job (organisation, id, etag, status, title, department, location, job_type, work_type,
        experience_level, team, deadline, owner, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    const AUDIT: &str =
        "INSERT INTO audit (organisation, id, actor, action, entity_type, entity, occurred_at, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let caller = server.caller(&headers)?;
    let (id, etag) = (new_id().to_string(), Uuid::new_v4().simple().to_string());
    let (event, now) = (new_id().to_string(), now());
    let audit = json!({ "id": event, "action": "create", "entity_id": id, "actor_id": caller.sub,
        "entity_type": "job", "occurred_at": now, "new_values": job })
    .to_string();
    let members = job.as_object_mut().ok_or((StatusCode::BAD_REQUEST, "an object, please".to_owned()))?;
    members.insert("id".into(), json!(id));
    members.insert("etag".into(), json!(etag));
    members.insert("status".into(), json!("draft"));
    let body = job.to_string();
    let text = |name: &str| job[name].as_str();
    let organisation = &caller.organisation;
    let mut connection = server.writing.lock().unwrap_or_else(PoisonError::into_inner);
    let transaction = connection.transaction().map_err(failed)?;
    let write = || -> rusqlite::Result<()> {
        transaction.prepare_cached(JOB)?.execute(params![
            organisation,
            id,
            etag,
            "draft",
            text("title"),
            text("department"),
            text("location"),
            text("job_type"),
            text("work_type"),
            text("experience_level"),
            text("team_id"),
            text("deadline"),
            caller.sub,
            body,
        ])?;
        let audited = params![organisation, event, caller.sub, "create", "job", id, now, audit];
        transaction.prepare_cached(AUDIT)?.execute(audited)?;
        Ok(())
    };
    write().map_err(failed)?;
    transaction.commit().map_err(failed)?;
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (LOCATION, format!("/jobs/{id}"))];
    Ok((StatusCode::CREATED, headers, body).into_response())
}

/// A turn of the conversation: who spoke, and what.
type Turn = (String, String);

#[derive(Deserialize)]
struct Sent {
    interview_id: String,
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

/// A piece of the model's answer.
#[derive(Deserialize)]
struct Piece {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Delta,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

/// The conversation is read, the candidate's words are stored while the model is asked, its answer is passed on as it
/// comes and stored with a record of the call, as the platform does.
async fn chat(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    Json(sent): Json<Sent>,
) -> Result<Response, Failure> {
    let caller = server.caller(&headers)?;
    let words = sent.messages.into_iter().next_back().map(|message| message.content).unwrap_or_default();
    let interview = sent.interview_id;
    let mut turns = server.turns(&interview).map_err(failed)?;
    let place = i64::try_from(turns.len()).map_err(failed)?;
    turns.push(("candidate".into(), words.clone()));
    let asked = server.http.post(&server.model).json(&question(&turns)).send();
    let (keeper, kept_in) = (server.clone(), interview.clone());
    let keeping =
        tokio::task::spawn_blocking(move || keeper.keep_turn(&kept_in, place, "candidate", &words, None));
    let (answer, kept) = tokio::join!(asked, keeping);
    kept.map_err(failed)?.map_err(failed)?;
    let mut answer = answer.map_err(failed)?;
    let (say, said) = unbounded_channel();
    // Goes on when the client has gone away: the answer is not lost.
    tokio::spawn(async move {
        let (mut waiting, mut words) = (String::new(), String::new());
        while let Ok(Some(bytes)) = answer.chunk().await {
            waiting.push_str(&String::from_utf8_lossy(&bytes));
            while let Some((event, rest)) = waiting.split_once("\n\n") {
                let piece = event.strip_prefix("data: ").map(serde_json::from_str::<Piece>);
                if let Some(Ok(piece)) = piece
                    && let Some(content) = piece.choices.into_iter().find_map(|choice| choice.delta.content)
                {
                    words.push_str(&content);
                    let _ = say.send(format!("data: {}\n\n", json!({ "content": content })));
                }
                waiting = rest.to_owned();
            }
        }
        let keep = move || server.keep_turn(&interview, place + 1, "interviewer", &words, Some(&caller.sub));
        if tokio::task::spawn_blocking(keep).await.is_ok_and(|kept| kept.is_ok()) {
            let _ = say.send("data: [DONE]\n\n".to_owned());
        }
    });
    let events =
        unfold(said, async |mut said| said.recv().await.map(|text| (Ok::<_, Infallible>(text), said)));
    Ok(([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response())
}

/// The least there can be between a client and the model: whoever asks is believed, nothing is read or stored.
async fn relay(State(server): State<Arc<Server>>, question: String) -> Result<Response, Failure> {
    let asked = server.http.post(&server.model).header(CONTENT_TYPE, "application/json").body(question);
    let answer = asked.send().await.map_err(failed)?;
    let pieces =
        unfold(answer, async |mut answer| answer.chunk().await.transpose().map(|piece| (piece, answer)));
    Ok(([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(pieces)).into_response())
}

/// As long as the platform's.
const INSTRUCTIONS: &str = include_str!("../../shared/src/prompts/interview_turn.md");

fn question(turns: &[Turn]) -> Value {
    let mut said = String::new();
    for (speaker, words) in turns {
        said.push_str(&format!("<<<{speaker}>>>\n{words}\n<<<end>>>\n"));
    }
    let messages = [("system", INSTRUCTIONS), ("user", &said)];
    let messages = messages.map(|(role, content)| json!({ "role": role, "content": content }));
    json!({ "model": "scripted", "stream": true, "temperature": 0.7, "max_tokens": 800, "messages": messages })
}

impl Server {
    fn turns(&self, interview: &str) -> rusqlite::Result<Vec<Turn>> {
        const SQL: &str = "SELECT speaker, words FROM turn WHERE interview = ?1 ORDER BY place";
        let connection = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = connection.prepare_cached(SQL)?;
        statement.query_map([interview], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }

    /// In one transaction with the record of the call that the words came from, if any did.
    fn keep_turn(
        &self,
        interview: &str,
        place: i64,
        speaker: &str,
        words: &str,
        asked_by: Option<&str>,
    ) -> rusqlite::Result<()> {
        const TURN: &str = "INSERT INTO turn (interview, place, speaker, words) VALUES (?1, ?2, ?3, ?4)";
        const CALL: &str = "INSERT INTO call (person, id, purpose, outcome, occurred_at, body)
            VALUES (?1, ?2, 'interview_turn', 'ok', ?3, ?4)";
        let mut connection = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        transaction.prepare_cached(TURN)?.execute(params![interview, place, speaker, words])?;
        if let Some(person) = asked_by {
            let (id, now) = (new_id().to_string(), now());
            let body = json!({ "id": id, "occurred_at": now, "model": "scripted", "output": interview,
                "tokens_out": words.len() / 4 });
            transaction.prepare_cached(CALL)?.execute(params![person, id, now, body.to_string()])?;
        }
        transaction.commit()
    }
}

#[expect(clippy::disallowed_methods, reason = "none of the platform's code in a yardstick")]
fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// RFC 3339, in UTC.
#[expect(clippy::disallowed_methods, reason = "none of the platform's code in a yardstick")]
fn now() -> String {
    let now = time::OffsetDateTime::now_utc();
    now.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}
