//! The words by which a dimension is recognised in speech.

use crate::{
    domain::{
        language::{content_stems, stem},
        rubric::Dimension,
    },
    prompts::ScoreInterview,
};
use std::collections::{HashMap, HashSet};

/// Stem to its weight, 0 to 1.
pub(super) struct Vocabulary(HashMap<String, f64>);

impl Vocabulary {
    pub(super) fn get(&self, stem: &str) -> Option<(&str, f64)> {
        self.0.get_key_value(stem).map(|(stem, weight)| (stem.as_str(), *weight))
    }
}

const OF_NAME: f64 = 0.8;
const OF_IDEA: f64 = 0.6;
const OF_DESCRIPTION: f64 = 0.55;
const OF_ANCHOR: f64 = 0.4;
const OF_JOB: f64 = 0.6;

/// One vocabulary per dimension, in the rubric's order. A word that several dimensions of the rubric describe themselves
/// with tells less about each of them.
pub(super) fn for_rubric(prompt: &ScoreInterview) -> Vec<Vocabulary> {
    let mut all: Vec<HashMap<String, f64>> = prompt.rubric.iter().map(described).collect();
    let mut shared_by: HashMap<String, u32> = HashMap::new();
    for stem in all.iter().flat_map(HashMap::keys) {
        *shared_by.entry(stem.clone()).or_default() += 1;
    }
    for described in &mut all {
        for (stem, weight) in described.iter_mut() {
            *weight /= f64::from(shared_by[stem]).sqrt();
        }
    }
    for (dimension, words) in prompt.rubric.iter().zip(&mut all) {
        add_ideas(dimension, prompt, words);
    }
    all.into_iter().map(Vocabulary).collect()
}

/// Stems of the job's tools and skills, and of the tools known in general.
pub(super) fn tools(prompt: &ScoreInterview) -> HashSet<String> {
    let of_job = prompt.requirements.skills.iter().flat_map(|skill| content_stems(skill));
    of_job.chain(known_tools()).collect()
}

pub(super) fn known_tools() -> impl Iterator<Item = String> {
    TOOLS.split_whitespace().map(stem)
}

fn described(dimension: &Dimension) -> HashMap<String, f64> {
    let mut words = HashMap::new();
    let anchors = dimension.anchors.iter().map(|anchor| (anchor.as_str(), OF_ANCHOR));
    let parts = [(dimension.name.as_str(), OF_NAME), (dimension.description.as_str(), OF_DESCRIPTION)];
    for (text, weight) in parts.into_iter().chain(anchors) {
        for stem in content_stems(&text.replace(['_', '/', '-'], " ")) {
            raise(&mut words, stem, weight);
        }
    }
    words
}

fn add_ideas(dimension: &Dimension, prompt: &ScoreInterview, words: &mut HashMap<String, f64>) {
    let title = content_stems(&dimension.name.replace(['_', '/', '-'], " "));
    for (triggers, idea) in IDEAS {
        if triggers.split_whitespace().any(|trigger| title.contains(&stem(trigger))) {
            for word in idea.split_whitespace() {
                raise(words, stem(word), OF_IDEA);
            }
        }
    }
    let about_the_job = |stems: &[&str]| stems.iter().any(|word| title.contains(&stem(word)));
    if about_the_job(&[
        "technical",
        "skills",
        "knowledge",
        "expertise",
        "experience",
        "domain",
        "professional",
        "role",
    ]) {
        let requirements = &prompt.requirements;
        for text in
            requirements.skills.iter().chain(&requirements.experience).chain(&requirements.responsibilities)
        {
            for stem in content_stems(text) {
                raise(words, stem, OF_JOB);
            }
        }
    }
    if about_the_job(&["cultural", "culture", "values"]) {
        for stem in prompt.company_values.iter().flat_map(|value| content_stems(value)) {
            raise(words, stem, OF_JOB);
        }
    }
}

fn raise(words: &mut HashMap<String, f64>, stem: String, weight: f64) {
    let entry = words.entry(stem).or_insert(weight);
    *entry = entry.max(weight);
}

