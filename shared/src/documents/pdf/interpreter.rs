//! Runs a page's content and collects its glyphs with their places, telling the visible from the hidden
//! (ISO 32000-1 §8.4, 8.5, 9.3, 9.4). Nothing is drawn; paths are kept as bounds.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Instant;

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::font::Font;
use super::geometry::{Matrix, Rect};
use super::lexer::{Lexer, Operand};
use super::objects::{array, dictionary, name, number, resolve, stream_bytes};
use super::resources::resource;
use super::state::{Fill, Space, State, colour};
use crate::documents::layout::Glyph;
use crate::documents::{DocumentError, HiddenKind, HiddenText};

/// Nesting of form objects; real ones nest two or three deep.
const FORM_DEPTH: usize = 12;
/// Nesting of `q`.
const STATE_DEPTH: usize = 256;
/// Operators run for one document.
const OPERATIONS: u64 = 6_000_000;
/// Glyphs kept for one document; 50 full pages hold about 250,000.
const GLYPHS: usize = 600_000;
/// Painted areas kept for one page.
const FILLS: usize = 3_000;

/// What is shared by the pages of a document: caches and what is left of the budgets.
pub(super) struct Session<'a> {
    pub(super) document: &'a Document,
    pub(super) deadline: Instant,
    /// Bytes that may still be decompressed.
    pub(super) budget: usize,
    operations: u64,
    glyphs: usize,
    pub(super) fonts: HashMap<ObjectId, Rc<Font>>,
    forms: HashMap<ObjectId, Rc<Vec<u8>>>,
    pub(super) layers_off: HashSet<ObjectId>,
}

/// A page's glyphs: seen, and not to be seen.
#[derive(Default)]
pub(super) struct PageGlyphs {
    pub(super) visible: Vec<Glyph>,
    pub(super) hidden: Vec<HiddenText>,
}

pub(super) struct Placed {
    pub(super) glyph: Glyph,
    pub(super) order: u32,
    pub(super) centre: (f64, f64),
    pub(super) colour: Option<[f64; 3]>,
    pub(super) hidden: Option<HiddenKind>,
}

pub(super) struct Page<'s, 'a> {
    pub(super) session: &'s mut Session<'a>,
    bounds: Rect,
    pub(super) placed: Vec<Placed>,
    pub(super) fills: Vec<Fill>,
    order: u32,
    active: Vec<ObjectId>,
    hidden_layers: usize,
}

impl<'a> Session<'a> {
    pub(super) fn new(document: &'a Document, budget: usize, deadline: Instant) -> Self {
        let mut layers_off = HashSet::new();
        if let Some(settings) = document
            .catalog()
            .ok()
            .and_then(|catalog| dictionary(document, catalog, b"OCProperties"))
            .and_then(|properties| dictionary(document, properties, b"D"))
        {
            let off =
                array(document, settings, b"OFF").iter().filter_map(|object| object.as_reference().ok());
            layers_off.extend(off);
        }
        Self {
            document,
            deadline,
            budget,
            operations: OPERATIONS,
            glyphs: GLYPHS,
            fonts: HashMap::new(),
            forms: HashMap::new(),
            layers_off,
        }
    }

