//! The arguments that a call was given, once they are read.

use super::clients::{Client, Part, Slot};
use super::target;
use crate::programs::Expr;
use crate::source::{Span, Spanned};

/// One argument.
#[derive(Clone, Debug)]
pub struct Given {
    /// The name of a named argument.
    pub name: Option<Spanned<String>>,
    /// What is passed.
    pub value: Expr,
    /// Whether it stands for any number of arguments (`...$list`, `**options`).
    pub splat: bool,
}

impl Given {
    /// The name of a named argument.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|name| name.value.as_str())
    }
}

/// The arguments of a call, in order.
#[derive(Clone, Debug, Default)]
pub struct Arguments(pub Vec<Given>);

impl Arguments {
    /// One positional argument.
    #[must_use]
    pub fn one(value: Expr) -> Self {
        Self(vec![Given { name: None, value, splat: false }])
    }

    /// The positional argument there, unless one that stands for several comes before it.
    #[must_use]
    pub fn at(&self, position: usize) -> Option<&Expr> {
        let mut positional = self.0.iter().filter(|given| given.name.is_none());
        let upto: Vec<&Given> = positional.by_ref().take(position + 1).collect();
        let plain = upto.len() == position + 1 && !upto.iter().any(|given| given.splat);
        upto.last().filter(|_| plain).map(|given| &given.value)
    }

    /// The named argument, or the field of that name of a record that is passed.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Expr> {
        let named = self.0.iter().find(|given| given.name.as_ref().is_some_and(|known| known.value == name));
        named.map(|given| &given.value).or_else(|| self.records().find_map(|record| field(record, name)))
    }

    /// The text at a position, where it is written out.
    #[must_use]
    pub fn text(&self, position: usize) -> Option<Spanned<String>> {
        match self.at(position)?.peel() {
            Expr::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// Whether there may be arguments that cannot be seen.
    #[must_use]
    pub fn open(&self) -> bool {
        self.0.iter().any(|given| given.splat && !matches!(given.value.peel(), Expr::Record(_)))
    }

    /// The argument that one of the slots names.
    #[must_use]
    pub fn slot(&self, slots: &[Slot]) -> Option<Expr> {
        let found = |slot: &Slot| match slot {
            Slot::Name(name) => self.named(name),
            Slot::Position(position) => self.at(*position),
        };
        slots.iter().find_map(found).cloned()
    }

    /// What the client dials that a call with these arguments makes.
    #[must_use]
    pub fn target(&self, client: &Client, callee: Span) -> Option<Expr> {
        let record = self.handed_record(client);
        let field = |slots: &[Slot]| {
            let record = record?;
            let names = slots.iter().filter_map(|slot| match slot {
                Slot::Name(name) => Some(Spanned::new(name.clone(), callee)),
                Slot::Position(_) => None,
            });
            let mut fields: Vec<Expr> =
                names.map(|name| Expr::Member(Box::new(record.clone()), name)).collect();
            if fields.len() > 1 { Some(Expr::FirstSet(fields)) } else { fields.pop() }
        };
        target::target(client, &mut |slots| self.slot(slots).or_else(|| field(slots)), self.open(), callee)
    }

    /// What is passed in a place that no part of the client's address has, and may turn out to be a record of them.
    fn handed_record(&self, client: &Client) -> Option<&Expr> {
        let slots = [&client.url, &client.port].into_iter().flatten().chain(client.parts.values());
        let taken: Vec<usize> = slots
            .flatten()
            .filter_map(|slot| match slot {
                Slot::Position(position) => Some(*position),
                Slot::Name(_) => None,
            })
            .collect();
        let positional = self.0.iter().filter(|given| given.name.is_none() && !given.splat).enumerate();
        let mut open = positional.filter(|(at, given)| {
            let named = matches!(
                given.value.peel(),
                Expr::Opaque(_)
                    | Expr::Parameter(_)
                    | Expr::Argument(_)
                    | Expr::Own(_)
                    | Expr::Imported { .. }
                    | Expr::Member(..)
                    | Expr::Item(..)
                    | Expr::Call(_)
            );
            named && !taken.contains(at)
        });
        open.next().map(|(_, given)| &given.value)
    }

    /// As the arguments of a call of the program's own function.
    #[must_use]
    pub fn passed(self) -> Vec<(Option<String>, Expr)> {
        let plain = self.0.into_iter().filter(|given| !given.splat);
        plain.map(|given| (given.name.map(|name| name.value), given.value)).collect()
    }

    /// The named arguments and the fields of records, as a sink keeps them.
    #[must_use]
    pub fn options(&self) -> Vec<(Spanned<String>, Expr)> {
        let named = self.0.iter().filter_map(|given| Some((given.name.clone()?, given.value.clone())));
        let fields = self.records().filter_map(|record| match record.peel() {
            Expr::Record(fields) => Some(fields.clone()),
            _ => None,
        });
        named.chain(fields.flatten()).collect()
    }

    /// Those, with the user and the password that are arguments of their own beside an address.
    #[must_use]
    pub fn options_with_login(&self, client: &Client, callee: Span) -> Vec<(Spanned<String>, Expr)> {
        let mut options = self.options();
        for (part, name) in [(Part::User, "user"), (Part::Password, "password")] {
            let slots = client.parts.get(&part).filter(|_| client.url.is_some());
            let known = options.iter().any(|(option, _)| option.value == name);
            if let Some(value) = slots.and_then(|slots| self.slot(slots)).filter(|_| !known) {
                options.push((Spanned::new(name.to_string(), callee), value));
            }
        }
        options
    }

    fn records(&self) -> impl Iterator<Item = &Expr> {
        let records = self.0.iter().filter(|given| given.name.is_none()).map(|given| &given.value);
        records.filter(|value| matches!(value.peel(), Expr::Record(_) | Expr::Merge(_)))
    }
}

/// The field of a record that is written out; the last of that name.
#[must_use]
pub fn field<'e>(record: &'e Expr, name: &str) -> Option<&'e Expr> {
    match record.peel() {
        Expr::Record(fields) => {
            fields.iter().rev().find(|(key, _)| key.value == name).map(|(_, value)| value)
        }
        Expr::Merge(parts) => parts.iter().rev().find_map(|part| match part.peel() {
            Expr::Record(_) => field(part, name),
            _ => None,
        }),
        _ => None,
    }
}

/// The fields of a record that is written out.
#[must_use]
pub fn record_fields(record: &Expr) -> Vec<(Spanned<String>, Expr)> {
    match record.peel() {
        Expr::Record(fields) => fields.clone(),
        Expr::Merge(parts) => parts
            .iter()
            .flat_map(|part| match part.peel() {
                Expr::Record(fields) => fields.clone(),
                _ => Vec::new(),
            })
            .collect(),
        _ => Vec::new(),
    }
}
