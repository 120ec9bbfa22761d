//! The declared endpoints as a caller from outside sees them: addresses, parameters, bodies that fit.

use crate::support::actor::Actor;
use crate::support::answer::Answer;
use crate::support::platform::Platform;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use shared::function::{Access, Endpoint};

use std::sync::{Arc, LazyLock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// An id nobody has.
pub(crate) const NOBODYS_ID: &str = "0190a000-0000-7000-8000-000000000000";

static DOCUMENT: LazyLock<Arc<Value>> =
    LazyLock::new(|| Arc::new(shared::http::document(&all::functions(), "test", "http://localhost")));

/// The OpenAPI document of everything.
pub(crate) fn document() -> &'static Value {
    &DOCUMENT
}

/// Every endpoint of every function.
pub(crate) fn endpoints() -> Vec<Surface> {
    all::functions().into_iter().flat_map(|function| function.endpoints).map(Surface).collect()
}

#[derive(Clone)]
pub(crate) struct Surface(Endpoint);

impl std::fmt::Display for Surface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.0.method, self.0.path)
    }
}

impl Surface {
    pub(crate) fn access(&self) -> Access {
        self.0.access
    }
    pub(crate) fn method(&self) -> Method {
        self.0.method.clone()
    }
    pub(crate) fn is_contract(&self) -> bool {
        self.0.contract
    }
    pub(crate) fn body_limit(&self) -> usize {
        self.0.body_limit
    }
    pub(crate) fn is_at_root(&self) -> bool {
        !self.0.path.starts_with("/api/")
    }
    /// As declared, with `{name}` for parameters.
    pub(crate) fn template(&self) -> &str {
        &self.0.path
    }
    pub(crate) fn has_path_parameters(&self) -> bool {
        self.0.path.contains('{')
    }

    fn operation(&self) -> &'static Value {
        // OpenAPI knows no catch-all.
        let path = self.0.path.replace("{*", "{");
        let operation = &DOCUMENT["paths"][&path][self.0.method.as_str().to_lowercase()];
        assert!(operation.is_object(), "{self} is not in the OpenAPI document");
        operation
    }
    fn parameters(&self, place: &str) -> impl Iterator<Item = &'static Value> {
        let all = self.operation()["parameters"].as_array().into_iter().flatten();
        all.filter(move |parameter| parameter["in"] == place)
    }
    fn schema(&self) -> Option<&'static Value> {
        let content = self.operation()["requestBody"]["content"].as_object()?;
        content.get("application/json").or_else(|| content.values().next()).map(|media| &media["schema"])
    }

    pub(crate) fn takes_json(&self) -> bool {
        self.0.operation().body.is_some_and(|(media, _)| media.ends_with("json"))
    }
    pub(crate) fn takes_query(&self) -> bool {
        self.0.operation().query.is_some()
    }
    pub(crate) fn has_parameter(&self, name: &str) -> bool {
        self.parameters("query").any(|parameter| parameter["name"] == name)
    }
    /// Some path parameter is a UUID.
    pub(crate) fn takes_ids(&self) -> bool {
        self.parameters("path").any(|parameter| parameter["schema"]["format"] == "uuid")
    }
    /// The body is an object with named members.
    pub(crate) fn is_object(&self) -> bool {
        self.schema().is_some_and(|schema| resolve(schema)["properties"].is_object())
    }
    /// `a=1&b=2` for the query parameters that must be there.
    pub(crate) fn required_query(&self) -> String {
        let required = self.parameters("query").filter(|parameter| parameter["required"] == true);
        let pairs = required.map(|parameter| {
            let name = parameter["name"].as_str().unwrap_or_default();
            format!("{name}={}", plain(&example(&parameter["schema"], name)))
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The address, with values that fit but name nothing.
    pub(crate) fn path(&self) -> String {
        self.path_with(|_| NOBODYS_ID.to_owned())
    }
    /// The address with `fill` giving the value of each parameter that takes an id.
    pub(crate) fn path_with(&self, fill: impl Fn(&str) -> String) -> String {
        let mut path = self.0.path.clone();
        for parameter in self.parameters("path") {
            let name = parameter["name"].as_str().expect("a parameter has a name");
            let schema = resolve(&parameter["schema"]);
            let value = match schema["enum"].as_array() {
                Some(values) => plain(&values[0]),
                None => fill(name),
            };
            path = path.replace(&format!("{{{name}}}"), &value).replace(&format!("{{*{name}}}"), &value);
        }
        path
    }

    /// A body that fits the schema, as far as a schema can say.
    pub(crate) fn example(&self) -> Value {
        self.schema().map_or(Value::Null, |schema| example(schema, ""))
    }

    /// A request that is right in form, about nothing that exists.
    pub(crate) async fn ask(&self, actor: &Actor) -> Answer {
        self.ask_at(actor, &self.path()).await
    }
    pub(crate) async fn ask_at(&self, actor: &Actor, path: &str) -> Answer {
        self.ask_with(actor, path, |_| {}).await
    }
    /// `adapt` may change the body.
    pub(crate) async fn ask_with(&self, actor: &Actor, path: &str, adapt: impl Fn(&mut Value)) -> Answer {
        let query = self.required_query();
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        if self.is_at_root() {
            return actor.send_to(self.method(), &path, true).await;
        }
        let body = self.takes_json().then(|| {
            let mut body = match self.method() {
                // Every member of a patch may be left out.
                Method::PATCH => json!({}),
                _ => self.example(),
            };
            adapt(&mut body);
            body
        });
        let has_if_match = self.0.operation().if_match.is_some();
        let shape = |mut request: reqwest::RequestBuilder| {
            if let Some(body) = &body {
                request = request.json(body);
            }
            if has_if_match { request.header("if-match", "\"0000\"") } else { request }
        };
        actor.send(self.method(), &path, shape).await
    }
}

/// Follows a `$ref`, or the one branch of a choice that is not null.
fn resolve(schema: &'static Value) -> &'static Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = DOCUMENT.pointer(reference.trim_start_matches('#'));
        return resolve(target.unwrap_or_else(|| panic!("{reference} leads nowhere")));
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        if let Some(branches) = schema[choice].as_array()
            && !schema["properties"].is_object()
            && let Some(branch) = branches.iter().find(|branch| branch["type"] != "null")
        {
            return resolve(branch);
        }
    }
    schema
}

fn example(schema: &'static Value, name: &str) -> Value {
    let schema = resolve(schema);
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.first().cloned().unwrap_or(Value::Null);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let members = required.map(|name| (name.to_owned(), example(&schema["properties"][name], name)));
            let mut object = Value::Object(members.collect());
            // One of several shapes on top.
            if let Some(branch) = schema["oneOf"].as_array().and_then(|branches| branches.first())
                && let (Value::Object(own), Value::Object(more)) = (&mut object, example(branch, name))
            {
                own.extend(more);
            }
            object
        }
        Some("array") => json!([example(&schema["items"], name)]),
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("number") => json!(schema["minimum"].as_f64().unwrap_or(1.0)),
        Some("boolean") => json!(true),
        _ => text(schema, name),
    }
}

