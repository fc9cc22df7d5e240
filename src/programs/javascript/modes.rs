//! Modules whose name is put together from what the environment says: `require("./" + env)`.

use tree_sitter::Node;

use super::expressions::unwrapped;
use super::reader::Reader;
use crate::programs::reading::parts;
use crate::programs::walk::children;
use crate::programs::{Condition, Expr, IfExpr};
use crate::source::{Span, Spanned};

/// What such names usually are, besides what the program itself falls back to.
const MODES: [&str; 8] = ["development", "production", "staging", "test", "local", "docker", "dev", "prod"];
/// Parts of a name.
const MAX_PIECES: usize = 12;

/// What stands before the path of a file from where the program starts.
pub(super) const BESIDE: &str = "beside the manifest:";

/// A part of the name of a module.
enum Piece<'t> {
    Text(String),
    Value(Node<'t>),
}

/// A name with one part that the environment decides.
struct Named {
    before: String,
    mode: Expr,
    after: String,
}

/// Whether a file is one of those that are read as modules are.
fn is_data(path: &str) -> bool {
    [".json", ".yaml", ".yml"].iter().any(|ending| path.ends_with(ending))
}

impl Named {
    /// The module of each mode that the part may say.
    fn modules(&self) -> Vec<(String, String)> {
        let mut modes = literals(&self.mode);
        modes.extend(MODES.map(str::to_string));
        let mut seen = std::collections::HashSet::new();
        modes.retain(|mode| seen.insert(mode.clone()));
        let Named { before, after, .. } = self;
        modes.into_iter().map(|mode| (format!("{before}{mode}{after}"), mode)).collect()
    }
}

impl<'t> Reader<'t> {
    /// What a call that loads such a module gives.
    pub fn required_by_mode(&mut self, node: Node<'t>) -> Option<Expr> {
        let named = self.named_by_mode(node)?;
        let span = self.span(node);
        let mut value = Expr::Opaque(span);
        for (module, mode) in named.modules().into_iter().rev() {
            let mode = Expr::Text(Spanned::new(mode, Span::NONE));
            let condition = Condition::Equals(named.mode.clone(), mode);
            let then = Expr::Imported { module, name: String::new(), span };
            value = Expr::If(Box::new(IfExpr { condition, then, otherwise: value, span }));
        }
        Some(value.share())
    }

    /// Notes the modules that the call may load.
    pub fn imports_by_mode(&mut self, node: Node<'t>) {
        let Some(named) = self.named_by_mode(node) else { return };
        let span = self.span(node);
        for (module, _) in named.modules() {
            self.imports(&Spanned::new(module, span));
        }
    }

