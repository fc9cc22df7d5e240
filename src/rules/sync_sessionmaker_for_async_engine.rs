//! `sessionmaker(class_=AsyncSession)` where `async_sessionmaker` exists.

use super::prelude::*;
use super::remarks::{self, Words};
use crate::programs::RemarkKind;

rule!("sync-sessionmaker-for-async-engine", |cx, out| remarks::report(
    &RULE,
    RemarkKind::SyncSessionmakerForAsync,
    &WORDS,
    cx,
    out
));

const WORDS: Words = Words {
    message: "`sessionmaker` is given `AsyncSession`; SQLAlchemy has `async_sessionmaker` for it",
    here: "makes sessions for synchronous code",
    help: "write `async_sessionmaker(bind=engine, expire_on_commit=False)`",
};
