//! The small language in which every front end says how a configuration value is made.

use std::sync::Arc;

use crate::source::{Span, Spanned};

/// How a value is made. `Opaque` is everything that is not understood: never a guess.
///
/// An expression belongs to the module it was read from: [`Expr::Own`] and [`Expr::Imported`] are
/// looked up from there.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A string as written; the span is the text between the quotes.
    Text(Spanned<String>),
    /// A number as written.
    Number(Spanned<String>),
    /// `True`, `False`.
    Bool(bool, Span),
    /// `None`, `null`, `undefined`, nothing.
    Null(Span),
    /// A read of an environment variable.
    Read(Box<ReadExpr>),
    /// A setting of a configuration file, which these variables replace when one of them is set: the default is
    /// what the file says.
    Setting(Box<ReadExpr>),
    /// A setting that is asked for by its key, and that a framework looks up in the environment and in
    /// configuration files.
    Lookup(Box<LookupExpr>),
    /// The value of a flag of the command line.
    Flag(Box<FlagExpr>),
    /// Texts one after the other: `+`, f-strings, templates, `%`, `.format`.
    Concat(Vec<Expr>),
    /// The first that is neither unset nor blank: Python's `or`, JavaScript's `||`, shell's `:-`.
    /// The last when none is.
    FirstNonEmpty(Vec<Expr>),
    /// The first that is set: `??`. The last when none is.
    FirstSet(Vec<Expr>),
    /// A method of strings and lists.
    Method(Box<Expr>, Box<Method>),
    /// `a if condition else b`, and what an `if` statement leaves in a name.
    If(Box<IfExpr>),
    /// A condition used as a value: gives a bool.
    Test(Box<Condition>, Span),
    /// A list or tuple.
    List(Vec<Expr>),
    /// A dictionary or object literal; settings classes are records of their fields, too.
    Record(Vec<(Spanned<String>, Expr)>),
    /// Records laid over each other, later ones win: `{**a, "b": c}`, base classes.
    Merge(Vec<Expr>),
    /// `value.name`, `value["name"]`.
    Member(Box<Expr>, Spanned<String>),
    /// `value[key]` with a key that is computed, and what it gives when the key is missing.
    Item(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    /// A name of the module itself, looked up when the value is used: what a function's body sees.
    Own(Spanned<String>),
    /// A name of another module of the program, to be looked up there.
    Imported {
        /// The module as the import names it; relative names are left relative (`..config`).
        module: String,
        /// The name in it; blank for the module itself.
        name: String,
        /// Where it is used.
        span: Span,
    },
    /// A name of a library (`sqlalchemy.pool.StaticPool`), fully qualified.
    Library(Spanned<String>),
    /// What a library takes when the program says nothing (`localhost` in redis-py); the span is
    /// the callee.
    LibraryDefault(Spanned<String>),
    /// A URL assembled from parts: SQLAlchemy's `URL.create`, Django's `DATABASES`, keyword
    /// arguments of a driver.
    Url(Box<UrlParts>, Span),
    /// A function or class of the program.
    Function(Arc<Function>),
    /// A call of a [`Expr::Function`], or of what an imported name turns out to be.
    Call(Box<CallExpr>),
    /// A parameter of a [`Function`] around it.
    Parameter(String),
    /// What calls elsewhere in the program hand to a parameter of a function of the module.
    Argument(Box<ArgumentExpr>),
    /// The same expression in several places: what a name stands for.
    Shared(Shared),
    /// Not understood.
    Opaque(Span),
}

/// `then if condition else otherwise`.
#[derive(Clone, Debug, PartialEq)]
pub struct IfExpr {
    /// What is asked.
    pub condition: Condition,
    /// The value when it holds.
    pub then: Expr,
    /// The value when it does not.
    pub otherwise: Expr,
    /// The condition as written.
    pub span: Span,
}

/// A read of an environment variable.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadExpr {
    /// The name; an expression because helper functions take it as a parameter.
    pub name: Expr,
    /// Other names that are tried after it, in order (pydantic's `AliasChoices`).
    pub aliases: Vec<String>,
    /// Whether case does not matter (pydantic settings).
    pub ignore_case: bool,
    /// What it gives when the variable is unset.
    pub default: Option<Expr>,
    /// What a variable that is set but blank gives.
    pub blank: Blank,
    /// Whether the program stops when the variable is unset.
    pub required: bool,
    /// The reading expression.
    pub span: Span,
}

