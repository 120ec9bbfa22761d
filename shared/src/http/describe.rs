//! Endpoints document themselves: what a handler takes and answers is read from its signature.

use crate::context::Context;
use crate::error::Result;
use axum::extract::State;
use schemars::{JsonSchema, Schema, SchemaGenerator};

pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

pub fn schema_of<T: JsonSchema>() -> SchemaOf {
    |generator| generator.subschema_for::<T>()
}

/// What OpenAPI needs to know of a handler.
#[derive(Clone, Default)]
pub struct Operation {
    /// Schema of an object whose members are the query parameters.
    pub query: Option<SchemaOf>,
    /// Schemas of the path parameters, in order.
    pub path: Vec<SchemaOf>,
    /// Media type and schema of the request body.
    pub body: Option<(&'static str, SchemaOf)>,
    pub if_match: Option<Presence>,
    pub answers: Vec<Answer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Required,
    Optional,
}

#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub media_type: Option<&'static str>,
    pub schema: Option<SchemaOf>,
    /// Carries an ETag.
    pub tagged: bool,
}

impl Answer {
    pub fn json<T: JsonSchema>(status: u16) -> Self {
        Self { status, media_type: Some("application/json"), schema: Some(schema_of::<T>()), tagged: false }
    }
    pub fn empty(status: u16) -> Self {
        Self { status, media_type: None, schema: None, tagged: false }
    }
    pub fn media(status: u16, media_type: &'static str) -> Self {
        Self { status, media_type: Some(media_type), schema: None, tagged: false }
    }
}

/// An argument of a handler.
pub trait Takes {
    fn describe(operation: &mut Operation);
}

/// A result of a handler.
pub trait Answers {
    fn describe(operation: &mut Operation);
}

impl Takes for State<Context> {
    fn describe(_: &mut Operation) {}
}

impl Takes for axum::http::HeaderMap {
    fn describe(_: &mut Operation) {}
}

impl Takes for axum::extract::RawQuery {
    fn describe(_: &mut Operation) {}
}

impl<T: Answers> Answers for Result<T> {
    fn describe(operation: &mut Operation) {
        T::describe(operation);
    }
}

/// A handler whose arguments and result describe themselves. `A` is the tuple of its arguments.
pub trait Describe<A> {
    fn operation() -> Operation;
}

macro_rules! describe {
    ($($argument:ident),*) => {
        impl<F, Fut, R, $($argument),*> Describe<($($argument,)*)> for F
        where
            F: FnOnce($($argument),*) -> Fut,
            Fut: Future<Output = R>,
            R: Answers,
            $($argument: Takes,)*
        {
            fn operation() -> Operation {
                let mut operation = Operation::default();
                $($argument::describe(&mut operation);)*
                R::describe(&mut operation);
                operation
            }
        }
    };
}
describe!();
describe!(A);
describe!(A, B);
describe!(A, B, C);
describe!(A, B, C, D);
describe!(A, B, C, D, E);
describe!(A, B, C, D, E, G);