    /// The file that is read to be parsed: `fs.readFileSync(path.join(__dirname, "config.json"))`. A path that starts
    /// nowhere starts where the program does.
    pub fn json_file(&mut self, node: Node<'t>) -> Option<Spanned<String>> {
        let call = unwrapped(node);
        // `readFileSync("…").toString()`
        let callee = call.child_by_field_name("function")?;
        let inner = callee.child_by_field_name("object").filter(|_| self.text(callee).ends_with(".toString"));
        let call = inner.map_or(call, unwrapped);
        let callee = call.child_by_field_name("function")?;
        let name = self.text(callee).rsplit('.').next().unwrap_or("");
        let first =
            matches!(name, "readFileSync" | "readFile").then(|| self.arguments(call).at(0)).flatten()?;
        if let Some(module) = self.beside_url(first) {
            return Some(module);
        }
        let mut pieces = Vec::new();
        self.pieces(first, &mut pieces);
        let mut path = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => path.push_str(&text),
                Piece::Value(value) if self.text(value) == "process.cwd()" => path.push_str(BESIDE),
                Piece::Value(_) => return None,
            }
        }
        let beside = self.text(first).contains("dirname");
        let path = path.trim_start_matches(BESIDE).trim_start_matches('/');
        let name = match beside {
            true => path.to_string(),
            false => format!("{BESIDE}{}", path.trim_start_matches("./")),
        };
        is_data(path).then(|| Spanned::new(name, self.span(first)))
    }

    /// `new URL("../config.json", import.meta.url)`
    fn beside_url(&mut self, node: Node<'t>) -> Option<Spanned<String>> {
        let node = unwrapped(node);
        let made =
            (node.kind() == "new_expression").then(|| node.child_by_field_name("constructor")).flatten()?;
        let arguments = self.arguments(node);
        let base = arguments.at(1).filter(|_| self.text(made) == "URL")?;
        let path = arguments.at(0).filter(|_| self.text(base) == "import.meta.url")?;
        self.literal(path).filter(|path| super::resolve::is_relative(&path.value) && is_data(&path.value))
    }

    fn named_by_mode(&mut self, node: Node<'t>) -> Option<Named> {
        let callee =
            (node.kind() == "call_expression").then(|| node.child_by_field_name("function")).flatten()?;
        let loads = callee.kind() == "import" || self.text(callee) == "require" && self.builtin("require");
        let first = loads.then(|| self.arguments(node).at(0)).flatten()?;
        let mut pieces = Vec::new();
        self.pieces(first, &mut pieces);
        let (mut before, mut after, mut mode) = (String::new(), String::new(), None);
        for piece in pieces {
            match (piece, &mode) {
                (Piece::Text(text), None) => before.push_str(&text),
                (Piece::Text(text), Some(_)) => after.push_str(&text),
                (Piece::Value(value), None) => mode = Some(self.expr(value).share()),
                (Piece::Value(_), Some(_)) => return None,
            }
        }
        let mode = mode.filter(|mode| before.starts_with('.') && reads(mode))?;
        Some(Named { before, mode, after })
    }

    fn pieces(&mut self, node: Node<'t>, out: &mut Vec<Piece<'t>>) {
        let node = unwrapped(node);
        if out.len() >= MAX_PIECES {
            return;
        }
        if matches!(self.text(node), "__dirname" | "import.meta.dirname") {
            return out.push(Piece::Text(".".to_string()));
        }
        if let Some(text) = self.literal(node) {
            return out.push(Piece::Text(text.value));
        }
        let callee = node.child_by_field_name("function").map_or("", |callee| self.text(callee));
        match node.kind() {
            "binary_expression" if self.adds(node) => {
                for side in ["left", "right"] {
                    let part = node.child_by_field_name(side);
                    part.into_iter().for_each(|part| self.further_pieces(part, out));
                }
            }
            "template_string" => self.template_pieces(node, out),
            "call_expression" if callee.ends_with("join") || callee.ends_with("resolve") => {
                for (at, part) in self.arguments(node).iter().enumerate() {
                    if at > 0 {
                        out.push(Piece::Text("/".to_string()));
                    }
                    self.further_pieces(part, out);
                }
            }
            _ => out.push(Piece::Value(node)),
        }
    }

    fn further_pieces(&mut self, node: Node<'t>, out: &mut Vec<Piece<'t>>) {
        self.deeper(|reader| reader.pieces(node, out));
    }

    fn template_pieces(&mut self, node: Node<'t>, out: &mut Vec<Piece<'t>>) {
        let (mut at, end) = (node.start_byte() + 1, node.end_byte().saturating_sub(1));
        for part in parts(node).into_iter().filter(|part| part.kind() == "template_substitution") {
            let text = self.file.text.get(at..part.start_byte()).unwrap_or("").to_string();
            out.push(Piece::Text(text));
            parts(part).first().into_iter().for_each(|inner| self.further_pieces(*inner, out));
            at = part.end_byte();
        }
        out.push(Piece::Text(self.file.text.get(at..end).unwrap_or("").to_string()));
    }

    fn adds(&self, node: Node<'t>) -> bool {
        node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "+")
    }
}

/// Whether a value depends on a variable that is read in this file.
fn reads(value: &Expr) -> bool {
    let mut queue = vec![value];
    for _ in 0..100 {
        let Some(expr) = queue.pop() else { return false };
        if matches!(expr, Expr::Read(_)) {
            return true;
        }
        queue.extend(children(expr));
    }
    false
}

/// The texts that a value may be.
fn literals(value: &Expr) -> Vec<String> {
    let (mut queue, mut out) = (vec![value], Vec::new());
    for _ in 0..40 {
        let Some(expr) = queue.pop() else { return out };
        match expr.peel() {
            Expr::Text(text) => out.push(text.value.clone()),
            Expr::FirstNonEmpty(all) | Expr::FirstSet(all) => queue.extend(all),
            Expr::If(branch) => queue.extend([&branch.then, &branch.otherwise]),
            Expr::Read(read) => queue.extend(&read.default),
            _ => {}
        }
    }
    out
}
