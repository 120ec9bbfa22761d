//! Skills named in a text: those of a known list, and those an advert's own phrases introduce.

use super::structure::Section;
use crate::domain::language::{lower_words, stem, words};
use regex::Regex;
use std::{collections::HashMap, sync::OnceLock};

/// Known skills in a text, in its order, each once, in their usual spelling.
pub(in crate::ai::offline) fn skills_in(text: &str) -> Vec<String> {
    let tokens: Vec<(&str, String)> =
        words(text).map(|word| (word, word.to_lowercase().replace('’', "'"))).collect();
    let known = known();
    let alone = tokens.len() == 1;
    let mut found: Vec<String> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let step = (1..=4.min(tokens.len() - at)).rev().find_map(|length| {
            let run = &tokens[at..at + length];
            let skill = if length == 1 {
                let (written, lower) = (run[0].0, run[0].1.as_str());
                let skill = known.words.get(lower).or_else(|| known.words.get(lower.strip_suffix('s')?))?;
                // `Go`, `Lean` or `Word` are words too: as skills they are written large.
                let named = alone || written.starts_with(char::is_uppercase) || !ALSO_WORDS.contains(&lower);
                let short = lower.len() == 1 && !alone && written != skill.as_str();
                (named && !short).then_some(skill)
            } else {
                known.phrases.get(&key(run.iter().map(|(_, lower)| lower.as_str())))
            };
            skill.map(|skill| (length, skill.clone()))
        });
        match step {
            Some((length, skill)) => {
                if !found.contains(&skill) {
                    found.push(skill);
                }
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

fn key<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(stem).collect::<Vec<_>>().join(" ")
}

/// Names of tools that are also words of everyday speech.
const ALSO_WORDS: &[&str] = &[
    "go",
    "r",
    "rust",
    "swift",
    "ruby",
    "rails",
    "react",
    "node",
    "spring",
    "express",
    "flask",
    "oracle",
    "spark",
    "word",
    "excel",
    "sketch",
    "lean",
    "looker",
    "amplitude",
    "illustrator",
    "lambda",
    "dynamics",
    "scala",
    "confluence",
    "next",
    "it",
];

/// Known skills, and in what an advert asks for also the phrases after `knowledge of`, `experience with` and the like.
pub(super) fn skills_of(text: &str, section: Section) -> Vec<String> {
    let mut found = skills_in(text);
    let asks = matches!(section, Section::Wanted | Section::Skills | Section::Experience);
    for phrase in phrases(text, asks || matches!(section, Section::Unknown)) {
        let lower = format!(" {} ", phrase.to_lowercase());
        let held = found.iter().any(|skill| {
            let skill = format!(" {} ", skill.to_lowercase());
            skill.contains(&lower) || lower.contains(&skill)
        });
        if !held {
            found.push(phrase);
        }
    }
    found
}

fn phrases(text: &str, asks: bool) -> Vec<String> {
    if !asks {
        return vec![];
    }
    static CUE: OnceLock<Regex> = OnceLock::new();
    static BEFORE: OnceLock<Regex> = OnceLock::new();
    static END: OnceLock<Regex> = OnceLock::new();
    let cue = CUE.get_or_init(|| Regex::new(CUES).expect("the pattern is fixed"));
    let before = BEFORE.get_or_init(|| Regex::new(BEFORE_SKILLS).expect("the pattern is fixed"));
    let end = END.get_or_init(|| Regex::new(ENDS).expect("the pattern is fixed"));
    let mut found = Vec::new();
    for cue in cue.find_iter(text) {
        let rest = &text[cue.end()..];
        let rest = &rest[..end.find(rest).map_or(rest.len(), |end| end.start())];
        let parts =
            rest.replace(" and ", ",").replace(" or ", ",").replace(" as well as ", ",").replace(" & ", ",");
        found.extend(parts.split(',').filter_map(phrase));
    }
    for named in before.captures_iter(text) {
        let parts = named[1].replace(" and ", ",").replace(" & ", ",");
        found.extend(parts.split(',').filter_map(phrase));
    }
    found
}

const CUES: &str = r"(?i)\b(knowledge\s+of|experience\s+(with|in|of|using)|expertise\s+in|proficien(t|cy)\s+(in|with)|familiar(ity)?\s+with|understanding\s+of|skilled\s+(in|at)|background\s+in|fluen(t|cy)\s+in|grasp\s+of|command\s+of|competen(t|ce)\s+(in|with)|skill\s+in|training\s+in|passion\s+for|comfortable\s+with|adept\s+at|strong\s+in)\s+(and\s+expertise\s+in\s+)?";
const BEFORE_SKILLS: &str =
    r"(?i)\b((?:[a-z-]+(?:\s*,\s*|\s+and\s+|\s*&\s*|\s+)){1,4})(?:skills|abilities)\b";
const ENDS: &str = r"(?i)[;:(!?]|\.(\s|$)|\s(to|for|that|which|who|is|are|would|will|within|through|using|while|ideally|preferred|required|essential|allowing|such\s+as|including|in\s+order|where|gained|at\s+least|from|on\s+the|as\s+(a|an))\s|\s(required|essential|preferred|desirable|is)\b";

/// A phrase fit for a list of skills: one to four words, no articles or praise in front, not only such words.
fn phrase(text: &str) -> Option<String> {
    let mut words: Vec<&str> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '+' && c != '#'))
        .collect();
    while words.first().is_some_and(|first| EMPTY.contains(&first.to_lowercase().as_str())) {
        words.remove(0);
    }
    while words.last().is_some_and(|last| EMPTY.contains(&last.to_lowercase().as_str())) {
        words.pop();
    }
    let fits = (1..=4).contains(&words.len())
        && words.iter().all(|word| !word.is_empty())
        && words.iter().any(|word| word.len() > 2 || word.chars().all(char::is_uppercase))
        && !words.iter().any(|word| CLAUSE.contains(&word.to_lowercase().as_str()))
        && !(words.len() == 1 && VAGUE.contains(&words[0].to_lowercase().as_str()));
    fits.then(|| words.join(" "))
}