/// A setting that is asked for by its key: .NET's `Configuration["Redis:Host"]`, Elixir's
/// `Application.get_env(:shop, Shop.Repo)`.
/// [`Settings`](super::Settings) says where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupExpr {
    /// The key, as the framework writes it.
    pub key: Expr,
    /// What it gives when neither the environment nor a file has the key.
    pub default: Option<Expr>,
    /// Whether the program stops then.
    pub required: bool,
    /// The asking expression, or the value in the configuration file itself.
    pub span: Span,
}

/// A flag that the program takes on its command line.
#[derive(Clone, Debug, PartialEq)]
pub struct FlagExpr {
    /// How it may be written, dashes included.
    pub names: Vec<String>,
    /// What it is when the command does not give it.
    pub otherwise: Option<Expr>,
    /// The expression that makes it.
    pub span: Span,
}

/// What a read makes of a variable that is set but blank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Blank {
    /// It is a value like any other: `os.getenv(k, d)`.
    #[default]
    Kept,
    /// It counts as unset: shell's `:-`.
    Unset,
}

/// A function or class that a program defines.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name, for people.
    pub name: String,
    /// The parameters in order, `self` left out, with their defaults.
    pub parameters: Vec<(String, Option<Expr>)>,
    /// What a call gives; parameters are [`Expr::Parameter`].
    pub body: Expr,
    /// Whether it is a class: its body is a record whose members can be had without a call, and
    /// named arguments that are no parameters replace members.
    pub class: bool,
}

/// Functions are the same when they are one.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallExpr {
    /// What is called.
    pub callee: Expr,
    /// The arguments; named ones after the others.
    pub arguments: Vec<(Option<String>, Expr)>,
    /// The whole call.
    pub span: Span,
}

/// What a function is called with: [`Module::calls`](super::Module::calls) of the modules that the process loads.
#[derive(Clone, Debug, PartialEq)]
pub struct ArgumentExpr {
    /// The function, or the method, by its name in its module.
    pub function: String,
    /// The position of the parameter.
    pub at: usize,
    /// Its name, where calls may name what they hand over and leave out what has a default.
    pub name: Option<String>,
    /// What it is when no call is seen, or when several hand over what cannot be compared.
    pub otherwise: Expr,
    /// The parameter.
    pub span: Span,
}

/// An expression that is used in several places.
#[derive(Clone, Debug)]
pub struct Shared {
    expr: Arc<Expr>,
    depth: u16,
}

/// Shared expressions are the same when they are one: what is shared over and over could not be compared
/// in bounded time.
impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.expr, &other.expr)
    }
}

impl Shared {
    /// The expression.
    #[must_use]
    pub fn expr(&self) -> &Expr {
        &self.expr
    }
}

/// A method of strings and lists.
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// `.replace(from, to[, count])`
    Replace {
        /// What is replaced.
        from: Expr,
        /// What takes its place.
        to: Expr,
        /// How many, from the left; `None` for all.
        count: Option<usize>,
    },
    /// Removes blanks, or these characters, from both ends.
    Strip(Option<String>),
    /// Removes them from the start.
    StripStart(Option<String>),
    /// Removes them from the end.
    StripEnd(Option<String>),
    /// Removes this prefix if it is there.
    RemovePrefix(String),
    /// Removes this suffix if it is there.
    RemoveSuffix(String),
    /// Cuts at each occurrence (at blanks for `None`), at most so often: gives a list.
    Split(Option<String>, Option<usize>),
    /// Cuts at the last occurrences.
    SplitEnd(Option<String>, Option<usize>),
    /// `separator.join(list)`: the receiver is the list.
    Join(Expr),
    /// A list of addresses as one text, with commas; a text stays as it is.
    Addresses,
    /// A text as it is, and nothing of what is a record: where a client takes an address or options.
    OnlyText,
    /// The item at this index of a list, or the character of a text; negative counts from the end.
    Index(i64),
    /// The items or characters from here to there.
    Slice(Option<i64>, Option<i64>),
    /// To lower case.
    Lower,
    /// To upper case.
    Upper,
    /// A text whatever it was: `str()`.
    Text,
    /// A number: `int()`.
    Number,
    /// A flag as configuration libraries read it: `true`, `1`, `yes`, `on`.
    Flag,
    /// The words `true`, `false`, `null` and `empty` for what they say, also in brackets, as Laravel's `env()`
    /// takes them; any other text stays.
    Literal,
    /// The module of the program, or the name in one, that a text names (`app.settings.Production`); any other value
    /// stays.
    Named,
    /// A record of settings, each of which a variable replaces that is named after where it stands.
    Nested(Box<Nested>),
    /// Percent-encoding for a URL.
    Quote,
    /// Parts of a URL replaced: `make_url(text).set(drivername=…)`.
    SetUrlParts(Box<UrlParts>),
    /// A part of a URL taken out: `urlparse(text).hostname`.
    UrlPart(UrlPart),
}

