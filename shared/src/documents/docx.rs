//! DOCX (ECMA-376): the paragraphs of the body, with headers above and footers below, without what is formatted as hidden.

use std::io::{Cursor, Read};
use std::time::Instant;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::docx_styles::{Format, Styles, attribute};
use super::{DocumentError, DocumentText, HiddenText, Limits, visible};

/// Nesting of elements; real documents reach about 60 with nested tables and text boxes.
const DEPTH: usize = 400;
/// Most files in the archive.
const ENTRIES: usize = 5_000;

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

pub(super) fn read(bytes: &[u8], limits: &Limits, deadline: Instant) -> Result<DocumentText, DocumentError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| DocumentError::Damaged)?;
    if archive.len() > ENTRIES {
        return Err(DocumentError::TooLarge);
    }
    let mut budget = limits.decompressed;
    let Some(main) = main_part(&mut archive, &mut budget)? else {
        let other = part(&mut archive, "mimetype", &mut budget)?.unwrap_or_default();
        return Err(DocumentError::Unsupported(match other.contains("opendocument") {
            true => "odt",
            false => "zip",
        }));
    };
    let folder = main.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let named = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let styles = match part(&mut archive, &named("styles.xml"), &mut budget)? {
        Some(xml) => Styles::parse(&xml, deadline)?,
        None => Styles::default(),
    };
    let mut text = String::new();
    let mut hidden = Vec::new();
    let mut names: Vec<String> =
        archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    names.sort();
    let beside = |kind: &str| {
        let start = named(kind);
        names
            .iter()
            .filter(|name| name.starts_with(&start) && name.ends_with(".xml"))
            .take(8)
            .cloned()
            .collect::<Vec<_>>()
    };
    let mut parts = beside("header");
    parts.push(main);
    parts.extend(beside("footnotes"));
    parts.extend(beside("footer"));
    for name in parts {
        let Some(xml) = part(&mut archive, &name, &mut budget)? else { continue };
        let mut body = Body::new(&styles, &mut hidden);
        body.read(&xml, deadline)?;
        // The same header is often stored once for each kind of page.
        if !text.contains(body.text.trim()) || body.text.trim().is_empty() {
            text.push_str(&body.text);
            text.push('\n');
        }
    }
    let text = text.trim_matches('\x0c').to_owned();
    if text.matches('\x0c').count() >= limits.pages as usize {
        return Err(DocumentError::TooManyPages);
    }
    Ok(visible::finish(&[text], hidden))
}

