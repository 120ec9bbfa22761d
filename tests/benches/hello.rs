//! The smallest server: axum answering `GET /`. What a platform costs beyond it is its own.

use axum::Router;
use axum::routing::get;
use std::net::{Ipv4Addr, SocketAddr};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("usage: bare-hello PORT")?.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        axum::serve(listener, Router::new().route("/", get(async || "hello"))).await?;
        Ok(())
    })
}
