//! The nine built-in roles.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A built-in role (area 10 §3). Roles an organisation defines itself are documents; their rights reach a caller as
/// [`Permissions`](super::Permissions). The foreign names `admin`, `hr_manager`, `org_recruiter`, `org_viewer` are read
/// and mapped, never written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Platform staff: everything, across organisations.
    SuperAdmin,
    #[serde(alias = "admin")]
    OrgAdmin,
    #[serde(alias = "hr_manager")]
    Manager,
    #[serde(alias = "org_recruiter")]
    Recruiter,
    Interviewer,
    #[serde(alias = "org_viewer")]
    Viewer,
    Candidate,
    Supplier,
    Referrer,
}

impl Role {
    pub const ALL: [Self; 9] = [
        Self::SuperAdmin,
        Self::OrgAdmin,
        Self::Manager,
        Self::Recruiter,
        Self::Interviewer,
        Self::Viewer,
        Self::Candidate,
        Self::Supplier,
        Self::Referrer,
    ];

    /// The canonical name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SuperAdmin => "super_admin",
            Self::OrgAdmin => "org_admin",
            Self::Manager => "manager",
            Self::Recruiter => "recruiter",
            Self::Interviewer => "interviewer",
            Self::Viewer => "viewer",
            Self::Candidate => "candidate",
            Self::Supplier => "supplier",
            Self::Referrer => "referrer",
        }
    }

    /// One sentence for the list of roles.
    pub const fn description(self) -> &'static str {
        match self {
            Self::SuperAdmin => "Platform staff: everything, across organisations, always audited.",
            Self::OrgAdmin => "Runs one organisation.",
            Self::Manager => "Leads teams and the hiring workflow.",
            Self::Recruiter => "Full recruiting on assigned work.",
            Self::Interviewer => "Own interviews and feedback.",
            Self::Viewer => "Reads only.",
            Self::Candidate => "Own profile, applications and interviews.",
            Self::Supplier => "Submits candidates to open jobs.",
            Self::Referrer => "Refers people and sees own referrals.",
        }
    }

    /// Whether the role makes sense only inside an organisation's staff.
    pub const fn is_staff(self) -> bool {
        matches!(self, Self::OrgAdmin | Self::Manager | Self::Recruiter | Self::Interviewer | Self::Viewer)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name is none of the built-in roles nor a known foreign name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown role name")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Self, UnknownRole> {
        match name {
            "admin" => Ok(Self::OrgAdmin),
            "hr_manager" => Ok(Self::Manager),
            "org_recruiter" => Ok(Self::Recruiter),
            "org_viewer" => Ok(Self::Viewer),
            _ => Self::ALL.into_iter().find(|role| role.as_str() == name).ok_or(UnknownRole),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_through_text_and_json() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            let json = serde_json::to_string(&role).unwrap();
            assert_eq!(json, format!("\"{role}\""));
            assert_eq!(serde_json::from_str::<Role>(&json).unwrap(), role);
        }
    }

    #[test]
    fn foreign_names_are_mapped_in_text_and_json_alike() {
        for (foreign, role) in [
            ("admin", Role::OrgAdmin),
            ("hr_manager", Role::Manager),
            ("org_recruiter", Role::Recruiter),
            ("org_viewer", Role::Viewer),
        ] {
            assert_eq!(foreign.parse(), Ok(role));
            assert_eq!(serde_json::from_str::<Role>(&format!("\"{foreign}\"")).unwrap(), role);
        }
        for unknown in ["", "Admin", "root", "super-admin", "org_admin "] {
            assert_eq!(unknown.parse::<Role>(), Err(UnknownRole), "{unknown}");
        }
    }
}
