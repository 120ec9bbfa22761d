//! Every function of the platform, composed.

use shared::function::Function;

/// All functions, in the order of the specification (00 §3).
pub fn functions() -> Vec<Function> {
    vec![
        ai_interviewer::function(),
        score_interview::function(),
        parse_resume::function(),
        extract_requirements::function(),
        generate_shortlist::function(),
        send_invitation::function(),
        create_organisation::function(),
        identity::function(),
        jobs::function(),
        candidates::function(),
        applications::function(),
        platform_ops::function(),
    ]
}
