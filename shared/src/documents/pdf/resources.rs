//! What a page's content names: fonts, colour spaces, graphics states, layers.

use std::rc::Rc;

use lopdf::{Dictionary, Document, Object};

use super::font::Font;
use super::interpreter::Page;
use super::lexer::Operand;
use super::objects::{array, dictionary, get, number, resolve};
use super::state::{Space, State};

impl<'a> Page<'_, 'a> {
    pub(super) fn font(&mut self, resources: &[&'a Dictionary], wanted: &[u8]) -> Rc<Font> {
        let document = self.session.document;
        let found = resource(document, resources, b"Font", wanted);
        let id = found.and_then(|object| object.as_reference().ok());
        if let Some(font) = id.and_then(|id| self.session.fonts.get(&id)) {
            return font.clone();
        }
        let font = match found.map(|object| resolve(document, object)) {
            Some(Object::Dictionary(font)) => Font::load(document, font, &mut self.session.budget),
            _ => Font::fallback(),
        };
        let font = Rc::new(font);
        if let Some(id) = id {
            self.session.fonts.insert(id, font.clone());
        }
        font
    }

    pub(super) fn space(&self, resources: &[&'a Dictionary], operands: &[Operand]) -> Space {
        let document = self.session.document;
        let wanted = operands.first().and_then(Operand::name).unwrap_or_default();
        let declared =
            resource(document, resources, b"ColorSpace", wanted).map(|object| resolve(document, object));
        let family = match declared {
            Some(Object::Array(parts)) => match parts.first().map(|part| resolve(document, part)) {
                Some(Object::Name(family)) => family,
                _ => return Space::Unknown,
            },
            Some(Object::Name(family)) => family,
            _ => wanted,
        };
        match family {
            b"Separation" | b"DeviceN" => Space::Ink,
            b"DeviceGray" | b"DeviceRGB" | b"DeviceCMYK" | b"CalGray" | b"CalRGB" | b"ICCBased" => {
                Space::Plain
            }
            _ => Space::Unknown,
        }
    }

    pub(super) fn external(&mut self, resources: &[&'a Dictionary], operands: &[Operand], state: &mut State) {
        let document = self.session.document;
        let wanted = operands.first().and_then(Operand::name).unwrap_or_default();
        let found =
            resource(document, resources, b"ExtGState", wanted).map(|object| resolve(document, object));
        let Some(Object::Dictionary(settings)) = found else { return };
        let value = |key: &[u8]| get(document, settings, key).and_then(|object| number(document, object));
        state.fill_alpha = value(b"ca").unwrap_or(state.fill_alpha);
        state.stroke_alpha = value(b"CA").unwrap_or(state.stroke_alpha);
        match get(document, settings, b"BM") {
            Some(Object::Name(mode)) => state.blends = !matches!(mode.as_slice(), b"Normal" | b"Compatible"),
            Some(Object::Array(_)) => state.blends = true,
            _ => {}
        }
        match get(document, settings, b"SMask") {
            Some(Object::Dictionary(_)) => state.blends = true,
            Some(Object::Name(_)) => state.blends = false,
            _ => {}
        }
        if let [font, size] = array(document, settings, b"Font") {
            if let Object::Dictionary(font) = resolve(document, font) {
                state.font = Some(Rc::new(Font::load(document, font, &mut self.session.budget)));
            }
            state.size = number(document, size).unwrap_or(state.size);
        }
    }

    pub(super) fn layer_off(&self, resources: &[&'a Dictionary], mark: &[u8]) -> bool {
        let found = resource(self.session.document, resources, b"Properties", mark);
        found
            .and_then(|object| object.as_reference().ok())
            .is_some_and(|id| self.session.layers_off.contains(&id))
    }
}

pub(super) fn resource<'a>(
    document: &'a Document,
    all: &[&'a Dictionary],
    kind: &[u8],
    wanted: &[u8],
) -> Option<&'a Object> {
    all.iter().find_map(|resources| dictionary(document, resources, kind)?.get(wanted).ok())
}
