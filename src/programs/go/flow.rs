//! Branches and loops.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::absence::bare_read;
use crate::programs::reading::{Branch, not, parts};
use crate::programs::{Condition, Expr, IfExpr};
use crate::source::Span;

impl<'t> Reader<'t> {
    /// `if [statement;] question { … } else …`
    pub fn if_statement(&mut self, node: Node<'t>) -> bool {
        // What the statement declares is seen in the branches only.
        let mut after = None;
        let whole = self.block_under(None, |reader| {
            if let Some(first) = node.child_by_field_name("initializer") {
                let _ = reader.statements(&[first]);
            }
            let (leaves, unreached) = reader.branches(node);
            after = unreached;
            leaves
        });
        let leaves = whole.leaves;
        self.names.adopt(whole);
        if let (Some(condition), Some(frame)) = (after, self.names.frames.last_mut()) {
            frame.path.push(condition);
        }
        leaves
    }

    /// Both branches; whether both leave, and what holds afterwards because one did.
    fn branches(&mut self, node: Node<'t>) -> (bool, Option<Condition>) {
        let Some(question) = node.child_by_field_name("condition") else { return (false, None) };
        let asking = std::mem::replace(&mut self.asking, true);
        self.scan(question);
        self.asking = asking;
        let condition = self.condition(question);
        let body = node.child_by_field_name("consequence");
        let then =
            self.block_under(Some(condition.clone()), |reader| body.is_some_and(|body| reader.block(body)));
        let stops = then.leaves && body.is_some_and(|body| self.stops(body));
        let negated = not(condition.clone());
        let alternative = node.child_by_field_name("alternative");
        let otherwise = self.block_under(Some(negated.clone()), |reader| match alternative {
            Some(next) if next.kind() == "if_statement" => {
                reader.deeper(|reader| reader.if_statement(next)).unwrap_or(false)
            }
            Some(next) => reader.block(next),
            None => false,
        });
        let leaves = then.leaves && otherwise.leaves;
        // After a guard that returns, the rest is an option; after one that stops, it is what must be.
        let unreached = then.leaves && !otherwise.leaves && !stops && condition != Condition::Opaque;
        let span = self.span(question);
        let changed: Vec<String> = then.names.keys().cloned().collect();
        self.names.merge_if(&condition, then, otherwise, span);
        self.defaulted(&changed);
        if stops {
            self.require_present(&condition);
            if self.text(question) == "err != nil" {
                self.require_read(node);
            }
        }
        (leaves, unreached.then_some(negated))
    }

    /// The program stops where the call before an `if` fails: one that takes no blank needs the variable that it is given.
    fn require_read(&mut self, node: Node<'t>) {
        const CALLS: [&str; 9] = [
            "strconv.Atoi",
            "strconv.ParseInt",
            "strconv.ParseUint",
            "strconv.ParseFloat",
            "strconv.ParseBool",
            "time.ParseDuration",
            "uuid.Parse",
            "tgbotapi.NewBotAPI",
            "tele.NewBot",
        ];
        let before = node.child_by_field_name("initializer").or_else(|| node.prev_named_sibling());
        let Some(before) =
            before.filter(|it| it.kind() == "short_var_declaration" || it.kind() == "assignment_statement")
        else {
            return;
        };
        let Some(call) =
            before.child_by_field_name("right").and_then(|right| parts(right).into_iter().next())
        else {
            return;
        };
        let (Some(callee), Some(arguments)) =
            (call.child_by_field_name("function"), call.child_by_field_name("arguments"))
        else {
            return;
        };
        let Some(first) = parts(arguments).into_iter().next().filter(|_| CALLS.contains(&self.text(callee)))
        else {
            return;
        };
        let value = self.expr(first);
        let unconditional = self.names.path().all(|condition| *condition == Condition::Opaque);
        let Some(span) = bare_read(&value).map(|read| read.span).filter(|_| unconditional) else { return };
        for read in self.notes.module.reads.iter_mut().filter(|read| read.span == span) {
            read.required = true;
        }
    }

    /// Whether a block ends the program, or fails where the program starts.
    fn stops(&self, body: Node<'t>) -> bool {
        let last = parts(body).into_iter().flat_map(|part| match part.kind() {
            "statement_list" => parts(part),
            _ => vec![part],
        });
        let Some(last) = last.last() else { return false };
        match last.kind() {
            "expression_statement" => parts(last).first().is_some_and(|call| self.ends(*call)),
            "return_statement" => {
                let values = parts(last).first().map(|list| parts(*list)).unwrap_or_default();
                let own = self.names.frames.last().map(|frame| &frame.own);
                own.is_some_and(|own| own.fails && own.starts)
                    && values.last().is_some_and(|value| value.kind() != "nil")
            }
            _ => false,
        }
    }

