//! Runs an expression under a service's environment: the one evaluator for all languages.
//!
//! Every piece of the [`Text`] that comes out carries the way it took: [`Via::Read`] with `fallback:
//! false` on what a variable gave, with `fallback: true` on what a read's default, a skipped operand of
//! `or`, or the branch of an `if` gave because the variable was not there. The steps are innermost first,
//! so [`Origin::read`] says that a text did come from the environment even where another variable's
//! absence led there, and [`Origin::fallback_read`] names the variable that would have replaced it.

mod argument;
mod condition;
mod lazy;
mod method;
mod nested;
mod reads;
mod setting;
mod url;

use std::sync::Arc;

use indexmap::IndexMap;

use super::expr::{OPTION, PATH};
use super::reading::clients::is_server;
use super::{CallExpr, Expr, Module, ModuleIndex, Scope};
use crate::compose::Variable;
use crate::programs::expr::{REGISTERED, UNSCHEMED};
use crate::source::{Certainty, Origin, Span, Text, Via};
use lazy::{Frame, Lazy, Val};

/// What a process finds in its environment.
pub trait Environment {
    /// The variable of this name; [`Variable::value`] is `None` when it is named without a value.
    fn variable(&self, name: &str) -> Option<&Variable>;

    /// The variable whose name is this but for case, and how it is written.
    fn variable_ignoring_case(&self, name: &str) -> Option<(&str, &Variable)>;

    /// What the command line gives a flag that may be written so.
    fn flag(&self, names: &[String]) -> Given {
        let _ = names;
        Given::Unknown
    }
}

/// What a command line says of a flag.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// This value.
    Value(Text),
    /// Nothing.
    Nothing,
    /// The command is not known, or not all of it.
    Unknown,
}

impl Environment for IndexMap<String, Variable> {
    fn variable(&self, name: &str) -> Option<&Variable> {
        self.get(name)
    }

    fn variable_ignoring_case(&self, name: &str) -> Option<(&str, &Variable)> {
        self.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(key, value)| (key.as_str(), value))
    }
}

/// What came out of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The value.
    pub value: Value,
    /// What was read and decided on the way.
    pub trail: Trail,
}

/// A value, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text; unknown parts are holes.
    Text(Text),
    /// A number, as text.
    Number(Text),
    /// A flag.
    Bool(bool, Origin),
    /// Nothing; the origin names the read that gave nothing.
    Null(Origin),
    /// A list.
    List(Vec<Value>),
    /// A record, later fields of one name win.
    Record(Vec<(String, Value)>),
    /// A name of a library.
    Library(String),
    /// Not known.
    Unknown,
}

impl Value {
    /// The text, if it is one or a number.
    #[must_use]
    pub fn text(&self) -> Option<&Text> {
        match self {
            Value::Text(text) | Value::Number(text) => Some(text),
            _ => None,
        }
    }

    /// The field of a record.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Record(fields) => fields.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// What an evaluation read and decided, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trail {
    /// The reads.
    pub reads: Vec<TrailRead>,
    /// The conditions, and how they came out; `None` when that is unknown.
    pub branches: Vec<(Span, Option<bool>)>,
}

/// A read that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct TrailRead {
    /// The variable.
    pub variable: Arc<str>,
    /// The reading expression.
    pub span: Span,
    /// What it gave.
    pub outcome: Outcome,
}

/// What a read gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The variable's value.
    Set,
    /// The read's default.
    FellBack,
    /// Nothing: there is no default.
    Unset,
    /// Nothing, and the program stops there.
    Missing,
    /// The runtime sets such a variable; its value is not known.
    Unknown,
}

/// Evaluates `expr`, which belongs to `module`, as a process of this environment would.
///
/// Bounded in depth and work: what exceeds the bounds, and names that are defined by themselves, are
/// [`Value::Unknown`].
#[must_use]
pub fn evaluate(scope: &Scope, module: ModuleIndex, environment: &dyn Environment, expr: &Expr) -> Evaluated {
    evaluate_one(scope, module, environment, expr, None).0
}

