//! State machines: the table of the specification, written once.

/// Declares a status: its values, and under each the values it may move to.
///
/// ```ignore
/// states! { /// Spec 50 §2.
///     JobStatus { Draft "draft" => [Active, Cancelled], Active "active" => [], Cancelled "cancelled" => [] } }
/// ```
///
/// Gives the enum, `ALL`, `as_str`, `next` (the table), `is_final`, `check` and `to` (refusals are 409
/// `invalid_transition` naming what would be allowed).
macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident $text:literal => [$($next:ident),* $(,)?]),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name { $($(#[$value_doc])* #[serde(rename = $text)] $value,)+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $text,)+ }
            }

            /// Where it may go from here.
            pub const fn next(self) -> &'static [Self] {
                match self { $(Self::$value => &[$(Self::$next),*],)+ }
            }

            /// Whether nothing follows.
            pub const fn is_final(self) -> bool {
                self.next().is_empty()
            }

            /// The refusal of a move: 409 with the present value and the allowed ones.
            pub fn refuse(self) -> $crate::error::Error {
                let allowed = self.next().iter().map(|status| status.as_str().to_owned()).collect();
                $crate::error::Error::transition(self, allowed)
            }

            /// Whether the move is in the table.
            pub fn check(self, to: Self) -> $crate::error::Result<()> {
                if self.next().contains(&to) { Ok(()) } else { Err(self.refuse()) }
            }

            /// Moves, or refuses and stays.
            pub fn to(&mut self, to: Self) -> $crate::error::Result<()> {
                self.check(to)?;
                *self = to;
                Ok(())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// Declares values without an order of succession, written in snake_case.
macro_rules! values {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name { $($(#[$value_doc])* #[serde(rename = $text)] $value,)+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use {states, values};
