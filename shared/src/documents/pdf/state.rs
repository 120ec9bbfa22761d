//! The graphics state as far as text needs it, and what a page paints under and over its text.

use std::rc::Rc;

use super::font::Font;
use super::geometry::{Matrix, Rect};
use super::lexer::Operand;

/// Red, green, blue, 0 to 1; `None` when it cannot be told (patterns, exotic colour spaces).
pub(super) type Colour = Option<[f64; 3]>;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Plain,
    /// One component, 0 = no ink.
    Ink,
    Unknown,
}

#[derive(Clone)]
pub(super) struct State {
    pub(super) matrix: Matrix,
    pub(super) clip: Option<Rect>,
    pub(super) fill: Colour,
    pub(super) stroke: Colour,
    pub(super) fill_space: Space,
    pub(super) stroke_space: Space,
    pub(super) fill_alpha: f64,
    pub(super) stroke_alpha: f64,
    pub(super) blends: bool,
    pub(super) font: Option<Rc<Font>>,
    pub(super) size: f64,
    pub(super) char_space: f64,
    pub(super) word_space: f64,
    pub(super) scale: f64,
    pub(super) leading: f64,
    pub(super) rise: f64,
    pub(super) mode: i64,
}

impl State {
    pub(super) fn new(matrix: Matrix) -> Self {
        Self {
            matrix,
            clip: None,
            fill: Some([0.0; 3]),
            stroke: Some([0.0; 3]),
            fill_space: Space::Plain,
            stroke_space: Space::Plain,
            fill_alpha: 1.0,
            stroke_alpha: 1.0,
            blends: false,
            font: None,
            size: 0.0,
            char_space: 0.0,
            word_space: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
            mode: 0,
        }
    }
}

/// Something painted over an area; `order` counts glyphs and fills in the order they are painted.
pub(super) struct Fill {
    pub(super) area: Rect,
    pub(super) order: u32,
    pub(super) colour: Colour,
    /// An opaque rectangle: hides what was painted before.
    pub(super) covers: bool,
}

/// The colour of components in a space with that many.
pub(super) fn colour(operands: &[Operand], space: Space) -> Colour {
    let values: Vec<f64> =
        operands.iter().filter_map(Operand::number).map(|value| value.clamp(0.0, 1.0)).collect();
    if values.len() != operands.len() {
        return None;
    }
    match (space, values.as_slice()) {
        (Space::Unknown, _) => None,
        (Space::Ink, [tint]) => Some([1.0 - tint; 3]),
        (_, [grey]) => Some([*grey; 3]),
        (_, [red, green, blue]) => Some([*red, *green, *blue]),
        (_, [cyan, magenta, yellow, black]) => {
            Some([cyan, magenta, yellow].map(|ink| (1.0 - ink) * (1.0 - black)))
        }
        _ => None,
    }
}

/// Whether text of one colour cannot be made out on another. A tenth of each channel is the difference between white and
/// the lightest grey anyone sets text in.
pub(super) fn same(text: [f64; 3], ground: [f64; 3]) -> bool {
    text.iter().zip(ground).all(|(a, b)| (a - b).abs() <= 0.1)
}
