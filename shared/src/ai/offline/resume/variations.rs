//! One resume set in the ways people set them: whatever the order, the separators and the bullets, the jobs are the same.

use super::tests::assert_grounded;
use super::*;

struct Job {
    title: &'static str,
    company: &'static str,
    from: &'static str,
    to: &'static str,
    /// Each as the lines it is broken into.
    done: &'static [&'static [&'static str]],
}

const JOBS: [Job; 2] = [
    Job {
        title: "Lead Backend Engineer",
        company: "Coastline Payments",
        from: "Feb 2022",
        to: "Present",
        done: &[
            &["Lead a team of three that settles six million transactions a day"],
            &[
                "Moved pricing out of a Rails monolith into a Rust service without downtime; p95 from 480 ms to 35",
                "ms",
            ],
            &[
                "Cut a settlement report from eleven minutes to four seconds by redesigning its PostgreSQL schema",
                "and indexes",
            ],
            &[
                "Reduced alerts from ninety to six a week with service level objectives and OpenTelemetry tracing",
            ],
        ],
    },
    Job {
        title: "Backend Engineer",
        company: "Parcelwise",
        from: "Jul 2018",
        to: "Jan 2022",
        done: &[
            &["Built shipment tracking in Go on Kafka and PostgreSQL for 400 retailers"],
            &["Introduced an outbox and idempotent consumers; no duplicate invoices in the year after"],
            &["Ran services on Azure Kubernetes Service with Terraform"],
        ],
    },
];

const HEADS: [(&str, &str); 11] = [
    ("title and dates, employer and town", "{title}   {dates}\n{company}, Melbourne\n"),
    ("title and dates, employer", "{title}   {dates}\n{company}\n"),
    ("employer and town, title and dates", "{company}, Melbourne\n{title}   {dates}\n"),
    ("employer and dates, title", "{company}, Melbourne   {dates}\n{title}\n"),
    ("title, employer on one line", "{title}, {company}   {dates}\n"),
    ("title at employer", "{title} at {company}   {dates}\n"),
    ("employer — town", "{title}   {dates}\n{company} — Melbourne\n"),
    ("employer — town first", "{company} — Melbourne\n{title}   {dates}\n"),
    ("dates on their own line", "{title}\n{company}, Melbourne\n{dates}\n"),
    ("employer first, dates on their own line", "{company}\n{title}\n{dates}\n"),
    ("all on one line", "{title} | {company} | Melbourne | {dates}\n"),
];

fn render(head: &str, bullet: &str, gap: &str) -> String {
    let mut text =
        "Priya Raman\npriya.raman@example.com | +61 400 000 123 | Brunswick VIC 3056\n\nEXPERIENCE\n"
            .to_owned();
    for job in &JOBS {
        text += &head
            .replace("{title}", job.title)
            .replace("{company}", job.company)
            .replace("{dates}", &format!("{} - {}", job.from, job.to));
        for lines in job.done {
            text += &format!("{bullet}{}\n", lines.join("\n"));
        }
        text += gap;
    }
    text + "\nEDUCATION\nBachelor of Computer Science   2014 - 2017\nUniversity of Melbourne\n"
}

#[test]
fn the_jobs_are_the_same_however_they_are_set() {
    let mut wrong = Vec::new();
    for (name, head) in HEADS {
        for bullet in ["• ", "- ", "* ", ""] {
            for gap in ["\n", ""] {
                let text = render(head, bullet, gap);
                let resume = parse(&text);
                assert_grounded(&resume, &text);
                assert_eq!(resume.personal_info.location.as_deref(), Some("Brunswick VIC 3056"), "{name}");
                let found: Vec<_> = resume
                    .employment
                    .iter()
                    .map(|job| {
                        let facts = [&job.title, &job.company, &job.start_date, &job.end_date];
                        (facts.map(|fact| fact.clone().unwrap_or_default()), job.achievements.clone())
                    })
                    .collect();
                let expected: Vec<_> = JOBS
                    .iter()
                    .map(|job| {
                        let done = job.done.iter().map(|lines| lines.join(" ")).collect::<Vec<_>>();
                        ([job.title, job.company, job.from, job.to].map(str::to_owned), done)
                    })
                    .collect();
                if found != expected {
                    wrong.push(format!("{name}, bullet {bullet:?}, gap {gap:?}: {found:#?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} set wrongly:\n{}", wrong.len(), wrong.join("\n"));
}
