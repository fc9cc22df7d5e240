//! URLs put together from parts, and taken apart, with the origin of every part.

use super::Evaluator;
use super::lazy::{Frame, Val};
use crate::programs::{Expr, UrlPart, UrlParts};
use crate::source::{Origin, Text};

/// Percent-encodes what is not an unreserved character of RFC 3986.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(char::from(DIGITS[usize::from(byte >> 4)]));
                out.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    }
    out
}

/// A URL taken apart. User and password stay percent-encoded.
#[derive(Clone, Default)]
pub(super) struct Split {
    scheme: Option<Text>,
    user: Option<Text>,
    password: Option<Text>,
    host: Option<Text>,
    port: Option<Text>,
    /// From the slash, question mark or hash after the authority on.
    rest: Option<Text>,
}

impl Split {
    /// `scheme://[user[:password]@]host[:port][rest]`; `None` for what is no such URL.
    pub fn of(text: &Text) -> Option<Self> {
        let whole = text.assumed();
        let colon = whole.find("://")?;
        let start = colon + 3;
        let end = whole.get(start..)?.find(['/', '?', '#']).map_or(whole.len(), |n| start + n);
        let authority = whole.get(start..end)?;
        let at = authority.rfind('@');
        let host_start = at.map_or(start, |n| start + n + 1);
        let mut split = Split { scheme: Some(text.slice(0, colon)), ..Split::default() };
        if let Some(at) = at {
            let info = authority.get(..at)?;
            let mid = info.find(':');
            split.user = Some(text.slice(start, start + mid.unwrap_or(at)));
            split.password = mid.map(|mid| text.slice(start + mid + 1, start + at));
        }
        let host = whole.get(host_start..end)?;
        let port = host.rfind(':').filter(|n| !host.get(*n..).is_some_and(|tail| tail.contains(']')));
        split.host = Some(text.slice(host_start, port.map_or(end, |n| host_start + n)));
        split.port = port.map(|n| text.slice(host_start + n + 1, end));
        split.rest = Some(text.slice(end, whole.len()));
        Some(split)
    }

    /// One part; `None` when the URL lacks it.
    pub fn part(&self, part: UrlPart) -> Option<Text> {
        let text = match part {
            UrlPart::Scheme => self.scheme.clone(),
            UrlPart::User => self.user.clone(),
            UrlPart::Password => self.password.clone(),
            UrlPart::Host => self.host.clone(),
            UrlPart::Port => self.port.clone(),
            UrlPart::Database => self.rest.as_ref().map(|rest| match rest.assumed().starts_with('/') {
                true => rest.slice(1, rest.assumed().find(['?', '#']).unwrap_or(rest.len())),
                false => Text::default(),
            }),
        };
        text.filter(|text| !text.is_empty())
    }

    fn join(self) -> Text {
        let mark = |text: &str| Text::known(text, Origin::default());
        let hole = || Text::unknown(Origin::default());
        let mut out = vec![self.scheme.unwrap_or_else(hole), mark("://")];
        let named = self.user.is_some() || self.password.is_some();
        out.extend(self.user);
        if let Some(password) = self.password {
            out.extend([mark(":"), password]);
        }
        if named {
            out.push(mark("@"));
        }
        out.extend(self.host);
        if let Some(port) = self.port {
            out.extend([mark(":"), port]);
        }
        out.extend(self.rest);
        Text::concat(out)
    }
}

impl<'p> Evaluator<'p> {
    pub(super) fn url(&mut self, parts: &'p UrlParts, frame: &Frame<'p>) -> Val<'p> {
        let mut split = Split::default();
        self.fill(&mut split, parts, frame);
        let local = split.scheme.as_ref().is_some_and(|scheme| scheme.assumed().starts_with("sqlite"));
        if split.host.is_none() && !local {
            split.host = Some(Text::unknown(Origin::default()));
        }
        Val::Text(split.join())
    }

    pub(super) fn set_url_parts(&mut self, text: &Text, parts: &'p UrlParts, frame: &Frame<'p>) -> Val<'p> {
        let Some(mut split) = Split::of(text) else { return Val::Unknown };
        self.fill(&mut split, parts, frame);
        Val::Text(split.join())
    }

    /// What one part is; nothing where it is not said.
    fn url_part(
        &mut self,
        part: Option<&'p Expr>,
        frame: &Frame<'p>,
        (encode, blank): (bool, bool),
    ) -> Option<Text> {
        match self.eval(part?, frame) {
            Val::Null(_) => None,
            Val::Text(text) if !blank && text.is_blank() == Some(true) => None,
            Val::Text(text) if encode => Some(text.rewrite(quote)),
            Val::Text(text) | Val::Number(text) => Some(text),
            _ => Some(Text::unknown(Origin::default())),
        }
    }

    /// The blank that an unset variable leaves in the place of a part: it says why nothing is said there.
    fn unnamed(&mut self, host: Option<&'p Expr>, frame: &Frame<'p>) -> Option<Text> {
        match self.eval(host?, frame) {
            Val::Null(origin) if origin.written.is_none() && origin.unset_read().is_some() => {
                Some(Text::known("", origin))
            }
            Val::Text(text) if text.is_blank() == Some(true) && text.origin()?.unset_read().is_some() => {
                Some(text)
            }
            _ => None,
        }
    }

    fn fill(&mut self, split: &mut Split, parts: &'p UrlParts, frame: &Frame<'p>) {
        const PLAIN: (bool, bool) = (false, false);
        let some = |place: &mut Option<Text>, text: Option<Text>| {
            if text.is_some() {
                *place = text;
            }
        };
        some(&mut split.scheme, self.url_part(parts.scheme.as_ref(), frame, PLAIN));
        let user = self.url_part(parts.user.as_ref(), frame, (true, false));
        some(&mut split.user, user.or_else(|| self.unnamed(parts.user.as_ref(), frame)));
        // A password may be blank, and is sent so; other parts are then not said.
        let password = self.url_part(parts.password.as_ref(), frame, (true, true));
        some(&mut split.password, password.or_else(|| self.unnamed(parts.password.as_ref(), frame)));
        let host = self.url_part(parts.host.as_ref(), frame, PLAIN);
        let host = host.or_else(|| self.unnamed(parts.host.as_ref(), frame));
        let host = host.map(|host| match host.starts_with("/") {
            Some(true) => host.rewrite(quote),
            _ => host,
        });
        // Some clients take a whole address in the place of the host.
        let (host, own_port) = match host.as_ref().and_then(Split::of) {
            Some(whole) => (whole.host, whole.port),
            None => (host, None),
        };
        some(&mut split.host, host);
        some(&mut split.port, own_port);
        some(&mut split.port, self.url_part(parts.port.as_ref(), frame, PLAIN));
        let database = self.url_part(parts.database.as_ref(), frame, PLAIN);
        if let Some(database) = database.or_else(|| self.unnamed(parts.database.as_ref(), frame)) {
            let slash = match database.starts_with("/") {
                Some(true) if split.scheme.as_ref().is_none_or(|s| !s.assumed().starts_with("sqlite")) => {
                    Text::default()
                }
                _ => Text::known("/", Origin::default()),
            };
            split.rest = Some(Text::concat([slash, database]));
        }
    }
}