/// Every value that the expression has: one for each of the calls that hand something else to the functions it
/// stands in.
#[must_use]
pub fn evaluate_all(
    scope: &Scope,
    module: ModuleIndex,
    environment: &dyn Environment,
    expr: &Expr,
) -> Vec<Evaluated> {
    let (only, calls) = evaluate_one(scope, module, environment, expr, None);
    if calls < 2 {
        return vec![only];
    }
    (0..calls).map(|call| evaluate_one(scope, module, environment, expr, Some(call)).0).collect()
}

fn evaluate_one(
    scope: &Scope,
    module: ModuleIndex,
    environment: &dyn Environment,
    expr: &Expr,
    call: Option<usize>,
) -> (Evaluated, usize) {
    let mut run = Evaluator {
        scope,
        environment,
        steps: MAX_STEPS,
        depth: 0,
        trail: Trail::default(),
        active: Vec::new(),
        call,
        calls: 0,
        inherited: None,
    };
    let value = run.eval(expr, &Frame::top(module));
    let value = run.finish(value, MAX_NESTING);
    (Evaluated { value, trail: run.trail }, run.calls)
}

/// One evaluation under way.
struct Evaluator<'p> {
    scope: &'p Scope,
    environment: &'p dyn Environment,
    steps: usize,
    depth: usize,
    trail: Trail,
    /// The names that are being looked up, to end where one is defined by itself.
    active: Vec<(ModuleIndex, &'p str)>,
    /// Which of the calls of a function counts, where they differ; all together when none is named.
    call: Option<usize>,
    /// How many calls there are that differ.
    calls: usize,
    /// What the class being made hands to the one it extends.
    inherited: Option<(&'p CallExpr, Frame<'p>)>,
}

const MAX_STEPS: usize = 20_000;
const MAX_RECURSION: usize = 128;
const MAX_NESTING: usize = 6;
const MAX_TEXT: usize = 64 << 10;
const MAX_TRAIL: usize = 1_000;

/// Variables that the container runtime or the base image sets, or whoever starts a part of the program: a web server (RFC 3875,
/// section 4.1), Git for its hooks (githooks), an SSH server. What official images of languages set is in their Dockerfiles
/// (github.com/docker-library, github.com/dotnet/dotnet-docker). Unset in the files is not unset.
const FROM_RUNTIME: [&str; 38] = [
    "HOSTNAME",
    "HOME",
    "PATH",
    "PWD",
    "USER",
    "SHELL",
    "TERM",
    "LANG",
    "SHLVL",
    "OLDPWD",
    "LOGNAME",
    "TMPDIR",
    "GATEWAY_INTERFACE",
    "QUERY_STRING",
    "REMOTE_ADDR",
    "REMOTE_USER",
    "REQUEST_METHOD",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_WORK_TREE",
    "SSH_CLIENT",
    "SSH_CONNECTION",
    "SSH_ORIGINAL_COMMAND",
    "PYTHON_VERSION",
    "NODE_VERSION",
    "YARN_VERSION",
    "RUBY_VERSION",
    "PHP_VERSION",
    "PHP_INI_DIR",
    "GOLANG_VERSION",
    "GOPATH",
    "JAVA_HOME",
    "JAVA_VERSION",
    "RUST_VERSION",
    "CARGO_HOME",
    "ELIXIR_VERSION",
    "DOTNET_VERSION",
    "DOTNET_RUNNING_IN_CONTAINER",
];

/// Whether others than the files set the variable where it is read, whatever the files say.
#[must_use]
pub fn set_by_runtime(name: &str) -> bool {
    FROM_RUNTIME.contains(&name)
}

