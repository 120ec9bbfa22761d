//! Running counts of a job (spec 50 §1 `hiring_metrics`): read in one go instead of counted over applications.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::application::{ApplicationId, ApplicationStatus};
use crate::domain::job::{Job, JobId};
use crate::domain::organisation::OrganisationId;
use crate::error::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::Duration;

/// Shares its job's id and aggregate. Kept by the handler of application events.
#[derive(Clone, Serialize, Deserialize)]
pub struct JobMetrics {
    pub id: JobId,
    /// All there ever were.
    pub applications: u64,
    /// Where they stand now; a status nobody is in is left out. Below zero while the event that led into a status is
    /// still on its way: queues keep no order.
    pub by_status: BTreeMap<ApplicationStatus, i64>,
    pub first_hired_at: Option<Timestamp>,
    pub last_hired_at: Option<Timestamp>,
    /// Events counted already, newest last; at most [`REMEMBERED`]. Queues deliver twice.
    pub counted: Vec<String>,
    /// Positions that a hire in progress has taken, and until when: two hires into the last one do not both succeed.
    #[serde(default)]
    pub held: BTreeMap<ApplicationId, Timestamp>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { JobMetrics, "job_metrics", "job metrics", root: id, fields: [], arrays: [], audit: off }

/// How long a hire in progress keeps its position: longer than any request lives.
pub const HELD_FOR: Duration = Duration::minutes(2);

/// Events remembered to tell a repeated delivery.
pub const REMEMBERED: usize = 200;

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct HiringMetrics {
    pub applications: u64,
    pub by_status: BTreeMap<ApplicationStatus, u64>,
    /// Since first publication, until today or the day the job closed.
    pub days_open: Option<i64>,
    /// From first publication to the last hire, once the job is filled.
    pub days_to_fill: Option<i64>,
}

impl JobMetrics {
    pub fn new(organisation: OrganisationId, job: JobId, now: Timestamp) -> Self {
        Self {
            id: job,
            applications: 0,
            by_status: BTreeMap::new(),
            first_hired_at: None,
            last_hired_at: None,
            counted: Vec::new(),
            held: BTreeMap::new(),
            meta: Meta::new(Some(organisation), now, None),
        }
    }

    /// An application came (`from` is `None`), moved, or went (`to` is `None`). `event` names the occurrence: the same
    /// one again changes nothing and gives `false`.
    pub fn moved(
        &mut self,
        event: &str,
        from: Option<ApplicationStatus>,
        to: Option<ApplicationStatus>,
        now: Timestamp,
    ) -> bool {
        if self.counted.iter().any(|counted| counted == event) {
            return false;
        }
        if self.counted.len() >= REMEMBERED {
            self.counted.remove(0);
        }
        self.counted.push(event.to_owned());
        if from.is_none() && to.is_some() {
            self.applications += 1;
        }
        if let Some(from) = from {
            *self.by_status.entry(from).or_default() -= 1;
        }
        if let Some(to) = to {
            *self.by_status.entry(to).or_default() += 1;
            if to == ApplicationStatus::Hired {
                self.first_hired_at.get_or_insert(now);
                self.last_hired_at = Some(now);
            }
        }
        self.by_status.retain(|_, count| *count != 0);
        true
    }

    /// Takes a position of `job` for this hire; 409 `job_not_open` when none is left.
    pub fn hold(&mut self, job: &Job, application: ApplicationId, now: Timestamp) -> Result<()> {
        self.held.remove(&application);
        let taken = job.positions_filled as usize + self.held.len();
        if taken >= job.fields.positions_available as usize {
            return Err(Error::new(Code::JobNotOpen, "Every position of the job is filled."));
        }
        self.held.insert(application, now.plus(HELD_FOR));
        Ok(())
    }

    /// Hires that should have been over by now: broken off, or not counted yet.
    pub fn overdue(&self, now: Timestamp) -> Vec<ApplicationId> {
        self.held.iter().filter(|(_, until)| **until <= now).map(|(id, _)| *id).collect()
    }

    /// The hire is counted, or did not happen.
    pub fn release(&mut self, application: ApplicationId) -> bool {
        self.held.remove(&application).is_some()
    }

    pub fn view(&self, job: &Job, now: Timestamp) -> HiringMetrics {
        let days_until = |end: Timestamp| {
            let posted = job.posted_date?;
            Some((end.instant().date() - posted.date()).whole_days())
        };
        let filled = job.status == crate::domain::job::JobStatus::Filled;
        HiringMetrics {
            applications: self.applications,
            by_status: self
                .by_status
                .iter()
                .filter_map(|(status, count)| {
                    Some((*status, u64::try_from(*count).ok().filter(|count| *count > 0)?))
                })
                .collect(),
            days_open: days_until(job.closed_at.unwrap_or(now)),
            days_to_fill: filled.then(|| days_until(self.last_hired_at.or(job.closed_at)?)).flatten(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ApplicationStatus::{Hired, New, Offer};

    #[test]
    fn counts_follow_the_moves_and_repeats_do_not_count() {
        let now = Timestamp::from_unix(0);
        let mut metrics = JobMetrics::new(OrganisationId::new(), JobId::new(), now);
        assert!(metrics.moved("a1", None, Some(New), now));
        assert!(!metrics.moved("a1", None, Some(New), now));
        assert!(metrics.moved("b1", None, Some(New), now));
        assert!(metrics.moved("a2", Some(New), Some(Offer), now));
        assert!(metrics.moved("a3", Some(Offer), Some(Hired), now));
        assert_eq!(metrics.applications, 2);
        assert_eq!(metrics.by_status, BTreeMap::from([(New, 1), (Hired, 1)]));
        assert_eq!(metrics.last_hired_at, Some(now));
        // The other way round they come to the same.
        let mut turned = JobMetrics::new(OrganisationId::new(), JobId::new(), now);
        for (event, from, to) in
            [("a3", Some(Offer), Hired), ("b1", None, New), ("a2", Some(New), Offer), ("a1", None, New)]
        {
            assert!(turned.moved(event, from, Some(to), now));
        }
        assert_eq!(turned.by_status, metrics.by_status);
        for n in 0..REMEMBERED * 2 {
            metrics.moved(&n.to_string(), Some(New), Some(New), now);
        }
        assert_eq!(metrics.counted.len(), REMEMBERED);
    }
}
