//! A frontend's view of the API: one signed-in person.

use serde_json::{Value, json};

type Answer<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Client {
    pub(super) fn new(base: &str) -> Self {
        Self {
            http: reqwest::ClientBuilder::new().build().unwrap_or_default(),
            base: format!("{base}/api/v1"),
            token: None,
        }
    }

    pub(super) async fn register(
        &mut self,
        email: &str,
        password: &str,
        first: &str,
        last: &str,
    ) -> Answer<()> {
        let account = json!({ "email": email, "password": password, "first_name": first, "last_name": last });
        let tokens = self.post("/auth/register", account).await?;
        self.token = tokens["access_token"].as_str().map(str::to_owned);
        Ok(())
    }

    pub(super) async fn get(&self, path: &str) -> Answer<Value> {
        json_of(path, self.send(self.request("GET", path)).await?).await
    }

    /// `None` for 404.
    pub(super) async fn get_if_found(&self, path: &str) -> Answer<Option<Value>> {
        let response = self.send(self.request("GET", path)).await?;
        if response.status().as_u16() == 404 {
            return Ok(None);
        }
        json_of(path, response).await.map(Some)
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer<Value> {
        json_of(path, self.send(self.request("POST", path).json(&body)).await?).await
    }

    /// Reads the ETag first, as a careful client does.
    pub(super) async fn patch_field(&self, path: &str, patch: Value) -> Answer<Value> {
        let read = self.send(self.request("GET", path)).await?;
        let tag = read.headers().get("etag").cloned();
        let mut request = self.request("PATCH", path).json(&patch);
        if let Some(tag) = tag {
            request = request.header("if-match", tag);
        }
        json_of(path, self.send(request).await?).await
    }

    pub(super) async fn page(&self, path: &str, accept: &str) -> Answer<String> {
        let response = self.send(self.request("GET", path).header("accept", accept)).await?;
        let (status, text) = (response.status(), response.text().await?);
        if status.is_success() { Ok(text) } else { Err(format!("GET {path}: {status} {text}").into()) }
    }

    /// Posts and reads a stream of `data:` lines; gives the pieces joined.
    pub(super) async fn stream(&self, path: &str, body: Value) -> Answer<String> {
        let request = self.request("POST", path).header("accept", "text/event-stream").json(&body);
        let response = self.send(request).await?;
        let (status, text) = (response.status(), response.text().await?);
        if !status.is_success() {
            return Err(format!("POST {path}: {status} {text}").into());
        }
        let mut said = String::new();
        for event in
            text.lines().filter_map(|line| line.strip_prefix("data: ")).take_while(|data| *data != "[DONE]")
        {
            let event: Value = serde_json::from_str(event)?;
            if let Some(error) = event["error"].as_str() {
                return Err(format!("POST {path}: {error}").into());
            }
            said.push_str(event["content"].as_str().unwrap_or_default());
        }
        Ok(said)
    }

    pub(super) async fn upload(
        &self,
        path: &str,
        name: &str,
        file: &[u8],
        fields: &[(&str, &str)],
    ) -> Answer<Value> {
        const BOUNDARY: &str = "talenti-demo-boundary";
        let mut body = Vec::new();
        for (field, value) in fields {
            let part = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/pdf\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let media = format!("multipart/form-data; boundary={BOUNDARY}");
        json_of(path, self.send(self.request("POST", path).header("content-type", media).body(body)).await?)
            .await
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer<reqwest::Response> {
        Ok(request.send().await?)
    }
}

async fn json_of(path: &str, response: reqwest::Response) -> Answer<Value> {
    let (status, text) = (response.status(), response.text().await?);
    if !status.is_success() {
        return Err(format!("{path}: {status} {text}").into());
    }
    if text.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(&text)?) }
}
