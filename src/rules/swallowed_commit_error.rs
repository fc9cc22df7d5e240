//! An error of a commit is caught, and the program goes on as if it had worked.

use super::prelude::*;
use super::remarks::{self, Words};
use crate::programs::RemarkKind;

rule!("swallowed-commit-error", |cx, out| remarks::report(
    &RULE,
    RemarkKind::SwallowedCommitError,
    &WORDS,
    cx,
    out
));

const WORDS: Words = Words {
    message: "an error of the commit is caught here and the program goes on as if it had worked: the write is lost and nobody is told",
    here: "the error ends here",
    help: "commit explicitly where the write happens, and `raise` after the rollback so that the error surfaces",
};