    /// The glyphs of one page. `bounds` is what is shown of it, `matrix` turns it upright.
    pub(super) fn page(
        &mut self,
        number: u32,
        content: &[u8],
        resources: &[&'a Dictionary],
        bounds: Rect,
        matrix: Matrix,
    ) -> Result<PageGlyphs, DocumentError> {
        let bounds = bounds.under(matrix);
        let mut page = Page {
            session: self,
            bounds,
            placed: Vec::new(),
            fills: Vec::new(),
            order: 0,
            active: Vec::new(),
            hidden_layers: 0,
        };
        page.run(content, resources, State::new(matrix), 0)?;
        page.judge(number)
    }

    fn step(&mut self) -> Result<(), DocumentError> {
        self.operations = self.operations.checked_sub(1).ok_or(DocumentError::TooLarge)?;
        if self.operations.is_multiple_of(1024) && Instant::now() > self.deadline {
            return Err(DocumentError::TooSlow);
        }
        Ok(())
    }
}

/// The text object: its matrix and that of the line.
#[derive(Clone, Copy)]
struct Cursor {
    text: Matrix,
    line: Matrix,
}

impl<'a> Page<'_, 'a> {
    fn run(
        &mut self,
        content: &[u8],
        resources: &[&'a Dictionary],
        start: State,
        depth: usize,
    ) -> Result<(), DocumentError> {
        let mut lexer = Lexer::new(content);
        let mut operands = Vec::new();
        let mut state = start;
        let mut saved: Vec<State> = Vec::new();
        let mut cursor = Cursor { text: Matrix::IDENTITY, line: Matrix::IDENTITY };
        let mut path: Vec<(f64, f64)> = Vec::new();
        let mut rectangles = true;
        let mut clips = false;
        let mut marks: Vec<bool> = Vec::new();
        while let Some(operator) = lexer.next_operation(&mut operands) {
            self.session.step()?;
            let n = |index: usize| operands.get(index).and_then(Operand::number).unwrap_or(0.0);
            match operator.as_slice() {
                b"q" if saved.len() < STATE_DEPTH => saved.push(state.clone()),
                b"Q" => state = saved.pop().unwrap_or(state),
                b"cm" => {
                    let next = Matrix([n(0), n(1), n(2), n(3), n(4), n(5)]).then(state.matrix);
                    if next.is_finite() {
                        state.matrix = next;
                    }
                }
                b"BT" => cursor = Cursor { text: Matrix::IDENTITY, line: Matrix::IDENTITY },
                b"Tf" => {
                    state.size = n(1);
                    let wanted = operands.first().and_then(Operand::name).unwrap_or_default();
                    state.font = Some(self.font(resources, wanted));
                }
                b"Tc" => state.char_space = n(0),
                b"Tw" => state.word_space = n(0),
                b"Tz" => state.scale = n(0) / 100.0,
                b"TL" => state.leading = n(0),
                b"Ts" => state.rise = n(0),
                b"Tr" => state.mode = n(0) as i64,
                b"Td" => cursor.shift(n(0), n(1)),
                b"TD" => {
                    state.leading = -n(1);
                    cursor.shift(n(0), n(1));
                }
                b"Tm" => {
                    let matrix = Matrix([n(0), n(1), n(2), n(3), n(4), n(5)]);
                    if matrix.is_finite() {
                        cursor = Cursor { text: matrix, line: matrix };
                    }
                }
                b"T*" => cursor.shift(0.0, -state.leading),
                b"Tj" | b"TJ" => self.show(&state, &mut cursor, operands.first())?,
                b"'" => {
                    cursor.shift(0.0, -state.leading);
                    self.show(&state, &mut cursor, operands.first())?;
                }
                b"\"" => {
                    state.word_space = n(0);
                    state.char_space = n(1);
                    cursor.shift(0.0, -state.leading);
                    self.show(&state, &mut cursor, operands.get(2))?;
                }
                b"g" | b"rg" | b"k" => {
                    state.fill_space = Space::Plain;
                    state.fill = colour(&operands, Space::Plain);
                }
                b"G" | b"RG" | b"K" => {
                    state.stroke_space = Space::Plain;
                    state.stroke = colour(&operands, Space::Plain);
                }
                b"cs" => {
                    state.fill_space = self.space(resources, &operands);
                    state.fill = if state.fill_space == Space::Unknown { None } else { Some([0.0; 3]) };
                }
                b"CS" => {
                    state.stroke_space = self.space(resources, &operands);
                    state.stroke = if state.stroke_space == Space::Unknown { None } else { Some([0.0; 3]) };
                }
                b"sc" | b"scn" => state.fill = colour(&operands, state.fill_space),
                b"SC" | b"SCN" => state.stroke = colour(&operands, state.stroke_space),
                b"gs" => self.external(resources, &operands, &mut state),
                b"re" => {
                    let (x, y, width, height) = (n(0), n(1), n(2), n(3));
                    let corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)];
                    path.extend(corners.map(|(x, y)| state.matrix.apply(x, y)));
                }
                b"m" | b"l" => {
                    rectangles &= path.len() < 6 && operator == b"l" || path.is_empty();
                    path.push(state.matrix.apply(n(0), n(1)));
                }
                b"c" | b"v" | b"y" => {
                    rectangles = false;
                    let last = operands.len().saturating_sub(2);
                    path.push(state.matrix.apply(n(last), n(last + 1)));
                }
                b"W" | b"W*" => clips = true,
                b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*" | b"n" | b"S" | b"s" => {
                    let paints = !matches!(operator.as_slice(), b"n" | b"S" | b"s");
                    if let Some(area) = Rect::around(&path) {
                        if paints {
                            let opaque =
                                rectangles && path.len() <= 6 && state.fill_alpha > 0.95 && !state.blends;
                            let paint = if state.fill_alpha > 0.3 { state.fill } else { None };
                            if state.fill_alpha > 0.05 {
                                self.fill(&state, area, paint, opaque);
                            }
                        }
                        if clips {
                            state.clip = Some(state.clip.map_or(area, |clip| clip.intersect(area)));
                        }
                    }
                    path.clear();
                    rectangles = true;
                    clips = false;
                }
                b"sh" => {
                    let area = state.clip.unwrap_or(self.bounds);
                    self.fill(&state, area, None, false);
                }
                b"BI" => self.image(&state),
                b"BMC" if marks.len() < STATE_DEPTH => marks.push(false),
                b"BDC" => {
                    let off = operands.first().and_then(Operand::name) == Some(b"OC")
                        && operands
                            .get(1)
                            .and_then(Operand::name)
                            .is_some_and(|mark| self.layer_off(resources, mark));
                    if marks.len() < STATE_DEPTH {
                        self.hidden_layers += usize::from(off);
                        marks.push(off);
                    }
                }
                b"EMC" => self.hidden_layers -= usize::from(marks.pop().unwrap_or(false)),
                b"Do" => {
                    let wanted = operands.first().and_then(Operand::name).unwrap_or_default();
                    self.object(resources, wanted, &state, depth)?;
                }
                _ => {}
            }
            if path.len() > 10_000 {
                path.truncate(10_000);
            }
        }
        self.hidden_layers -= marks.into_iter().filter(|off| *off).count();
        Ok(())
    }

    fn show(
        &mut self,
        state: &State,
        cursor: &mut Cursor,
        shown: Option<&Operand>,
    ) -> Result<(), DocumentError> {
        let Some(font) = state.font.clone() else { return Ok(()) };
        let parts = match shown {
            Some(Operand::Array(parts)) => parts.as_slice(),
            Some(part) => std::slice::from_ref(part),
            None => return Ok(()),
        };
        for part in parts {
            match part {
                Operand::Number(back) => {
                    cursor.advance(-back / 1000.0 * state.size * state.scale, font.vertical);
                }
                Operand::Text(bytes) => self.show_text(state, cursor, &font, bytes)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn show_text(
        &mut self,
        state: &State,
        cursor: &mut Cursor,
        font: &Font,
        bytes: &[u8],
    ) -> Result<(), DocumentError> {
        if self.session.glyphs < bytes.len() {
            return Err(DocumentError::TooLarge);
        }
        self.session.glyphs -= bytes.len();
        font.glyphs(bytes, |glyph| {
            let mut advance = glyph.width * state.size + state.char_space;
            if glyph.is_space_code {
                advance += state.word_space;
            }
            let advance = if font.vertical { -state.size } else { advance * state.scale };
            let whole = cursor.text.then(state.matrix);
            let (x, y) = whole.apply(0.0, state.rise);
            let (end_x, end_y) =
                if font.vertical { whole.apply(0.0, advance) } else { whole.apply(advance, state.rise) };
            let (up_x, up_y) = whole.apply(0.0, state.rise + state.size * font.height);
            let size = (up_x - x).hypot(up_y - y);
            cursor.advance(advance, font.vertical);
            if ![x, y, end_x, end_y, size].iter().all(|value| value.is_finite()) || glyph.text.is_empty() {
                return;
            }
            self.order += 1;
            let centre = ((x + end_x) / 2.0 + (up_x - x) * 0.3, (y + end_y) / 2.0 + (up_y - y) * 0.3);
            let strokes_only = matches!(state.mode, 1 | 5);
            let alpha = if strokes_only { state.stroke_alpha } else { state.fill_alpha };
            let hidden = if self.hidden_layers > 0 {
                Some(HiddenKind::Vanish)
            } else if matches!(state.mode, 3 | 7) || alpha < 0.1 {
                Some(HiddenKind::Invisible)
            } else if size < 2.0 {
                Some(HiddenKind::Tiny)
            } else if !self.bounds.holds(centre, 1.0)
                || state.clip.is_some_and(|clip| !clip.holds(centre, size * 0.5))
            {
                Some(HiddenKind::OffPage)
            } else {
                None
            };
            let glyph = Glyph {
                text: glyph.text,
                x,
                y,
                end_x,
                end_y,
                size: size.max(0.1),
                direction: (end_x - x, end_y - y),
            };
            let colour = if strokes_only { state.stroke } else { state.fill };
            self.placed.push(Placed { glyph, order: self.order, centre, colour, hidden });
        });
        Ok(())
    }

    fn fill(&mut self, state: &State, area: Rect, colour: Option<[f64; 3]>, covers: bool) {
        let area = state.clip.map_or(area, |clip| clip.intersect(area)).intersect(self.bounds);
        self.order += 1;
        if area.area() > 4.0 && self.fills.len() < FILLS && self.hidden_layers == 0 {
            self.fills.push(Fill { area, order: self.order, colour, covers });
        }
    }

    fn image(&mut self, state: &State) {
        let unit = Rect { left: 0.0, bottom: 0.0, right: 1.0, top: 1.0 };
        self.fill(state, unit.under(state.matrix), None, false);
    }

    /// `Do`: an image is a ground of unknown colour, a form is run.
    fn object(
        &mut self,
        resources: &[&'a Dictionary],
        wanted: &[u8],
        state: &State,
        depth: usize,
    ) -> Result<(), DocumentError> {
        let document = self.session.document;
        let Some(object) = resource(document, resources, b"XObject", wanted) else { return Ok(()) };
        let id = object.as_reference().ok();
        let Object::Stream(stream) = resolve(document, object) else { return Ok(()) };
        if name(document, &stream.dict, b"Subtype") == Some(b"Image") {
            self.image(state);
            return Ok(());
        }
        let layer = stream.dict.get(b"OC").ok().and_then(|layer| layer.as_reference().ok());
        let recursive = id.is_some_and(|id| self.active.contains(&id));
        if depth >= FORM_DEPTH || recursive || name(document, &stream.dict, b"Subtype") != Some(b"Form") {
            return Ok(());
        }
        let content = match id.and_then(|id| self.session.forms.get(&id).cloned()) {
            Some(content) => content,
            None => {
                let Some(bytes) = stream_bytes(document, object, &mut self.session.budget) else {
                    return if self.session.budget == 0 { Err(DocumentError::TooLarge) } else { Ok(()) };
                };
                let content = Rc::new(bytes);
                if let Some(id) = id {
                    self.session.forms.insert(id, content.clone());
                }
                content
            }
        };
        let mut inner = state.clone();
        let values: Vec<f64> = array(document, &stream.dict, b"Matrix")
            .iter()
            .filter_map(|value| number(document, value))
            .collect();
        if let Ok(values) = <[f64; 6]>::try_from(values) {
            inner.matrix = Matrix(values).then(state.matrix);
        }
        if let Some(bounds) = rect(document, array(document, &stream.dict, b"BBox")) {
            let bounds = bounds.under(inner.matrix);
            inner.clip = Some(inner.clip.map_or(bounds, |clip| clip.intersect(bounds)));
        }
        let mut all: Vec<&'a Dictionary> =
            dictionary(document, &stream.dict, b"Resources").into_iter().collect();
        all.extend(resources.iter().copied().take(FORM_DEPTH));
        let off = layer.is_some_and(|layer| self.session.layers_off.contains(&layer));
        self.hidden_layers += usize::from(off);
        self.active.extend(id);
        let result = self.run(&content, &all, inner, depth + 1);
        if id.is_some() {
            self.active.pop();
        }
        self.hidden_layers -= usize::from(off);
        result
    }
}

impl Cursor {
    fn shift(&mut self, x: f64, y: f64) {
        let next = Matrix::translate(x, y).then(self.line);
        if next.is_finite() {
            *self = Self { text: next, line: next };
        }
    }

    fn advance(&mut self, distance: f64, vertical: bool) {
        let (x, y) = if vertical { (0.0, distance) } else { (distance, 0.0) };
        let next = Matrix::translate(x, y).then(self.text);
        if next.is_finite() {
            self.text = next;
        }
    }
}

/// A rectangle written as four numbers, in any order of corners.
pub(super) fn rect(document: &Document, values: &[Object]) -> Option<Rect> {
    let values: Vec<f64> = values.iter().filter_map(|value| number(document, value)).collect();
    match values.as_slice() {
        [x, y, other_x, other_y] => {
            Rect::around(&[(*x, *y), (*other_x, *other_y)]).filter(|rect| rect.area() > 0.0)
        }
        _ => None,
    }
}