/// Words that belong to a clause, not to the name of a skill.
const CLAUSE: &[&str] = &[
    "that", "which", "who", "everyone", "brings", "bring", "can", "you", "we", "your", "our", "his", "her",
    "their", "is", "are", "be", "has", "have", "not", "them", "when", "where", "if", "how", "what", "all",
    "it", "its", "another",
];

const EMPTY: &[&str] = &[
    "particularly",
    "especially",
    "comfortable",
    "ability",
    "abilities",
    "combination",
    "applying",
    "evident",
    "fast",
    "a",
    "an",
    "the",
    "of",
    "in",
    "with",
    "and",
    "or",
    "to",
    "at",
    "on",
    "by",
    "for",
    "any",
    "all",
    "both",
    "your",
    "our",
    "their",
    "its",
    "this",
    "that",
    "these",
    "strong",
    "good",
    "great",
    "excellent",
    "proven",
    "demonstrated",
    "solid",
    "deep",
    "sound",
    "effective",
    "outstanding",
    "exceptional",
    "superb",
    "relevant",
    "similar",
    "other",
    "such",
    "various",
    "some",
    "more",
    "one",
    "you",
    "have",
    "has",
    "is",
    "are",
    "be",
    "possess",
    "working",
    "practical",
    "hands-on",
    "least",
    "using",
    "basic",
    "advanced",
    "extensive",
    "first",
    "class",
    "full",
    "their",
    "key",
    "highly",
    "professional",
    "variety",
    "wide",
    "range",
    "multiple",
    "least",
    "required",
    "excellent",
    "as",
    "also",
    "well",
    "very",
    "it's",
    "equivalent",
    "experience",
    "expertise",
    "skills",
    "skill",
    "knowledge",
    "years",
    "level",
    "e.g",
    "eg",
    "will",
    "must",
    "would",
    "should",
    "including",
    "we",
    "i",
];
const VAGUE: &[&str] = &[
    "thoughts",
    "experiences",
    "skills",
    "ability",
    "frameworks",
    "stages",
    "concepts",
    "methods",
    "environment",
    "role",
    "position",
    "field",
    "industry",
    "area",
    "areas",
    "team",
    "company",
    "new",
    "people",
    "work",
    "things",
    "same",
    "related",
    "etc",
    "someone",
    "tools",
    "technologies",
    "technical",
    "them",
    "not",
    "soft",
    "personal",
    "different",
];

/// Single words are matched as written (`typing` is no `type`), phrases by their stems.
struct Known {
    words: HashMap<String, String>,
    phrases: HashMap<String, String>,
}

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut known = Known { words: HashMap::new(), phrases: HashMap::new() };
        for entry in SKILLS.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let name = entry.split('|').next().unwrap_or_default();
            for form in entry.split('|') {
                let lower = lower_words(form);
                match lower.as_slice() {
                    [word] => known.words.insert(word.clone(), name.to_owned()),
                    words => known.phrases.insert(key(words.iter().map(String::as_str)), name.to_owned()),
                };
            }
        }
        known
    })
}

