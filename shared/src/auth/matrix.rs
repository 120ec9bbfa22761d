//! The permission matrix (area 10 §4) as data, and nothing else.
//!
//! Letters: c create, r read, u update, d delete, x execute, e export. After the colon the scope: a all, t team, o own.
//! A cell that says something the letters cannot (marked beneath) gives no ordinary right here: its endpoint checks it.

use super::permission::{Action, Scope};
use super::resource::Resource::{self, *};

/// What one role may do with one resource.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    actions: u8,
    scope: Scope,
}

type Row = (&'static [Resource], [&'static str; 8]);

#[rustfmt::skip]
const MATRIX: &[Row] = &[
    //                                          org_admin  manager    recruiter  interviewer viewer  candidate  supplier   referrer
    (&[Organisation],                          ["ru:a",    "r:a",     "r:a",     "r:a",     "r:a",   "-",       "-",       "-"]),
    (&[User, Membership, Team],                ["crud:a",  "r:t",     "-",       "-",       "-",     "-",       "-",       "-"]),
    (&[Role, Grant],                           ["crud:a",  "-",       "-",       "-",       "-",     "-",       "-",       "-"]),
    (&[Setting, EmailTemplate],                ["ru:a",    "ru:t",    "-",       "-",       "-",     "-",       "-",       "-"]),
    // The last three read active jobs in their public view only, which is open to everybody.
    (&[Job],                                   ["crudx:a", "crudx:a", "crux:o",  "r:o",     "r:a",   "-",       "-",       "-"]),
    (&[Candidate],                             ["crude:a", "r:t",     "cru:o",   "r:o",     "r:a",   "ru:o",    "cr:o",    "cr:o"]),
    // The organisation's administrator sees totals only: an analytics endpoint, not this resource.
    (&[CandidateDei],                          ["-",       "-",       "-",       "-",       "-",     "crud:o",  "-",       "-"]),
    (&[Document],                              ["crud:a",  "r:t",     "crud:o",  "r:o",     "r:a",   "crud:o",  "cr:o",    "cr:o"]),
    // A candidate's "withdraw" is an endpoint of its own.
    (&[Application],                           ["crudxe:a","rux:t",   "crux:o",  "r:o",     "r:a",   "cr:o",    "cr:o",    "r:o"]),
    (&[ApplicationNote, ApplicationFeedback],  ["crud:a",  "cr:t",    "crud:o",  "-",       "-",     "-",       "-",       "-"]),
    (&[Pipeline],                              ["rux:a",   "rx:t",    "rx:o",    "-",       "r:a",   "-",       "-",       "-"]),
    (&[Interview],                             ["crudx:a", "crudx:t", "crudx:o", "crux:o",  "r:a",   "rx:o",    "r:o",     "-"]),
    (&[InterviewFeedback],                     ["r:a",     "r:t",     "cr:o",    "cr:o",    "-",     "-",       "-",       "-"]),
    // A candidate sees the feedback text of own scores through the candidate view.
    (&[Score, Shortlist],                      ["rux:a",   "rux:t",   "rx:o",    "r:o",     "r:a",   "-",       "-",       "-"]),
    // A candidate reaches an invitation by its token.
    (&[Invitation],                            ["crud:a",  "crud:t",  "crud:o",  "-",       "r:a",   "-",       "-",       "-"]),
    // Recruiters write to candidates and candidates to recruiters: who the other side is, the endpoint checks.
    (&[Message, CallLog],                      ["crud:a",  "cr:t",    "cr:o",    "cr:o",    "-",     "cr:o",    "cr:o",    "cr:o"]),
    (&[Negotiation],                           ["crudx:a", "rux:t",   "crux:o",  "-",       "r:a",   "r:o",     "rx:o",    "-"]),
    // A candidate takes the assessments assigned to them: test sessions.
    (&[Assessment, QuestionSet],               ["crudx:a", "crudx:t", "crudx:o", "r:o",     "r:a",   "-",       "-",       "-"]),
    (&[ProctoringEvent],                       ["ru:a",    "ru:t",    "r:o",     "-",       "-",     "c:o",     "-",       "-"]),
    // A newcomer does own tasks through the portal.
    (&[Onboarding],                            ["crud:a",  "ru:t",    "r:o",     "-",       "r:a",   "-",       "-",       "-"]),
    (&[Analytics],                             ["r:a",     "r:t",     "r:o",     "r:o",     "r:a",   "r:o",     "r:o",     "r:o"]),
    (&[Report],                                ["crudxe:a","crxe:t",  "r:o",     "-",       "r:a",   "-",       "-",       "-"]),
    (&[Integration],                           ["crudx:a", "r:a",     "-",       "-",       "-",     "-",       "-",       "-"]),
    // The recruiter's cell speaks of postings alone, hence a row of its own.
    (&[JobPosting],                            ["crudx:a", "r:a",     "rx:o",    "-",       "-",     "-",       "-",       "-"]),
    (&[ConversationStatistics],                ["r:a",     "-",       "-",       "-",       "-",     "-",       "-",       "-"]),
    (&[ApiKey],                                ["crd:a",   "crd:o",   "crd:o",   "-",       "-",     "-",       "crd:o",   "-"]),
    // Resolving an alert is security:update, which platform staff alone hold.
    (&[Security],                              ["r:a",     "-",       "-",       "-",       "-",     "-",       "-",       "-"]),
    (&[SessionPolicy, Permission],             ["-",       "-",       "-",       "-",       "-",     "-",       "-",       "-"]),
    (&[AuditEvent],                            ["re:a",    "-",       "-",       "-",       "-",     "-",       "-",       "-"]),
    (&[DeletionRequest, ExportRequest],        ["ru:a",    "-",       "-",       "-",       "-",     "-",       "-",       "-"]),
    (&[Platform, AiModel],                     ["-",       "-",       "-",       "-",       "-",     "-",       "-",       "-"]),
    (&[FeatureFlag],                           ["r:a",     "-",       "-",       "-",       "-",     "r:o",     "-",       "-"]),
    // Not in the table: only its candidate practises (area 20 §7).
    (&[PracticeInterview],                     ["-",       "-",       "-",       "-",       "-",     "crux:o",  "-",       "-"]),
];

