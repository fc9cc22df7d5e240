//! Flags of the command line: what the command gives them, and else their defaults.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::made::read;
use crate::programs::reading::{flag, parts, span_of_read};
use crate::programs::{Blank, Expr, Read, ReadExpr};
use crate::source::{Span, Spanned};

/// Chains of more calls are not followed.
const MAX_CHAIN: usize = 24;

/// The calls by which kingpin is told more of a flag, before the last that says its type.
const DESCRIBES: &[&str] = &[
    "Default",
    "Envar",
    "Required",
    "Short",
    "Hidden",
    "PlaceHolder",
    "HintOptions",
    "Action",
    "PreAction",
    "NoEnvar",
    "OverrideDefaultFromEnvar",
    "Help",
    "HintAction",
    "Validator",
    "IsSetByUser",
];

/// The name under which a module keeps a flag, for code that asks for it by its name.
pub(super) fn kept_name(flag: &str) -> String {
    format!("(flag) {flag}")
}

/// What the end of a call's name says of a flag that it makes.
struct Shape {
    /// Whether the first argument is where the value goes.
    into: bool,
    /// Whether a short name follows the name.
    short: bool,
}

/// `String`, `IntVar`, `StringVarP`
fn shape(function: &str) -> Option<Shape> {
    const KINDS: &[&str] = &[
        "String",
        "Int",
        "Int32",
        "Int64",
        "Uint",
        "Uint16",
        "Uint32",
        "Uint64",
        "Bool",
        "Duration",
        "Float64",
        "StringSlice",
        "StringArray",
        "IP",
    ];
    let (rest, short) = match function.strip_suffix('P').filter(|rest| *rest != "I") {
        Some(rest) => (rest, true),
        None => (function, false),
    };
    let (kind, into) = match rest.strip_suffix("Var") {
        Some(kind) => (kind, true),
        None => (rest, false),
    };
    KINDS.contains(&kind).then_some(Shape { into, short })
}

/// Whether a library's name is that of a set of flags, and whether those have two dashes.
fn of_set(package: &str) -> Option<bool> {
    match package {
        "flag" | "flag.NewFlagSet()" | "flag.FlagSet()" | "flag.CommandLine" => Some(false),
        _ if package.starts_with("github.com/spf13/pflag") => Some(true),
        _ if package.starts_with("github.com/spf13/cobra") => {
            let sets = [".Flags()", ".PersistentFlags()", ".LocalFlags()"];
            sets.iter().any(|set| package.ends_with(set)).then_some(true)
        }
        _ => None,
    }
}

impl<'t> Reader<'t> {
    /// Whether the file has flags set from elsewhere than the command: from variables that follow from their names, or
    /// from a file.
    fn sets_flags_otherwise(&self) -> bool {
        const SIGNS: &[&str] = &[
            ".VisitAll(",
            "peterbourgon/ff",
            "/envflag",
            "/flagenv",
            "/iniflags",
            "/autoflags",
            "DefaultEnvars(",
        ];
        let text: &str = &self.file.text;
        SIGNS.iter().any(|sign| text.contains(sign))
    }

