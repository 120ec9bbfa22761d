//! Tells visible glyphs from hidden ones once a page is painted (spec 25 §3).

use std::time::Instant;

use super::interpreter::{Page, PageGlyphs, Placed};
use super::state::same;
use crate::documents::{DocumentError, HiddenKind, visible};

impl Page<'_, '_> {
    /// Tell visible from hidden by what lies under and over each glyph, now that all is painted.
    pub(super) fn judge(mut self, page: u32) -> Result<PageGlyphs, DocumentError> {
        let mut found = PageGlyphs::default();
        let mut run: Option<(HiddenKind, String)> = None;
        let mut last = (0.0, 0.0);
        for (index, placed) in std::mem::take(&mut self.placed).into_iter().enumerate() {
            if index.is_multiple_of(1024) && Instant::now() > self.session.deadline {
                return Err(DocumentError::TooSlow);
            }
            let hidden = placed.hidden.or_else(|| self.painted_out(&placed));
            let Some(kind) = hidden else {
                found.visible.push(placed.glyph);
                continue;
            };
            let near = (placed.glyph.x - last.0).hypot(placed.glyph.y - last.1) < placed.glyph.size * 0.25;
            last = (placed.glyph.end_x, placed.glyph.end_y);
            match &mut run {
                Some((same, text)) if *same == kind => {
                    if !near {
                        text.push(' ');
                    }
                    text.push_str(&placed.glyph.text);
                }
                _ => {
                    let done = run.replace((kind, placed.glyph.text));
                    found.hidden.extend(done.map(|(kind, text)| visible::finding(kind, page, &text)));
                }
            }
        }
        found.hidden.extend(run.map(|(kind, text)| visible::finding(kind, page, &text)));
        Ok(found)
    }

    fn painted_out(&self, placed: &Placed) -> Option<HiddenKind> {
        let over = self.fills.iter().filter(|fill| fill.area.holds(placed.centre, 0.0));
        let mut ground = Some([1.0; 3]);
        for fill in over {
            if fill.order < placed.order {
                ground = fill.colour;
            } else if fill.covers {
                return Some(HiddenKind::Covered);
            }
        }
        same(placed.colour?, ground?).then_some(HiddenKind::SameColour)
    }
}
