//! How the runs of a DOCX are formatted, as far as it decides whether they are seen (ECMA-376 part 1, 17.3.2, 17.7).

use std::collections::HashMap;
use std::time::Instant;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{DocumentError, HiddenKind};

/// How a run is formatted, as far as it decides whether it is seen. `None`: not said here.
#[derive(Clone, Default)]
pub(super) struct Format {
    pub(super) vanish: Option<bool>,
    /// RGB.
    pub(super) colour: Option<[u8; 3]>,
    /// Ground behind the text.
    pub(super) shade: Option<[u8; 3]>,
    /// Points.
    pub(super) size: Option<f64>,
}

impl Format {
    pub(super) fn over(&self, below: &Self) -> Self {
        Self {
            vanish: self.vanish.or(below.vanish),
            colour: self.colour.or(below.colour),
            shade: self.shade.or(below.shade),
            size: self.size.or(below.size),
        }
    }

    /// Take in one property element of `rPr` or a shading of `pPr`, `tcPr`.
    pub(super) fn take(&mut self, element: &BytesStart<'_>) {
        let value = attribute(element, "val");
        match element.local_name().as_ref() {
            "vanish" | "specVanish" => {
                self.vanish = Some(!matches!(value.as_deref(), Some("0" | "false" | "off")));
            }
            // `auto` is black or white, whichever can be read.
            "color" => self.colour = value.as_deref().and_then(rgb),
            "highlight" => {
                self.shade = Some(if value.as_deref() == Some("white") { [255; 3] } else { [128; 3] });
            }
            "shd" => self.shade = attribute(element, "fill").as_deref().and_then(rgb).or(self.shade),
            "sz" => {
                self.size =
                    value.and_then(|value| value.parse::<f64>().ok()).map(|half_points| half_points / 2.0);
            }
            _ => {}
        }
    }

    pub(super) fn hidden(&self) -> Option<HiddenKind> {
        let unit = |colour: [u8; 3]| colour.map(|channel| f64::from(channel) / 255.0);
        let near = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 0.1);
        if self.vanish == Some(true) {
            return Some(HiddenKind::Vanish);
        }
        if self.size.is_some_and(|size| size < 2.0) {
            return Some(HiddenKind::Tiny);
        }
        let ground = unit(self.shade.unwrap_or([255; 3]));
        self.colour.filter(|colour| near(unit(*colour), ground)).map(|_| HiddenKind::SameColour)
    }
}

fn rgb(hex: &str) -> Option<[u8; 3]> {
    let value = (hex.len() == 6).then(|| u32::from_str_radix(hex, 16).ok()).flatten()?;
    let [_, red, green, blue] = value.to_be_bytes();
    Some([red, green, blue])
}

#[derive(Default)]
pub(super) struct Styles {
    pub(super) defaults: Format,
    /// Style id to (format, id of the style it is based on).
    by_id: HashMap<String, (Format, Option<String>)>,
}

impl Styles {
    pub(super) fn parse(xml: &str, deadline: Instant) -> Result<Self, DocumentError> {
        let mut styles = Self::default();
        let mut reader = Reader::from_str(xml);
        let mut style: Option<String> = None;
        let mut in_run = false;
        let mut count = 0u32;
        loop {
            count += 1;
            if count.is_multiple_of(4096) && Instant::now() > deadline {
                return Err(DocumentError::TooSlow);
            }
            match reader.read_event() {
                Ok(Event::Start(element)) | Ok(Event::Empty(element)) => {
                    match element.local_name().as_ref() {
                        "style" => style = attribute(&element, "styleId"),
                        "rPr" => in_run = true,
                        "basedOn" => {
                            if let (Some(id), base) = (&style, attribute(&element, "val")) {
                                styles.by_id.entry(id.clone()).or_default().1 = base;
                            }
                        }
                        _ if in_run => match &style {
                            Some(id) => styles.by_id.entry(id.clone()).or_default().0.take(&element),
                            None => styles.defaults.take(&element),
                        },
                        _ => {}
                    }
                }
                Ok(Event::End(element)) => match element.local_name().as_ref() {
                    "style" => style = None,
                    "rPr" => in_run = false,
                    _ => {}
                },
                Ok(Event::Eof) | Err(_) => return Ok(styles),
                Ok(_) => {}
            }
        }
    }

    pub(super) fn format(&self, id: &str) -> Format {
        let mut format = Format::default();
        let mut next = Some(id);
        for _ in 0..12 {
            let Some((own, base)) = next.and_then(|id| self.by_id.get(id)) else { break };
            format = format.over(own);
            next = base.as_deref();
        }
        format
    }
}

/// An attribute by its local name.
pub(super) fn attribute(element: &BytesStart<'_>, wanted: &str) -> Option<String> {
    element
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == wanted)
        .map(|attribute| attribute.value.into_owned())
}