/// Words in a dimension's name, and the words people use when they tell of it.
const IDEAS: &[(&str, &str)] = &[
    (
        "technical engineering programming coding software technology architecture development",
        "code coded system systems architecture design api database query queries schema service services pipeline deploy deployed \
         deployment test tests testing latency throughput performance cache caching index model models algorithm framework library \
         infrastructure cloud server automation automated script scripts debug debugged refactor refactored migrate migrated \
         integration data security monitoring logging release version branch review production implement implemented configure \
         container cluster queue transaction concurrency async frontend backend interface component module hardware sensor tool \
         tooling prototype training evaluation accuracy precision recall validation",
    ),
    (
        "problem solving analysis analytical reasoning critical thinking troubleshooting objections",
        "problem problems issue issues cause causes root diagnose diagnosed diagnosis traced investigate investigated analyse analysis \
         hypothesis solution solved resolve resolved fix fixed bug failure broken bottleneck debug isolate isolated reproduce measure \
         measured compare compared trade-off tradeoff tradeoffs option options alternative alternatives decide decided approach \
         constraint constraints experiment test tested gap break complex challenge risk assumption why because",
    ),
    (
        "communication communicate dialogue listening presentation presenting writing stakeholder collaboration",
        "explain explained told present presented presentation write wrote document documented documentation listen listened ask asked \
         discuss discussed discussion meeting meetings interview interviewed stakeholder stakeholders customer customers client \
         clients audience feedback summary summarized report reports reported update updates aligned align clarify clarified \
         translate translated workshop demo email call conversation questions share shared agree agreed agreement language plain \
         negotiate negotiated persuade persuaded syncs playbook visible",
    ),
    (
        "cultural culture values team teamwork collaboration fit inclusion",
        "team teams teammate teammates colleague colleagues together help helped support supported share shared trust respect \
         collaborate collaborated pair paired value values mission customer customers user users community inclusive inclusion \
         diverse volunteer volunteered onboard onboarded credit open honest responsibility quality care cross-functional join \
         joined culture feedback listen",
    ),
    (
        "leadership lead leading management initiative influence ownership people mentoring",
        "lead led leading manage managed mentor mentored coach coached train trained initiative initiated proposed founded started own \
         owned ownership decision decisions decided delegate delegated hire hired organise organised coordinate coordinated drive \
         drove convince convinced influence influenced direction strategy vision responsible responsibility accountable set \
         established introduced launched grew team teams report reports standard standardized roadmap prioritise prioritised \
         unblock champion volunteered president captain",
    ),
    (
        "adaptability adaptable flexibility learning growth change agility resilience curiosity",
        "learn learned learnt learning adapt adapted adjust adjusted change changed changes switch switched pivot pivoted new \
         unfamiliar unexpected shift shifted flexible feedback iterate iterated iteration course taught self-taught study studied read \
         retrain transition transitioned moved migrate migrated ambiguity uncertain deadline quickly experiment experimented \
         restructure reorganised evolving improve improved growth remote crisis replan revised",
    ),
    (
        "customer service client sales selling commercial account negotiation",
        "customer customers client clients account accounts prospect prospects lead deal deals pipeline revenue quota renewal discovery \
         pitch proposal contract negotiate negotiated close closed objection objections buyer champion upsell retention satisfaction \
         complaint complaints budget pricing crm forecast segment territory outreach follow-up procurement",
    ),
    (
        "project planning organisation organization delivery execution time",
        "plan planned planning schedule scheduled milestone milestones deadline deadlines budget scope prioritise prioritised backlog \
         sprint risk risks dependency dependencies coordinate coordinated deliver delivered delivery stakeholders track tracked \
         estimate estimated roadmap resources launch launched on-time",
    ),
    (
        "creativity creative innovation design visual",
        "idea ideas concept concepts sketch sketched prototype prototyped design designed redesign brainstorm experiment experimented \
         new novel invent invented alternative alternatives brand layout typography illustration colour color user users mockup \
         iterate iterated",
    ),
    (
        "safety compliance quality accuracy attention",
        "safety safe check checked checklist inspect inspected inspection audit audited standard standards procedure procedures \
         compliance compliant regulation regulations incident incidents hazard hazards report reported document documented verify \
         verified test tested error errors defect defects review reviewed quality",
    ),
];

/// Tools that any job may meet; a job's own come from its requirements.
const TOOLS: &str = "python java javascript typescript rust golang kotlin swift scala ruby php c++ c# sql postgres postgresql mysql \
mongodb redis kafka rabbitmq elasticsearch docker kubernetes terraform ansible jenkins github gitlab git linux aws azure gcp lambda \
react angular vue django flask fastapi spring node.js express graphql pytorch tensorflow keras scikit-learn pandas numpy spark hadoop \
airflow dbt snowflake bigquery tableau powerbi looker excel salesforce hubspot workato oracle sap jira confluence figma photoshop \
illustrator indesign sketch autocad solidworks matlab selenium cypress playwright pytest junit grafana prometheus datadog opentelemetry \
yolo yolov8 bert opencv ros slam hugging-face langchain wordpress shopify mixpanel amplitude zendesk servicenow quickbooks xero";
