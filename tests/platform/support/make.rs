//! Makers: each fills every field of what it makes; a test changes only what it is about.

use serde_json::{Value, json};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) const PASSWORD: &str = "lamp-Ferry-93-quince";
pub(crate) const LAST_NAME: &str = "Marlowe";

/// An address nobody else has, also not at a platform that has been in use.
pub(crate) fn email(first_name: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let (count, chance) = (COUNT.fetch_add(1, Ordering::Relaxed), RandomState::new().hash_one(first_name));
    format!("{}.{count}.{chance:016x}@example.org", first_name.to_lowercase())
}

/// `value` with the members of `changes` replaced.
pub(crate) fn with(mut value: Value, changes: Value) -> Value {
    let (Value::Object(members), Value::Object(changes)) = (&mut value, changes) else {
        panic!("both must be objects");
    };
    members.extend(changes);
    value
}

pub(crate) fn organisation(name: &str) -> Value {
    json!({
        "name": name,
        "description": format!("{name} makes things."),
        "industry": "manufacturing",
        "website": "https://www.example.com/",
    })
}

/// A job that can be published as it is.
pub(crate) fn draft(title: &str) -> Value {
    json!({
        "title": title,
        "description": format!(
            "We are looking for a {title}. You will work in a small team, explain your work to others and keep learning."
        ),
        "department": "Operations",
        "location": "Newcastle NSW",
        "industry": "manufacturing",
        "job_type": "full_time",
        "employment_type": "permanent",
        "work_type": "onsite",
        "experience_level": "mid",
        "salary_min": 80_000,
        "salary_max": 105_000,
        "salary_currency": "AUD",
        "requirements": {
            "skills": ["MIG welding", "reading technical drawings", "quality inspection"],
            "experience": ["3 years in fabrication"],
            "qualifications": ["Certificate III in Engineering"],
            "responsibilities": ["weld and inspect assemblies"],
            "interview_questions": ["Tell me about a weld that failed inspection."],
        },
        "nice_to_have": ["forklift licence"],
        "required_skills": { "welding": "advanced" },
        "interview_structure": {
            "phases": [
                { "phase": "introduction", "questions": 1 },
                { "phase": "technical", "questions": 2 },
                { "phase": "behavioral", "questions": 1 },
                { "phase": "closing", "questions": 1 },
            ],
            "duration_minutes": 30,
        },
        "positions_available": 1,
        "deadline": "2099-12-31",
    })
}

/// What staff know of a candidate.
pub(crate) fn candidate_at(first_name: &str, email: &str) -> Value {
    json!({
        "email": email,
        "first_name": first_name,
        "last_name": LAST_NAME,
        "phone": "+61 2 5550 1234",
        "suburb": "Mayfield",
        "state": "NSW",
        "postcode": "2304",
        "country": "Australia",
        "linkedin_url": "https://www.linkedin.com/in/example",
        "portfolio_url": "https://portfolio.example.com/",
        "current_title": "Fabricator",
        "current_company": "Harbour Steel",
        "years_experience": 6,
        "salary_expectation_min": 82_000,
        "salary_expectation_max": 98_000,
        "availability": "4 weeks",
        "work_mode": "onsite",
        "work_rights": "Australian citizen",
        "source": "other",
    })
}

pub(crate) fn application(job: &Value, candidate: &Value) -> Value {
    json!({
        "job_id": job["id"],
        "candidate_id": candidate["id"],
        "source": "direct",
        "cover_letter": "I have welded pressure vessels for six years.",
        "salary_expectation": 95_000,
        "availability": "4 weeks",
    })
}

/// The body of an interview invitation.
pub(crate) fn invitation(application: &Value, to: &str, job: &Value, company: &str) -> Value {
    json!({
        "application_id": application["id"],
        "candidate_email": to,
        "role_title": job["title"],
        "company_name": company,
        "expires_in_days": 7,
    })
}

/// Media type and bytes of a multipart form (RFC 7578) with one file.
pub(crate) fn multipart(file: (&str, &str, Vec<u8>), fields: &[(&str, &str)]) -> (String, Vec<u8>) {
    const BOUNDARY: &str = "----talenti-form-boundary-5b1f";
    let (name, media, bytes) = file;
    let mut body = Vec::new();
    for (field, value) in fields {
        let part =
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         content-type: {media}\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&bytes);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

/// A one-page PDF that shows these lines, written by hand so that it needs no tool.
pub(crate) fn pdf(lines: &[&str]) -> Vec<u8> {
    let mut content = String::from("BT /F1 11 Tf 14 TL 56 800 Td\n");
    for line in lines {
        let escaped = line.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
        content.push_str(&format!("({escaped}) Tj T*\n"));
    }
    content.push_str("ET");
    page(&content)
}

/// A page that is a picture, with `unseen` written beneath it.
pub(crate) fn scanned_pdf(unseen: &str) -> Vec<u8> {
    let picture = "q 595 0 0 842 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 /F /AHx ID 80> EI Q";
    page(&format!("BT /F1 11 Tf 3 Tr 56 700 Td ({unseen}) Tj ET {picture}"))
}

fn page(content: &str) -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let start = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for place in places {
        file.push_str(&format!("{place:010} 00000 n \n"));
    }
    file.push_str(&format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    ));
    file.into_bytes()
}

/// A resume somebody could have written.
pub(crate) fn resume(name: &str, email: &str) -> Vec<u8> {
    pdf(&[
        name,
        &format!("{email} | +61 2 5550 1234 | Newcastle NSW"),
        "",
        "SUMMARY",
        "Boilermaker with six years in heavy fabrication and a liking for tidy welds.",
        "",
        "EXPERIENCE",
        "Fabricator, Harbour Steel, Jan 2020 - Present",
        "- MIG welding and quality inspection of pressure vessels",
        "- Reading technical drawings and training two apprentices",
        "Apprentice Welder, Tomago Works, Feb 2016 - Dec 2019",
        "- Cut and welded structural frames",
        "",
        "EDUCATION",
        "Certificate III in Engineering, TAFE NSW, 2019",
        "",
        "SKILLS",
        "MIG welding, TIG welding, quality inspection, technical drawings, forklift",
    ])
}
