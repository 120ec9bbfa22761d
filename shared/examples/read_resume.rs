//! Print what is read from the documents named on the command line: text, hidden findings and the parsed resume.

use std::time::Instant;

use shared::ai::offline::resume::parse;
use shared::documents::{Limits, read};

fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).expect("a readable file");
        let start = Instant::now();
        let result = read(&bytes, &Limits::default());
        println!("==> {path} ({} ms)", start.elapsed().as_millis());
        match result {
            Ok(document) => {
                print!("{}", document.text);
                for finding in &document.hidden {
                    println!(
                        "hidden: {} on page {}: {}",
                        finding.kind.as_str(),
                        finding.page,
                        finding.excerpt
                    );
                }
                let start = Instant::now();
                let resume = parse(&document.text);
                println!("==> parsed in {} ms", start.elapsed().as_millis());
                println!("{}", serde_json::to_string_pretty(&resume).expect("plain data"));
            }
            Err(error) => println!("error: {error}"),
        }
    }
}
