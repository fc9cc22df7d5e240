//! The calls by which code names queues, channels and topics: `rules/data/queues.yaml`, typed.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::programs::Expr;
use crate::source::Span;

const TABLE: &str = include_str!("../../../rules/data/queues.yaml");

/// What a program does with a queue.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// It puts something in.
    Sends,
    /// It takes something out.
    Takes,
    /// It makes the queue, or says that it is there.
    Declares,
}

/// A call that names a queue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Names of one kind belong together.
    pub kind: String,
    languages: Vec<String>,
    /// A word that the file must have.
    pub needs: String,
    calls: Vec<String>,
    /// What the call does.
    pub side: Side,
    at: Option<usize>,
    named: Option<String>,
    of: Option<usize>,
    /// The keys of the name, where the argument is a record.
    #[serde(default)]
    pub keys: Vec<String>,
    #[serde(default)]
    own_exchange: bool,
}

/// A queue that code names.
#[derive(Clone, Debug)]
pub struct QueueCall {
    /// The call.
    pub form: &'static Form,
    /// The name, a list of them, or a record that has it.
    pub name: Expr,
    /// The argument, or the call.
    pub span: Span,
}

/// Which arguments of a call say what its queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// That of the name; `None` where the call has none.
    pub name: Option<usize>,
    /// The one that must be the blank name of RabbitMQ's own exchange.
    pub blank: Option<usize>,
}

fn table() -> &'static [Form] {
    static READ: OnceLock<Vec<Form>> = OnceLock::new();
    READ.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// The forms of a call in a language, by its last name (`sendToQueue`, `new Queue`, `@RabbitListener`).
fn forms<'c>(language: &'c str, call: &'c str) -> impl Iterator<Item = &'static Form> + 'c {
    let is = |names: &[String], name: &str| names.iter().any(|known| known == name);
    table().iter().filter(move |form| is(&form.calls, call) && is(&form.languages, language))
}

/// Whether calls of this name in this language name queues.
#[must_use]
pub fn is_known(language: &str, call: &str) -> bool {
    forms(language, call).next().is_some()
}

/// The queues that a call in a language names, by its last name, of which `whole` is the place. `given` are the names of its
/// arguments, `None` for positional ones, of which `value` gives one.
pub fn named(
    (language, call): (&str, &str),
    given: &[Option<&str>],
    whole: Span,
    mut value: impl FnMut(usize) -> Option<(Expr, Span)>,
) -> Vec<QueueCall> {
    let mut found = Vec::new();
    for form in forms(language, call) {
        let Some(place) = form.place(given) else { continue };
        let blank = |value: Option<(Expr, Span)>| {
            value.is_some_and(|(value, _)| matches!(value.peel(), Expr::Text(text) if text.value.is_empty()))
        };
        if place.blank.is_some_and(|at| !blank(value(at))) {
            continue;
        }
        let (name, span) = place.name.and_then(&mut value).unwrap_or((Expr::Opaque(whole), whole));
        found.push(QueueCall { form, name, span });
    }
    found
}

/// The words of which a file has one that names queues.
pub fn needed() -> impl Iterator<Item = &'static str> {
    let mut seen: Vec<&str> = Vec::new();
    table().iter().map(|form| form.needs.as_str()).filter(move |word| {
        let new = !seen.contains(word);
        seen.push(word);
        new
    })
}

impl Form {
    /// The arguments that count among those with these names, positional ones without; `None` where the call is another.
    #[must_use]
    pub fn place(&self, given: &[Option<&str>]) -> Option<Place> {
        let named = |name: &str| given.iter().position(|known| *known == Some(name));
        let positional = |at: usize| given.get(at).filter(|name| name.is_none()).map(|_| at);
        let (name, blank) = match (&self.named, self.at, self.of) {
            (Some(name), ..) => (named(name).or_else(|| positional(0)), named("exchange")),
            (None, Some(at), _) => (Some(positional(at)?), at.checked_sub(1)),
            (None, None, of) => (Some(positional(0).filter(|_| Some(given.len()) == of)?), None),
        };
        Some(Place { name, blank: blank.filter(|_| self.own_exchange || self.named.is_some()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        assert!(table().len() > 20);
        assert_eq!(needed().filter(|word| *word == "redis").count(), 1);
    }

    #[test]
    fn arguments_are_found() {
        let of = |language, call, given: &[Option<&str>]| forms(language, call).next().unwrap().place(given);
        let place = |name, blank| Some(Place { name: Some(name), blank });
        assert_eq!(of("javascript", "sendToQueue", &[None, None]), place(0, None));
        assert_eq!(of("go", "Publish", &[None; 5]), place(1, Some(0)));
        assert_eq!(
            of("python", "basic_publish", &[Some("exchange"), Some("routing_key")]),
            place(1, Some(0))
        );
        assert_eq!(of("java", "convertAndSend", &[None, None, None]), None);
        assert_eq!(
            of("java", "@RabbitListener", &[Some("bindings")]),
            Some(Place { name: None, blank: None })
        );
    }
}
