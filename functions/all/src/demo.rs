//! `talenti demo`: the main job once, by HTTP as a frontend would do it, on the sample files in `samples/`.

mod client;
mod interview;

use crate::Outcome;
use client::Client;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config::Config;
use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

const RESUME: &[u8] = include_bytes!("../samples/resume.pdf");
const ADVERT: &str = include_str!("../samples/advert.md");
const JOB_TITLE: &str = "Senior Backend Engineer";
const COMPANY: &str = "Harbour & Pine Logistics";
const REPORT_FILE: &str = "talenti-report.html";
/// Scoring runs by queue; offline it takes milliseconds.
const SCORE_WITHIN: Duration = Duration::from_secs(120);

/// Runs the demonstration, then leaves the platform running unless `exit`.
pub(crate) fn run(exit: bool) -> Outcome {
    let config = Config::from_env()?;
    if config.is_production() {
        return Err("the demonstration does not run in production".into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let _telemetry = shared::telemetry::start(&quiet(&config), true);
    runtime.block_on(async {
        let functions = all::functions();
        let ctx = shared::serve::context(config, Arc::new(Clock::default()), &functions)?;
        let running = shared::serve::launch(ctx.clone(), functions).await?;
        let base = format!("http://localhost:{}", running.address().port());
        let mut story = Story { base: base.clone(), step: 0, started: Instant::now() };
        let made = story.tell().await?;
        if exit {
            running.stop().await;
            return Ok(());
        }
        shared::serve::print_banner(&ctx, running.address());
        crate::say(&made.signposts(&base)?)?;
        tokio::signal::ctrl_c().await?;
        running.stop().await;
        Ok(())
    })
}

/// The story is told by this program; the platform's own log would interrupt it.
fn quiet(config: &Config) -> Config {
    Config { log_level: shared::telemetry::LevelFilter::ERROR, ..config.clone() }
}

struct Story {
    base: String,
    step: u32,
    started: Instant,
}

/// What the demonstration made, for whoever wants to look on.
struct Made {
    recruiter: String,
    password: String,
    job: String,
    interview: String,
}

impl Made {
    /// Where to look on: what opens in a browser, and how to sign in for the rest.
    fn signposts(&self, base: &str) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let Self { recruiter, password, job, interview } = self;
        let report = reqwest::Url::from_file_path(std::path::absolute(REPORT_FILE)?)
            .map_err(|()| "the current folder has no address")?;
        let account = json!({ "email": recruiter, "password": password });
        Ok(format!(
            "  Made by the demonstration, to open in a browser:\n\
             \x20 Report             {report}\n\
             \x20 Letters            {base}/api/v1/dev/outbox\n\n\
             \x20 The job is {job}, its interview {interview}.\n\
             \x20 To see them at {base}/api/docs, sign in as the recruiter and give the access_token to Authorize:\n\
             \x20 curl -H 'Content-Type: application/json' -d '{account}' {base}/api/v1/auth/login\n\n"
        ))
    }
}

impl Story {
    async fn tell(&mut self) -> Result<Made, Box<dyn std::error::Error + Send + Sync>> {
        let run = format!("{:08x}", std::process::id() ^ self.unique());
        let password = format!("demo-{run}-passphrase");
        let recruiter_mail = format!("rita.{run}@harbour-and-pine.example");
        let candidate_mail = format!("priya.raman.{run}@example.com");
        crate::say("\nTalenti demonstration: from a job advert to a scored interview, offline.\n\n")?;

        let mut rita = Client::new(&self.base);
        rita.register(&recruiter_mail, &password, "Rita", "Okafor").await?;
        let values = json!({ "Plain speaking": "We say what we mean and write it down.", "Care": "A late parcel is somebody's birthday." });
        let organisation =
            rita.post("/organisations", json!({ "name": COMPANY, "industry": "Logistics" })).await?;
        rita.patch_field(
            &format!("/organisations/{}", text(&organisation, "id")),
            json!({ "values_framework": values }),
        )
        .await?;
        self.done(&format!("Rita founds {COMPANY}"), "")?;

        let read =
            rita.post("/jobs/extract", json!({ "job_title": JOB_TITLE, "job_description": ADVERT })).await?;
        self.done("The advert is read into requirements", &counted(&read))?;

        let job = rita
            .post(
                "/jobs",
                json!({
                    "title": JOB_TITLE, "description": ADVERT, "department": "Platform", "location": "Melbourne",
                    "job_type": "full_time", "employment_type": "permanent", "work_type": "hybrid",
                    "requirements": read, "deadline": "2099-12-31",
                }),
            )
            .await?;
        let job_id = text(&job, "id");
        rita.post(&format!("/jobs/{job_id}/publish"), json!({})).await?;
        self.done("The job is published", JOB_TITLE)?;

        let candidate = rita
            .post(
                "/candidates",
                json!({ "email": candidate_mail, "first_name": "Priya", "last_name": "Raman", "source": "company_website" }),
            )
            .await?;
        let candidate_id = text(&candidate, "id");
        let upload =
            rita.upload("/resume/upload", "resume.pdf", RESUME, &[("candidate_id", &candidate_id)]).await?;
        let parsed = rita
            .post(
                "/resume/parse",
                json!({ "file_path": text(&upload, "file_path"), "user_id": candidate_id, "apply": true }),
            )
            .await?;
        self.done("Priya's resume is uploaded and parsed", &resume_line(&parsed))?;

        let application = rita
            .post(
                "/applications",
                json!({ "job_id": job_id, "candidate_id": candidate_id, "source": "direct" }),
            )
            .await?;
        let application_id = text(&application, "id");
        let invited = json!({
            "application_id": application_id, "candidate_email": candidate_mail,
            "role_title": JOB_TITLE, "company_name": COMPANY,
        });
        rita.post("/invitations/send", invited).await?;
        let token = self.token_from_letter(&candidate_mail).await?;
        self.done("She is invited by e-mail", "the letter is in the outbox folder")?;

        let mut priya = Client::new(&self.base);
        priya.post("/invitations/validate", json!({ "token": token })).await?;
        priya.register(&candidate_mail, &password, "Priya", "Raman").await?;
        let accepted = priya.post("/invitations/accept", json!({ "token": token })).await?;
        let interview_id = text(&accepted, "interview_id");
        self.done("Priya signs up and accepts", "")?;

        let turns = interview::hold(&priya, &interview_id).await?;
        self.done("The AI interviews her", &format!("{turns} answers, streamed"))?;

        let score = self.wait_for_score(&rita, &interview_id).await?;
        self.done(
            "The interview is scored by queue",
            &format!("{} ({})", number(&score["overall_score"]), plain(&score["band"])),
        )?;

        let shortlist = rita
            .post(
                "/shortlist/generate",
                json!({
                    "job_role_id": job_id, "top_n": 3,
                    "candidates": [{
                        "application_id": application_id, "name": "Priya Raman",
                        "resume_summary": plain(&parsed["summary"]), "skills": parsed["skills"]["technical"],
                        "experience_years": 8,
                    }],
                }),
            )
            .await?;
        let rank = &shortlist["ranked_candidates"][0];
        self.done("She is ranked on the shortlist", &format!("match {}", number(&rank["match_score"])))?;

        let page = rita.page(&format!("/interviews/{interview_id}/report"), "text/html").await?;
        std::fs::write(REPORT_FILE, page)?;
        let shown = rita.page(&format!("/interviews/{interview_id}/report"), "text/plain").await?;
        let seconds = self.started.elapsed().as_secs_f64();
        crate::say(&format!(
            "\n{shown}\nReport written to {REPORT_FILE}. All of it took {seconds:.1} s.\n\n"
        ))?;
        Ok(Made { recruiter: recruiter_mail, password, job: job_id, interview: interview_id })
    }

    /// Addresses of one run are its own: the demonstration can be repeated on the same data.
    fn unique(&self) -> u32 {
        use std::hash::{BuildHasher as _, RandomState};
        RandomState::new().hash_one(self.started) as u32
    }

    fn done(&mut self, what: &str, detail: &str) -> Outcome {
        self.step += 1;
        let mut out = std::io::stdout().lock();
        let mark = if out.is_terminal() { "\x1b[32m✓\x1b[0m" } else { "✓" };
        writeln!(out, "  {mark} {:>2}. {what:<42} {detail}", self.step)?;
        Ok(out.flush()?)
    }

    async fn token_from_letter(&self, to: &str) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let anybody = Client::new(&self.base);
        for _ in 0..200 {
            let letters = anybody.get("/dev/outbox").await?;
            let found = letters.as_array().into_iter().flatten().find_map(|letter| {
                let body = letter["text"]
                    .as_str()
                    .filter(|_| letter["to"].as_str().is_some_and(|one| one.contains(to)))?;
                let rest = body.split("/invite/").nth(1)?;
                Some(
                    rest.chars()
                        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
                        .collect(),
                )
            });
            if let Some(token) = found {
                return Ok(token);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err("the invitation's letter did not arrive in the outbox".into())
    }

    async fn wait_for_score(
        &self,
        rita: &Client,
        interview: &str,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let begun = Instant::now();
        while begun.elapsed() < SCORE_WITHIN {
            if let Some(score) = rita.get_if_found(&format!("/scoring/{interview}/results")).await? {
                return Ok(score);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err("the score did not arrive; see the log of the platform".into())
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

fn plain(value: &Value) -> String {
    value.as_str().unwrap_or("-").to_owned()
}

fn number(value: &Value) -> String {
    value.as_f64().map_or_else(|| "-".to_owned(), |number| format!("{number:.1}"))
}

fn counted(requirements: &Value) -> String {
    let count = |name: &str| requirements[name].as_array().map_or(0, Vec::len);
    format!(
        "{} skills, {} duties, {} questions",
        count("skills"),
        count("responsibilities"),
        count("interview_questions")
    )
}

fn resume_line(parsed: &Value) -> String {
    let jobs = parsed["employment"].as_array().map_or(0, Vec::len);
    let skills = parsed["skills"]["technical"].as_array().map_or(0, Vec::len);
    format!("{}: {jobs} positions, {skills} technical skills", plain(&parsed["personal_info"]["full_name"]))
}