    /// `for { … }`, `for i := 0; i < n; i++ { … }`, `for _, v := range list { … }`
    pub fn for_statement(&mut self, node: Node<'t>) -> bool {
        let head: Vec<Node<'t>> =
            parts(node).into_iter().filter(|part| Some(*part) != node.child_by_field_name("body")).collect();
        self.round(node);
        let endless = head.is_empty();
        let span = self.span(node);
        let turn = self.block_under((!endless).then_some(Condition::Opaque), |reader| {
            for part in &head {
                reader.scan(*part);
                let left = part.child_by_field_name("left").or_else(|| {
                    part.child_by_field_name("initializer")
                        .and_then(|first| first.child_by_field_name("left"))
                });
                for target in left.into_iter().flat_map(parts).filter(|target| target.kind() == "identifier")
                {
                    reader.declare(reader.text(target), Expr::Opaque(span));
                }
            }
            node.child_by_field_name("body").is_some_and(|body| reader.block(body))
        });
        let turn = Branch { leaves: false, ..turn };
        match endless {
            true => self.names.adopt(turn),
            false => self.maybe(turn, span),
        }
        false
    }

    /// Binds what a branch left that may or may not be taken.
    fn maybe(&mut self, branch: Branch, span: Span) {
        let none = self.block_under(None, |_| false);
        self.names.merge(branch, none, |then, otherwise| {
            Expr::If(Box::new(IfExpr { condition: Condition::Opaque, then, otherwise, span }))
        });
    }

    /// `switch x { case …: … default: … }`, read as the `if`s that it is.
    pub fn switch_statement(&mut self, node: Node<'t>) -> bool {
        let mut value = None;
        if let Some(first) = node.child_by_field_name("initializer") {
            let _ = self.statements(&[first]);
        }
        if let Some(question) = node.child_by_field_name("value") {
            self.scan(question);
            value = Some(self.expr(question).share());
        }
        let cases: Vec<Node<'t>> = parts(node)
            .into_iter()
            .filter(|part| matches!(part.kind(), "expression_case" | "default_case"))
            .collect();
        // The default comes last, wherever it stands.
        let (default, cases): (Vec<Node<'t>>, Vec<Node<'t>>) =
            cases.into_iter().partition(|case| case.kind() == "default_case");
        let ordered: Vec<Node<'t>> = cases.into_iter().chain(default).take(100).collect();
        self.cases(value.as_ref(), &ordered, self.span(node))
    }

    fn cases(&mut self, value: Option<&Expr>, cases: &[Node<'t>], span: Span) -> bool {
        let Some((case, rest)) = cases.split_first() else { return false };
        let body = |case: Node<'t>| {
            let list = parts(case).into_iter().find(|part| part.kind() == "statement_list");
            list.map(parts).unwrap_or_default()
        };
        if case.kind() == "default_case" {
            let branch = self.block_under(None, |reader| reader.statements(&body(*case)));
            let leaves = branch.leaves;
            self.names.adopt(branch);
            return leaves;
        }
        let condition = self.case_condition(value, *case);
        let then = self.block_under(Some(condition.clone()), |reader| {
            let statements = body(*case);
            let leaves = reader.statements(&statements);
            // `break` leaves the case only.
            leaves && statements.last().is_none_or(|last| last.kind() != "break_statement")
        });
        let negated = not(condition.clone());
        let otherwise = self.block_under(Some(negated), |reader| {
            reader.deeper(|reader| reader.cases(value, rest, span)).unwrap_or(false)
        });
        let leaves = then.leaves && otherwise.leaves;
        self.names.merge_if(&condition, then, otherwise, span);
        leaves
    }

    fn case_condition(&mut self, value: Option<&Expr>, case: Node<'t>) -> Condition {
        let items = case.child_by_field_name("value").map(parts).unwrap_or_default();
        let all: Vec<Condition> = items
            .into_iter()
            .map(|item| match value {
                Some(value) => {
                    let item = self.expr(item);
                    super::conditions::equality(value.clone(), item)
                }
                None => self.condition(item),
            })
            .collect();
        match all.as_slice() {
            [only] => only.clone(),
            _ if all.contains(&Condition::Opaque) => Condition::Opaque,
            _ => Condition::Any(all),
        }
    }

    /// The cases of a `select` or of a switch over types.
    pub fn unknown_cases(&mut self, node: Node<'t>) {
        let span = self.span(node);
        for case in parts(node) {
            if !matches!(case.kind(), "communication_case" | "type_case" | "default_case") {
                self.scan(case);
                continue;
            }
            let statements: Vec<Node<'t>> = parts(case)
                .into_iter()
                .flat_map(|part| if part.kind() == "statement_list" { parts(part) } else { Vec::new() })
                .collect();
            let taken = self.block_under(Some(Condition::Opaque), |reader| reader.statements(&statements));
            self.maybe(taken, span);
        }
    }
}
