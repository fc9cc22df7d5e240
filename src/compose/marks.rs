//! `!reset` and `!override`: what a document takes out of what earlier documents say.

use super::value::Value;

/// The paths at which a document's value replaces the earlier one instead of joining it. (What
/// `!reset` marks is not in the document's own tree; what `!override` marks is.)
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    paths: Vec<Vec<String>>,
}

impl Marks {
    /// Adds a path. The items of sequences can't be taken out of an earlier document: Compose knows
    /// them only by their place.
    pub(crate) fn push(&mut self, path: &[&str]) {
        if !path.contains(&"[]") {
            self.paths.push(path.iter().map(|step| (*step).to_string()).collect());
        }
    }

    /// The marks of both.
    pub(crate) fn extend(&mut self, other: &Marks) {
        self.paths.extend(other.paths.iter().cloned());
    }

    /// Takes the marked paths out of a whole tree.
    pub(crate) fn apply(&self, tree: &mut Value) {
        for path in &self.paths {
            remove(tree, path);
        }
    }

    /// Takes what is marked below `prefix` out of the value that stands there.
    pub(crate) fn apply_below(&self, prefix: &[&str], value: &mut Value) {
        for path in &self.paths {
            let fits = path.len() > prefix.len() && path.iter().zip(prefix).all(|(one, two)| one == two);
            if fits {
                remove(value, path.get(prefix.len()..).unwrap_or(&[]));
            }
        }
    }
}

fn remove(tree: &mut Value, path: &[String]) {
    let Some((last, steps)) = path.split_last() else { return };
    let mut at = tree;
    for step in steps {
        let Some(member) = at.as_map_mut().and_then(|map| map.get_mut(step)) else { return };
        at = &mut member.value;
    }
    if let Some(map) = at.as_map_mut() {
        map.shift_remove(last);
    }
}
