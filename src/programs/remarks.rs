//! What can be seen in sources of sessions and transactions.

use indexmap::IndexMap;

use super::{Expr, Module, Scope, Value, evaluate};
use crate::source::Span;

/// Something about sessions and transactions that can be seen in the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Remark {
    /// What.
    pub kind: RemarkKind,
    /// Where.
    pub span: Span,
    /// A second place of the story.
    pub related: Option<(Span, &'static str)>,
    /// What made the session, when that decides: see [`Remark::holds`].
    pub maker: Option<Expr>,
}

impl Remark {
    /// Whether the remark holds in a program: what made the session may be in another module, and must
    /// be seen to expire its objects on commit.
    #[must_use]
    pub fn holds(&self, scope: &Scope, module: &Module) -> bool {
        let Some(maker) = &self.maker else { return true };
        let Some(index) = scope.index_of(module) else { return false };
        let made = evaluate(scope, index, &IndexMap::<String, crate::compose::Variable>::new(), maker).value;
        matches!(made.field("expire_on_commit"), Some(Value::Bool(true, _)))
    }
}

/// What a [`Remark`] remarks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RemarkKind {
    /// `sessionmaker(class_=AsyncSession)`
    SyncSessionmakerForAsync,
    /// An attribute of an instance is read after `await session.commit()`, and the session's maker
    /// does not say `expire_on_commit=False`.
    ReadAfterAsyncCommit,
    /// A generator dependency commits after its `yield`.
    CommitAfterYield,
    /// An `except` around a commit goes on as if it had worked.
    SwallowedCommitError,
    /// A function runs coroutines in an event loop of its own: `asyncio.run(…)`.
    LoopPerCall,
    /// The same while the module is loaded.
    LoopAtLoad,
}
