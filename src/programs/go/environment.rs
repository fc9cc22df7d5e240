//! Reads of the environment: the standard library's, those of helpers, and those of configuration libraries.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::made::read;
use crate::programs::reading::parts;
use crate::programs::walk::children;
use crate::programs::{CallExpr, Condition, Expr, Function};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// A call of a library that reads the environment.
    pub fn environment_call(&mut self, name: &str, node: Node<'t>, arguments: &[Node<'t>]) -> Option<Expr> {
        let span = self.span(node);
        self.note_load(name, arguments);
        match name {
            "os.Getenv" | "syscall.Getenv" => {
                let key = self.expr(*arguments.first()?);
                Some(read(key, None, false, span))
            }
            "os.LookupEnv" => {
                let key = self.expr(*arguments.first()?);
                let value = read(key, None, false, span).share();
                let set = Expr::Test(Box::new(Condition::IsSet(value.clone())), span);
                Some(Expr::List(vec![value, set]))
            }
            // Containers run as root, unless they are told otherwise.
            "os.UserHomeDir" | "github.com/mitchellh/go-homedir.Dir" => {
                let home = Spanned::new("/root".to_string(), span);
                Some(Expr::List(vec![Expr::Text(home), Expr::Null(span)]))
            }
            "os.ExpandEnv" => {
                let text = self.literal(*arguments.first()?)?;
                Some(expanded(&text, span))
            }
            _ if name.starts_with("github.com/joho/godotenv.") => {
                let loads = ["Load", "Overload", "Read"].iter().any(|word| name.ends_with(word));
                if loads && self.notes.recording {
                    self.loads_dotenv(arguments, span);
                }
                None
            }
            "github.com/ilyakaznacheev/cleanenv.ReadConfig" => {
                let file = self.literal(*arguments.first()?).filter(|file| file.value.ends_with(".env"));
                if self.notes.recording {
                    file.into_iter().for_each(|file| self.dotenv(file));
                }
                None
            }
            "github.com/caarlos0/env.ParseAs" | "github.com/caarlos0/env.ParseAsWithOptions" => {
                let kind = node
                    .child_by_field_name("type_arguments")
                    .or_else(|| parts(node.child_by_field_name("function")?).last().copied())?;
                let kind = match kind.kind() {
                    "type_arguments" | "type_elem" => parts(kind).first().copied()?,
                    _ => kind,
                };
                let kind = if kind.kind() == "type_elem" { parts(kind).first().copied()? } else { kind };
                let callee = self.expr(kind);
                let made = Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span }));
                Some(Expr::List(vec![made, Expr::Null(span)]))
            }
            "github.com/caarlos0/env.Must" => match self.expr(*arguments.first()?) {
                Expr::List(items) => items.into_iter().next(),
                _ => None,
            },
            _ if name.starts_with("github.com/spf13/viper") => self.viper_call(name, arguments, span),
            _ if name.starts_with("github.com/knadh/koanf") => self.koanf_call(name, arguments, span),
            _ => None,
        }
    }

    /// `godotenv.Load()`, `godotenv.Load(".env.local")`
    fn loads_dotenv(&mut self, arguments: &[Node<'t>], span: Span) {
        let mut files: Vec<Spanned<String>> =
            arguments.iter().filter_map(|argument| self.literal(*argument)).collect();
        if arguments.is_empty() {
            files.push(Spanned::new(String::new(), span));
        }
        files.into_iter().for_each(|file| self.dotenv(file));
    }

    /// Notes a dotenv file that is loaded.
    pub fn dotenv(&mut self, file: Spanned<String>) {
        if !self.notes.module.dotenv.contains(&file) {
            self.notes.module.dotenv.push(file);
        }
    }

    /// The variable that a call of a function of the program reads, if its arguments name one, and whether the
    /// program stops without it.
    pub fn helper(&mut self, callee: &Expr, arguments: &[Node<'t>]) -> Option<(Spanned<String>, bool)> {
        let name = match callee.peel() {
            Expr::Own(name) => match self.top.get(&name.value) {
                Some(Expr::Function(function)) if !function.class => {
                    let function = function.clone();
                    if let Some((at, required)) = self.named_by(&function, 4) {
                        return Some((self.literal(*arguments.get(at)?)?, required));
                    }
                    // What is seen of it reads nothing, but it may call what is not seen.
                    if !calls_unseen(&function.body, &self.top) {
                        return None;
                    }
                    name.value.clone()
                }
                _ => name.value.clone(),
            },
            Expr::Imported { module, name, .. } => {
                let package = module.rsplit('/').next().unwrap_or(module);
                format!("{package}.{name}")
            }
            Expr::Member(_, name) => name.value.clone(),
            Expr::Function(function) => {
                let function = function.clone();
                let (at, required) = self.named_by(&function, 4)?;
                return Some((self.literal(*arguments.get(at)?)?, required));
            }
            _ => return None,
        };
        let key = self.literal(*arguments.first()?)?;
        let required =
            name.to_ascii_lowercase().contains("must") || name.to_ascii_lowercase().contains("require");
        (names_a_variable(&key.value) && sounds_like_a_helper(&name, &key.value)).then_some((key, required))
    }

    /// Which parameter names the variable that a function reads, and whether the read stops without it.
    fn named_by(&self, function: &Function, depth: u8) -> Option<(usize, bool)> {
        let position = |name: &str| function.parameters.iter().position(|(parameter, _)| parameter == name);
        let mut queue = vec![&function.body];
        for _ in 0..300 {
            let expr = queue.pop()?;
            if let Expr::Read(read) = expr
                && let Expr::Parameter(name) = read.name.peel()
            {
                return Some((position(name)?, read.required && read.default.is_none()));
            }
            if let Expr::Call(call) = expr
                && let Some(depth) = depth.checked_sub(1)
                && let Expr::Own(own) = call.callee.peel()
                && let Some(Expr::Function(inner)) = self.top.get(&own.value)
                && !std::ptr::eq(&**inner, function)
                && let Some((at, required)) = self.named_by(inner, depth)
                && let Some(Expr::Parameter(name)) = call.arguments.get(at).map(|(_, value)| value.peel())
            {
                return Some((position(name)?, required));
            }
            queue.extend(children(expr));
        }
        None
    }
}

/// Whether a body calls functions that are not in the file.
fn calls_unseen(body: &Expr, top: &indexmap::IndexMap<String, Expr>) -> bool {
    let mut queue = vec![body];
    for _ in 0..300 {
        let Some(expr) = queue.pop() else { return false };
        if let Expr::Call(call) = expr {
            match call.callee.peel() {
                Expr::Own(name) if top.contains_key(&name.value) => {}
                _ => return true,
            }
        }
        queue.extend(children(expr));
    }
    true
}

/// `DB_HOST`: a name that people give to variables.
fn names_a_variable(text: &str) -> bool {
    text.len() > 2
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Whether a function of another file that is handed this key may well read the environment.
fn sounds_like_a_helper(name: &str, key: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let of_variables = lower.contains("env") && !lower.contains("envelope");
    let general = ["get", "string", "int", "must", "require", "lookup", "default", "bool", "fetch"];
    of_variables || key.contains('_') && general.iter().any(|word| lower.contains(word))
}

/// Whether the text calls functions as [`Reader::helper`] looks for: `getEnv("…")`, `env.String("…")`.
pub(super) fn calls_a_helper(text: &str) -> bool {
    ["Env(\"", "EnvOr(\"", "EnvAsInt(\"", "nvString(\"", "nvInt(\"", "env.", "nv[", "OrDefault(\""]
        .iter()
        .any(|sign| text.contains(sign))
}

/// `os.ExpandEnv("http://${HOST}:$PORT")`
fn expanded(text: &Spanned<String>, span: Span) -> Expr {
    let mut out = Vec::new();
    let mut pieces = text.value.split('$');
    let plain = |piece: &str| Expr::Text(Spanned::new(piece.to_string(), text.span));
    out.extend(pieces.next().filter(|piece| !piece.is_empty()).map(plain));
    for piece in pieces {
        let (name, rest) = match piece.strip_prefix('{').and_then(|piece| piece.split_once('}')) {
            Some(found) => found,
            None => piece.split_at(
                piece.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(piece.len()),
            ),
        };
        if name.is_empty() {
            return Expr::Opaque(span);
        }
        out.push(read(Expr::Text(Spanned::new(name.to_string(), text.span)), None, false, span));
        out.extend(Some(rest).filter(|rest| !rest.is_empty()).map(plain));
    }
    Expr::Concat(out)
}
