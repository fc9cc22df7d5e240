//! The names of queues and channels that programs send to and take from, as far as their sources write them at the call.

use super::ServiceFacts;
use crate::programs::has_extension;
use crate::source::{SourceFile, Span};

/// What a program does with a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It puts something in.
    Sends,
    /// It takes something out.
    Takes,
    /// It makes the queue, or says that it is there.
    Declares,
}

/// A queue that a program names.
#[derive(Clone, Debug)]
pub struct Queue {
    /// Names of one kind belong together.
    pub kind: &'static str,
    /// What is done with it.
    pub side: Side,
    /// Its name; `None` where that is not known.
    pub name: Option<String>,
    /// The name, or the call.
    pub at: Span,
}

/// A call that names a queue.
struct Form {
    kind: &'static str,
    endings: &'static [&'static str],
    /// A word that the source must have.
    needs: &'static str,
    call: &'static str,
    side: Side,
    argument: Argument,
}

/// Which argument is the name.
#[derive(Clone, Copy)]
enum Argument {
    /// This, where there are not fewer than so many.
    At(usize),
    /// This, where the one before is a blank text: RabbitMQ's own exchange.
    Behind(usize),
    /// The one of two.
    OfTwo,
    /// That of this name, or the first.
    Named(&'static str),
}

const JS: &[&str] = &["js", "mjs", "cjs", "ts", "mts"];
const PY: &[&str] = &["py"];
const GO: &[&str] = &["go"];
const JVM: &[&str] = &["java", "kt"];
const PHP: &[&str] = &["php"];

macro_rules! forms {
    ($($kind:literal $endings:ident $needs:literal $call:literal $side:ident $argument:expr;)*) => {
        &[$(Form { kind: $kind, endings: $endings, needs: $needs, call: $call, side: Side::$side, argument: $argument }),*]
    };
}

use Argument::{At, Behind, Named, OfTwo};

const FORMS: &[Form] = forms! {
    "queue" JS "amqp" ".sendToQueue(" Sends At(0);
    "queue" JS "amqp" ".consume(" Takes At(0);
    "queue" JS "amqp" ".assertQueue(" Declares At(0);
    "queue" PY "pika" ".basic_publish(" Sends Named("routing_key");
    "queue" PY "pika" ".basic_consume(" Takes Named("queue");
    "queue" PY "pika" ".queue_declare(" Declares Named("queue");
    "queue" GO "amqp" ".PublishWithContext(" Sends Behind(2);
    "queue" GO "amqp" ".Publish(" Sends Behind(1);
    "queue" GO "amqp" ".Consume(" Takes At(0);
    "queue" GO "amqp" ".QueueDeclare(" Declares At(0);
    "queue" JVM "amqp" ".convertAndSend(" Sends OfTwo;
    "queue" JVM "amqp" "@RabbitListener(" Takes Named("queues");
    "queue" PHP "PhpAmqpLib" "basic_publish(" Sends Behind(2);
    "queue" PHP "PhpAmqpLib" "basic_consume(" Takes At(0);
    "queue" PHP "PhpAmqpLib" "queue_declare(" Declares At(0);
    "queue of BullMQ" JS "bullmq" "new Queue(" Sends At(0);
    "queue of BullMQ" JS "bullmq" "new Worker(" Takes At(0);
    "list" JS "redis" ".lpush(" Sends At(0);
    "list" JS "redis" ".rpush(" Sends At(0);
    "list" JS "redis" ".lPush(" Sends At(0);
    "list" JS "redis" ".rPush(" Sends At(0);
    "list" JS "redis" ".brpop(" Takes At(0);
    "list" JS "redis" ".blpop(" Takes At(0);
    "list" JS "redis" ".brPop(" Takes At(0);
    "list" JS "redis" ".blPop(" Takes At(0);
    "list" PY "redis" ".lpush(" Sends At(0);
    "list" PY "redis" ".rpush(" Sends At(0);
    "list" PY "redis" ".brpop(" Takes At(0);
    "list" PY "redis" ".blpop(" Takes At(0);
    "list" PY "redis" ".lpop(" Takes At(0);
    "list" PY "redis" ".rpop(" Takes At(0);
    "list" GO "redis" ".LPush(" Sends At(1);
    "list" GO "redis" ".RPush(" Sends At(1);
    "list" GO "redis" ".BRPop(" Takes At(2);
    "list" GO "redis" ".BLPop(" Takes At(2);
    "channel" JS "redis" ".publish(" Sends OfTwo;
    "channel" JS "redis" ".subscribe(" Takes At(0);
    "channel" PY "redis" ".publish(" Sends OfTwo;
    "channel" PY "redis" ".subscribe(" Takes At(0);
    "channel" GO "redis" ".Publish(" Sends At(1);
    "channel" GO "redis" ".Subscribe(" Takes At(1);
};

/// Other brokers with calls of the same names.
const OTHERS: [&str; 5] = ["mqtt", "nats", "kafka", "pubsub\"", "rxjs"];

/// Arguments, and texts of them, are bounded.
const MAX_LENGTH: usize = 4_000;
const MAX_QUEUES: usize = 200;

/// The queues that the sources of a program name.
#[must_use]
pub fn named(service: &ServiceFacts<'_>) -> Vec<Queue> {
    let program = service.program;
    let mut found = Vec::new();
    if program.idle {
        return found;
    }
    for index in &program.loaded {
        let Some((_, source)) = program.scope.get(*index) else { continue };
        for form in FORMS.iter().filter(|form| has_extension(&source.path, form.endings)) {
            if !program.scope.containing(form.call).contains(index) {
                continue;
            }
            let file = source.file();
            let text: &str = &file.text;
            let others = form.kind == "channel" && OTHERS.iter().any(|word| text.contains(word));
            if !text.contains(form.needs) || others || form.kind != "queue" && text.contains("amqplib") {
                continue;
            }
            for (at, _) in text.match_indices(form.call).take(MAX_QUEUES) {
                let line = text.get(..at).unwrap_or("").rsplit('\n').next().unwrap_or("").trim_start();
                if !["#", "//", "*"].iter().any(|start| line.starts_with(start)) {
                    found.extend(queue(service, file, form, at));
                }
            }
        }
    }
    // What a handle of the only queue names.
    for kind in ["queue", "list", "channel"] {
        let declared: Vec<Queue> =
            found.iter().filter(|one| one.kind == kind && one.side == Side::Declares).cloned().collect();
        if let [Queue { name: Some(only), .. }] = declared.as_slice() {
            for one in found.iter_mut().filter(|one| one.kind == kind && one.name.is_none()) {
                one.name = Some(only.clone());
            }
        }
    }
    found
}

/// An argument of a call, and where it begins behind the parenthesis.
struct Given<'t> {
    from: usize,
    text: &'t str,
}