/// Name, then other forms after `|`.
const SKILLS: &str = "Python, Java, JavaScript|JS, TypeScript, Rust, Go|Golang, Kotlin, Swift, Scala, Ruby, Ruby on Rails|Rails, PHP, C++, C#, R, SQL, NoSQL, HTML|HTML5, CSS|CSS3, Bash, Perl, MATLAB, \
React|React.js|ReactJS, Angular|AngularJS, Vue.js|Vue|VueJS, Node.js|Node|NodeJS, Next.js, Django, Django REST Framework, Flask, FastAPI, Spring|Spring Boot, .NET, asyncio, GraphQL, REST APIs|REST API|RESTful APIs|RESTful, APIs|API, gRPC, \
PostgreSQL|Postgres, MySQL, SQLite, MongoDB, Redis, Elasticsearch, Kafka|Apache Kafka, RabbitMQ, Snowflake, BigQuery, Spark|Apache Spark, Hadoop, Airflow, dbt, DynamoDB, Cassandra, Oracle, SQL Server, \
Docker, Kubernetes|k8s, Terraform, Ansible, Jenkins, Git, GitHub Actions, GitHub, GitLab, CircleCI, CI/CD|CI CD|continuous integration|continuous delivery, Linux|Unix, AWS|Amazon Web Services, Azure|Microsoft Azure, Google Cloud|GCP|Google Cloud Platform, ECS, RDS, Lambda, Datadog, OpenTelemetry, Prometheus, Grafana, observability, microservices, serverless, DevOps, site reliability engineering|SRE, \
machine learning|ML, deep learning, natural language processing|NLP, computer vision, PyTorch, TensorFlow, scikit-learn|sklearn, pandas, NumPy, statistics|statistical, data analysis|data analytics, data science, data visualization, data modeling|data modelling, Tableau, Power BI|PowerBI, Looker, Excel|Microsoft Excel, spreadsheets, Microsoft Office|MS Office, Word, PowerPoint, Mixpanel, Amplitude, A/B testing, experimentation, \
user research|UX research, usability testing, UX|user experience, UI, user-centered design|user-centred design|human-centered design|human-centred design|human centred design, interaction design, service design, content design, visual design, graphic design, web design, information architecture, prototyping, wireframing, plain language, accessibility|WCAG, Figma, Photoshop|Adobe Photoshop, Illustrator|Adobe Illustrator, InDesign, Sketch, typography, branding, \
Agile|agile development|agile methodologies, Scrum, Kanban, Lean|lean startup, product management, product strategy, product roadmap|roadmaps|roadmap, backlog management|product backlog, project management, program management|programme management, change management, stakeholder management|stakeholder engagement, risk management, budget management|budgeting|budgets, procurement, contract management, supply chain|supply chain management, logistics, quality assurance|QA, quality control, test automation|automated testing, unit testing, Selenium, \
software development|software engineering, web development, mobile development, front-end development|frontend development, back-end development|backend development, database management, system architecture|systems architecture|software architecture, systems design|system design, open source, information security|cybersecurity|cyber security, networking, technical support|IT support, cloud computing|cloud, \
communication|communications|written communication|oral communication|verbal communication|communication skills, presentation|presentations|public speaking, facilitation|facilitating, negotiation|negotiating, leadership|team leadership, people management, mentoring|mentorship|coaching, collaboration|collaborative|teamwork|team working|team player, problem solving|problem-solving, critical thinking, analytical thinking|analytical skills|analytical|analysis, creativity, adaptability|flexibility, time management, prioritization|prioritisation|prioritising, organisation|organizational skills|organisational skills, attention to detail, decision making|decision-making, interpersonal skills|interpersonal, relationship building|relationship management, influencing, planning, strategic planning, strategy, customer service|customer care, client relations|client management, sales|selling, business development|new business, account management, marketing, digital marketing, social media, SEO, content strategy, copywriting, writing, editing, public relations, event management, storytelling, \
CRM, Salesforce, HubSpot, Dynamics CRM|Microsoft Dynamics CRM|MS Dynamics CRM|Microsoft Dynamics|Dynamics, Navision, SAP, ERP, Jira, Confluence, Google Analytics, analytics, reporting|reports, forecasting, \
accounting|accountancy, bookkeeping, financial analysis, financial reporting, financial controls, auditing|audit, payroll, tax|taxation, invoicing, credit control, insurance, compliance, regulatory compliance, policy development|policy analysis, recruitment|recruiting, talent acquisition, training|training and development, human resources|HR, performance management, onboarding, employee relations, \
nursing, patient care, care planning, first aid, medication administration, safeguarding, mental health, child care|childcare, teaching|lesson planning, curriculum development, research, health and safety, food safety|food hygiene, cooking, hospitality, housekeeping, driving, warehousing|forklift, inventory management|stock control, maintenance, electrical engineering|electrical, mechanical engineering|mechanical, electronics, plumbing, welding, carpentry, construction, manufacturing, CAD|AutoCAD, SolidWorks, engineering, CNC, PLC, customer facing|customer-facing, data entry, typing|audio typing, diary management, administration|administrative, \
English, French|bilingual, German, Spanish, Mandarin, Arabic, Italian, Portuguese, Japanese, IT|information technology, physics, chemistry, biology, mathematics";
