//! nginx: `nginx.conf`, the files it includes, and the templates that its image fills in.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::nginx_headers::{self, Headers};
use super::nginx_hosts;
use super::roots::Roots;
use super::{Config, MAX_DIRECTIVES, below, concat, cut, named};
use crate::programs::{Expr, FrontEnd, Module, Scope, has_extension};
use crate::source::{SourceFile, Spanned};

/// Folders of nginx' configuration whose files it reads by itself, or by the settings that its packages bring.
const FOLDERS: [&str; 12] = [
    "conf.d",
    "templates",
    "sites-enabled",
    "http.d",
    "stream.d",
    "streams-enabled",
    "stream-conf.d",
    "server_blocks",
    "vhosts",
    "conf",
    "snippets",
    "includes",
];

/// Files to include that nginx and its packages bring, none of which says where to listen.
const OWN: [&str; 8] = [
    "fastcgi_params",
    "fastcgi.conf",
    "fastcgi-php.conf",
    "uwsgi_params",
    "scgi_params",
    "mime.types",
    "proxy_params",
    "options-ssl-nginx.conf",
];

/// nginx and OpenResty.
pub struct Nginx;

impl FrontEnd for Nginx {
    fn name(&self) -> &'static str {
        "nginx"
    }

    fn claims(&self, path: &Path) -> bool {
        has_extension(path, &["conf", "template", "tmpl", "tpl"]) && named(path, "nginx")
    }

    fn is_source(&self) -> bool {
        false
    }

    fn reads_at(&self, place: &Path) -> bool {
        let roots = [
            "/etc/nginx",
            "/usr/local/openresty/nginx/conf",
            "/opt/bitnami/nginx/conf",
            "/bitnami/nginx/conf",
            "/usr/local/nginx/conf",
        ];
        let sites = below(place, &["/etc/nginx/sites-enabled"]);
        // What lies there is loaded by a link from the folder of those that are enabled.
        let aside = below(place, &["/etc/nginx/sites-available"]);
        // What else lies below is another program's, or is taken in by one of these.
        let folder = roots.iter().find_map(|root| place.strip_prefix(root).ok()).map(Path::iter);
        let known = folder.is_some_and(|mut parts| match (parts.next(), parts.next()) {
            (Some(_), None) => true,
            (Some(folder), Some(_)) => folder.to_str().is_some_and(|folder| FOLDERS.contains(&folder)),
            _ => false,
        });
        known && !aside && (sites || has_extension(place, &["conf", "template"]))
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, text: &str) -> bool {
        ["_pass", "upstream", "listen", "include", "root"].iter().any(|word| text.contains(word))
    }

    fn imports(&self, _text: &str) -> Vec<String> {
        Vec::new()
    }

    fn candidates(&self, _scope: &Scope, _importer: &Path, _module: &str) -> Vec<PathBuf> {
        Vec::new()
    }

    fn read(&self, file: &SourceFile) -> Module {
        let template = file.path.to_str().is_some_and(|path| {
            let path = path.to_ascii_lowercase();
            [".template", ".tmpl", ".tpl", "/templates/"].iter().any(|word| path.contains(word))
        });
        let mut reader = Reader {
            config: Config::new(file),
            template,
            names: HashMap::new(),
            blocks: Vec::new(),
            listening: Vec::new(),
            mapped: None,
            members: Vec::new(),
            spoken: HashMap::new(),
            roots: Roots::default(),
            headers: Headers::default(),
        };
        reader.run();
        let members = reader.members.clone();
        reader.speak();
        reader.roots.finish(&mut reader.config.notes.module, &members);
        reader.headers.finish(&mut reader.config.notes.module, &members);
        let mut module = reader.config.finish();
        nginx_headers::note_upgrades(&file.text, &mut module);
        if !template && nginx_hosts::answers_nobody_else(&file.text) {
            module.names.insert(Module::FOR_LOCALHOST.to_string(), Expr::Null(crate::source::Span::NONE));
        }
        if !template
            && lacks_events(&file.text)
            && let Some(Expr::Opaque(http)) = module.names.get(&block("http")).cloned()
        {
            module.names.insert(EVENTLESS.to_string(), Expr::Opaque(http));
        }
        module
    }
}

/// The name under which a module has the place of its `http` where it has no `events`.
const EVENTLESS: &str = "http without events";

