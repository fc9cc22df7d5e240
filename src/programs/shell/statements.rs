//! Statements: what is assigned and exported, which branches there are, and what ends a script.

use std::rc::Rc;

use tree_sitter::Node;

use super::conditions::{negated, operator_of};
use super::reader::{Reader, Unit};
use super::words::Word;
use crate::programs::reading::{Branch, fields, parts};
use crate::programs::{Attempts, Condition, Expr};
use crate::source::{Span, Spanned};

/// How a statement ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// The next one follows.
    On,
    /// A function returns.
    Returns,
    /// The script ends well, or another program takes its place.
    Ends,
    /// The script fails.
    Fails,
}

impl Flow {
    pub(super) fn leaves(self) -> bool {
        self != Flow::On
    }

    pub(super) fn out_of_function(self) -> Self {
        if self == Flow::Returns { Flow::On } else { self }
    }
}

/// Words of a loop that are kept.
const MAX_WORDS: usize = 200;

/// Words that say that a command's output, or a file, sets variables.
const SETTING: &[&str] =
    &["env", "secret", "export", "vault", "ssm", "chamber", "config", "credential", "param"];

impl Reader<'_> {
    /// Statements one after the other.
    pub(super) fn block(&mut self, unit: &Rc<Unit>, statements: &[Node<'_>]) -> Flow {
        for statement in statements {
            let flow = self.statement(unit, *statement);
            if flow.leaves() {
                return flow;
            }
        }
        Flow::On
    }

    pub(super) fn statement(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Flow {
        if !self.bounds.down() {
            return Flow::On;
        }
        let flow = self.statement_of(unit, node);
        self.bounds.up();
        flow
    }

    fn statement_of(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Flow {
        match node.kind() {
            "variable_assignment" => self.assignment(unit, node, false),
            "variable_assignments" => {
                parts(node).into_iter().for_each(|one| self.assignment(unit, one, false));
                return Flow::On;
            }
            "declaration_command" => self.declaration(unit, node),
            "unset_command" => {
                for name in parts(node) {
                    let name = Spanned::new(unit.str(name).to_string(), unit.span(name));
                    let span = name.span;
                    self.assign(&name, Expr::Null(span));
                }
            }
            "command" => return self.simple(unit, node),
            "test_command" => {
                self.condition(unit, node);
            }
            "list" => return self.list(unit, node),
            "pipeline" => {
                for part in parts(node) {
                    self.statement(unit, part);
                }
            }
            "negated_command" => {
                self.condition(unit, node);
            }
            "compound_statement" | "program" | "do_group" => return self.block(unit, &parts(node)),
            "subshell" => {
                let mark = self.names.enter(None);
                self.block(unit, &parts(node));
                self.names.leave(mark, false);
            }
            "redirected_statement" => return self.redirected(unit, node),
            // All that a condition consists of.
            "file_redirect" => self.redirect(unit, node),
            "if_statement" => return self.if_statement(unit, node),
            "case_statement" => return self.case_statement(unit, node),
            "while_statement" => self.while_statement(unit, node),
            "for_statement" | "c_style_for_statement" => self.for_statement(unit, node),
            "function_definition" => {
                if let (Some(name), Some(body)) =
                    (node.child_by_field_name("name"), node.child_by_field_name("body"))
                {
                    self.functions.insert(unit.str(name).to_string(), (unit.clone(), body.byte_range()));
                }
            }
            "comment" => {}
            _ => {
                for part in parts(node) {
                    self.value(unit, part);
                }
            }
        }
        Flow::On
    }

    /// `NAME=value`
    pub(super) fn assignment(&mut self, unit: &Rc<Unit>, node: Node<'_>, exported: bool) {
        let Some(name) = node.child_by_field_name("name").filter(|name| name.kind() == "variable_name")
        else {
            return;
        };
        let name = Spanned::new(unit.str(name).to_string(), unit.span(name));
        let before = self.holding.replace(name.value.clone());
        let value = match node.child_by_field_name("value") {
            Some(value) => self.value(unit, value),
            None => Expr::Text(Spanned::new(String::new(), name.span.end())),
        };
        self.holding = before;
        // `X+=…` adds to what is there.
        let adds = unit.str(node).get(name.value.len()..).is_some_and(|rest| rest.starts_with("+="));
        let value = match self.bound(&name.value) {
            Some(before) if adds => Expr::Concat(vec![before, value]),
            None if adds => Expr::Opaque(unit.span(node)),
            _ => value,
        };
        if exported {
            self.exported.insert(name.value.clone(), name.span);
        }
        self.assign(&name, value);
    }

    /// `export`, `local`, `readonly`, `declare`
    fn declaration(&mut self, unit: &Rc<Unit>, node: Node<'_>) {
        let text = unit.str(node);
        let keyword = text.split(char::is_whitespace).next().unwrap_or("");
        let all = parts(node);
        let options: String = all
            .iter()
            .filter(|part| part.kind() == "word")
            .filter_map(|part| unit.str(*part).strip_prefix('-'))
            .collect();
        let exports = (keyword == "export" && !options.contains(['n', 'p', 'f'])) || options.contains('x');
        for part in all {
            if keyword == "local" {
                let name = part.child_by_field_name("name").unwrap_or(part);
                self.local.insert(unit.str(name).to_string());
            }
            match part.kind() {
                "variable_assignment" => self.assignment(unit, part, exports),
                "variable_name" if exports => {
                    let name = unit.str(part).to_string();
                    self.exported.insert(name, unit.span(part));
                }
                "variable_name" if keyword == "local" => {
                    let name = Spanned::new(unit.str(part).to_string(), unit.span(part));
                    let span = name.span;
                    self.assign(&name, Expr::Null(span));
                }
                "word" => {}
                _ => {
                    self.value(unit, part);
                    if exports {
                        self.sets_what_is_not_seen(unit.str(part), unit.span(part));
                    }
                }
            }
        }
    }

    /// `export $(cat .env | xargs)`, `eval "$(…)"`
    pub(super) fn sets_what_is_not_seen(&mut self, text: &str, span: Span) {
        let mut words = text.split(|c: char| c.is_whitespace() || "\"'`()<>|;&".contains(c));
        let dotenv = words.rfind(|word| is_dotenv(word));
        match dotenv {
            Some(file) => self.notes.module.dotenv.push(Spanned::new(file.to_string(), span)),
            None => self.open |= SETTING.iter().any(|word| text.contains(word)),
        }
    }

    /// `left && right`, `left || right`
    fn list(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Flow {
        let children = parts(node);
        let (Some(left), Some(right)) = (children.first(), children.last()) else { return Flow::On };
        let operator = operator_of(unit, node);
        // A command is taken to succeed, so that what follows it in `cd x && run` is certain.
        let asks = is_test(unit, *left);
        if !asks {
            let flow = self.statement(unit, *left);
            if flow.leaves() {
                return flow;
            }
        }
        match operator {
            "&&" if !asks => self.statement(unit, *right),
            _ => {
                let condition = if asks { self.condition(unit, *left) } else { Condition::Opaque };
                let condition = if operator == "||" { negated(condition) } else { condition };
                let mark = self.names.enter(Some(condition.clone()));
                let flow = self.statement(unit, *right);
                let branch = self.names.leave(mark, flow.leaves());
                if flow == Flow::Fails {
                    self.require(&condition);
                }
                self.names.merge_if(&condition, branch, Branch::default(), unit.span(*left));
                Flow::On
            }
        }
    }

    fn if_statement(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Flow {
        let conditions = fields(node, "condition");
        let condition = self.conditions(unit, &conditions);
        let body: Vec<Node<'_>> = parts(node).into_iter().filter(|part| !conditions.contains(part)).collect();
        let (clauses, body): (Vec<_>, Vec<_>) =
            body.into_iter().partition(|part| matches!(part.kind(), "elif_clause" | "else_clause"));
        let span = conditions.first().map_or(unit.span(node), |first| unit.span(*first));
        self.branches(unit, condition, &body, &clauses, span)
    }

    /// All commands before `then` are run; the last of them decides.
    fn conditions(&mut self, unit: &Rc<Unit>, nodes: &[Node<'_>]) -> Condition {
        let nodes: Vec<&Node<'_>> = nodes.iter().filter(|node| node.is_named()).collect();
        let Some((last, before)) = nodes.split_last() else { return Condition::Opaque };
        for node in before {
            self.statement(unit, **node);
        }
        self.condition(unit, **last)
    }

    fn branches(
        &mut self,
        unit: &Rc<Unit>,
        condition: Condition,
        body: &[Node<'_>],
        clauses: &[Node<'_>],
        span: Span,
    ) -> Flow {
        if !self.bounds.down() {
            return Flow::On;
        }
        let mark = self.names.enter(Some(condition.clone()));
        let flow = self.block(unit, body);
        let then = self.names.leave(mark, flow.leaves());
        let mark = self.names.enter(Some(negated(condition.clone())));
        let other = match clauses.split_first() {
            Some((clause, _)) if clause.kind() == "else_clause" => self.block(unit, &parts(*clause)),
            Some((clause, rest)) => {
                let all = parts(*clause);
                match all.split_first() {
                    Some((first, body)) => {
                        let condition = self.condition(unit, *first);
                        self.branches(unit, condition, body, rest, unit.span(*first))
                    }
                    None => Flow::On,
                }
            }
            None => Flow::On,
        };
        let otherwise = self.names.leave(mark, other.leaves());
        if flow == Flow::Fails {
            self.require(&condition);
        }
        self.names.merge_if(&condition, then, otherwise, span);
        self.bounds.up();
        if flow.leaves() && other.leaves() { flow } else { Flow::On }
    }

    fn case_statement(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Flow {
        let subject = node.child_by_field_name("value");
        let subject = match subject {
            Some(subject) => self.value(unit, subject).share(),
            None => Expr::Opaque(unit.span(node)),
        };
        let arms: Vec<Node<'_>> = parts(node).into_iter().filter(|part| part.kind() == "case_item").collect();
        self.arms(unit, &subject, &arms)
    }

    fn arms(&mut self, unit: &Rc<Unit>, subject: &Expr, arms: &[Node<'_>]) -> Flow {
        let Some((arm, rest)) = arms.split_first() else { return Flow::On };
        if !self.bounds.down() {
            return Flow::On;
        }
        let patterns = fields(*arm, "value");
        let any = patterns.iter().map(|pattern| self.pattern(unit, subject, *pattern)).collect();
        let condition = Condition::Any(any);
        let body: Vec<Node<'_>> = parts(*arm).into_iter().filter(|part| !patterns.contains(part)).collect();
        let mark = self.names.enter(Some(condition.clone()));
        let flow = self.block(unit, &body);
        let then = self.names.leave(mark, flow.leaves());
        let mark = self.names.enter(Some(negated(condition.clone())));
        let other = self.arms(unit, subject, rest);
        let otherwise = self.names.leave(mark, other.leaves());
        self.names.merge_if(&condition, then, otherwise, unit.span(*arm).start());
        self.bounds.up();
        if flow.leaves() && other.leaves() { flow } else { Flow::On }
    }

    fn pattern(&mut self, unit: &Rc<Unit>, subject: &Expr, node: Node<'_>) -> Condition {
        let word = self.word(unit, node);
        let text = |text: &str| Expr::Text(Spanned::new(text.to_string(), word.span));
        match word.text.as_deref() {
            Some("*") => Condition::All(Vec::new()),
            Some(pattern) if !pattern.contains(['*', '?', '[']) => {
                Condition::Equals(subject.clone(), word.value.clone())
            }
            Some(pattern) if pattern.matches('*').count() == 1 && !pattern.contains(['?', '[']) => {
                match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
                    (Some(start), _) => Condition::StartsWith(subject.clone(), text(start)),
                    (_, Some(end)) => Condition::EndsWith(subject.clone(), text(end)),
                    _ => Condition::Opaque,
                }
            }
            _ => Condition::Opaque,
        }
    }

    /// `while … do …`, `until … do …`
    fn while_statement(&mut self, unit: &Rc<Unit>, node: Node<'_>) {
        let until = unit.str(node).starts_with("until");
        let conditions = fields(node, "condition");
        self.note_attempts(unit, node, &conditions);
        let before = (self.waiting, self.waits_while_not);
        (self.waiting, self.waits_while_not) = (until, !until);
        self.conditions(unit, &conditions);
        (self.waiting, self.waits_while_not) = before;
        if let Some(body) = node.child_by_field_name("body") {
            let mark = self.names.enter(Some(Condition::Opaque));
            self.block(unit, &parts(body));
            let branch = self.names.leave(mark, false);
            self.names.merge_if(&Condition::Opaque, branch, Branch::default(), unit.span(node));
        }
    }

    /// Notes what a loop does again and again until it works: the commands of its conditions, or those before `&& break`.
    fn note_attempts(&mut self, unit: &Rc<Unit>, node: Node<'_>, conditions: &[Node<'_>]) {
        let text =
            |nodes: &[Node<'_>]| nodes.iter().map(|node| unit.str(*node)).collect::<Vec<_>>().join(" ");
        let (whole, tried) = (unit.str(node), text(conditions));
        let pauses = whole.contains("sleep");
        let tried = match ["&& break", "; break", "break\n"].iter().any(|end| whole.contains(end)) {
            true => whole,
            false => &tried,
        };
        if pauses && !tried.is_empty() {
            let calls = tried.split_whitespace().take(MAX_WORDS).map(str::to_string).collect();
            self.notes.module.attempts.push(Attempts { span: unit.span(node), calls });
        }
    }

    fn for_statement(&mut self, unit: &Rc<Unit>, node: Node<'_>) {
        self.note_attempts(unit, node, &[]);
        let mut values: Vec<Expr> = Vec::new();
        for value in fields(node, "value") {
            values.push(self.value(unit, value));
        }
        if let Some(name) = node.child_by_field_name("variable") {
            let name = Spanned::new(unit.str(name).to_string(), unit.span(name));
            let span = name.span;
            let value = if values.len() == 1 { values.remove(0) } else { Expr::Opaque(span) };
            self.assign(&name, value);
        }
        if let Some(body) = node.child_by_field_name("body") {
            self.block(unit, &parts(body));
        }
    }

    fn redirected(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Flow {
        let mut flow = Flow::On;
        for part in parts(node) {
            match part.kind() {
                "file_redirect" => self.redirect(unit, part),
                _ => flow = self.statement(unit, part),
            }
        }
        flow
    }

    /// The words of a command, after its own assignments.
    pub(super) fn words(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Vec<Word> {
        let mut words = Vec::new();
        for part in parts(node) {
            match part.kind() {
                "file_redirect" => self.redirect(unit, part),
                "variable_assignment" => {}
                "command_name" => match parts(part).first() {
                    Some(inner) => words.push(self.word(unit, *inner)),
                    None => words.push(self.word(unit, part)),
                },
                _ => words.push(self.word(unit, part)),
            }
        }
        words
    }
}

/// Whether the command only asks something.
fn is_test(unit: &Unit, node: Node<'_>) -> bool {
    match node.kind() {
        "test_command" => true,
        "negated_command" => true,
        "list" => parts(node).iter().all(|part| is_test(unit, *part)),
        "command" => {
            let name = node.child_by_field_name("name").map_or("", |name| unit.str(name));
            matches!(name, "[" | "test")
        }
        _ => false,
    }
}

/// Whether the text looks like the path of a dotenv file: `.env`, `prod.env`, `config/.env.local`.
pub(super) fn is_dotenv(text: &str) -> bool {
    let name = text.rsplit('/').next().unwrap_or(text);
    (name.starts_with(".env") || name.ends_with(".env")) && !text.contains(['{', '*', '$', '='])
}
