use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How many items of a list a caller asks for (spec 00 §4): 1 to `MOST`, `DEFAULT` when not said. As a query parameter
/// anything else is 422.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct PageSize<const DEFAULT: u32 = 20, const MOST: u32 = 100>(u32);

impl<const DEFAULT: u32, const MOST: u32> Default for PageSize<DEFAULT, MOST> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const DEFAULT: u32, const MOST: u32> TryFrom<u32> for PageSize<DEFAULT, MOST> {
    type Error = String;
    fn try_from(size: u32) -> Result<Self, String> {
        if (1..=MOST).contains(&size) { Ok(Self(size)) } else { Err(format!("must be from 1 to {MOST}")) }
    }
}

impl<const DEFAULT: u32, const MOST: u32> From<PageSize<DEFAULT, MOST>> for u32 {
    fn from(size: PageSize<DEFAULT, MOST>) -> Self {
        size.0
    }
}

impl<const DEFAULT: u32, const MOST: u32> From<PageSize<DEFAULT, MOST>> for usize {
    fn from(size: PageSize<DEFAULT, MOST>) -> Self {
        size.0 as Self
    }
}

impl<const DEFAULT: u32, const MOST: u32> JsonSchema for PageSize<DEFAULT, MOST> {
    fn schema_name() -> Cow<'static, str> {
        format!("PageSize{DEFAULT}Of{MOST}").into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_end_at_their_limits() {
        let read = |size: u32| serde_json::from_value::<PageSize>(size.into()).map(u32::from).ok();
        assert_eq!([0, 1, 100, 101].map(read), [None, Some(1), Some(100), None]);
        assert_eq!(
            (u32::from(PageSize::<20, 100>::default()), u32::from(PageSize::<500, 500>::default())),
            (20, 500)
        );
    }
}
