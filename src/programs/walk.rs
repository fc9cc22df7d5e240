//! Going over the parts of an expression.

use super::expr::{Condition, Expr, Method, UrlParts};
use crate::source::Span;

/// The expressions right below this one.
#[must_use]
pub fn children(expr: &Expr) -> Vec<&Expr> {
    let mut out = Vec::new();
    match expr {
        Expr::Text(_)
        | Expr::Number(_)
        | Expr::Bool(..)
        | Expr::Null(_)
        | Expr::Own(_)
        | Expr::Imported { .. }
        | Expr::Library(_)
        | Expr::LibraryDefault(_)
        | Expr::Parameter(_)
        | Expr::Opaque(_) => {}
        Expr::Read(read) | Expr::Setting(read) => {
            out.push(&read.name);
            out.extend(&read.default);
        }
        Expr::Flag(flag) => out.extend(&flag.otherwise),
        Expr::Lookup(setting) => {
            out.push(&setting.key);
            out.extend(&setting.default);
        }
        Expr::Concat(items) | Expr::FirstNonEmpty(items) | Expr::FirstSet(items) => out.extend(items),
        Expr::List(items) | Expr::Merge(items) => out.extend(items),
        Expr::Method(receiver, method) => {
            out.push(receiver);
            of_method(method, &mut out);
        }
        Expr::If(branch) => {
            of_condition(&branch.condition, &mut out);
            out.extend([&branch.then, &branch.otherwise]);
        }
        Expr::Test(condition, _) => of_condition(condition, &mut out),
        Expr::Record(fields) => out.extend(fields.iter().map(|(_, value)| value)),
        Expr::Member(value, _) => out.push(value),
        Expr::Item(value, key, missing) => {
            out.extend([value.as_ref(), key.as_ref()]);
            out.extend(missing.as_deref());
        }
        Expr::Url(parts, _) => of_parts(parts, &mut out),
        Expr::Function(function) => {
            out.extend(function.parameters.iter().filter_map(|(_, default)| default.as_ref()));
            out.push(&function.body);
        }
        Expr::Call(call) => {
            out.push(&call.callee);
            out.extend(call.arguments.iter().map(|(_, value)| value));
        }
        Expr::Argument(argument) => out.push(&argument.otherwise),
        Expr::Shared(shared) => out.push(shared.expr()),
    }
    out
}

/// Whether the expression contains the read at this place. `left` is how many expressions may still be looked at, of this one and
/// of others; when none is left, nothing more is found.
#[must_use]
pub fn holds_read(expr: &Expr, read: Span, left: &mut usize) -> bool {
    let mut below = vec![expr];
    while let Some(expr) = below.pop() {
        if *left == 0 {
            return false;
        }
        *left -= 1;
        if matches!(expr, Expr::Read(found) if found.span == read) {
            return true;
        }
        below.extend(children(expr));
    }
    false
}

fn of_method<'e>(method: &'e Method, out: &mut Vec<&'e Expr>) {
    match method {
        Method::Replace { from, to, .. } => out.extend([from, to]),
        Method::Join(separator) => out.push(separator),
        Method::SetUrlParts(parts) => of_parts(parts, out),
        _ => {}
    }
}

fn of_parts<'e>(parts: &'e UrlParts, out: &mut Vec<&'e Expr>) {
    let all = [&parts.scheme, &parts.user, &parts.password, &parts.host, &parts.port, &parts.database];
    out.extend(all.into_iter().flatten());
}

/// The expressions that a condition looks at.
pub fn of_condition<'e>(condition: &'e Condition, out: &mut Vec<&'e Expr>) {
    match condition {
        Condition::Truthy(value) | Condition::IsSet(value) | Condition::InEnvironment(value) => {
            out.push(value)
        }
        Condition::Equals(a, b)
        | Condition::StartsWith(a, b)
        | Condition::EndsWith(a, b)
        | Condition::Contains(a, b) => out.extend([a, b]),
        Condition::OneOf(value, among) => {
            out.push(value);
            out.extend(among);
        }
        Condition::Not(inner) | Condition::Possibly(inner) => of_condition(inner, out),
        Condition::All(all) | Condition::Any(all) => all.iter().for_each(|one| of_condition(one, out)),
        Condition::Opaque => {}
    }
}
