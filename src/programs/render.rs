//! Expressions as people read them: in expectations of tests and in debugging output.

use std::fmt::{self, Display, Formatter, Write as _};

use super::{Blank, Condition, Expr, Method, ReadExpr, UrlParts};

/// Longer renderings are cut.
const MAX_LENGTH: usize = 2_000;

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut page = Page { text: String::new() };
        page.expr(self);
        f.write_str(&page.text)
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut page = Page { text: String::new() };
        page.condition(self);
        f.write_str(&page.text)
    }
}

struct Page {
    text: String,
}

impl Page {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn full(&self) -> bool {
        self.text.len() > MAX_LENGTH
    }

    fn quoted(&mut self, text: &str) {
        let _ = write!(self.text, "{text:?}");
    }

    fn list(&mut self, items: &[Expr], between: &str) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.put(between);
            }
            self.expr(item);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if self.full() {
            if !self.text.ends_with('…') {
                self.put("…");
            }
            return;
        }
        match expr {
            Expr::Text(text) => self.quoted(&text.value),
            Expr::Number(text) => self.put(&text.value),
            Expr::Bool(value, _) => self.put(if *value { "true" } else { "false" }),
            Expr::Null(_) => self.put("null"),
            Expr::Read(read) => self.read(read),
            Expr::Setting(read) => {
                self.put("setting ");
                match read.name.peel() {
                    Expr::Text(name) => self.put(&name.value),
                    name => self.expr(name),
                }
                if let Some(value) = &read.default {
                    self.put(" = ");
                    self.expr(value);
                }
            }
            Expr::Flag(flag) => {
                self.put("flag ");
                self.put(&flag.names.join("|"));
                if let Some(otherwise) = &flag.otherwise {
                    self.put(" - ");
                    self.expr(otherwise);
                }
            }
            Expr::Lookup(setting) => {
                self.put(if setting.required { "setting! " } else { "setting " });
                self.expr(&setting.key);
                if let Some(default) = &setting.default {
                    self.put(" - ");
                    self.expr(default);
                }
            }
            Expr::Concat(parts) => self.group("", parts, " + "),
            Expr::FirstNonEmpty(parts) => self.group("", parts, " or "),
            Expr::FirstSet(parts) => self.group("", parts, " ?? "),
            Expr::Method(receiver, method) => self.method(receiver, method),
            Expr::If(branch) => {
                self.put("(if ");
                self.condition(&branch.condition);
                self.put(" then ");
                self.expr(&branch.then);
                self.put(" else ");
                self.expr(&branch.otherwise);
                self.put(")");
            }
            Expr::Test(condition, _) => self.condition(condition),
            Expr::List(items) => {
                self.put("[");
                self.list(items, ", ");
                self.put("]");
            }
            Expr::Record(fields) => {
                self.put("{");
                for (at, (name, value)) in fields.iter().enumerate() {
                    self.put(if at > 0 { ", " } else { "" });
                    self.put(&name.value);
                    self.put(": ");
                    self.expr(value);
                }
                self.put("}");
            }
            Expr::Merge(parts) => self.group("merge", parts, ", "),
            Expr::Member(value, name) => {
                self.expr(value);
                self.put(".");
                self.put(&name.value);
            }
            Expr::Item(value, key, missing) => {
                self.expr(value);
                self.put("[");
                self.expr(key);
                self.put("]");
                if let Some(missing) = missing {
                    self.put(" ?? ");
                    self.expr(missing);
                }
            }
            Expr::Own(name) => self.put(&name.value),
            Expr::Imported { module, name, .. } => {
                let _ = write!(self.text, "<{module}>{}{name}", if name.is_empty() { "" } else { "." });
            }
            Expr::Library(name) => {
                let _ = write!(self.text, "<{}>", name.value);
            }
            Expr::LibraryDefault(text) => {
                let _ = write!(self.text, "default({:?})", text.value);
            }
            Expr::Url(parts, _) => self.parts("url", parts),
            Expr::Function(function) => self.put(&function.name),
            Expr::Call(call) => {
                match call.callee.peel() {
                    Expr::Function(function) => self.put(&function.name),
                    callee => self.expr(callee),
                }
                self.put("(");
                for (at, (name, value)) in call.arguments.iter().enumerate() {
                    self.put(if at > 0 { ", " } else { "" });
                    if let Some(name) = name {
                        self.put(name);
                        self.put("=");
                    }
                    self.expr(value);
                }
                self.put(")");
                if let Expr::Function(function) = call.callee.peel()
                    && !function.class
                {
                    self.put("→");
                    self.expr(&function.body);
                }
            }
            Expr::Argument(argument) => {
                let _ = write!(self.text, "{}({})", argument.function, argument.at);
            }
            Expr::Parameter(name) => {
                self.put("$");
                self.put(name);
            }
            Expr::Shared(shared) => self.expr(shared.expr()),
            Expr::Opaque(_) => self.put("?"),
        }
    }

    fn group(&mut self, name: &str, parts: &[Expr], between: &str) {
        self.put(name);
        self.put("(");
        self.list(parts, between);
        self.put(")");
    }

    fn read(&mut self, read: &ReadExpr) {
        self.put(if read.required { "env! " } else { "env " });
        match read.name.peel() {
            Expr::Text(name) => self.put(&name.value),
            name => self.expr(name),
        }
        for alias in &read.aliases {
            self.put("|");
            self.put(alias);
        }
        if read.ignore_case {
            self.put("~");
        }
        if let Some(default) = &read.default {
            self.put(if read.blank == Blank::Unset { " :- " } else { " - " });
            self.expr(default);
        }
    }

    fn method(&mut self, receiver: &Expr, method: &Method) {
        self.expr(receiver);
        let text = |text: &Option<String>| text.as_ref().map(|text| format!("{text:?}")).unwrap_or_default();
        let rendered = match method {
            Method::Replace { from, to, count } => {
                self.put(".replace(");
                self.expr(from);
                self.put(", ");
                self.expr(to);
                count.map_or(")".to_string(), |count| format!(", {count})"))
            }
            Method::Strip(names) => format!(".strip({})", text(names)),
            Method::StripStart(names) => format!(".lstrip({})", text(names)),
            Method::StripEnd(names) => format!(".rstrip({})", text(names)),
            Method::RemovePrefix(prefix) => format!(".removeprefix({prefix:?})"),
            Method::RemoveSuffix(suffix) => format!(".removesuffix({suffix:?})"),
            Method::Split(separator, limit) => format!(".split({}{})", text(separator), many(*limit)),
            Method::SplitEnd(separator, limit) => format!(".rsplit({}{})", text(separator), many(*limit)),
            Method::Join(separator) => {
                self.put(".join(");
                self.expr(separator);
                ")".to_string()
            }
            Method::Index(index) => format!("[{index}]"),
            Method::Slice(from, to) => {
                let end = |end: &Option<i64>| end.map(|end| end.to_string()).unwrap_or_default();
                format!("[{}:{}]", end(from), end(to))
            }
            Method::Addresses => ".addresses".to_string(),
            Method::OnlyText => ".only_text".to_string(),
            Method::Nested(nested) => format!(".nested({})", nested.prefix),
            Method::Named => ".named".to_string(),
            Method::Lower => ".lower".to_string(),
            Method::Upper => ".upper".to_string(),
            Method::Text => ".text".to_string(),
            Method::Number => ".number".to_string(),
            Method::Flag => ".flag".to_string(),
            Method::Literal => ".literal".to_string(),
            Method::Quote => ".quote".to_string(),
            Method::SetUrlParts(parts) => {
                self.parts(".set", parts);
                String::new()
            }
            Method::UrlPart(part) => format!(".url.{part:?}").to_lowercase(),
        };
        self.put(&rendered);
    }

    fn parts(&mut self, name: &str, parts: &UrlParts) {
        self.put(name);
        self.put("(");
        let all = [
            ("scheme", &parts.scheme),
            ("user", &parts.user),
            ("password", &parts.password),
            ("host", &parts.host),
            ("port", &parts.port),
            ("database", &parts.database),
        ];
        let given = all.into_iter().filter_map(|(name, part)| Some((name, part.as_ref()?)));
        for (at, (name, part)) in given.enumerate() {
            self.put(if at > 0 { ", " } else { "" });
            self.put(name);
            self.put("=");
            self.expr(part);
        }
        self.put(")");
    }

    fn condition(&mut self, condition: &Condition) {
        let mut two = |a: &Expr, word: &str, b: &Expr| {
            self.expr(a);
            self.put(word);
            self.expr(b);
        };
        match condition {
            Condition::Truthy(value) => self.expr(value),
            Condition::IsSet(value) => {
                self.put("set ");
                self.expr(value);
            }
            Condition::Equals(a, b) => two(a, " == ", b),
            Condition::StartsWith(a, b) => two(a, " starts with ", b),
            Condition::EndsWith(a, b) => two(a, " ends with ", b),
            Condition::Contains(a, b) => two(a, " contains ", b),
            Condition::OneOf(value, among) => {
                self.expr(value);
                self.group(" in ", among, ", ");
            }
            Condition::InEnvironment(name) => {
                self.expr(name);
                self.put(" in environment");
            }
            Condition::Possibly(inner) => {
                self.put("possibly ");
                self.condition(inner);
            }
            Condition::Not(inner) => {
                self.put("not ");
                self.condition(inner);
            }
            Condition::All(all) => self.conditions(all, " and ", "true"),
            Condition::Any(any) => self.conditions(any, " or ", "false"),
            Condition::Opaque => self.put("?"),
        }
    }

    fn conditions(&mut self, all: &[Condition], between: &str, none: &str) {
        if all.is_empty() {
            return self.put(none);
        }
        self.put("(");
        for (at, one) in all.iter().enumerate() {
            if at > 0 {
                self.put(between);
            }
            if self.full() {
                break;
            }
            self.condition(one);
        }
        self.put(")");
    }
}

fn many(limit: Option<usize>) -> String {
    limit.map(|limit| format!(", {limit}")).unwrap_or_default()
}
