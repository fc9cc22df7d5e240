//! What Java and Kotlin have in common, as one small tree: each language's syntax becomes this, and one reader
//! reads it.

use crate::source::{Span, Spanned};

/// A source file.
#[derive(Debug, Default)]
pub struct Unit {
    /// Its package; blank for none.
    pub package: String,
    /// What it imports.
    pub imports: Vec<Import>,
    /// Its classes, interfaces, records, enumerations and objects.
    pub classes: Vec<Class>,
    /// Functions outside of classes.
    pub functions: Vec<Function>,
    /// Properties outside of classes.
    pub fields: Vec<Field>,
    /// Code outside of functions, in scripts.
    pub statements: Vec<Statement>,
}

/// `import a.b.C`
#[derive(Debug)]
pub struct Import {
    /// The whole name, without `.*`.
    pub path: String,
    /// What it is called here.
    pub name: String,
    /// Whether it is all of a package or class.
    pub all: bool,
}

/// A class.
#[derive(Debug, Default)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
    /// Its fields, those that a constructor or a record's head declares among them.
    pub fields: Vec<Field>,
    /// Its methods.
    pub functions: Vec<Function>,
    /// Its constructors.
    pub constructors: Vec<Function>,
    /// The parameters of the constructor in its head.
    pub parameters: Vec<Parameter>,
    /// The classes within.
    pub classes: Vec<Class>,
    /// Initializers.
    pub blocks: Vec<Vec<Statement>>,
}

/// A field, or a property outside of classes.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: Spanned<String>,
    /// The plain name of its type, if it is written.
    pub kind: Option<String>,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
    /// What it is at first.
    pub value: Option<Code>,
}

/// A function, method or constructor.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: Spanned<String>,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
    /// What it takes.
    pub parameters: Vec<Parameter>,
    /// What it does.
    pub body: Vec<Statement>,
    /// The whole.
    pub span: Span,
}

/// A parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Spanned<String>,
    /// The plain name of its type.
    pub kind: Option<String>,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
    /// Its default.
    pub value: Option<Code>,
}

/// `@Name(…)`
#[derive(Debug)]
pub struct Annotation {
    /// Its plain name.
    pub name: String,
    /// Its arguments, by name.
    pub arguments: Vec<Argument>,
    /// The whole.
    pub span: Span,
}

impl Annotation {
    /// The argument of one of these names; the first without a name counts as `value`.
    #[must_use]
    pub fn get(&self, names: &[&str]) -> Option<&Code> {
        let named = |argument: &&Argument| names.contains(&argument.name.as_deref().unwrap_or("value"));
        self.arguments.iter().find(named).map(|argument| &argument.value)
    }
}

/// An argument of a call.
#[derive(Debug)]
pub struct Argument {
    /// Its name.
    pub name: Option<String>,
    /// Its value.
    pub value: Code,
}

/// A statement.
#[derive(Debug)]
pub enum Statement {
    /// A local variable.
    Local(Spanned<String>, Option<String>, Option<Code>),
    /// An expression.
    Code(Code),
    /// `if`
    If(Code, Vec<Statement>, Vec<Statement>),
    /// `return`
    Return(Option<Code>, Span),
    /// `throw`
    Throw(Option<Code>),
    /// `break`, `continue`
    Leave,
    /// Statements that are run once.
    Block(Vec<Statement>),
    /// Statements that may be run, or not, or often.
    Maybe(Vec<Statement>),
}

/// An expression.
#[derive(Debug)]
pub enum Code {
    /// A string; the span is the text between the quotes.
    Text(Spanned<String>),
    /// A string with expressions in it.
    Template(Vec<Code>),
    /// A number.
    Number(Spanned<String>),
    /// `true`, `false`
    Bool(bool, Span),
    /// `null`
    Null(Span),
    /// A name.
    Name(Spanned<String>),
    /// `this`
    This,
    /// `a.b`, `a?.b`
    Member(Box<Code>, Spanned<String>),
    /// A call.
    Call(Box<Call>),
    /// `a ?: b`
    Either(Box<Code>, Box<Code>),
    /// `a!!`
    NotNull(Box<Code>, Span),
    /// `a ? b : c`, `if (a) b else c`
    If(Box<Code>, Box<Code>, Box<Code>, Span),
    /// An operator: `+`, `==`, `!=`, `&&`, `||`
    Binary(&'static str, Box<Code>, Box<Code>, Span),
    /// `!a`
    Not(Box<Code>, Span),
    /// `a = b`
    Assign(Box<Code>, Box<Code>),
    /// `a[b]`
    Index(Box<Code>, Box<Code>, Span),
    /// `{a, b}` of an array
    List(Vec<Code>),
    /// A function without a name.
    Lambda(Vec<String>, Vec<Statement>, Span),
    /// Statements of which the last is the value.
    Block(Vec<Statement>, Span),
    /// `throw` as an expression.
    Throw(Span),
    /// Something that is not understood, and the expressions within.
    Other(Vec<Code>, Span),
}

/// A call, also of a constructor.
#[derive(Debug)]
pub struct Call {
    /// What the method is called on.
    pub receiver: Option<Code>,
    /// The method, function or class.
    pub name: Spanned<String>,
    /// Its arguments; a trailing lambda is the last.
    pub arguments: Vec<Argument>,
    /// Whether it is written with `new`.
    pub new: bool,
    /// The whole.
    pub span: Span,
}

impl Code {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Code::Text(text) | Code::Number(text) | Code::Name(text) => text.span,
            Code::Template(parts) | Code::List(parts) => {
                parts.iter().fold(Span::NONE, |span, part| span.to(part.span()))
            }
            Code::This => Span::NONE,
            Code::Member(value, name) => value.span().to(name.span),
            Code::Call(call) => call.span,
            Code::Either(a, b) | Code::Assign(a, b) => a.span().to(b.span()),
            Code::Bool(_, span)
            | Code::Null(span)
            | Code::NotNull(_, span)
            | Code::If(.., span)
            | Code::Binary(.., span)
            | Code::Not(_, span)
            | Code::Index(.., span)
            | Code::Lambda(.., span)
            | Code::Block(_, span)
            | Code::Throw(span)
            | Code::Other(_, span) => *span,
        }
    }
}
