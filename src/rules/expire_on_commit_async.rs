//! An attribute is read after an asynchronous commit has expired it.

use super::prelude::*;
use super::remarks::{self, Words};
use crate::programs::RemarkKind;

rule!("expire-on-commit-async", |cx, out| remarks::report(
    &RULE,
    RemarkKind::ReadAfterAsyncCommit,
    &WORDS,
    cx,
    out
));

const WORDS: Words = Words {
    message: "an attribute is read after `commit()` has expired it: loading it again raises `MissingGreenlet` in asyncio",
    here: "read after the commit",
    help: "make the sessions with `expire_on_commit=False`, or `await session.refresh(…)` first",
};
