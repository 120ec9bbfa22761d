//! What every state machine's test asks after each verb.

use crate::error::{Code, Error};

/// Accepted: the move stands in `table`, or the status is the same. Refused: nothing moved, and the refusal of a
/// state names the allowed list of the table.
pub(super) fn check<T>(table: &[(&str, &[&str])], before: &str, after: &str, result: &Result<T, Error>) {
    let (_, allowed) =
        table.iter().find(|(from, _)| *from == before).expect("every status stands in the table");
    match result {
        Ok(_) => assert!(before == after || allowed.contains(&after), "{before} moved to {after}"),
        Err(error) => {
            assert_eq!(before, after, "a refused move moved");
            if error.code() == Code::InvalidTransition {
                assert_eq!(error.members()["current_status"], before);
                let mut named: Vec<_> = error.members()["allowed"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|status| status.as_str().expect("a text"))
                    .collect();
                let mut allowed = allowed.to_vec();
                named.sort_unstable();
                allowed.sort_unstable();
                assert_eq!(named, allowed, "the refusal in {before} names another list");
            }
        }
    }
}
