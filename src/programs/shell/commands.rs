//! What commands do to the script: they end it, change its options, read other files.

use std::rc::Rc;

use tree_sitter::Node;

use super::reader::{Reader, Unit};
use super::statements::Flow;
use super::words::Word;
use crate::programs::Expr;
use crate::programs::dockerfile::Body;
use crate::programs::reading::parts;
use crate::source::Spanned;

/// Files that set nothing a program of the project reads.
const HARMLESS: &[&str] = &["activate", "nvm.sh", "bashrc", "profile", "setup.bash", "functions", "cargo"];

/// Servers, by the names of their services and of their programs, and where they listen.
const SERVERS: &[(&[&str], &[&str], u16)] = &[
    (&["postgresql", "postgres"], &["postgres", "pg_ctl", "pg_ctlcluster"], 5432),
    (&["mysql", "mariadb"], &["mysqld", "mysqld_safe", "mariadbd", "mariadbd-safe"], 3306),
    (&["redis", "redis-server"], &["redis-server", "valkey-server"], 6379),
    (&["mongod", "mongodb"], &["mongod"], 27017),
    (&["rabbitmq-server"], &["rabbitmq-server"], 5672),
    (&["memcached"], &["memcached"], 11211),
    (&["elasticsearch"], &["elasticsearch"], 9200),
];

impl Reader<'_> {
    /// A command with its words.
    pub(super) fn run(&mut self, unit: &Rc<Unit>, node: Node<'_>, words: &[Word]) -> Flow {
        let Some(name) = words.first() else { return Flow::On };
        match name.str() {
            "exit" => {
                let good = words.get(1).is_none_or(|word| word.str() == "0");
                return if good { Flow::Ends } else { Flow::Fails };
            }
            "return" => return Flow::Returns,
            "set" => {
                self.set(words);
                return Flow::On;
            }
            "shift" => {
                if let Some(Some(arguments)) = self.arguments.last_mut()
                    && !arguments.is_empty()
                {
                    arguments.remove(0);
                }
                return Flow::On;
            }
            "read" => {
                for word in words.iter().skip(1).filter(|word| !word.str().starts_with('-')) {
                    let name = Spanned::new(word.str().to_string(), word.span);
                    self.assign(&name, Expr::Opaque(word.span));
                }
                return Flow::On;
            }
            "." | "source" => {
                self.source(words);
                return Flow::On;
            }
            "eval" => {
                let text = unit.str(node).to_string();
                self.sets_what_is_not_seen(&text, unit.span(node));
                return Flow::On;
            }
            _ => {}
        }
        if self.functions.contains_key(name.str()) {
            let arguments = words.iter().skip(1).map(|word| word.value.clone()).collect();
            let around = self.called_at;
            self.called_at = around.or(Some(name.span));
            let flow = self.call(name.str(), arguments);
            self.called_at = around;
            return flow.unwrap_or(Flow::On);
        }
        self.notes.module.listens.extend(server(words));
        self.shell_text(unit, node, words);
        self.dial(words);
        if name.str() == "exec" && words.len() > 1 { Flow::Ends } else { Flow::On }
    }

    /// A command, with the variables that are set for it alone.
    pub(super) fn simple(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Flow {
        let own: Vec<Node<'_>> =
            parts(node).into_iter().filter(|part| part.kind() == "variable_assignment").collect();
        if own.is_empty() {
            let words = self.words(unit, node);
            return self.run(unit, node, &words);
        }
        let mark = self.names.enter(None);
        own.iter().for_each(|one| self.assignment(unit, *one, false));
        let words = self.words(unit, node);
        let flow = self.run(unit, node, &words);
        self.names.leave(mark, false);
        if flow == Flow::Ends && words.first().is_some_and(|word| word.str() == "exec") {
            // The program that takes the shell's place finds them.
            own.iter().for_each(|one| self.assignment(unit, *one, true));
        }
        flow
    }

    fn set(&mut self, words: &[Word]) {
        let mut words = words.iter().skip(1);
        while let Some(word) = words.next() {
            let text = word.str();
            if text == "--" {
                let rest = words.map(|word| word.value.clone()).collect();
                if let Some(arguments) = self.arguments.last_mut() {
                    *arguments = Some(rest);
                }
                return;
            }
            let on = text.starts_with('-');
            if !on && !text.starts_with('+') {
                continue;
            }
            if text.contains('a') && !text.contains("--") {
                self.exports_all = on;
            }
            if text.contains('u') {
                self.nounset = on;
            }
            if text.ends_with('o') {
                match words.next().map_or("", Word::str) {
                    "allexport" => self.exports_all = on,
                    "nounset" => self.nounset = on,
                    _ => {}
                }
            }
        }
    }

    /// `. file`
    fn source(&mut self, words: &[Word]) {
        let Some(file) = words.get(1) else { return };
        let Some(name) = self.resolved(&file.value) else {
            self.open = true;
            return;
        };
        match (self.start.sourced)(&name) {
            Some(body) => self.text(body),
            None => {
                let harmless = HARMLESS.iter().any(|word| name.contains(word));
                let sets = ["env", "secret", "vault", "config", "credential", "param"];
                self.open |= !harmless && sets.iter().any(|word| name.contains(word));
            }
        }
    }

    /// `sh -c "…"` within a script.
    fn shell_text(&mut self, unit: &Rc<Unit>, node: Node<'_>, words: &[Word]) {
        let shell = words.iter().position(|word| is_shell(word.str()));
        let Some(shell) = shell else { return };
        let mut rest = words.iter().skip(shell + 1);
        let flagged = rest.any(|word| word.str().starts_with('-') && word.str().contains('c'));
        let Some(text) = rest.next().filter(|_| flagged) else { return };
        let quoted = parts(node).into_iter().find(|part| unit.span(*part) == text.span);
        let Some(quoted) = quoted.filter(|part| matches!(part.kind(), "raw_string" | "string")) else {
            return;
        };
        let range = quoted.byte_range();
        let inside = unit.body.part(range.start + 1..range.end.saturating_sub(1));
        self.text(Body::inline(&inside));
    }
}

/// The port of a server that the script starts in its own container.
fn server(words: &[Word]) -> Option<Spanned<u16>> {
    let (first, rest) = words.split_first()?;
    let base = |word: &Word| word.str().rsplit('/').next().unwrap_or("").to_string();
    let name = base(first);
    let by_service = |name: &str| SERVERS.iter().find(|(services, ..)| services.contains(&name));
    let by_program = |name: &str| SERVERS.iter().find(|(_, programs, _)| programs.contains(&name));
    let known = match name.as_str() {
        "service" | "rc-service" => by_service(&base(rest.first()?)),
        _ if first.str().starts_with("/etc/init.d/") => by_service(&name),
        "docker-entrypoint.sh" | "exec" | "gosu" | "su-exec" | "su" | "sudo" | "nohup" => {
            rest.iter().take(4).find_map(|word| by_program(&base(word)))
        }
        _ => by_program(&name),
    };
    known.map(|(.., port)| Spanned::new(*port, first.span))
}

/// Whether the program is a shell.
pub(in crate::programs) fn is_shell(name: &str) -> bool {
    matches!(name.rsplit('/').next().unwrap_or(name), "sh" | "bash" | "dash" | "ash" | "zsh")
}