/// Whether a whole configuration has no `events`, and takes in no file outside of `http` that may have it.
fn lacks_events(text: &str) -> bool {
    let before = text.split("http").next().unwrap_or("");
    !text.contains("events")
        && !before.contains("include")
        && text.matches("http {").count() + text.matches("http{").count() == 1
}

/// The name under which a module has a block that stands in no other.
fn block(name: &str) -> String {
    format!("{name} {{")
}

/// What nginx says of a file of its own image at this place and stops with: blocks that do not belong there, and where
/// those stand.
#[must_use]
pub fn misplaced(module: &Module, place: &Path) -> Option<Spanned<String>> {
    let stands = |name: &str| match module.names.get(&block(name)) {
        Some(Expr::Opaque(span)) => Some(*span),
        _ => None,
    };
    let disallowed =
        |name: &str| Some(Spanned::new(format!("\"{name}\" directive is not allowed here"), stands(name)?));
    if place == Path::new("/etc/nginx/nginx.conf") {
        let whole = stands("http").is_some() || stands("stream").is_some() || stands("events").is_some();
        if let Some(Expr::Opaque(http)) = module.names.get(EVENTLESS) {
            return Some(Spanned::new("no \"events\" section in configuration".to_string(), *http));
        }
        return if whole { None } else { disallowed("server").or_else(|| disallowed("upstream")) };
    }
    let taken_in = below(place, &["/etc/nginx/conf.d", "/etc/nginx/templates"]);
    if taken_in { disallowed("events").or_else(|| disallowed("http")) } else { None }
}

/// Whether a file of a container is one of those that `include` names, as its last component with `*` may.
#[must_use]
pub fn includes(pattern: &str, place: &Path) -> bool {
    let pattern = Path::new("/etc/nginx").join(pattern);
    let (Some(wanted), Some(name)) = (pattern.file_name(), place.file_name()) else { return false };
    let (Some(wanted), Some(name)) = (wanted.to_str(), name.to_str()) else { return false };
    let fits = match wanted.split_once('*') {
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
        None => wanted == name,
    };
    fits && pattern.parent() == place.parent()
}

struct Reader<'f> {
    config: Config<'f>,
    /// Whether variables of the environment are filled in.
    template: bool,
    /// What `set` gave to nginx' own variables.
    names: HashMap<String, Expr>,
    /// The first words of the blocks around.
    blocks: Vec<String>,
    /// Of each of them, whether it says where to listen.
    listening: Vec<bool>,
    /// The variable that the `map` gives that is being read.
    mapped: Option<String>,
    /// The groups of servers and which of the sinks are theirs.
    members: Vec<(String, usize)>,
    /// What is spoken with the groups that are no web servers, as a scheme.
    spoken: HashMap<String, &'static str>,
    /// What its blocks say of files.
    roots: Roots,
    /// What its blocks say of headers.
    headers: Headers,
}