    /// A call that makes a flag, or asks for the value of one.
    pub fn flag_call(&mut self, name: &str, node: Node<'t>, arguments: &[Node<'t>]) -> Option<Expr> {
        let (package, function) = name.rsplit_once('.')?;
        let span = self.span(node);
        if name.contains("alecthomas/kingpin.") && name.contains("Flag()") {
            return if DESCRIBES.contains(&function) { None } else { self.kingpin(node) };
        }
        if package.starts_with("github.com/urfave/cli.Context") {
            let asks = matches!(function, "String" | "Int" | "StringSlice" | "Duration" | "Bool");
            return asks.then(|| self.kept(arguments.first().copied(), span)).flatten();
        }
        let two = of_set(package)?;
        if function.starts_with("Get") && two {
            let value = self.kept(arguments.first().copied(), span)?;
            return Some(Expr::List(vec![value, Expr::Null(span)]));
        }
        let made = self.made_flag(function, two, arguments, span)?;
        Some(made.1)
    }

    /// The flag that is asked for by its name.
    fn kept(&mut self, name: Option<Node<'t>>, span: Span) -> Option<Expr> {
        let name = self.literal(name?)?;
        Some(Expr::Own(Spanned::new(kept_name(&name.value), span)))
    }

    /// Where a flag's value goes, if it goes into a variable, and the flag.
    fn made_flag(
        &mut self,
        function: &str,
        two: bool,
        arguments: &[Node<'t>],
        span: Span,
    ) -> Option<(Option<Node<'t>>, Expr)> {
        let Shape { into, short } = shape(function)?;
        if self.sets_flags_otherwise() {
            return None;
        }
        let mut rest = arguments.iter().copied();
        let target = if into { Some(rest.next()?) } else { None };
        let name = self.literal(rest.next()?)?;
        let short = if short { self.literal(rest.next()?) } else { None };
        let default = rest.next()?;
        let default = self.expr(default);
        let mut names = vec![format!("--{}", name.value)];
        if !two {
            names.push(format!("-{}", name.value));
        }
        names.extend(short.filter(|short| !short.value.is_empty()).map(|short| format!("-{}", short.value)));
        let made = flag(names, Some(default), span);
        self.keep_flag(&name.value, &made);
        Some((target, made))
    }

    /// What a flag falls back to may be a variable: it counts only where the command does not give the flag.
    pub fn keep_flag(&mut self, name: &str, made: &Expr) {
        if !self.notes.recording {
            return;
        }
        self.flags.insert(kept_name(name), made.clone());
        let Expr::Flag(told) = made else { return };
        let Some(read) = told.otherwise.as_ref().and_then(span_of_read) else { return };
        for noted in self.notes.module.reads.iter_mut().filter(|noted| noted.span == read) {
            noted.expression = made.clone();
        }
    }

    /// Binds the variable whose address a call hands over to have a flag's value put there.
    pub fn flag_into(&mut self, name: &str, node: Node<'t>) {
        let Some((package, function)) = name.rsplit_once('.') else { return };
        let (arguments, _) = self.arguments(node);
        let span = self.span(node);
        let two = of_set(package);
        let made = match two {
            Some(two) => self.made_flag(function, two, &arguments, span),
            None if name.contains("alecthomas/kingpin.") && function.ends_with("Var") => {
                self.kingpin(node).map(|made| (arguments.first().copied(), made))
            }
            None => None,
        };
        let Some((Some(target), made)) = made else { return };
        let variable = target.child_by_field_name("operand").filter(|_| target.kind() == "unary_expression");
        if let Some(variable) = variable {
            self.assign(variable, made);
        }
    }

    /// `kingpin.Flag("dsn", "…").Default("…").Envar("DSN").String()`
    fn kingpin(&mut self, node: Node<'t>) -> Option<Expr> {
        if self.sets_flags_otherwise() {
            return None;
        }
        let (mut default, mut variable, mut required, mut short) = (None, None, false, None);
        let mut at = node;
        for _ in 0..MAX_CHAIN {
            let function = at.child_by_field_name("function")?;
            let field = self.child(function, "field");
            let first = self.arguments(at).0.first().copied();
            match field {
                "Default" => default = first.map(|value| self.expr(value)),
                "Envar" => variable = first.and_then(|name| self.literal(name)),
                "Required" => required = true,
                "Short" => short = first.map(|name| self.text(name).trim_matches('\'').to_string()),
                "Flag" => {
                    let name = self.literal(first?)?;
                    let mut names = vec![format!("--{}", name.value)];
                    names.extend(short.map(|short| format!("-{short}")));
                    let span = self.span(node);
                    let otherwise = match variable {
                        Some(variable) => Some(self.behind(variable, default, required, names.clone(), span)),
                        None => default,
                    };
                    let made = flag(names, otherwise, span);
                    self.keep_flag(&name.value, &made);
                    return Some(made);
                }
                _ => {}
            }
            at = function.child_by_field_name("operand")?;
        }
        None
    }

    /// The variable behind a flag.
    fn behind(
        &mut self,
        name: Spanned<String>,
        default: Option<Expr>,
        required: bool,
        flags: Vec<String>,
        span: Span,
    ) -> Expr {
        let required = required && default.is_none();
        let value = match read(Expr::Text(name.clone()), default, required, span) {
            Expr::Read(read) => Expr::Read(Box::new(ReadExpr { blank: Blank::Unset, ..*read })),
            other => other,
        };
        let expression = flag(flags, Some(value.clone()), span);
        self.note_read(Read { name, expression, required, held: None, span });
        value
    }

    /// The flags by which libraries fill a field that has such tags: kong, go-flags, go-arg.
    pub fn flags_of_tag(&self, name: &str, tag: &str) -> Vec<String> {
        let value = |key: &str| super::tags::value_of(tag, key).filter(|value| !value.is_empty());
        let mut names: Vec<String> = Vec::new();
        if self.uses("jessevdk/go-flags") {
            names.extend(value("long").map(|name| format!("--{name}")));
        } else if self.uses("alecthomas/kong") {
            let named = value("name").map_or_else(|| kebab(name), str::to_string);
            names.push(format!("--{named}"));
        } else if self.uses("alexflint/go-arg") {
            let told = value("arg").unwrap_or("");
            let said = told.split(',').map(str::trim).filter(|part| part.starts_with('-'));
            names.extend(said.map(str::to_string));
            if !names.iter().any(|name| name.starts_with("--")) {
                names.push(format!("--{}", name.to_lowercase()));
            }
        }
        if !names.is_empty() {
            names.extend(value("short").map(|short| format!("-{short}")));
        }
        names
    }

    /// Notes the flag of urfave/cli that a literal describes, for code that asks for it by its name.
    pub fn cli_flag(&mut self, body: Node<'t>, otherwise: Option<Expr>, span: Span) -> Option<Expr> {
        let mut name = None;
        let mut into = None;
        for pair in parts(body) {
            let (Some(key), Some(value)) =
                (pair.child_by_field_name("key"), pair.child_by_field_name("value"))
            else {
                continue;
            };
            let inner = parts(value).first().copied().unwrap_or(value);
            match self.text(key) {
                "Name" => name = self.literal(inner),
                "Destination" if inner.kind() == "unary_expression" => {
                    into = inner.child_by_field_name("operand");
                }
                _ => {}
            }
        }
        let name = name?;
        let made = flag(vec![format!("--{}", name.value), format!("-{}", name.value)], otherwise, span);
        self.keep_flag(&name.value, &made);
        if let Some(into) = into {
            self.assign(into, made.clone());
        }
        Some(made)
    }
}

/// `DatabaseURL` as `database-url`.
fn kebab(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| chars.get(before));
        let after = chars.get(at + 1);
        let starts = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_uppercase() && after.is_some_and(|after| after.is_lowercase())
            });
        if starts {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_flags() {
        assert_eq!(["DSN", "DatabaseURL", "redisAddr"].map(kebab), ["dsn", "database-url", "redis-addr"]);
        assert!(shape("StringVarP").is_some_and(|shape| shape.into && shape.short));
        assert!(shape("IP").is_some_and(|shape| !shape.short));
        assert!(shape("Parse").is_none());
    }
}