/// How variables are named that replace the settings of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Nested {
    /// What stands before the first delimiter.
    pub prefix: String,
    /// What stands between the names of the fields.
    pub delimiter: String,
    /// Whether case does not matter.
    pub ignore_case: bool,
    /// Where the record is asked for.
    pub span: Span,
}

/// A part of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlPart {
    /// Scheme, with SQLAlchemy's driver.
    Scheme,
    /// User.
    User,
    /// Password.
    Password,
    /// Host.
    Host,
    /// Port.
    Port,
    /// What follows the authority, without its first slash.
    Database,
}

/// What an `if` asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// The value is set and not blank, zero or false.
    Truthy(Expr),
    /// The value is set, blank or not.
    IsSet(Expr),
    /// The two are the same text.
    Equals(Expr, Expr),
    /// The first is one of the others.
    OneOf(Expr, Vec<Expr>),
    /// It starts with this.
    StartsWith(Expr, Expr),
    /// It ends with this.
    EndsWith(Expr, Expr),
    /// The first contains the second: part of a text, item of a list, key of a record.
    Contains(Expr, Expr),
    /// The variable named so is in the environment.
    InEnvironment(Expr),
    /// True unless the inner is known not to hold.
    Possibly(Box<Condition>),
    /// Not.
    Not(Box<Condition>),
    /// And.
    All(Vec<Condition>),
    /// Or.
    Any(Vec<Condition>),
    /// Not understood.
    Opaque,
}

impl Condition {
    /// The opposite; what is not understood stays so.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Condition::Opaque => Condition::Opaque,
            Condition::Not(inner) => *inner,
            other => Condition::Not(Box::new(other)),
        }
    }
}

/// The parts of an endpoint where a program gives them one by one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UrlParts {
    /// Scheme, with SQLAlchemy's driver (`postgresql+asyncpg`).
    pub scheme: Option<Expr>,
    /// User.
    pub user: Option<Expr>,
    /// Password.
    pub password: Option<Expr>,
    /// Host.
    pub host: Option<Expr>,
    /// Port.
    pub port: Option<Expr>,
    /// Database or path.
    pub database: Option<Expr>,
}

/// The name of a function that is called when it is looked at: a property that sees what it is asked of.
pub const PROPERTY: &str = "(property)";

/// The parameter by which a function sees the record that it is a member of: the receiver of Go's methods. No
/// program can name a parameter so.
pub const RECEIVER: &str = "(receiver)";

/// The parameter by which a class sees where its values stand in the configuration file that it is filled from: what
/// the keys of its fields begin with. It is nothing where the class is not filled from one.
pub const PATH: &str = "(path)";

/// What names of a module begin with that are nothing where the program has none: what options set.
pub const OPTION: &str = "(option) ";

/// Expressions that nest deeper than this become opaque: what is made recursively is dropped and
/// evaluated recursively, too.
pub const MAX_DEPTH: u16 = 96;

/// The module that stands for what a schema of settings elsewhere may give a variable that is not set.
pub(super) const UNSCHEMED: &str = "schema of settings:";

/// What stands before the name of settings that are registered: they are looked for in the whole program.
pub(super) const REGISTERED: &str = "registered settings:";

impl Expr {
    /// The expression, ready to be used in several places; opaque when it nests too deep.
    #[must_use]
    pub fn share(self) -> Expr {
        match self {
            Expr::Shared(_)
            | Expr::Opaque(_)
            | Expr::Library(_)
            | Expr::Bool(..)
            | Expr::Null(_)
            | Expr::Own(_)
            | Expr::Imported { .. }
            | Expr::Function(_)
            | Expr::Parameter(_) => self,
            other => match other.depth(MAX_DEPTH) {
                Some(depth) => Expr::Shared(Shared { expr: Arc::new(other), depth }),
                None => Expr::Opaque(Span::NONE),
            },
        }
    }

    /// The expression without the sharing around it.
    #[must_use]
    pub fn peel(&self) -> &Expr {
        let mut at = self;
        while let Expr::Shared(shared) = at {
            at = &shared.expr;
        }
        at
    }

    /// How deep it nests, shared parts included; `None` when deeper than `limit`.
    fn depth(&self, limit: u16) -> Option<u16> {
        if let Expr::Shared(shared) = self {
            return (shared.depth < limit).then_some(shared.depth + 1);
        }
        let inner = limit.checked_sub(1)?;
        let mut deepest = 0;
        for child in super::walk::children(self) {
            deepest = deepest.max(child.depth(inner)?);
        }
        Some(deepest + 1)
    }
}
