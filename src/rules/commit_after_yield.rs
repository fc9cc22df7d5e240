//! A generator dependency commits after its `yield`.

use super::prelude::*;
use super::remarks::{self, Words};
use crate::programs::RemarkKind;

rule!("commit-after-yield", |cx, out| remarks::report(&RULE, RemarkKind::CommitAfterYield, &WORDS, cx, out));

const WORDS: Words = Words {
    message: "the session is committed after `yield`, when the work is over: a connection that has been closed meanwhile fails the commit of work that seemed done",
    here: "commits when the caller is finished",
    help: "commit where the write happens, and let the dependency only roll back and close",
};
