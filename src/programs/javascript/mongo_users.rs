//! The users that scripts of MongoDB's shell make: `db.createUser({ user: 'shop', pwd: 'secret', roles: […] })`.

use std::ops::Range;
use std::path::Path;

use tree_sitter::Node;

use super::parse;
use crate::programs::reading::{descend, parts};

/// A user whom a script makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::programs) struct Made {
    /// The name; `None` where it is put together or comes from elsewhere.
    pub name: Option<String>,
    /// Where the password is written out.
    pub password: Option<Range<usize>>,
}

/// The users, and the script without what makes them and without its comments; nothing where it is not parsed.
pub(in crate::programs) fn of(path: &Path, text: &str) -> Option<(Vec<Made>, String)> {
    let tree = parse::parse(path, text)?;
    let (mut found, mut rest, mut at) = (Vec::new(), String::new(), 0);
    descend(tree.root_node(), |node, _| {
        let options = made_by(text, node);
        if options.is_none() && node.kind() != "comment" {
            return true;
        }
        rest.push_str(text.get(at..node.start_byte()).unwrap_or(""));
        at = node.end_byte();
        found.extend(options.map(|options| Made {
            name: value(text, options, "user").and_then(|at| text.get(at)).map(str::to_string),
            password: value(text, options, "pwd"),
        }));
        false
    });
    rest.push_str(text.get(at..).unwrap_or(""));
    Some((found, rest))
}

/// What a call of `createUser` is told first.
fn made_by<'t>(text: &str, call: Node<'t>) -> Option<Node<'t>> {
    let callee = call.child_by_field_name("function").filter(|_| call.kind() == "call_expression")?;
    let name = callee.child_by_field_name("property").and_then(|name| text.get(name.byte_range()))?;
    let arguments = call.child_by_field_name("arguments").filter(|_| name == "createUser")?;
    parts(arguments).first().copied()
}

/// Where the value of a key is written out, without its quotes; nothing where it is put together.
fn value(text: &str, object: Node<'_>, key: &str) -> Option<Range<usize>> {
    let is = |pair: &Node<'_>| {
        let name = pair.child_by_field_name("key").and_then(|name| text.get(name.byte_range()));
        name.is_some_and(|name| name.trim_matches(['\'', '"']) == key)
    };
    let value = parts(object).iter().find(|pair| is(pair))?.child_by_field_name("value")?;
    let plain = value.kind() == "string" && parts(value).iter().all(|part| part.kind() == "string_fragment");
    let range = value.start_byte() + 1..value.end_byte().checked_sub(1)?;
    (plain && !range.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Made>, String) {
        of(Path::new("init.js"), text).unwrap_or_default()
    }

    fn users(text: &str) -> Vec<(Option<String>, Option<&str>)> {
        read(text).0.into_iter().map(|made| (made.name, made.password.map(|at| &text[at]))).collect()
    }

    #[test]
    fn users_and_passwords() {
        let text = "// user: 'ä'\ndb = db.getSiblingDB('shop');\ndb.createUser({\n  user: 'shop',\n  pwd: \"s(cret\",\n  roles: [{ role: 'readWrite', db: 'shop' }],\n});\ndb.items.createIndex({ a: 1 });";
        assert_eq!(users(text), [(Some("shop".to_string()), Some("s(cret"))]);
        assert!(!read(text).1.contains("createUser") && read(text).1.contains("createIndex"));
        let quoted = "db.createUser({ 'user': \"a\", 'pwd': \"b\", roles: [] }); db.createUser({user: 'c', pwd: process.env.P})";
        assert_eq!(users(quoted), [(Some("a".to_string()), Some("b")), (Some("c".to_string()), None)]);
        assert_eq!(users("db.createUser({ user: name, pwd: 'a' + b })"), [(None, None)]);
        assert_eq!(users("/* db.createUser({ user: 'a', pwd: 'b' }) */"), []);
    }
}
