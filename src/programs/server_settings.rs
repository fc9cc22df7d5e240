//! What the settings of development servers say of where they listen: JavaScript, read only as far as its objects
//! and keys go.

use crate::source::Span;

use super::servers::Said;

/// Objects nest this deep.
const MAX_DEPTH: usize = 200;
/// Settings of other things that have hosts and ports as well.
const OTHERS: [&str; 5] = ["hmr", "proxy", "headers", "cors", "remotePatterns"];

/// What stands for a list among the objects around.
const LIST: &str = "[";

/// What the YAML of a framework of Ruby says of a key in a section of an environment, or of the one that all have alike.
pub(super) fn said_in_yaml(text: &str, (mode, section): (&str, &str), key: &str) -> Said {
    let of = |mode: &str| {
        let mut above: Vec<(usize, &str)> = Vec::new();
        let mut inside = false;
        let found = text.lines().find_map(|line| {
            let body = line.split(" #").next().unwrap_or(line);
            let depth = body.len() - body.trim_start().len();
            let (name, value) = body.trim().split_once(':').filter(|(name, _)| !name.starts_with('#'))?;
            above.retain(|(other, _)| *other < depth);
            let names: Vec<&str> = above.iter().map(|(_, name)| *name).collect();
            above.push((depth, name));
            inside |= name == section && names == [mode];
            (name == key && names == [mode, section]).then(|| value.trim().to_string())
        });
        (found, inside)
    };
    let (found, inside) = of(mode);
    // A section of its own takes the place of the whole other.
    let found = found.or_else(|| of("default").0.filter(|_| !inside));
    match found {
        None => Said::Nothing,
        Some(value) => {
            let value = value.trim_matches(['"', '\'']);
            let plain = !value.is_empty() && !value.contains(['<', '*', '&', '$', '{']);
            if plain { Said::Option(value.to_string(), Span::NONE) } else { Said::Unknown }
        }
    }
}

/// What TOML says of a key in a table.
pub(super) fn said_in_toml(text: &str, table: &str, key: &str) -> Said {
    let mut within = "";
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or(line).trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            within = name.trim();
            continue;
        }
        let Some((name, value)) = line.split_once('=') else { continue };
        let (name, value) = (name.trim(), value.trim());
        let own = within == table && name == key;
        if own || within.is_empty() && name.split_once('.') == Some((table, key)) {
            let quoted = value.trim_matches(['"', '\'']);
            let plain = !quoted.is_empty() && !quoted.contains(['"', '{', '[', '$']);
            return if plain { Said::Option(quoted.to_string(), Span::NONE) } else { Said::Unknown };
        }
    }
    Said::Nothing
}

/// What the object of this name says of a key: its text or number, [`Said::Unknown`] where that is computed or may
/// come from elsewhere.
pub(super) fn said(text: &str, object: &str, key: &str) -> Said {
    let mut scan = Scan { text, at: 0, above: Vec::new() };
    let mut found = Said::Nothing;
    while let Some(token) = scan.next() {
        let said =
            match token {
                Token::Key(name, value) if name == object => {
                    if value.starts_with('{') || scan.is_below_others() { continue } else { Said::Unknown }
                }
                Token::Key(name, value) if name == key => match scan.parent() {
                    Some(parent) if parent == object => literal(value),
                    _ if scan.is_below_others() => continue,
                    // Of a server of another mode.
                    Some(LIST | "server" | "preview" | "devServer" | "test") => continue,
                    _ => Said::Unknown,
                },
                Token::Spread if scan.parent().is_none_or(|parent| parent.is_empty() || parent == object) => {
                    Said::Unknown
                }
                _ => continue,
            };
        // Said twice, it depends.
        found = if found == Said::Nothing { said } else { Said::Unknown };
    }
    found
}

/// `true`, `'0.0.0.0'`, `5173`
fn literal(value: &str) -> Said {
    let end = value.find([',', '}', '\n', '/']).unwrap_or(value.len());
    let value = value.get(..end).unwrap_or("").trim();
    let known = |text: &str| Said::Option(text.to_string(), Span::NONE);
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'));
    if let Some(inner) = quote.and_then(|quote| value.strip_prefix(quote)?.strip_suffix(quote)) {
        return if inner.contains("${") { Said::Unknown } else { known(inner) };
    }
    match value {
        "true" => known("0.0.0.0"),
        _ if !value.is_empty() && value.chars().all(|c| c.is_ascii_digit()) => known(value),
        _ => Said::Unknown,
    }
}

enum Token<'t> {
    /// A key, and all the text from its value on; blank where the key alone says it (`{ host }`).
    Key(&'t str, &'t str),
    /// `...other`
    Spread,
    Other,
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    /// The keys of the objects around, blank for those that have none.
    above: Vec<&'t str>,
}

