//! XML bodies of Storage as the JSON their schemas describe.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// The members of the root element by name, text as strings, repeated ones as lists; with the root's name. Elements within
/// those are not looked into. `None` when it is no XML of that form.
pub(crate) fn read(xml: &[u8], is_list: impl Fn(&str) -> bool) -> Option<(String, Value)> {
    let mut reader = Reader::from_str(std::str::from_utf8(xml).ok()?);
    let (mut path, mut root) = (Vec::new(), None);
    let (mut members, mut text) = (Map::new(), String::new());
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) => {
                path.push(element.local_name().as_ref().to_owned());
                text.clear();
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            // Which character it is makes no difference to a schema.
            Event::GeneralRef(_) => text.push('&'),
            Event::End(_) => {
                let name = path.pop()?;
                match path.len() {
                    0 => root = Some(name),
                    1 if is_list(&name) => {
                        let list = members.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                        list.as_array_mut()?.push(text.clone().into());
                    }
                    1 => {
                        members.insert(name, text.clone().into());
                    }
                    _ => {}
                }
                text.clear();
            }
            Event::Eof => return root.filter(|_| path.is_empty()).map(|root| (root, members.into())),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::json;

    #[test]
    fn members_lists_and_broken_ones() {
        let message =
            b"<?xml version=\"1.0\"?><QueueMessage><MessageText>a &amp; b</MessageText></QueueMessage>";
        let (root, members) = read(message, |_| false).unwrap();
        assert_eq!((root.as_str(), members["MessageText"].is_string()), ("QueueMessage", true));
        let blocks = b"<BlockList><Latest>MQ==</Latest><Latest>Mg==</Latest></BlockList>";
        let (_, members) = read(blocks, |name| name == "Latest").unwrap();
        assert_eq!(members, json!({ "Latest": ["MQ==", "Mg=="] }));
        for broken in [&b"<BlockList><Latest>"[..], b"{}", b""] {
            assert!(read(broken, |_| false).is_none());
        }
    }
}