fn queue(service: &ServiceFacts<'_>, file: &SourceFile, form: &Form, at: usize) -> Option<Queue> {
    let from = at + form.call.len();
    let arguments = arguments(file.text.get(from..)?);
    let own_exchange = |text: &str| matches!(text.trim(), "\"\"" | "''");
    let argument = match form.argument {
        At(place) => arguments.get(place),
        Behind(place) => {
            let exchange = arguments.get(place.checked_sub(1)?)?;
            arguments.get(place).filter(|_| own_exchange(exchange.text))
        }
        OfTwo => arguments.first().filter(|_| arguments.len() == 2),
        Named(name) => {
            let keyword = |given: &Given<'_>| {
                given.text.split_once('=').map(|(key, value)| (key.trim().to_string(), value.to_string()))
            };
            let other = arguments
                .iter()
                .filter_map(keyword)
                .any(|(key, value)| key == "exchange" && !own_exchange(&value));
            let own = arguments.iter().find(|given| keyword(given).is_some_and(|(key, _)| key == name));
            own.or_else(|| arguments.first().filter(|given| !given.text.contains('='))).filter(|_| !other)
        }
    }?;
    // `queue="orders"`
    let keyword = argument.text.split_once('=').filter(|(key, _)| key.trim().chars().all(is_name));
    let (skipped, text) = keyword.map_or((0, argument.text), |(key, value)| (key.len() + 1, value));
    let blanks = text.len() - text.trim_start().len();
    let start = from + argument.from + skipped + blanks;
    let text = text.trim().trim_end_matches([']', '}']).trim_start_matches(['[', '{']);
    // Answers come by queues without names.
    let lower = text.to_ascii_lowercase();
    if ["reply", "callback", "answer"].iter().any(|word| lower.contains(word)) {
        return None;
    }
    let name = value(service, &file.text, text, true);
    Some(Queue { kind: form.kind, side: form.side, name, at: file.slice(start, start + text.len().max(1)) })
}

