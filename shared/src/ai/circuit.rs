//! A circuit breaker: after a run of failures callers are refused at once instead of waiting on a dead address.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Closed until `limit` failures in a row; then open for `pause`; then one caller at a time may try.
pub(super) struct Circuit {
    limit: u32,
    pause: Duration,
    state: Mutex<State>,
}

enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One caller is trying.
    HalfOpen,
}

/// Leave to make one request. Dropped without a verdict (cancelled, throttled) it counts neither way.
pub(super) struct Permit<'a> {
    circuit: &'a Circuit,
    trial: bool,
    decided: bool,
}

impl Circuit {
    pub(super) fn new(limit: u32, pause: Duration) -> Self {
        Self { limit, pause, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// `Err` holds the time after which asking again makes sense.
    pub(super) fn enter(&self) -> Result<Permit<'_>, Duration> {
        let mut state = self.lock();
        let trial = match *state {
            State::Closed { .. } => false,
            State::Open { until } => {
                let now = Instant::now();
                if now < until {
                    return Err(until - now);
                }
                *state = State::HalfOpen;
                true
            }
            State::HalfOpen => return Err(self.pause),
        };
        Ok(Permit { circuit: self, trial, decided: false })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    pub(super) fn succeeded(mut self) {
        self.decided = true;
        let mut state = self.circuit.lock();
        if self.trial || matches!(*state, State::Closed { .. }) {
            *state = State::Closed { failures: 0 };
        }
    }

    /// The pause, when this failure opened the circuit.
    pub(super) fn failed(mut self) -> Option<Duration> {
        self.decided = true;
        let Circuit { limit, pause, .. } = *self.circuit;
        let mut state = self.circuit.lock();
        let opens = match &mut *state {
            _ if self.trial => true,
            State::Closed { failures } => {
                *failures += 1;
                *failures >= limit
            }
            State::Open { .. } | State::HalfOpen => false,
        };
        if !opens {
            return None;
        }
        *state = State::Open { until: Instant::now() + pause };
        Some(pause)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.trial && !self.decided {
            *self.circuit.lock() = State::Open { until: Instant::now() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_millis(80);

    fn enter(circuit: &Circuit) -> Permit<'_> {
        circuit.enter().unwrap_or_else(|pause| panic!("open for {pause:?}"))
    }

    fn opened() -> Circuit {
        let circuit = Circuit::new(5, PAUSE);
        let opened = (0..5).map(|_| enter(&circuit).failed()).collect::<Vec<_>>();
        assert_eq!(opened, [None, None, None, None, Some(PAUSE)]);
        circuit
    }

    #[tokio::test]
    async fn opens_after_five_failures_in_a_row_only() {
        let circuit = Circuit::new(5, PAUSE);
        for _ in 0..4 {
            enter(&circuit).failed();
        }
        enter(&circuit).succeeded();
        for _ in 0..4 {
            enter(&circuit).failed();
        }
        assert!(circuit.enter().is_ok(), "a success in between starts the count again");
        assert!(opened().enter().err().is_some_and(|left| left <= PAUSE));
    }

    #[tokio::test]
    async fn one_caller_tries_after_the_pause_and_closes_it() {
        let circuit = opened();
        tokio::time::sleep(PAUSE).await;
        let trial = enter(&circuit);
        assert!(circuit.enter().is_err(), "only one at a time");
        trial.succeeded();
        assert!(circuit.enter().is_ok() && circuit.enter().is_ok());
    }

    #[tokio::test]
    async fn a_failed_trial_opens_it_again_and_a_cancelled_one_does_not() {
        let circuit = opened();
        tokio::time::sleep(PAUSE).await;
        enter(&circuit).failed();
        assert!(circuit.enter().is_err());
        tokio::time::sleep(PAUSE).await;
        drop(enter(&circuit));
        assert!(circuit.enter().is_ok(), "the next caller may try");
    }
}
