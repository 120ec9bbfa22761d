use super::{
    AntiCheatSignal, Call, Disclosure, Interview, InterviewStatus, MAX_SIGNALS, Recording, RecordingState,
    SCORING_TRIES, ScoringStatus, TRANSCRIPT_OPEN_FOR,
};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::prompts::PlanStep;

impl Interview {
    /// 409 unless it runs: for a turn of the conversation.
    pub fn check_running(&self) -> Result<()> {
        match self.status {
            InterviewStatus::InProgress => Ok(()),
            _ => Err(self.status.refuse()),
        }
    }

    /// Turns are taken while it runs and for [`TRANSCRIPT_OPEN_FOR`] after its end.
    pub fn check_transcript_open(&self, now: Timestamp) -> Result<()> {
        let late = |end: Timestamp| end.plus(TRANSCRIPT_OPEN_FOR) < now;
        match (self.status, self.ended_at) {
            (InterviewStatus::InProgress, _) => Ok(()),
            (InterviewStatus::Completed, Some(end)) if !late(end) => Ok(()),
            _ => Err(self.status.refuse()),
        }
    }

    /// The interviewer asked: counts the question, moves to the phase the plan has come to (never back), and adds what
    /// the conversation touched on.
    pub fn asked(&mut self, plan: &[PlanStep], competencies: &[String]) {
        self.questions_asked += 1;
        self.current_phase = self.current_phase.max(PlanStep::phase_after(plan, self.questions_asked));
        for competency in competencies {
            if !self.competencies_covered.contains(competency) {
                self.competencies_covered.push(competency.clone());
            }
        }
    }

    /// Hands out sequences for `count` turns: the first of them.
    pub fn take_sequences(&mut self, count: u32) -> u32 {
        let first = self.transcript_length;
        self.transcript_length += count;
        first
    }

    /// The first time stands, unless another text was shown since.
    pub fn acknowledge(&mut self, version: &str, by: &str, now: Timestamp) -> Result<()> {
        if self.status.is_final() {
            return Err(self.status.refuse());
        }
        if self.disclosure.as_ref().is_none_or(|known| known.version != version) {
            let (version, acknowledged_by) = (version.to_owned(), by.to_owned());
            self.disclosure = Some(Disclosure { version, acknowledged_at: now, acknowledged_by });
        }
        Ok(())
    }

    /// Given or taken back while it has not ended.
    pub fn consent_to_recording(&mut self, consent: bool) -> Result<()> {
        if self.status.is_final() {
            return Err(self.status.refuse());
        }
        self.recording_consent = consent;
        Ok(())
    }

    /// 409 without consent: then it runs unrecorded.
    pub fn record(&mut self, recording_id: String) -> Result<()> {
        if !self.recording_consent {
            return Err(Error::conflict("The candidate has not agreed to a recording."));
        }
        if self.recording.as_ref().is_none_or(|known| known.recording_id != recording_id) {
            self.recording = Some(Recording {
                recording_id,
                state: RecordingState::Recording,
                url: None,
                size_bytes: None,
                deleted_at: None,
            });
        }
        Ok(())
    }

    /// The file was erased; again is harmless.
    pub fn recording_deleted(&mut self, now: Timestamp) {
        if let Some(recording) = &mut self.recording {
            recording.state = RecordingState::Deleted;
            recording.url = None;
            recording.deleted_at.get_or_insert(now);
        }
    }

    /// Beyond [`MAX_SIGNALS`] no more are kept.
    pub fn note_signals(&mut self, signals: Vec<AntiCheatSignal>) {
        let room = MAX_SIGNALS.saturating_sub(self.anti_cheat_signals.len());
        self.anti_cheat_signals.extend(signals.into_iter().take(room));
    }

    pub fn join_call(&mut self, call: Call) {
        self.call = Some(call);
    }

    /// On a person's request; 409 while it is queued or running.
    pub fn queue_scoring(&mut self) -> Result<()> {
        if self.scoring_status == ScoringStatus::Running {
            return Err(self.scoring_status.refuse());
        }
        self.scoring_attempts = 0;
        self.scoring_status.to(ScoringStatus::Queued)
    }
    /// A try begins. A message delivered twice finds it running.
    pub fn begin_scoring(&mut self) -> Result<()> {
        if self.scoring_status != ScoringStatus::Running {
            self.scoring_status.to(ScoringStatus::Running)?;
        }
        self.scoring_attempts += 1;
        Ok(())
    }
    pub fn scored(&mut self) {
        self.scoring_status = ScoringStatus::Done;
        self.scoring_attempts = 0;
    }
    /// The try failed: `true` when it was the last one, or another cannot help.
    pub fn scoring_failed(&mut self, is_hopeless: bool) -> bool {
        let is_over = is_hopeless || self.scoring_attempts >= SCORING_TRIES;
        self.scoring_status = if is_over { ScoringStatus::Failed } else { ScoringStatus::Queued };
        is_over
    }
}
