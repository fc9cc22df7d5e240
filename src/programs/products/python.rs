//! Where the installers of Python's packages put them: a prefix, a folder, an environment, wheels.

use super::{Holds, Product};
use crate::programs::entry::Launch;

/// What an installation makes; nothing where a setting may put it elsewhere.
pub(super) fn of(launch: &Launch) -> Option<Vec<Product>> {
    if launch.env.keys().any(|name| name.starts_with("PIP_") && !name.starts_with("PIP_NO_")) {
        return None;
    }
    let words: Vec<&str> = launch.words.iter().skip(1).map(String::as_str).collect();
    let own = launch.words.first().is_some_and(|first| !first.contains('/'));
    match (launch.name(), words.as_slice()) {
        ("python" | "python3", ["-m", "venv" | "virtualenv", rest @ ..]) | ("virtualenv", rest) => {
            let place = rest.iter().rfind(|word| !word.starts_with('-'))?;
            Some(vec![Product::new(launch.path(place), Holds::Anything)])
        }
        ("python" | "python3", ["-m", "pip", rest @ ..]) | ("pip" | "pip3", rest) => {
            let verb = rest.iter().find(|word| !word.starts_with('-'))?;
            let told = |names: &[&str]| {
                rest.iter().enumerate().find_map(|(at, word)| match word.split_once('=') {
                    Some((name, value)) if names.contains(&name) => Some(value),
                    _ if names.contains(word) => rest.get(at + 1).copied(),
                    _ => None,
                })
            };
            let place = match *verb {
                "install" => told(&["--prefix", "--target", "-t", "--root"]),
                "wheel" => Some(told(&["--wheel-dir", "-w"]).unwrap_or(".")),
                "download" => Some(told(&["--dest", "-d"]).unwrap_or(".")),
                "cache" | "config" | "check" | "list" | "freeze" | "--version" => return Some(Vec::new()),
                _ => return None,
            };
            let user = rest.contains(&"--user");
            let place = place.or_else(|| (own && !user).then_some("/usr/local/lib"));
            // What is written with a variable may be anywhere.
            let place = place.filter(|place| !place.contains(['$', '~', '*']))?;
            Some(vec![Product::new(launch.path(place), Holds::Anything)])
        }
        _ => None,
    }
}
