//! HTTPS to other services. A client is made when it is first used: reading the certificates that the machine trusts
//! takes milliseconds, which no start should wait for.

use azure_core::error::ErrorKind;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

/// One client and its connections. It follows no redirects: keys, tokens and somebody's words go to the address that was
/// checked, nowhere else.
#[derive(Debug)]
pub(crate) struct Outbound {
    connect_within: Duration,
    read_within: Option<Duration>,
    proxied: bool,
    made: OnceLock<Client>,
}

impl Outbound {
    pub(crate) fn new(connect_within: Duration) -> Self {
        Self { connect_within, read_within: None, proxied: true, made: OnceLock::new() }
    }
    /// Longest between two pieces of an answer, and from the last piece of a request to its answer.
    pub(crate) fn read_within(mut self, longest: Duration) -> Self {
        self.read_within = Some(longest);
        self
    }
    /// Never asks a proxy when `local`: the address is on this machine.
    pub(crate) fn local(mut self, local: bool) -> Self {
        self.proxied = !local;
        self
    }

    /// Fails when there is no cryptography to be had, or no certificate is trusted.
    pub(crate) fn client(&self) -> reqwest::Result<&Client> {
        if let Some(client) = self.made.get() {
            return Ok(client);
        }
        let mut builder = ClientBuilder::new()
            .connect_timeout(self.connect_within)
            .redirect(Policy::none())
            .user_agent(concat!("talenti/", env!("CARGO_PKG_VERSION")));
        if let Some(longest) = self.read_within {
            builder = builder.read_timeout(longest);
        }
        if !self.proxied {
            builder = builder.no_proxy();
        }
        let made = builder.build()?;
        Ok(self.made.get_or_init(|| made))
    }
}

/// For the clients of the Azure SDK.
impl HttpClient for Outbound {
    fn execute_request<'a, 'r, 'f>(
        &'a self,
        request: &'r Request,
    ) -> Pin<Box<dyn Future<Output = azure_core::Result<AsyncRawResponse>> + Send + 'f>>
    where
        'a: 'f,
        'r: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let client = self.client().map_err(|error| azure_core::Error::new(ErrorKind::Other, error))?;
            client.execute_request(request).await
        })
    }
}
