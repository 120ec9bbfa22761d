use super::*;
use std::cell::RefCell;
use std::collections::BTreeSet;

#[test]
fn every_variable_read_is_declared_and_every_declared_one_is_read() {
    let asked = RefCell::new(BTreeSet::new());
    let given = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        match name {
            "OIDC_ISSUER" => Some("https://issuer.example".to_owned()),
            "OIDC_AUDIENCE" => Some("api".to_owned()),
            "SCORING_SAMPLES" => Some("3".to_owned()),
            _ => None,
        }
    };
    Config::read(&given).unwrap();
    let declared: BTreeSet<_> = VARIABLES.iter().map(|variable| variable.name.to_owned()).collect();
    assert_eq!(asked.into_inner(), declared);
}

#[test]
fn a_wrong_value_names_its_variable_and_never_quotes_it() {
    let error = Config::read(&|name| (name == "PORT").then(|| "hunter2".to_owned())).err().unwrap();
    assert_eq!(error.name, "PORT");
    assert!(!error.to_string().contains("hunter2"));
}

#[test]
fn instances_that_share_documents_share_the_signing_key() {
    let settings = |environment: &'static str, key: Option<&'static str>| {
        Config::read(&move |name| match name {
            "ENVIRONMENT" => Some(environment.to_owned()),
            "COSMOS_ENDPOINT" => Some("https://talenti.documents.azure.com".to_owned()),
            "AUTH_SIGNING_KEY" => key.map(str::to_owned),
            _ => None,
        })
    };
    assert_eq!(settings("production", None).err().unwrap().name, "AUTH_SIGNING_KEY");
    assert!(settings("production", Some("a key")).is_ok());
    assert!(settings("development", None).is_ok());
}

#[test]
fn patience_with_a_model_ends_before_a_function_is_ended() {
    let patience = |seconds: &'static str| {
        Config::read(&move |name| (name == "AI_PATIENCE").then(|| seconds.to_owned()))
            .map(|read| read.ai.patience)
    };
    assert_eq!(patience("300").unwrap().as_secs(), 300);
    for wrong in ["29", "541", "long"] {
        assert_eq!(patience(wrong).unwrap_err().name, "AI_PATIENCE");
    }
    let default = Config::read(&|_| None).unwrap().ai.patience;
    assert_eq!(default, crate::ai::Timeouts::default().background);
}

#[test]
fn rate_limits_cannot_be_off_in_production() {
    let source = |name: &str| match name {
        "ENVIRONMENT" => Some("production".to_owned()),
        "RATE_LIMITS" => Some("off".to_owned()),
        _ => None,
    };
    assert_eq!(Config::read(&source).err().unwrap().name, "RATE_LIMITS");
}

#[test]
fn tokens_never_travel_in_the_clear() {
    for name in ["AZURE_STORAGE_QUEUE_ENDPOINT", "AZURE_STORAGE_BLOB_ENDPOINT"] {
        let read = |address: &str| Config::read(&|asked| (asked == name).then(|| address.to_owned()));
        assert_eq!(read("http://127.0.0.1:10001/devstoreaccount1").err().unwrap().name, name);
        assert!(read("https://127.0.0.1:10001/devstoreaccount1").is_ok());
    }
}