impl Reader<'_> {
    fn run(&mut self) {
        let mut words: Vec<Spanned<String>> = Vec::new();
        let mut directives = 0;
        let text = self.config.file.text.clone();
        let mut at = 0;
        while let Some((start, end, token)) = next(&text, at) {
            at = end;
            match token {
                Token::Word(from, to) => words.push(self.config.text(from, to)),
                Token::End => {
                    self.comment(&words);
                    self.roots.directive(&words);
                    let before = self.config.notes.module.sinks.len();
                    self.directive(&words);
                    let made = self.config.notes.module.sinks.len() > before;
                    self.headers.directive(&words, &self.blocks, made.then_some(before));
                    words.clear();
                }
                Token::Open => {
                    self.opened(&words);
                    self.roots.open(&words);
                    self.headers.open();
                    let name = words.first().map_or_else(String::new, |word| word.value.clone());
                    if self.blocks.is_empty() && !name.is_empty() {
                        let place =
                            words.first().map_or(self.config.file.slice(start, end), |word| word.span);
                        self.config.notes.module.names.entry(block(&name)).or_insert(Expr::Opaque(place));
                    }
                    if name == "upstream"
                        && let Some(group) = words.get(1)
                    {
                        self.config.notes.module.groups.push(group.value.clone());
                    }
                    // `map $from $to { … }`
                    self.mapped =
                        words.get(2).filter(|_| name == "map").map(|to| name_of(&to.value).to_string());
                    if self.blocks.len() < 64 {
                        self.blocks.push(name);
                        self.listening.push(false);
                    }
                    words.clear();
                }
                Token::Close => {
                    self.mapped = None;
                    self.unfinished(&words);
                    self.roots.close();
                    self.headers.close();
                    let (block, said) = (self.blocks.pop(), self.listening.pop());
                    // A server that says nothing listens on port 80, one that only takes in other files may say it there;
                    // those that nginx brings itself do not.
                    let own = |file: &Spanned<String>| {
                        OWN.contains(&file.value.rsplit('/').next().unwrap_or_default())
                    };
                    let silent = said == Some(false) && self.config.notes.module.imports.iter().all(own);
                    if block.as_deref() == Some("server") && silent {
                        self.config
                            .notes
                            .module
                            .listens
                            .push(Spanned::new(80, self.config.file.slice(start, end)));
                    }
                    words.clear();
                }
            }
            directives += 1;
            if directives > MAX_DIRECTIVES || start > end {
                return;
            }
        }
    }

    /// Notes what nginx says of a word, and stops with.
    fn refuse(&mut self, word: &Spanned<String>, says: String) {
        // Code in Lua has a syntax of its own, and templates are filled in first.
        let others = ["lua", "{{", "<%"].iter().any(|word| self.config.file.text.contains(word));
        if self.config.notes.module.refused.is_empty() && !others {
            self.config.notes.module.refused.push(Spanned::new(says, word.span));
        }
    }

    /// Comments of other languages: `/* … */`, `// …`.
    fn comment(&mut self, words: &[Spanned<String>]) -> bool {
        let comment = |word: &&Spanned<String>| {
            matches!(word.value.as_str(), "//" | "/*" | "/**")
                && !self.blocks.iter().any(|block| block == "map")
        };
        let Some(word) = words.first().filter(comment) else { return false };
        self.refuse(word, format!("unknown directive \"{}\"", word.value));
        true
    }

    /// A block that none is: the directive before it lacks its semicolon.
    fn opened(&mut self, words: &[Spanned<String>]) {
        const DIRECTIVES: [&str; 12] = [
            "listen",
            "server_name",
            "root",
            "index",
            "proxy_pass",
            "proxy_set_header",
            "proxy_http_version",
            "access_log",
            "error_log",
            "include",
            "fastcgi_pass",
            "try_files",
        ];
        let Some(first) = words.first().filter(|_| !self.comment(words)) else { return };
        if DIRECTIVES.contains(&first.value.as_str()) {
            self.refuse(first, format!("directive \"{}\" has no opening \"{{\"", first.value));
        }
    }

    /// A block that ends within a directive.
    fn unfinished(&mut self, words: &[Spanned<String>]) {
        let Some(first) = words.first().filter(|_| !self.comment(words)) else { return };
        let plain = |c: char| c.is_ascii_lowercase() || c == '_';
        if words.len() > 1 && !first.value.is_empty() && first.value.chars().all(plain) {
            self.refuse(first, "unexpected \"}\"".to_string());
        }
    }

    fn directive(&mut self, words: &[Spanned<String>]) {
        let [name, value, ..] = words else { return };
        if let Some(variable) = self.mapped.clone() {
            // What it is unless a request says otherwise.
            if name.value == "default" && self.names.len() < 1_000 {
                let value = self.value(value);
                self.names.insert(variable, value);
            }
            return;
        }
        let scheme = match name.value.as_str() {
            "proxy_pass" => "",
            "grpc_pass" => "grpc://",
            "fastcgi_pass" => "fastcgi://",
            "uwsgi_pass" => "uwsgi://",
            "scgi_pass" => "scgi://",
            "memcached_pass" => "memcached://",
            "server" if self.blocks.last().is_some_and(|block| block == "upstream") => "",
            "listen" => {
                if let Some(last) = self.listening.last_mut() {
                    *last = true;
                }
                // A port that a variable gives is one that is not known here.
                if value.value.contains('$') {
                    self.config.notes.module.serves.push(Expr::Opaque(value.span));
                }
                return self.config.listens(value);
            }
            "include" => return self.config.notes.module.imports.push(value.clone()),
            "set" => {
                if let Some(value) = words.get(2) {
                    let variable = name_of(words.get(1).map_or("", |word| &word.value));
                    let value = self.value(value);
                    if self.names.len() < 1_000 {
                        self.names.insert(variable.to_string(), value);
                    }
                }
                return;
            }
            _ => return,
        };
        let before = self.config.notes.module.sinks.len();
        if name.value == "server" {
            let group = self.config.notes.module.groups.last().cloned().unwrap_or_default();
            self.members.push((group, before));
        } else if !scheme.is_empty() {
            self.spoken.insert(value.value.clone(), scheme);
        }
        let target = self.value(value);
        let has_scheme = value.value.contains("://");
        let target = match scheme {
            "" => target,
            _ if has_scheme => target,
            scheme => {
                Expr::Concat(vec![Expr::Text(Spanned::new(scheme.to_string(), name.span.end())), target])
            }
        };
        self.config.upstream_with(name, target, words.get(2..).unwrap_or_default());
    }

    /// Gives the servers of groups what `fastcgi_pass` and its kin speak with the group.
    fn speak(&mut self) {
        for (group, at) in std::mem::take(&mut self.members).into_iter().take(MAX_DIRECTIVES) {
            let Some(scheme) = self.spoken.get(&group) else { continue };
            let Some(sink) = self.config.notes.module.sinks.get_mut(at) else { continue };
            let scheme = Expr::Text(Spanned::new((*scheme).to_string(), sink.callee.span.end()));
            sink.target = Expr::Concat(vec![scheme, sink.target.clone()]);
        }
    }

    /// A value with what its variables stand for.
    fn value(&mut self, word: &Spanned<String>) -> Expr {
        let text = &word.value;
        let cut = |from: usize, to: usize| cut(word, from, to);
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(found) = text.get(at..).and_then(|rest| rest.find('$')).map(|found| at + found) {
            if found > at {
                pieces.push(Expr::Text(cut(at, found)));
            }
            let rest = text.get(found + 1..).unwrap_or("");
            let braced = rest.starts_with('{');
            let inside = rest.get(usize::from(braced)..).unwrap_or("");
            let length =
                inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
            let from = found + 1 + usize::from(braced);
            let end = from + length + usize::from(braced);
            let name = cut(from, from + length);
            let whole = cut(found, end.min(text.len()));
            at = end.max(found + 1).min(text.len());
            let environment = self.template && name.value.chars().any(|c| c.is_ascii_uppercase());
            pieces.push(match self.names.get(&name.value) {
                Some(value) => value.clone(),
                None if environment => self.config.read(name, None, whole.span),
                None => Expr::Opaque(whole.span),
            });
        }
        if at < text.len() || pieces.is_empty() {
            pieces.push(Expr::Text(cut(at, text.len())));
        }
        concat(pieces)
    }
}

