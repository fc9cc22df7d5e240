//! The sockets in the file system that the programs of a container are told to make.

use std::path::{Path, PathBuf};

use super::entry::{Machine, Started};
use super::has_extension;
use super::image::Image;
use crate::source::{Kind, Text, clean};

/// What a container is told of sockets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sockets {
    /// The places that are named.
    pub named: Vec<PathBuf>,
    /// Whether more may be, by what is not seen or not known.
    pub open: bool,
}

/// Files of the directory that a program starts in, by which its server is told.
const BESIDE: [&str; 4] = ["gunicorn.conf.py", "config/puma.rb", "config/unicorn.rb", "uwsgi.ini"];

/// Directories of settings of servers that make sockets.
const SETTINGS: [&str; 5] =
    ["/usr/local/etc/php-fpm.d", "/usr/local/etc/php-fpm.conf", "/etc/php", "/etc/supervisor", "/etc/uwsgi"];

/// Sockets that no proxy is to pass requests on to.
const OTHERS: [&str; 7] = ["docker", "supervisor", "mysql", "postgres", "redis", "syslog", "containerd"];

/// The sockets that commands, scripts, and the files these name speak of.
#[must_use]
pub(super) fn of(machine: &Machine<'_>, image: &Image, command: &[Text], started: &Started) -> Sockets {
    let mut found = Sockets::default();
    let root = Path::new("/");
    for launch in &started.commands {
        for word in &launch.words {
            found.note(word, &launch.directory);
            let file = word.rsplit('=').next().unwrap_or(word);
            if has_extension(
                Path::new(file),
                &["ini", "py", "rb", "conf", "cfg", "toml", "yml", "yaml", "json", "js"],
            ) {
                match machine.text(&launch.path(file)) {
                    Some(text) => found.note(&text, &launch.directory),
                    None => found.open = true,
                }
            }
        }
        for file in BESIDE {
            if let Some(text) = machine.text(&launch.path(file)) {
                found.note(&text, &launch.directory);
            }
        }
    }
    for script in &started.scripts {
        if let Ok(file) = machine.sources.load(&script.path) {
            found.note(&file.text, root);
        }
    }
    for text in command.iter().chain(&image.runs) {
        found.note(&text.assumed(), root);
    }
    for path in settings(machine) {
        match machine.sources.load(&path) {
            Ok(file) => found.note(&file.text, root),
            Err(_) => found.open = true,
        }
    }
    found.named.sort();
    found.named.dedup();
    found
}

/// The files of this machine that lie in the directories of settings.
fn settings(machine: &Machine<'_>) -> Vec<PathBuf> {
    let files = machine.sources.files();
    let mut found = Vec::new();
    for layer in machine.files.layers() {
        if !SETTINGS.iter().any(|place| layer.target.starts_with(place)) {
            continue;
        }
        match files.kind(&layer.host) {
            Some(Kind::File) => found.push(layer.host.clone()),
            _ => found.extend(
                files
                    .list(&layer.host)
                    .into_iter()
                    .map(|name| layer.host.join(name))
                    .filter(|path| files.kind(path) == Some(Kind::File)),
            ),
        }
    }
    found.truncate(100);
    found
}

impl Sockets {
    /// Notes the sockets that a text speaks of, outside of its comments.
    fn note(&mut self, text: &str, directory: &Path) {
        if !text.contains(".sock") {
            return;
        }
        for line in text.lines().filter(|line| !line.trim_start().starts_with(['#', ';'])) {
            for (at, _) in line.match_indices(".sock") {
                let after = line.get(at + ".sock".len()..).unwrap_or("");
                if after.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
                    continue;
                }
                let before = line.get(..at).unwrap_or("");
                let part = |c: char| c.is_alphanumeric() || "/._-@%${}#()".contains(c);
                let from = before.rfind(|c: char| !part(c)).map_or(0, |at| {
                    at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
                });
                let name = format!("{}.sock", before.get(from..).unwrap_or(""));
                if name.contains(['$', '{', '}', '%', '#', '(', ')', '@', Text::HOLE]) {
                    self.open = true;
                } else if !OTHERS.iter().any(|other| name.contains(other)) && self.named.len() < 100 {
                    self.named.push(plain(&directory.join(name)));
                }
            }
        }
    }
}

/// A place in the file system, of which `/var/run` is `/run`.
#[must_use]
pub fn plain(path: &Path) -> PathBuf {
    let path = clean(path);
    match path.strip_prefix("/var/run") {
        Ok(rest) => Path::new("/run").join(rest),
        Err(_) => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_texts() {
        let read = |text: &str| {
            let mut found = Sockets::default();
            found.note(text, Path::new("/app"));
            (found.named.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(), found.open)
        };
        for (text, named) in [
            ("socket=/tmp/app.sock", "/tmp/app.sock"),
            ("bind = \"unix:///var/run/shop.sock\"", "/run/shop.sock"),
            ("listen = /run/php/php-fpm.sock\n; listen = /tmp/old.sock", "/run/php/php-fpm.sock"),
            ("socket = shop.sock", "/app/shop.sock"),
        ] {
            assert_eq!(read(text), (vec![named.to_string()], false), "{text}");
        }
        assert_eq!(read("socket = %(here)/shop.sock"), (Vec::new(), true));
        assert_eq!(read("chmod-socket = 664\nfile = /var/run/supervisor.sock"), (Vec::new(), false));
    }
}
