//! The small language in which every front end says how a configuration value is made.

use std::sync::Arc;

use crate::source::{Span, Spanned};

/// How a value is made. `Opaque` is everything that is not understood: never a guess.
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
    /// Texts one after the other: `+`, f-strings, templates, `%`, `.format`.
    Concat(Vec<Expr>),
    /// The first that is neither unset nor blank: Python's `or`, JavaScript's `||`, shell's `:-`.
    FirstNonEmpty(Vec<Expr>),
    /// The first that is set: `??`.
    FirstSet(Vec<Expr>),
    /// A method of strings.
    Method(Box<Expr>, Box<Method>),
    /// `a if condition else b`, and what an `if` statement leaves in a name.
    If(Box<Condition>, Box<Expr>, Box<Expr>),
    /// A list or tuple.
    List(Vec<Expr>),
    /// A dictionary or object literal; settings classes are records of their fields, too.
    Record(Vec<(Spanned<String>, Expr)>),
    /// `value.name`, `value["name"]`.
    Member(Box<Expr>, Spanned<String>),
    /// A name of another module of the program, to be looked up there.
    Imported {
        /// The module as the import names it, made absolute where it was relative (`app.config`).
        module: String,
        /// The name in it.
        name: String,
        /// Where it is used.
        span: Span,
    },
    /// A name of a library (`sqlalchemy.pool.StaticPool`), fully qualified.
    Library(Spanned<String>),
    /// A URL assembled from parts: SQLAlchemy's `URL.create`, Django's `DATABASES`, keyword
    /// arguments of a driver.
    Url(Box<UrlParts>, Span),
    /// A function of the program that gives this when called with these arguments.
    Call {
        /// The parameter names.
        parameters: Vec<String>,
        /// The arguments, in the order of the parameters; defaults filled in.
        arguments: Vec<Expr>,
        /// What it returns; parameters are [`Expr::Parameter`].
        body: Arc<Expr>,
    },
    /// A parameter of the [`Expr::Call`] around it.
    Parameter(String),
    /// Not understood.
    Opaque(Span),
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

/// What a read makes of a variable that is set but blank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Blank {
    /// It is a value like any other: `os.getenv(k, d)`.
    #[default]
    Kept,
    /// It counts as unset: shell's `:-`.
    Unset,
}

/// A method of strings.
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
    /// Cuts at each occurrence: gives a list.
    Split(Option<String>, Option<usize>),
    /// `separator.join(list)`: the receiver is the list.
    Join(String),
    /// The item at this index of a list; negative counts from the end.
    Index(i64),
    /// To lower case.
    Lower,
    /// To upper case.
    Upper,
    /// Conversions that keep the text: `str()`, `int()`, percent-encoding of a password.
    Same,
    /// `make_url(text)` and back: keeps the text, but lets parts be set.
    SetUrlParts(Box<UrlParts>),
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
    /// It contains this.
    Contains(Expr, Expr),
    /// Not.
    Not(Box<Condition>),
    /// And.
    All(Vec<Condition>),
    /// Or.
    Any(Vec<Condition>),
    /// Not understood.
    Opaque,
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
