//! Methods of a class that stop without the variable that they are asked for: `this.get("X")`.

use tree_sitter::Node;

use super::reader::Reader;
use super::required::stops;
use crate::programs::reading::parts;

/// Methods that call each other are followed this far.
const MAX_CALLS: usize = 3;
/// Classes of a file that are asked for a method, the innermost and latest first.
const MAX_CLASSES: usize = 200;

/// Where a method that stops looks for the variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demander {
    /// In the environment itself.
    Environment,
    /// In NestJS's configuration, to which a schema may give more.
    Configuration,
}

impl<'t> Reader<'t> {
    /// `this.get("X")`, where the class has a method of that name that stops without the variable it is asked for.
    pub fn own_method(&self, callee: Node<'t>) -> Option<Demander> {
        let (object, name) = (callee.child_by_field_name("object")?, callee.child_by_field_name("property")?);
        if !matches!(object.kind(), "this" | "identifier") {
            return None;
        }
        // Asking nodes for their parents goes through all that is above them.
        let place = callee.byte_range();
        let holds = |body: &&Node<'t>| body.start_byte() <= place.start && place.end <= body.end_byte();
        let class = self.classes.iter().rev().take(MAX_CLASSES).find(holds)?;
        self.method_demands(*class, self.text(name).trim_start_matches('#'), MAX_CALLS)
    }

    fn method_demands(&self, class: Node<'t>, name: &str, depth: usize) -> Option<Demander> {
        let depth = depth.checked_sub(1)?;
        let named = |member: &Node<'t>| {
            let key = member.child_by_field_name("name").or_else(|| member.child_by_field_name("property"));
            key.is_some_and(|key| self.text(key).trim_start_matches('#') == name)
        };
        let member = parts(class).into_iter().find(named)?;
        let text = self.text(member);
        let asks = ["=== undefined", "== null", "=== ''", "=== \"\"", "=== null", "isNil(", "isUndefined("]
            .iter()
            .any(|ask| text.contains(ask))
            || text.contains("(!");
        let first = self.parameters(member).into_iter().next().map(|parameter| parameter.name)?;
        let nest = self.file.text.contains("@nestjs/config");
        if nest && asks_configuration(text, ".getOrThrow", &first) {
            return Some(Demander::Configuration);
        }
        // What is stopped for in one mode only may be done without in another.
        let always = !["NODE_ENV", "isProd", "production"].iter().any(|word| text.contains(word));
        if stops(text) && asks && always {
            if text.contains("env[") {
                return Some(Demander::Environment);
            }
            if nest && asks_configuration(text, ".get", &first) {
                return Some(Demander::Configuration);
            }
        }
        // `return this.get(key).trim()`, whatever else it does with that.
        let mut calls = text.match_indices("this.").filter_map(|(at, start)| text.get(at + start.len()..));
        calls.find_map(|call| {
            let (other, handed) = call.split_once('(')?;
            let other = other.split('<').next()?.trim_start_matches('#');
            let alone = handed.split(')').next()?.trim() == first;
            let joins = |c: char| c.is_alphanumeric() || c == '_';
            (alone && other != name && other.chars().all(joins))
                .then(|| self.method_demands(class, other, depth))?
        })
    }
}

/// Whether a method asks a reader of configuration for what it is handed, and gives it no default: `this.config.get<string>(key)`.
fn asks_configuration(text: &str, method: &str, parameter: &str) -> bool {
    text.match_indices(method).filter_map(|(at, method)| text.get(at + method.len()..)).any(|rest| {
        let rest = match rest.strip_prefix('<') {
            Some(kind) => kind.split_once(">(").map(|(_, arguments)| arguments),
            None => rest.strip_prefix('('),
        };
        rest.and_then(|arguments| arguments.split(')').next()).is_some_and(|only| only.trim() == parameter)
    })
}

#[cfg(test)]
mod tests {
    use super::asks_configuration;

    #[test]
    fn what_is_asked_of_the_configuration() {
        assert!(asks_configuration("const value = this.config.get<string>(key);", ".get", "key"));
        assert!(asks_configuration("return this.config.get(key)", ".get", "key"));
        assert!(!asks_configuration("return this.config.get(key, 'a')", ".get", "key"));
        assert!(!asks_configuration("return this.config.get(other)", ".get", "key"));
        assert!(!asks_configuration("return this.getter(key)", ".get", "key"));
    }
}
