//! `$NAME` and `${NAME…}`.

use std::rc::Rc;

use tree_sitter::Node;

use super::reader::{Reader, Unit};
use super::words::literal;
use crate::programs::reading::parts;
use crate::programs::{Blank, Condition, Expr, IfExpr, Method, ReadExpr};
use crate::source::{Span, Spanned};

/// Variables that the shell itself sets.
const OWN: &[&str] = &[
    "BASH",
    "BASHPID",
    "BASH_SOURCE",
    "BASH_VERSION",
    "DIRSTACK",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HOSTTYPE",
    "IFS",
    "LINENO",
    "MACHTYPE",
    "OPTARG",
    "OPTIND",
    "OSTYPE",
    "PIPESTATUS",
    "PPID",
    "RANDOM",
    "REPLY",
    "SECONDS",
    "UID",
    "_",
];

/// The operators of `${NAME…}`, longer ones first.
const OPERATORS: &[&str] = &[
    ":-", ":=", ":?", ":+", "-", "=", "?", "+", "##", "#", "%%", "%", "//", "/", "^^", "^", ",,", ",", ":",
    "@", "[",
];

impl Reader<'_> {
    /// An expansion of a parameter.
    pub(super) fn parameter(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Expr {
        let span = unit.span(node);
        let first = parts(node).into_iter().find(|part| part.kind().ends_with("variable_name"));
        let Some(name_node) = first else { return Expr::Opaque(span) };
        let name = Spanned::new(unit.str(name_node).to_string(), unit.span(name_node));
        if node.kind() == "simple_expansion" {
            return self.get(&name, None, span);
        }
        // `${#NAME}` and `${!NAME}` have their operator in front.
        if name_node.start_byte() != node.start_byte() + 2 {
            self.get(&name, None, span);
            return Expr::Opaque(span);
        }
        let (from, to) = (name_node.end_byte(), node.end_byte().saturating_sub(1));
        let text = unit.body.as_str().get(from..to).unwrap_or("");
        let Some(operator) = OPERATORS.iter().find(|operator| text.starts_with(**operator)) else {
            return self.get(&name, None, span);
        };
        let operand = from + operator.len()..to;
        match *operator {
            ":-" | ":=" | "-" | "=" | ":+" | "+" => {
                let word = self.mixed(unit, node, operand);
                self.with_word(&name, operator, word, span)
            }
            ":?" | "?" => self.required(&name, *operator == ":?", span),
            _ => {
                let value = self.get(&name, None, span);
                let plain = match literal(unit, operand) {
                    Expr::Text(text) if parts(node).len() <= 3 && !text.value.contains('$') => text.value,
                    _ => return Expr::Opaque(span),
                };
                match method(operator, &plain) {
                    Some(methods) => methods
                        .into_iter()
                        .fold(value, |value, method| Expr::Method(Box::new(value), Box::new(method))),
                    None => Expr::Opaque(span),
                }
            }
        }
    }

    fn with_word(&mut self, name: &Spanned<String>, operator: &str, word: Expr, span: Span) -> Expr {
        let blank = if operator.starts_with(':') { Blank::Unset } else { Blank::Kept };
        if operator.ends_with('+') {
            let value = self.get(name, None, span);
            let condition = match blank {
                Blank::Unset => Condition::Truthy(value),
                Blank::Kept => Condition::IsSet(value),
            };
            let otherwise = Expr::Text(Spanned::new(String::new(), span.start()));
            return Expr::If(Box::new(IfExpr { condition, then: word, otherwise, span }));
        }
        let value = self.get(name, Some((word, blank)), span);
        if operator.ends_with('=') {
            let value = value.clone().share();
            self.assign(name, value.clone());
            return value;
        }
        value
    }

    /// `${NAME:?message}`
    fn required(&mut self, name: &Spanned<String>, filled: bool, span: Span) -> Expr {
        let blank = if filled { Blank::Unset } else { Blank::Kept };
        self.mention(&name.value);
        match self.special(&name.value, span) {
            Some(value) => {
                let not = |condition| Condition::Not(Box::new(condition));
                self.require(&not(Condition::Truthy(value.clone())));
                value
            }
            None => self.read(name, ReadExpr { required: true, blank, ..read_of(name, span) }),
        }
    }

    /// The value of a parameter, or the word that stands for it.
    fn get(&mut self, name: &Spanned<String>, word: Option<(Expr, Blank)>, span: Span) -> Expr {
        self.mention(&name.value);
        match (self.special(&name.value, span), word) {
            (Some(value), None) => value,
            (Some(value), Some((word, Blank::Unset))) => Expr::FirstNonEmpty(vec![value, word]),
            (Some(value), Some((word, Blank::Kept))) => Expr::FirstSet(vec![value, word]),
            (None, word) => {
                let required = word.is_none() && self.nounset;
                let (default, blank) = match word {
                    Some((word, blank)) => (Some(word), blank),
                    None => (None, Blank::Kept),
                };
                self.read(name, ReadExpr { default, blank, required, ..read_of(name, span) })
            }
        }
    }

    fn read(&mut self, name: &Spanned<String>, read: ReadExpr) -> Expr {
        self.note_read(name.clone(), &read);
        Expr::Read(Box::new(read)).share()
    }

    /// What stands for a parameter that is no variable of the environment.
    fn special(&mut self, name: &str, span: Span) -> Option<Expr> {
        if let Ok(number) = name.parse::<usize>() {
            let arguments = self.arguments.last().and_then(Option::as_ref);
            return Some(match (arguments, number.checked_sub(1)) {
                (Some(arguments), Some(index)) => arguments.get(index).cloned().unwrap_or(Expr::Null(span)),
                _ => Expr::Opaque(span),
            });
        }
        let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !named || OWN.contains(&name) {
            return Some(Expr::Opaque(span));
        }
        self.bound(name)
    }
}

