use crate::docs::Listing;
use schemars::JsonSchema;
use serde::Deserialize;

/// The orders lists of applications may ask for.
#[derive(Default, Clone, Copy, Deserialize, JsonSchema)]
pub enum ApplicationSort {
    #[default]
    #[serde(rename = "-applied_at")]
    Newest,
    #[serde(rename = "applied_at")]
    Oldest,
    #[serde(rename = "-match_score")]
    BestMatch,
    #[serde(rename = "match_score")]
    WorstMatch,
}

impl ApplicationSort {
    /// Of all applications, in this order.
    pub fn listing(self) -> Listing {
        match self {
            Self::Newest => Listing::newest(),
            Self::Oldest => Listing::oldest(),
            Self::BestMatch => Listing::newest().order("match_score", true),
            Self::WorstMatch => Listing::newest().order("match_score", false),
        }
    }
}