fn name_of(word: &str) -> &str {
    word.trim_start_matches('$').trim_start_matches('{').trim_end_matches('}')
}

enum Token {
    /// From here to there, without quotes.
    Word(usize, usize),
    /// `;`
    End,
    /// `{`
    Open,
    /// `}`
    Close,
}

/// The token at or after `at`, with where it starts and ends.
fn next(text: &str, mut at: usize) -> Option<(usize, usize, Token)> {
    loop {
        let rest = text.get(at..)?;
        let first = rest.chars().next()?;
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        if first == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let one = |token| Some((at, at + 1, token));
        match first {
            ';' => return one(Token::End),
            '{' => return one(Token::Open),
            '}' => return one(Token::Close),
            '"' | '\'' => {
                let inside = rest.get(1..)?;
                let mut escaped = false;
                let ends = |c: char| {
                    let here = c == first && !escaped;
                    escaped = c == '\\' && !escaped;
                    here
                };
                let end = inside.find(ends).unwrap_or(inside.len());
                let close = (at + end + 2).min(text.len());
                return Some((at, close, Token::Word(at + 1, at + 1 + end)));
            }
            _ => {
                // `${NAME}` is part of a word, though braces are not.
                let mut length = 0;
                let mut braced = false;
                for character in rest.chars() {
                    match character {
                        '{' if rest.get(..length).is_some_and(|word| word.ends_with('$')) => braced = true,
                        '}' if braced => braced = false,
                        ';' | '{' | '}' => break,
                        c if c.is_whitespace() => break,
                        _ => {}
                    }
                    length += character.len_utf8();
                }
                return Some((at, at + length, Token::Word(at, at + length)));
            }
        }
    }
}