fn text(schema: &Value, name: &str) -> Value {
    let text = match schema["format"].as_str() {
        Some("uuid") => NOBODYS_ID,
        Some("date") => "2099-01-31",
        Some("date-time") => "2099-01-31T09:00:00Z",
        _ if name.contains("email") => "nobody.at.all@example.org",
        _ if name.ends_with("_url") || name == "website" => "https://www.example.com/",
        _ if name.contains("password") => "lamp-Ferry-93-quince",
        _ if name.ends_with("_id") => NOBODYS_ID,
        _ => "An example text that is long enough",
    };
    json!(text)
}

fn plain(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.replace(' ', "%20")
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}

/// Says how long the body will be, sends none of it, and reads the answer: it must come at once.
pub(crate) async fn announce(
    platform: &Platform,
    actor: &Actor,
    surface: &Surface,
    length: usize,
) -> Result<Answer, String> {
    let (method, path) = (surface.method(), surface.path());
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n",
        platform.authority(),
        actor.token().unwrap_or_default()
    );
    let exchange = async {
        let mut stream = tokio::net::TcpStream::connect(platform.authority()).await?;
        stream.write_all(head.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        Ok::<_, std::io::Error>(bytes)
    };
    let bytes = tokio::time::timeout(std::time::Duration::from_secs(10), exchange)
        .await
        .map_err(|_| format!("{surface}: no answer before the body was sent"))?
        .map_err(|error| format!("{surface}: {error}"))?;
    parse(method, path, &bytes).ok_or_else(|| format!("{surface}: {}", String::from_utf8_lossy(&bytes)))
}

fn parse(method: Method, path: String, bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        headers.append(HeaderName::try_from(name).ok()?, HeaderValue::from_str(value.trim()).ok()?);
    }
    Some(Answer { method, path, status, headers, body: bytes[end + 4..].to_vec() })
}

/// A body of this many bytes in chunks, without saying beforehand how long it is.
pub(crate) async fn ask_chunked(actor: &Actor, surface: &Surface, length: usize) -> Answer {
    let mut text = String::from("{\"a\":\"");
    text.push_str(&"x".repeat(length));
    text.push_str("\"}");
    let chunks: Vec<Result<Vec<u8>, std::io::Error>> =
        text.as_bytes().chunks(8 * 1024).map(|chunk| Ok(chunk.to_vec())).collect();
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let shape = |request: reqwest::RequestBuilder| {
        request.header("content-type", "application/json").header("if-match", "\"0000\"").body(body)
    };
    actor.send(surface.method(), &surface.path(), shape).await
}