impl<'p> Evaluator<'p> {
    fn eval(&mut self, expr: &'p Expr, frame: &Frame<'p>) -> Val<'p> {
        if self.depth >= MAX_RECURSION || self.steps == 0 {
            return Val::Unknown;
        }
        self.steps -= 1;
        self.depth += 1;
        let value = self.eval_one(expr, frame);
        self.depth -= 1;
        match value {
            Val::Text(text) if text.len() > MAX_TEXT => Val::Unknown,
            value => value,
        }
    }

    fn eval_one(&mut self, expr: &'p Expr, frame: &Frame<'p>) -> Val<'p> {
        match expr {
            Expr::Text(text) => Val::Text(Text::known(&text.value, Origin::at(text.span))),
            Expr::Number(text) => Val::Number(Text::known(&text.value, Origin::at(text.span))),
            Expr::LibraryDefault(text) => {
                Val::Text(Text::known(&text.value, Origin::default()).via(&Via::LibraryDefault(text.span)))
            }
            Expr::Bool(value, span) => Val::Bool(*value, Origin::at(*span)),
            Expr::Null(span) => Val::Null(Origin::at(*span)),
            Expr::Read(read) => self.read(read, frame),
            Expr::Setting(read) => self.setting(read, frame),
            Expr::Lookup(lookup) => self.looked_up(lookup, frame),
            Expr::Flag(flag) => self.flag(flag, frame),
            Expr::Concat(parts) => self.concat(parts, frame),
            Expr::FirstNonEmpty(parts) => self.first(parts, frame, Val::truthy),
            Expr::FirstSet(parts) => self.first(parts, frame, Val::is_set),
            Expr::Method(receiver, method) => self.method(receiver, method, frame),
            Expr::If(branch) => self.branch(branch, frame),
            Expr::Test(condition, span) => self.test(condition, *span, frame),
            Expr::List(items) => Val::List(items.iter().map(|item| self.eval(item, frame)).collect()),
            Expr::Record(_) | Expr::Merge(_) => self.record(expr, frame),
            Expr::Member(value, name) => self.member(value, name, frame),
            Expr::Item(value, key, missing) => self.item(value, key, missing.as_deref(), frame),
            Expr::Own(name) => self.name(frame.module(), &name.value),
            Expr::Imported { module, name, .. } => self.imported(module, name, frame),
            // What a library's function gives is not known, only which function it was.
            Expr::Library(name) if name.value.contains("()") && !is_server(&name.value) => Val::Unknown,
            Expr::Library(name) => Val::Library(name.value.clone()),
            Expr::Url(parts, _) => self.url(parts, frame),
            Expr::Function(function) => Val::Function(function, frame.clone()),
            Expr::Call(call) => self.call(call, frame),
            Expr::Parameter(name) => match frame.parameter(name) {
                Some(lazy) => self.force(&lazy),
                None if name == PATH => Val::Null(Origin::default()),
                None => Val::Unknown,
            },
            Expr::Argument(argument) => self.argument(argument, frame),
            Expr::Shared(shared) => self.eval(shared.expr(), frame),
            Expr::Opaque(_) => Val::Unknown,
        }
    }

    fn concat(&mut self, parts: &'p [Expr], frame: &Frame<'p>) -> Val<'p> {
        let mut texts = Vec::with_capacity(parts.len());
        for part in parts {
            let value = self.eval(part, frame);
            texts.push(self.to_text(&value, frame));
        }
        Val::Text(Text::concat(texts))
    }

    /// The first value that `good` says yes to; what was skipped before it is why it was taken.
    fn first(&mut self, parts: &'p [Expr], frame: &Frame<'p>, good: fn(&Val<'p>) -> Option<bool>) -> Val<'p> {
        let mut absent = Vec::new();
        let Some((last, before)) = parts.split_last() else { return Val::Unknown };
        for part in before {
            let value = self.eval(part, frame);
            match good(&value) {
                Some(true) => return value.via_all(&absent),
                Some(false) => absent.extend(value.absence()),
                None => {
                    // It may be this or what follows; only a text with holes is worth keeping.
                    return match value {
                        Val::Text(_) => value.via_all(&absent),
                        _ => Val::Unknown,
                    };
                }
            }
        }
        self.eval(last, frame).via_all(&absent)
    }

    fn imported(&mut self, module: &'p str, name: &'p str, frame: &Frame<'p>) -> Val<'p> {
        if module == UNSCHEMED {
            return match self.scope.has_schema_of_settings() {
                true => Val::Unknown,
                false => Val::Null(Origin::default()),
            };
        }
        let within = frame.module();
        if let Some(path) = name.strip_prefix(REGISTERED) {
            return self.registered(module, path, within);
        }
        let target = self.scope.resolve(within, module);
        let itself = target.filter(|target| self.scope.lookup(*target, Module::ITSELF).is_some());
        if name.is_empty() {
            return match itself {
                Some(target) => self.name(target, Module::ITSELF),
                None => target.map_or(Val::Unknown, Val::Module),
            };
        }
        if let Some(target) = target
            && self.scope.lookup(target, name).is_some()
        {
            return self.name(target, name);
        }
        if let Some(target) = itself {
            let whole = self.name(target, Module::ITSELF);
            // What a module that is a value exports by default is that value.
            return if name == "default" { whole } else { self.member_of(whole, name) };
        }
        let dot = if module.ends_with('.') { "" } else { "." };
        match (self.scope.resolve(within, &format!("{module}{dot}{name}")), target) {
            (Some(below), _) => Val::Module(below),
            // What has no default gives all that it exports: `import config from "config"`.
            (None, Some(target)) if name == "default" => Val::Module(target),
            (None, _) => Val::Unknown,
        }
    }

    /// What a module's own name is worth.
    fn name(&mut self, module: ModuleIndex, name: &'p str) -> Val<'p> {
        let Some((home, expr)) = self.scope.lookup(module, name) else {
            return if name.starts_with(OPTION) { Val::Null(Origin::default()) } else { Val::Unknown };
        };
        if self.active.contains(&(home, name)) {
            return Val::Unknown;
        }
        self.active.push((home, name));
        let value = self.eval(expr, &Frame::top(home));
        self.active.pop();
        value
    }

    fn to_text(&self, value: &Val<'p>, frame: &Frame<'p>) -> Text {
        let language = || self.scope.get(frame.module()).map(|(_, source)| source.front_end);
        match value {
            Val::Text(text) | Val::Number(text) => text.clone(),
            Val::Bool(value, origin) => {
                let word = language().map_or(if *value { "true" } else { "false" }, |it| it.flag(*value));
                Text::known(word, origin.clone())
            }
            Val::Null(origin) => Text::known(language().map_or("", |it| it.nothing()), origin.clone()),
            _ => Text::unknown(Origin::default()),
        }
    }

    fn force(&mut self, lazy: &Lazy<'p>) -> Val<'p> {
        match lazy {
            Lazy::Later(expr, frame) => self.eval(expr, frame),
            Lazy::Now(value) => value.clone(),
            Lazy::Filed(inner, place) => {
                let value = self.force(inner);
                self.filed(value, *place)
            }
            Lazy::Nested(field) => self.nested_field(field),
        }
    }

    fn finish(&mut self, value: Val<'p>, nesting: usize) -> Value {
        match value {
            Val::Text(text) => Value::Text(text),
            Val::Number(text) => Value::Number(text),
            Val::Bool(value, origin) => Value::Bool(value, origin),
            Val::Null(origin) => Value::Null(origin),
            Val::Library(name) => Value::Library(name),
            Val::List(items) if nesting > 0 => {
                Value::List(items.into_iter().map(|item| self.finish(item, nesting - 1)).collect())
            }
            Val::Record(record) if nesting > 0 => {
                let mut fields = Vec::new();
                for (name, lazy) in &record.fields {
                    let value = self.force(lazy);
                    fields.push(((*name).to_string(), self.finish(value, nesting - 1)));
                }
                Value::Record(fields)
            }
            _ => Value::Unknown,
        }
    }
}

/// The host variable that a text depends on, if it does.
fn depends(text: &Text) -> Option<Arc<str>> {
    text.pieces().iter().find_map(|piece| match &piece.certainty {
        Certainty::Depends(on) => Some(on.clone()),
        _ => None,
    })
}
