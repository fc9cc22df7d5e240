//! What of a program only a replica set of MongoDB can do: transactions, change streams, and whatever Prisma writes.
//!
//! A server by itself answers "Transaction numbers are only allowed on a replica set member or mongos"
//! (mongodb.com/docs/manual/core/transactions), "The $changeStream stage is only supported on replica sets"
//! (mongodb.com/docs/manual/changeStreams), and Prisma's client ends with P2031 (pris.ly/d/mongodb-replica-set).

use super::{ModuleIndex, Scope};
use crate::source::Span;

/// What asks for a replica set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetNeed {
    /// What it is.
    pub what: SetUse,
    /// Where it stands.
    pub at: Span,
}

/// A use that only a replica set can be put to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetUse {
    /// A transaction.
    Transaction,
    /// A change stream.
    ChangeStream,
    /// Prisma's client, which writes in transactions.
    Prisma,
}

/// A call, by the words that make it one of MongoDB's drivers in one file.
struct Sign {
    call: &'static str,
    beside: &'static [&'static str],
    what: SetUse,
}

const SIGNS: [Sign; 10] = [
    Sign { call: ".startTransaction(", beside: &["startSession("], what: SetUse::Transaction },
    Sign { call: ".withTransaction(", beside: &["startSession("], what: SetUse::Transaction },
    Sign { call: ".start_transaction(", beside: &["start_session("], what: SetUse::Transaction },
    Sign { call: ".with_transaction(", beside: &["start_session("], what: SetUse::Transaction },
    Sign { call: ".WithTransaction(", beside: &["StartSession("], what: SetUse::Transaction },
    Sign { call: ".StartTransaction(", beside: &["StartSession("], what: SetUse::Transaction },
    Sign {
        call: "new MongoTransactionManager(",
        beside: &["MongoTransactionManager"],
        what: SetUse::Transaction,
    },
    Sign { call: ".watch(", beside: &["changeStream", "mongo"], what: SetUse::ChangeStream },
    Sign { call: ".watch(", beside: &["change_stream", "mongo"], what: SetUse::ChangeStream },
    Sign { call: ".Watch(", beside: &["ChangeStream", "mongo"], what: SetUse::ChangeStream },
];

/// What of the modules that are loaded asks for a replica set, the first of them.
pub(super) fn of(scope: &Scope, loaded: &[ModuleIndex]) -> Option<SetNeed> {
    loaded.iter().filter_map(|index| scope.get(*index)).find_map(|(_, source)| {
        let prisma = source.front_end.name() == "prisma";
        let found = source.glance(|text| if prisma { of_prisma(text) } else { of_code(text) });
        let (at, length, what) = found?;
        Some(SetNeed { what, at: source.file().slice(at, at + length) })
    })
}

fn of_code(text: &str) -> Option<(usize, usize, SetUse)> {
    // Who asks whether it is one goes on without.
    let asks =
        |text: &str| text.contains("replSetGetStatus") || text.to_ascii_lowercase().contains("replica");
    SIGNS.iter().find_map(|sign| {
        let at = text.find(sign.call)?;
        let line = text.get(..at)?.rsplit('\n').next().unwrap_or("").trim_start();
        let all = sign.beside.iter().all(|word| text.contains(word));
        let code = !line.starts_with("//") && !line.starts_with('#') && !line.starts_with('*');
        (all && code && !asks(text)).then_some((at, sign.call.len() - 1, sign.what))
    })
}

fn of_prisma(text: &str) -> Option<(usize, usize, SetUse)> {
    let from = text.find("datasource ")?;
    let block = text.get(from..)?;
    let block = block.get(..block.find('}')?)?;
    let at = block.find("\"mongodb\"")?;
    Some((from + at, "\"mongodb\"".len(), SetUse::Prisma))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_ask_for_a_set() {
        let what = |text: &str| of_code(text).map(|(.., what)| what);
        assert_eq!(
            what("const s = await mongoose.startSession();\ns.startTransaction();\n"),
            Some(SetUse::Transaction)
        );
        assert_eq!(
            what(
                "from pymongo import MongoClient\nwith c.start_session() as s:\n    s.with_transaction(f)\n"
            ),
            Some(SetUse::Transaction)
        );
        assert_eq!(
            what("const mongo = require('mongodb');\nconst changeStream = users.watch();\n"),
            Some(SetUse::ChangeStream)
        );
        // TypeORM's, a watcher of files, one that looks first, and a comment.
        assert_eq!(what("await queryRunner.startTransaction();\n"), None);
        assert_eq!(what("chokidar.watch('src');\n// mongo\n"), None);
        assert_eq!(what("if (await isReplicaSet()) { s = startSession(); s.startTransaction(); }\n"), None);
        assert_eq!(what("s = startSession();\n// s.startTransaction()\n"), None);
    }

    #[test]
    fn schemas_of_prisma() {
        let schema = "datasource db {\n  provider = \"mongodb\"\n  url = env(\"X\")\n}\nmodel A {}\n";
        assert!(of_prisma(schema).is_some());
        assert!(of_prisma(&schema.replace("mongodb", "postgresql")).is_none());
    }
}
