//! Clients that connect when they are first used, in code that goes on where that did not work.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::parts;

/// An argument that says that the program goes on without the server.
pub(super) const GOES_ON: &str = "goes on";

/// Calls that make clients and dial nothing.
const LATE: [&str; 6] = [
    "database/sql.Open",
    "github.com/jmoiron/sqlx.Open",
    "github.com/redis/go-redis.NewClient",
    "github.com/go-redis/redis.NewClient",
    "github.com/segmentio/kafka-go.Writer",
    "github.com/segmentio/kafka-go.TCP",
];

/// What ends the program, or says to the caller that something did not work.
const ENDS: [&str; 8] =
    ["Fatal", "panic(", "Panic", "os.Exit", "return err", ", err\n", "Errorf(", "errors."];

/// What dials at the start.
const DIALS: [&str; 8] =
    ["AutoMigrate", "migrate", "Migrate", "goose.", "CREATE TABLE", "create table", "Must", "WaitFor"];

impl<'t> Reader<'t> {
    /// Whether the client that a call makes is one that the program can start without.
    pub fn goes_on(&self, name: &str, node: Node<'t>) -> bool {
        if !LATE.contains(&name) {
            return false;
        }
        let mut at = node;
        while !matches!(at.kind(), "function_declaration" | "method_declaration") {
            let Some(above) = at.parent() else { return false };
            at = above;
        }
        // What is asked at once is wanted at once.
        const ASKS: [&str; 4] = [".Exec", ".Query", ".Begin", ".Conn("];
        let text: &str = &self.file.text;
        let has = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
        if has(self.text(at), &ENDS) || has(self.text(at), &ASKS) || has(text, &DIALS) {
            return false;
        }
        // Another function may ask whether the server is there.
        let others = at.parent().map(parts).unwrap_or_default();
        let mut others = others.into_iter().filter(|other| *other != at).map(|other| self.text(other));
        !others.any(|other| other.contains("Ping") && has(other, &ENDS))
    }
}
