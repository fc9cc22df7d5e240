//! Which folders an image has at a point of its build: what is copied to one comes into it, with or without a slash at the end.

use std::path::{Path, PathBuf};

use super::build::Built;
use super::copy;

/// Directories that base images have.
const OF_BASES: [&str; 38] = [
    "/bin",
    "/etc",
    "/home",
    "/lib",
    "/media",
    "/mnt",
    "/opt",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/local/share",
    "/usr/sbin",
    "/usr/share",
    "/usr/src",
    "/var",
    "/var/lib",
    "/var/log",
    "/var/www",
    "/var/www/html",
    "/etc/nginx",
    "/etc/nginx/conf.d",
    "/etc/nginx/templates",
    "/usr/share/nginx/html",
    "/usr/local/apache2/htdocs",
    "/usr/local/tomcat/webapps",
    "/docker-entrypoint-initdb.d",
    "/docker-entrypoint.d",
    "/etc/rabbitmq",
    "/home/node",
];

/// Whether the image has a folder there by now.
pub(super) fn is_one(built: &Built, destination: &str) -> bool {
    let path = copy::absolute(&built.working_directory, destination);
    let within = |place: &PathBuf| place.starts_with(&path);
    let of_base = || built.base.is_some() && OF_BASES.iter().any(|folder| path == Path::new(folder));
    built.folders.iter().any(within)
        || built.layers.iter().any(|layer| layer.target != path && within(&layer.target))
        || built.taken.iter().any(|taken| within(&taken.to) && (taken.into || taken.to != path))
        || of_base()
}

/// The folders that the commands of a `RUN` make, as far as they are plain.
pub(super) fn made(run: &str, directory: &Path) -> Vec<PathBuf> {
    let mut directory = directory.to_path_buf();
    let mut found = Vec::new();
    for command in run.split(['\n', ';', '&', '|']) {
        let mut words = command.split_whitespace().map(|word| word.trim_matches(['"', '\'', '\\']));
        let verb = words.find(|word| !matches!(*word, "sudo" | "then" | "do" | "else" | "{" | "(" | ""));
        let words: Vec<&str> = words.filter(|word| !word.is_empty() && !word.contains(['$', '`'])).collect();
        let places = words.iter().filter(|word| !word.starts_with('-'));
        match verb {
            Some("cd") => {
                if let [place] = words.as_slice() {
                    directory = copy::absolute(&directory, place);
                    found.push(directory.clone());
                }
            }
            Some("mkdir") => found.extend(places.map(|place| {
                // Of `app/{bin,etc}` there is `app` at least.
                let plain = place.split('{').next().unwrap_or(place);
                copy::absolute(&directory, plain)
            })),
            Some("install") if words.iter().any(|word| word.starts_with("-d") || *word == "--directory") => {
                found.extend(places.map(|place| copy::absolute(&directory, place)));
            }
            Some("useradd" | "adduser") => {
                let home =
                    words.iter().position(|word| matches!(*word, "-h" | "-d" | "--home" | "--home-dir"));
                let told = home.and_then(|at| words.get(at + 1));
                let makes = verb == Some("adduser") || words.iter().any(|word| word.starts_with("-m"));
                match (told, words.last()) {
                    (Some(home), _) if makes => found.push(PathBuf::from(home)),
                    (None, Some(name)) if makes && !words.contains(&"-H") => {
                        found.push(Path::new("/home").join(name));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    found.retain(|place| place.is_absolute());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_commands() {
        let made = |run: &str| -> Vec<String> {
            made(run, Path::new("/w")).iter().map(|path| path.display().to_string()).collect()
        };
        assert_eq!(made("mkdir /app"), ["/app"]);
        assert_eq!(made("apt-get update && mkdir -p /srv/shop logs/{a,b}"), ["/srv/shop", "/w/logs"]);
        assert_eq!(made("cd /opt && mkdir x"), ["/opt", "/opt/x"]);
        assert_eq!(made("install -d -o app /data; echo mkdir /no"), ["/w/app", "/data"]);
        assert_eq!(made("adduser -D -h /shop app"), ["/shop"]);
        assert_eq!(made("useradd -m app"), ["/home/app"]);
        assert!(made("useradd app").is_empty());
        assert!(made("mkdir $HERE").is_empty());
    }
}