/// The arguments of a call, from behind its parenthesis.
fn arguments(text: &str) -> Vec<Given<'_>> {
    let (mut found, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (at, c) in text.char_indices().take(MAX_LENGTH) {
        let ends = quote.is_none() && depth == 0;
        match c {
            '"' | '\'' | '`' if quote.is_none() => quote = Some(c),
            c if quote == Some(c) => quote = None,
            _ if quote.is_some() => {}
            ',' | ')' if ends => {
                let given = text.get(start..at).unwrap_or("");
                if !given.trim().is_empty() {
                    found.push(Given { from: start, text: given });
                }
                if c == ')' {
                    return found;
                }
                start = at + 1;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Vec::new()
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// What an expression is: a literal, a variable of the environment with its default, or a name that the source gives one of both.
fn value(service: &ServiceFacts<'_>, source: &str, text: &str, follow: bool) -> Option<String> {
    let text = text.trim().trim_end_matches(';').trim();
    if let Some(name) = literal(text) {
        return Some(name);
    }
    let read = ["process.env.", "process.env[", "os.getenv(", "os.environ.get(", "os.environ[", "os.Getenv("];
    if let Some(rest) = read.iter().find_map(|start| text.strip_prefix(start)) {
        let rest = rest.trim_start_matches(['"', '\'']);
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (name, after) = (rest.get(..end)?, rest.get(end..)?);
        if let Some(value) = service.environment.value(name) {
            return value.complete().filter(|value| !value.is_empty());
        }
        let after = after.trim_start_matches(['"', '\'', ']', ')', ' ']);
        let default = ["||", "??", ",", "or "].iter().find_map(|sign| after.strip_prefix(sign))?;
        return literal(default.trim().trim_end_matches(')').trim());
    }
    if !follow || text.is_empty() || !text.chars().all(is_name) {
        return None;
    }
    // `const queue = 'orders'`, said once.
    let mut said = source.lines().filter_map(|line| {
        let line = line.trim();
        let line = ["export ", "const ", "let ", "var ", "static ", "final "]
            .iter()
            .fold(line, |line, word| line.strip_prefix(word).unwrap_or(line));
        let rest = line.strip_prefix(text)?;
        let rest =
            rest.split_once('=').filter(|(before, _)| before.trim().len() < 12 && !before.contains('('))?.1;
        (!rest.starts_with('=')).then(|| rest.trim_start().to_string())
    });
    let first = said.next()?;
    value(service, source, &first, false).filter(|_| said.next().is_none())
}

/// The text between quotes, where that is all.
fn literal(text: &str) -> Option<String> {
    let text = text.split(" //").next().unwrap_or(text).split(" #").next().unwrap_or(text);
    let text = text.trim().trim_end_matches([';', ',']);
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let plain = !inner.is_empty() && !inner.contains(['"', '\'', '`', '$', '{', '%', '\\', ' ']);
    plain.then(|| inner.to_string())
}

#[cfg(test)]
mod tests {
    use super::{arguments, literal};

    #[test]
    fn arguments_are_told_apart() {
        let of = |text: &str| {
            arguments(text).iter().map(|given| given.text.trim().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(of("queue, Buffer.from(x, 'y'), {a: 1})"), ["queue", "Buffer.from(x, 'y')", "{a: 1}"]);
        assert_eq!(of("ctx, \"\", q.Name, false)"), ["ctx", "\"\"", "q.Name", "false"]);
        assert!(of("never closed").is_empty());
        assert_eq!(literal("'orders';").as_deref(), Some("orders"));
        assert_eq!(literal("'a' + b"), None);
    }
}
