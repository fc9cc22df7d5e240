//! What a client keeps of connections, from the arguments of the call that makes it.

use super::clients::{Client, Connections, Habit, Slot};
use super::target::Arguments;
use crate::programs::{Expr, Pool, Term, Wanted};
use crate::source::{Span, Spanned};

/// What is known of the connections of the client that the call `of` makes; `None` when its library says nothing of
/// them.
///
/// `open` says that there may be arguments that cannot be seen.
pub fn pool(
    client: &'static Client,
    arguments: &mut Arguments<'_>,
    open: bool,
    callee: Span,
    of: Span,
) -> Option<Pool> {
    let mut wanted = |habit: &'static Option<Habit>| {
        let habit = habit.as_ref()?;
        Some(Wanted { habit, said: open || arguments(&habit.of).is_some() })
    };
    let (connect_limit, liveness) = (wanted(&client.connect_limit), wanted(&client.liveness));
    let most = client.connections.iter().map(|one| term(one, arguments, open, callee)).collect();
    let pool = Pool { of: Some(of), most, shared: false, connect_limit, liveness };
    let blank = pool.most.is_empty() && pool.connect_limit.is_none() && pool.liveness.is_none();
    (!blank).then_some(pool)
}

/// The limit that is set apart from the call that makes the client.
pub fn cap(value: Expr, place: Span) -> Pool {
    let term = Term { value, parameters: &[], place };
    Pool { most: vec![term], ..Pool::default() }
}

fn term(one: &'static Connections, arguments: &mut Arguments<'_>, open: bool, callee: Span) -> Term {
    let default = || match one.default {
        Some(number) => Expr::LibraryDefault(Spanned::new(number.to_string(), callee)),
        None => Expr::Opaque(callee),
    };
    let given = (!one.of.is_empty()).then(|| arguments(&one.of)).flatten();
    let (value, place) = match given {
        Some(given) => {
            let place = written(&given).unwrap_or(callee);
            (Expr::FirstSet(vec![given, default()]), place)
        }
        None if open => (Expr::Opaque(callee), callee),
        None => (default(), Span::NONE),
    };
    Term { value, parameters: &one.parameters, place }
}

/// Where a value is written, when that can be told.
fn written(value: &Expr) -> Option<Span> {
    match value.peel() {
        Expr::Number(text) | Expr::Text(text) | Expr::Own(text) => Some(text.span),
        Expr::Read(read) => Some(read.span),
        Expr::Method(inner, _) => written(inner),
        Expr::FirstNonEmpty(all) | Expr::FirstSet(all) => all.first().and_then(written),
        Expr::Member(_, name) => Some(name.span),
        _ => None,
    }
}

/// The names among the slots.
pub fn names(slots: &[Slot]) -> impl Iterator<Item = &str> {
    slots.iter().filter_map(|slot| match slot {
        Slot::Name(name) => Some(name.as_str()),
        Slot::Position(_) => None,
    })
}