fn read_of(name: &Spanned<String>, span: Span) -> ReadExpr {
    ReadExpr {
        name: Expr::Text(name.clone()),
        aliases: Vec::new(),
        ignore_case: false,
        default: None,
        blank: Blank::Kept,
        required: false,
        span,
    }
}

/// What an operator with this pattern does, where the pattern is plain but for one star at the end that matters.
fn method(operator: &str, pattern: &str) -> Option<Vec<Method>> {
    let wild = |text: &str| text.contains(['*', '?', '[']) || text.is_empty();
    let one = |method| Some(vec![method]);
    match operator {
        ",," => one(Method::Lower),
        "^^" => one(Method::Upper),
        "#" if !wild(pattern) => one(Method::RemovePrefix(pattern.to_string())),
        "%" if !wild(pattern) => one(Method::RemoveSuffix(pattern.to_string())),
        "/" | "//" => {
            let (from, to) = pattern.split_once('/').unwrap_or((pattern, ""));
            let text = |text: &str| Expr::Text(Spanned::new(text.to_string(), Span::NONE));
            let count = (operator == "/").then_some(1);
            (!wild(from)).then(|| vec![Method::Replace { from: text(from), to: text(to), count }])
        }
        // `${X%%:*}` is what stands before the first colon, `${X##*:}` what follows the last.
        "%%" | "%" => {
            let separator = pattern.strip_suffix('*').filter(|separator| !wild(separator))?.to_string();
            Some(match operator {
                "%%" => vec![Method::Split(Some(separator), Some(1)), Method::Index(0)],
                _ => vec![Method::SplitEnd(Some(separator), Some(1)), Method::Index(0)],
            })
        }
        "##" | "#" => {
            let separator = pattern.strip_prefix('*').filter(|separator| !wild(separator))?.to_string();
            Some(match operator {
                "##" => vec![Method::SplitEnd(Some(separator), Some(1)), Method::Index(-1)],
                _ => vec![Method::Split(Some(separator), Some(1)), Method::Index(-1)],
            })
        }
        _ => None,
    }
}
