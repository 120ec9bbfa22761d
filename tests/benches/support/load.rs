//! Load: so many connections at once, each sending its requests one after the other.

use super::Fallible;
use super::server::Server;
use super::wire::Wire;
use std::time::{Duration, Instant};

/// Small: there may be hundreds of connections.
const STACK: usize = 256 * 1024;

pub(crate) struct Outcome {
    pub(crate) requests: u32,
    pub(crate) elapsed: Duration,
    /// Processor time of the server.
    pub(crate) cpu: Duration,
}

impl Outcome {
    pub(crate) fn cpu_each(&self) -> Duration {
        self.cpu / self.requests.max(1)
    }
    pub(crate) fn per_second(&self) -> f64 {
        f64::from(self.requests) / self.elapsed.as_secs_f64()
    }
}

/// Sends each list of requests over a connection of its own. Any answer but `status` ends the run.
pub(crate) fn run(server: &Server, connections: Vec<Vec<Vec<u8>>>, status: u16) -> Fallible<Outcome> {
    let wires = connections.iter().map(|_| Wire::connect(server.port)).collect::<Fallible<Vec<_>>>()?;
    let (before, started) = (server.cpu()?, Instant::now());
    let threads = wires
        .into_iter()
        .zip(connections)
        .map(|(wire, requests)| spawn(move || one_after_the_other(wire, &requests, status)));
    let threads = threads.collect::<Fallible<Vec<_>>>()?;
    let mut requests = 0;
    for thread in threads {
        requests += thread.join().map_err(|_| "a client panicked")??;
    }
    let elapsed = started.elapsed();
    Ok(Outcome { requests, elapsed, cpu: server.cpu()?.since(before) })
}

fn one_after_the_other(mut wire: Wire, requests: &[Vec<u8>], status: u16) -> Fallible<u32> {
    for request in requests {
        let answer = wire.send(request)?;
        if answer.status != status {
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            return Err(format!("status {} instead of {status}: {text}", answer.status).into());
        }
    }
    Ok(u32::try_from(requests.len())?)
}

pub(crate) fn spawn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Fallible<std::thread::JoinHandle<T>> {
    Ok(std::thread::Builder::new().stack_size(STACK).spawn(work)?)
}
