//! A gate before a service: lets its connections through, refuses them, or takes them and says nothing.

use std::sync::Arc;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    /// Connections end at once, those that are open, too.
    Cut,
    /// Connections are taken and nothing travels through them.
    Silent,
}

pub struct Gate {
    address: Url,
    state: Arc<watch::Sender<State>>,
    task: JoinHandle<()>,
}

impl Gate {
    /// `service` is an address on this machine.
    pub async fn before(service: &Url) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = service.port().expect("an address with a port");
        let mut address = service.clone();
        let own = listener.local_addr().expect("an address").port();
        address.set_port(Some(own)).expect("an address with a port");
        let state = Arc::new(watch::Sender::new(State::Open));
        let states = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, port, states.subscribe()));
            }
        });
        Self { address, state, task }
    }

    /// The service behind the gate.
    pub fn address(&self) -> &Url {
        &self.address
    }

    pub fn set(&self, state: State) {
        self.state.send_replace(state);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Until either side ends it or the state changes.
async fn pass(mut client: TcpStream, port: u16, mut states: watch::Receiver<State>) {
    let state = *states.borrow_and_update();
    match state {
        State::Cut => {}
        State::Silent => drop(states.changed().await),
        State::Open => {
            let Ok(mut service) = TcpStream::connect(("127.0.0.1", port)).await else { return };
            tokio::select! {
                _ = copy_bidirectional(&mut client, &mut service) => return,
                _ = states.changed() => {}
            }
            // What was under way is as silent as what comes.
            if *states.borrow_and_update() == State::Silent {
                drop(states.changed().await);
            }
        }
    }
}