/// What everybody with a role has on top, always of their own. Update of a message or a notification marks it read.
const EVERYONE: &[(Resource, &str)] = &[
    (User, "ru:o"),
    (Notification, "rud:o"),
    (Message, "ru:o"),
    (Conversation, "crud:o"),
    (ExportRequest, "cr:o"),
    (DeletionRequest, "cr:o"),
];

/// Columns of the grid: the eight roles in the order of the table, then what everybody has.
const COLUMNS: usize = 9;
const ROWS: usize = Resource::ALL.len();

static GRID: [[Cell; COLUMNS]; ROWS] = grid();

/// The cell of a role that is not super_admin.
pub(super) fn cell(role: super::Role, resource: Resource) -> Option<Cell> {
    // Roles are declared in the order of the columns, after super_admin.
    let column = (role as usize).checked_sub(1)?;
    Some(GRID[resource as usize][column])
}

/// What everybody may do.
pub(super) fn everyone(resource: Resource) -> Cell {
    GRID[resource as usize][COLUMNS - 1]
}

impl Cell {
    const NONE: Self = Self { actions: 0, scope: Scope::Own };

    /// The scope for the action. [`Action::Manage`] is in no cell.
    pub(super) fn scope(self, action: Action) -> Option<Scope> {
        (self.actions & (1 << action as u8) != 0).then_some(self.scope)
    }

    /// Reads a cell of the table while compiling: a slip of the pen does not build.
    const fn parse(text: &str) -> Self {
        let text = text.as_bytes();
        if text.len() == 1 && text[0] == b'-' {
            return Self::NONE;
        }
        let mut actions = 0;
        let mut at = 0;
        while text[at] != b':' {
            let action = match text[at] {
                b'c' => Action::Create,
                b'r' => Action::Read,
                b'u' => Action::Update,
                b'd' => Action::Delete,
                b'x' => Action::Execute,
                b'e' => Action::Export,
                _ => panic!("unknown action letter"),
            };
            actions |= 1 << action as u8;
            at += 1;
        }
        assert!(at > 0 && at + 2 == text.len());
        let scope = match text[at + 1] {
            b'a' => Scope::All,
            b't' => Scope::Team,
            b'o' => Scope::Own,
            _ => panic!("unknown scope letter"),
        };
        Self { actions, scope }
    }
}

const fn grid() -> [[Cell; COLUMNS]; ROWS] {
    let mut grid = [[Cell::NONE; COLUMNS]; ROWS];
    let mut row = 0;
    while row < MATRIX.len() {
        let (resources, cells) = MATRIX[row];
        let mut each = 0;
        while each < resources.len() {
            let mut column = 0;
            while column < cells.len() {
                grid[resources[each] as usize][column] = Cell::parse(cells[column]);
                column += 1;
            }
            each += 1;
        }
        row += 1;
    }
    let mut row = 0;
    while row < EVERYONE.len() {
        grid[EVERYONE[row].0 as usize][COLUMNS - 1] = Cell::parse(EVERYONE[row].1);
        row += 1;
    }
    grid
}