impl<'t> Scan<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn parent(&self) -> Option<&'t str> {
        self.above.last().copied()
    }

    /// Whether the objects around are settings of something else.
    fn is_below_others(&self) -> bool {
        self.above.iter().any(|name| OTHERS.contains(name) || name.contains('/'))
    }

    fn next(&mut self) -> Option<Token<'t>> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        if rest.starts_with("//") {
            self.at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            self.at += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if rest.starts_with("...") {
            self.at += 3;
            return Some(Token::Spread);
        } else if matches!(first, '"' | '\'' | '`') {
            let end = quoted(rest, first);
            let name = rest.get(1..end.saturating_sub(1)).unwrap_or("");
            self.at += end;
            return Some(self.key(name, true));
        } else if is_name(first) {
            let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            let before = self.text.get(..self.at).unwrap_or("").trim_end();
            self.at += end;
            let name = rest.get(..end).unwrap_or("");
            // `options.host`, and `isDocker ? a : b`
            if before.ends_with('.') && !before.ends_with("...") || before.ends_with('?') {
                return Some(Token::Other);
            }
            return Some(self.key(name, false));
        } else {
            self.at += first.len_utf8();
            match first {
                '{' if self.above.len() < MAX_DEPTH => {
                    let name = self.opened();
                    self.above.push(name);
                }
                '[' if self.above.len() < MAX_DEPTH => self.above.push(LIST),
                '}' | ']' => {
                    self.above.pop();
                }
                _ => {}
            }
        }
        Some(Token::Other)
    }

    /// What stands after a name: `name:`, or `name` alone between commas.
    fn key(&self, name: &'t str, quoted: bool) -> Token<'t> {
        let rest = self.rest().trim_start();
        if let Some(value) = rest.strip_prefix(':') {
            return Token::Key(name, value.trim_start());
        }
        let start = self.at.saturating_sub(name.len());
        let before = self.text.get(..start).unwrap_or("").trim_end();
        let alone = before.ends_with(['{', ',']) && rest.starts_with([',', '}']);
        // A name in `import { host } from …` or of a parameter is no setting.
        match alone && !quoted && !self.above.is_empty() {
            true => Token::Key(name, ""),
            false => Token::Other,
        }
    }

    /// The key of the object that has just been opened.
    fn opened(&self) -> &'t str {
        let before = self.text.get(..self.at.saturating_sub(1)).unwrap_or("").trim_end();
        let Some(before) = before.strip_suffix(':') else { return "" };
        let before = before.trim_end();
        let bare = before.trim_end_matches(['"', '\'', '`']);
        let is_part =
            |c: char| is_name(c) || bare.len() < before.len() && !matches!(c, '"' | '\'' | '`' | '\n');
        bare.rfind(|c| !is_part(c)).map_or(bare, |at| {
            let after = at + bare.get(at..).and_then(|text| text.chars().next()).map_or(1, char::len_utf8);
            bare.get(after..).unwrap_or("")
        })
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Where a text in quotes ends.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' if quote != '`' => return at,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str) -> (Said, Said) {
        (said(text, "server", "host"), said(text, "server", "port"))
    }

    #[test]
    fn what_is_said_is_read() {
        let is = |text: &str| Said::Option(text.to_string(), Span::NONE);
        let (nothing, unknown) = (Said::Nothing, Said::Unknown);
        for (text, host, port) in [
            ("export default { plugins: [react()] }", nothing.clone(), nothing.clone()),
            ("export default { server: { host: true, port: 5173 } }", is("0.0.0.0"), is("5173")),
            (
                "export default {\n  server: {\n    // host: true,\n    port: 3000,\n  },\n}",
                nothing.clone(),
                is("3000"),
            ),
            (
                "export default { server: { proxy: { '/api': { target: 'http://localhost:3000' } } } }",
                nothing.clone(),
                nothing.clone(),
            ),
            (
                "export default { server: { hmr: { host: 'x', port: 1 }, port: 80 } }",
                nothing.clone(),
                is("80"),
            ),
            ("export default { 'server': { \"host\": '::' } }", is("::"), nothing.clone()),
            ("export default { preview: { host: true, port: 4000 } }", nothing.clone(), nothing.clone()),
            (
                "const host = x; export default { server: { host, port: Number(p) } }",
                unknown.clone(),
                unknown.clone(),
            ),
            ("export default { server: options }", unknown.clone(), unknown.clone()),
            ("export default { ...base, plugins: [] }", unknown.clone(), unknown.clone()),
            ("export default { plugins: [...extra] }", nothing.clone(), nothing.clone()),
            (
                "const own = { host: '0.0.0.0' }\nexport default { server: own }",
                unknown.clone(),
                unknown.clone(),
            ),
        ] {
            assert_eq!(both(text), (host, port), "{text}");
        }
    }
}
