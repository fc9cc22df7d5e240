//! The short form of `volumes`.

use super::super::short::mount as short;
use super::super::{Data, Value};
use super::Context;

/// `SOURCE:TARGET:OPTIONS` becomes a mapping. What can't be read stays as it is.
pub(super) fn mount(item: &mut Value, cx: &mut Context) {
    if let Some(text) = item.string() {
        match short::parse(&text) {
            Ok(mount) => *item = long_form(item, &text, &mount),
            Err(reason) => {
                cx.unreadable(item.span(), format!("the volume `{text}` {reason}"));
            }
        }
    }
}

fn long_form(item: &Value, text: &str, mount: &short::Mount) -> Value {
    let cut = |range: &std::ops::Range<usize>| item.cut(range.start, range.end);
    let target = clean_target(&text[mount.target.clone()]);
    let written = cut(&mount.target);
    let target = if written.string().as_deref() == Some(&target) { written } else { written.implied(target) };
    let mut members =
        vec![("type", item.implied(if mount.bind { "bind" } else { "volume" })), ("target", target)];
    if let Some(source) = &mount.source {
        members.insert(1, ("source", cut(source)));
    }
    if mount.read_only {
        members.push(("read_only", item.with(Data::Bool(true))));
    }
    if mount.bind || mount.propagation.is_some() || mount.selinux.is_some() {
        let mut bind = Vec::new();
        bind.extend(mount.selinux.map(|option| ("selinux", item.implied(option))));
        bind.extend(mount.propagation.map(|option| ("propagation", item.implied(option))));
        bind.extend(mount.bind.then(|| ("create_host_path", item.with(Data::Bool(true)))));
        members.push(("bind", item.to_map(bind)));
    }
    if !mount.bind && text.len() > 2 {
        let volume = mount.no_copy.then(|| ("nocopy", item.with(Data::Bool(true))));
        members.push(("volume", item.to_map(volume)));
    } else if mount.bind && mount.no_copy {
        members.push(("volume", item.to_map([("nocopy", item.with(Data::Bool(true)))])));
    }
    item.to_map(members)
}

/// Go's `path.Clean`: no double slashes, no `.`, no `a/..`. A blank is `.`.
pub(in crate::compose) fn clean_target(target: &str) -> String {
    let rooted = target.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_string(),
        (false, false) => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::clean_target;

    #[test]
    fn targets_are_cleaned() {
        for (target, clean) in [
            ("/a//b/", "/a/b"),
            ("/a/../b", "/b"),
            ("a/./b", "a/b"),
            ("/..", "/"),
            ("..", ".."),
            ("./", "."),
            ("", "."),
        ] {
            assert_eq!(clean_target(target), clean);
        }
    }
}