/// The main document part, by the package's relationships; normally `word/document.xml`.
fn main_part(archive: &mut Archive<'_>, budget: &mut usize) -> Result<Option<String>, DocumentError> {
    if let Some(xml) = part(archive, "_rels/.rels", budget)? {
        let mut reader = Reader::from_str(&xml);
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(element) | Event::Empty(element) => {
                    let kind = attribute(&element, "Type").unwrap_or_default();
                    let target = attribute(&element, "Target").unwrap_or_default();
                    let target = target.trim_start_matches('/').to_owned();
                    if kind.ends_with("/officeDocument")
                        && target.ends_with(".xml")
                        && target.contains("word/")
                    {
                        return Ok(archive.index_for_name(&target).is_some().then_some(target));
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
    }
    Ok(archive.index_for_name("word/document.xml").map(|_| "word/document.xml".to_owned()))
}

/// One file of the archive as text, paid for out of the budget.
fn part(archive: &mut Archive<'_>, name: &str, budget: &mut usize) -> Result<Option<String>, DocumentError> {
    let file = match archive.by_name(name) {
        Ok(file) => file,
        Err(zip::result::ZipError::FileNotFound) => return Ok(None),
        Err(zip::result::ZipError::UnsupportedArchive(text)) if text.contains("assword") => {
            return Err(DocumentError::Encrypted);
        }
        Err(_) => return Err(DocumentError::Damaged),
    };
    let mut bytes = Vec::new();
    file.take(*budget as u64 + 1).read_to_end(&mut bytes).map_err(|_| DocumentError::Damaged)?;
    if bytes.len() > *budget {
        return Err(DocumentError::TooLarge);
    }
    *budget -= bytes.len();
    super::plain::decode(&bytes).map(Some).map_err(|_| DocumentError::Damaged)
}

/// Walks one part, keeping what formats apply at the place it is at.
struct Body<'s> {
    styles: &'s Styles,
    hidden: &'s mut Vec<HiddenText>,
    text: String,
    line: String,
    paragraph: Format,
    run: Format,
    cells: Vec<Format>,
    in_run_properties: bool,
    in_paragraph_properties: bool,
    in_text: bool,
    /// Depth inside an element whose text does not count.
    skipped: usize,
    tables: usize,
    /// Paragraphs written in the present table cell.
    in_cell: usize,
    list_item: bool,
    page: u32,
}

impl<'s> Body<'s> {
    fn new(styles: &'s Styles, hidden: &'s mut Vec<HiddenText>) -> Self {
        Self {
            styles,
            hidden,
            text: String::new(),
            line: String::new(),
            paragraph: Format::default(),
            run: Format::default(),
            cells: Vec::new(),
            in_run_properties: false,
            in_paragraph_properties: false,
            in_text: false,
            skipped: 0,
            tables: 0,
            in_cell: 0,
            list_item: false,
            page: 1,
        }
    }

    fn read(&mut self, xml: &str, deadline: Instant) -> Result<(), DocumentError> {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().check_end_names = false;
        let mut depth = 0usize;
        let mut count = 0u32;
        loop {
            count += 1;
            if count.is_multiple_of(4096) && Instant::now() > deadline {
                return Err(DocumentError::TooSlow);
            }
            match reader.read_event() {
                Ok(Event::Start(element)) => {
                    depth += 1;
                    if depth > DEPTH {
                        return Err(DocumentError::Damaged);
                    }
                    self.open(&element);
                }
                Ok(Event::Empty(element)) => {
                    self.open(&element);
                    self.close(element.local_name().as_ref());
                }
                Ok(Event::End(element)) => {
                    depth = depth.saturating_sub(1);
                    self.close(element.local_name().as_ref());
                }
                Ok(Event::Text(text)) if self.in_text => self.push(&text.xml10_content()),
                Ok(Event::CData(text)) if self.in_text => self.push(&text.xml10_content()),
                Ok(Event::GeneralRef(entity)) if self.in_text => {
                    let named = match entity.borrow().into_inner().as_ref() {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => entity.resolve_char_ref().ok().flatten(),
                    };
                    if let Some(c) = named {
                        self.push(c.encode_utf8(&mut [0; 4]));
                    }
                }
                Ok(Event::Eof) => break,
                // A file cut short: what was read so far is what there is.
                Err(_) => break,
                Ok(_) => {}
            }
        }
        self.end_line();
        Ok(())
    }

    fn open(&mut self, element: &BytesStart<'_>) {
        let name = element.local_name();
        let name = name.as_ref();
        if self.skipped > 0 || matches!(name, "Fallback" | "del" | "moveFrom") && !self.in_run_properties {
            self.skipped += 1;
            return;
        }
        match name {
            "p" => {
                self.end_line();
                self.paragraph = Format::default();
                self.list_item = false;
            }
            "pPr" => self.in_paragraph_properties = true,
            "numPr" => self.list_item = true,
            "pStyle" => {
                let style = attribute(element, "val").unwrap_or_default();
                self.list_item |= style.starts_with("List");
                self.paragraph = self.styles.format(&style);
            }
            "rStyle" => {
                self.run = self.run.over(&self.styles.format(&attribute(element, "val").unwrap_or_default()));
            }
            "r" => self.run = Format::default(),
            "rPr" => self.in_run_properties = true,
            "t" => self.in_text = true,
            "tab" | "ptab" if !self.in_paragraph_properties => self.push("   "),
            "br" if attribute(element, "type").as_deref() == Some("page") => self.end_page(),
            "lastRenderedPageBreak" => self.end_page(),
            "br" | "cr" => self.end_line(),
            "noBreakHyphen" => self.push("-"),
            "sym" => self.push("•"),
            "tbl" => self.tables += 1,
            "tc" => {
                self.cells.push(Format::default());
                self.in_cell = 0;
            }
            _ if self.in_run_properties && !self.in_paragraph_properties => self.run.take(element),
            "shd" if self.in_paragraph_properties => self.paragraph.take(element),
            "shd" => {
                if let Some(cell) = self.cells.last_mut() {
                    cell.take(element);
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        match name {
            "t" => self.in_text = false,
            "rPr" => self.in_run_properties = false,
            "pPr" => self.in_paragraph_properties = false,
            "p" => {
                self.end_line();
                if self.tables == 0 && self.text.ends_with('\n') && self.line.is_empty() {
                    // Paragraphs are lines; an empty one shows as a blank line already.
                }
            }
            "tc" => {
                self.end_line();
                self.cells.pop();
            }
            "tr" => self.end_line(),
            "tbl" => {
                self.tables = self.tables.saturating_sub(1);
                self.text.push('\n');
            }
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        if self.skipped > 0 {
            return;
        }
        let cell = self.cells.iter().rev().find_map(|cell| cell.shade);
        let ground = Format { shade: cell, ..Format::default() };
        let format = self.run.over(&self.paragraph).over(&ground).over(&self.styles.defaults);
        match format.hidden() {
            Some(kind) => {
                let found = visible::finding(kind, self.page, text);
                match self.hidden.last_mut() {
                    Some(last) if last.kind == kind && last.page == self.page => {
                        *last = visible::finding(kind, self.page, &format!("{} {text}", last.excerpt));
                    }
                    _ => self.hidden.push(found),
                }
            }
            None => self.line.push_str(text),
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim();
        if line.is_empty() {
            if self.tables == 0 && !self.text.ends_with("\n\n") {
                self.text.push('\n');
            }
            return;
        }
        if self.list_item && line.chars().next().is_some_and(char::is_alphanumeric) {
            self.text.push_str("• ");
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn end_page(&mut self) {
        if self.text.is_empty() && self.line.is_empty() {
            return;
        }
        let line = std::mem::take(&mut self.line);
        if !line.trim().is_empty() {
            self.text.push_str(line.trim());
            self.text.push('\n');
        }
        self.text.push('\x0c');
        self.page += 1;
    }
}
