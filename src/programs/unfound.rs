//! The settings file that a container's command names and that is not in the container.

use std::path::{Path, PathBuf};

use super::absent::Absent;
use super::service_files::ImageTree;
use super::unstarted::Contents;
use crate::compose::{ImageReference, MountKind, Service};
use crate::source::{Files, Kind, Span, Text, clean};

/// Settings that a command names and that are not in the container.
#[derive(Clone, Debug)]
pub struct Unfound {
    /// Their place in the container.
    pub target: String,
    /// The file of this machine that is meant, where one is seen.
    pub file: Option<Absent>,
    /// The command.
    pub at: Span,
}

/// What settings files end with.
const ENDINGS: [&str; 11] =
    ["yaml", "yml", "toml", "json", "conf", "cnf", "ini", "cfg", "hcl", "alloy", "properties"];

/// Programs whose first argument is their settings file.
const POSITIONAL: [&str; 2] = ["redis-server", "valkey-server"];

/// The settings file that the command names, where nothing puts one at that place, and a file of the name or kind lies
/// at another place of the container that the command does not name, or where the image, taken as it is, is known to bring none.
#[must_use]
pub(super) fn of(contents: &Contents<'_>) -> Option<Unfound> {
    let Contents { service, tree, command, .. } = *contents;
    // A start script, and what a shell writes first, may make files.
    let scripted = |text: &Text| {
        let word = text.assumed();
        word.ends_with(".sh")
            || [">", "envsubst", "cp ", "tee ", "$", "`"].iter().any(|sign| word.contains(sign))
    };
    if command.iter().any(|text| text.has_hole() || scripted(text)) {
        return None;
    }
    let files = contents.files();
    contents.started.commands.iter().find_map(|launch| {
        let name = named(&launch.words).map(str::to_string).or_else(|| said(service))?;
        let path = launch.path(&name);
        if contents.may_hold(&path)
            || contents.resolve(&path).is_some()
            || service.volumes.iter().any(|mount| clean(Path::new(&mount.target)) == path)
        {
            return None;
        }
        let host = elsewhere(files, service, tree, &path, &|target| {
            let is = |text: &Text| text.assumed().split(['=', ' ']).any(|word| word == target);
            command.iter().any(is) || told(service).any(|(_, value)| is(value))
        });
        let host = host.or_else(|| beside(files, service, &path));
        // Of an image that is taken as it is, it is known what settings it brings.
        let covered = service.volumes.iter().any(|mount| path.starts_with(clean(Path::new(&mount.target))));
        let bare = || service.image.as_ref().is_some_and(|image| is_bare(image, &path));
        if host.is_none() && (covered || service.build.is_some() || !bare()) {
            return None;
        }
        let words = command.iter().chain(told(service).map(|(_, value)| value));
        let said = words.into_iter().find(|word| word.assumed().contains(&name));
        Some(Unfound {
            target: path.display().to_string(),
            file: host.map(|host| contents.absent(&host, None)),
            at: said.map_or(Span::NONE, Text::span),
        })
    })
}

/// Whether the image brings no settings to this place: below which folders it has any is known of these.
fn is_bare(image: &Text, path: &Path) -> bool {
    const BRINGS: [(&[&str], &[&str]); 6] = [
        (&["redis", "valkey/valkey", "redis/redis-stack-server"], &["/opt", "/etc/redis-stack.conf"]),
        (
            &["postgres", "postgis/postgis", "pgvector/pgvector"],
            &["/var/lib", "/usr/share", "/usr/local/share"],
        ),
        (&["mysql", "mariadb"], &["/etc/mysql", "/etc/my.cnf", "/usr", "/var/lib"]),
        (&["mongo"], &["/etc/mongod.conf", "/data"]),
        (&["prom/prometheus"], &["/etc/prometheus/prometheus.yml", "/usr/share/prometheus"]),
        (&["prom/alertmanager"], &["/etc/alertmanager/alertmanager.yml"]),
    ];
    let Some(reference) = image.complete() else { return false };
    let Some(reference) = ImageReference::parse(&reference) else { return false };
    let of_hub = reference.registry.is_none_or(|registry| registry == "docker.io");
    let row = BRINGS.iter().find(|(images, _)| of_hub && images.contains(&reference.path));
    row.is_some_and(|(_, brings)| path.is_absolute() && !brings.iter().any(|own| path.starts_with(own)))
}

/// The variables of the service that name its settings file: `CONFIG_PATH`, `APP_CONF_FILE`.
fn told(service: &Service) -> impl Iterator<Item = (&str, &Text)> {
    let variables = service.environment.variables.iter();
    variables.filter_map(|(name, variable)| {
        let upper = name.to_ascii_uppercase();
        let of_settings = upper.contains("CONF")
            && (upper.ends_with("PATH") || upper.ends_with("FILE") || upper.ends_with("CONFIG"));
        Some((name.as_str(), variable.value.as_ref().filter(|_| of_settings)?))
    })
}

/// The file in the container that such a variable names.
fn said(service: &Service) -> Option<String> {
    let named = told(service).filter_map(|(_, value)| value.complete());
    named.into_iter().find(|path| path.starts_with('/') && is_file(path))
}

/// Whether a word is the path of a settings file.
fn is_file(word: &str) -> bool {
    let ending = Path::new(word).extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.contains(&ending))
        && !word.contains(['*', '$', '{', '<', '>', ',', ':'])
}

/// The file that an option of the command names: `--config.file=/etc/prometheus.yml`, `-config config.yaml`.
fn named(words: &[String]) -> Option<&str> {
    let (first, rest) = words.split_first()?;
    // What an image's own start is told begins with an option.
    let rest = if first.starts_with('-') { words } else { rest };
    let program = first.rsplit('/').next().unwrap_or(first);
    let is_option = |word: &str| {
        let name = word.trim_start_matches('-').to_ascii_lowercase();
        word.starts_with('-')
            && (matches!(name.split(['.', '-', '_']).next(), Some("config" | "conf" | "configfile"))
                || name == "defaults-file"
                || name == "f" && program == "mongod")
    };
    if POSITIONAL.contains(&program) {
        return rest.first().map(String::as_str).filter(|word| is_file(word));
    }
    let mut words = rest.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        // `postgres -c config_file=/etc/postgresql.conf`
        if let Some(file) = word.strip_prefix("config_file=").or_else(|| word.strip_prefix("hba_file=")) {
            return Some(file).filter(|file| is_file(file));
        }
        let (option, glued) =
            word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
        if !is_option(option) {
            continue;
        }
        if let Some(value) = glued.or_else(|| words.peek().copied()).filter(|value| is_file(value)) {
            return Some(value);
        }
    }
    None
}

/// A file of this machine that the container has elsewhere than where the command looks for it: one of the same name, or one
/// that is mounted by itself, is of the same kind and is not asked for (`asked` says what the command names).
fn elsewhere(
    files: &dyn Files,
    service: &Service,
    tree: &ImageTree,
    path: &Path,
    asked: &dyn Fn(&str) -> bool,
) -> Option<PathBuf> {
    let mounts = service.volumes.iter().filter(|mount| mount.kind == MountKind::Bind);
    let alone = mounts.filter_map(|mount| {
        let host = mount.path.as_ref()?;
        let target = Path::new(&mount.target);
        let same = target.extension() == path.extension();
        (same && files.kind(host) == Some(Kind::File) && !asked(&mount.target)).then(|| host.clone())
    });
    let name = path.file_name()?;
    let of_name = tree.layers().iter().filter(|layer| layer.directory).filter_map(|layer| {
        let host = layer.host.join(name);
        let there = layer.target.join(name);
        (files.kind(&host) == Some(Kind::File) && there != path && !layer.leaves_out(&host)).then_some(host)
    });
    alone.chain(of_name).next()
}

/// The one file of the kind in the folder that is mounted where the command looks: it is called something else.
fn beside(files: &dyn Files, service: &Service, path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    let of_folder = |mount: &&crate::compose::Mount| {
        mount.kind == MountKind::Bind && clean(Path::new(&mount.target)) == folder
    };
    let host = service.volumes.iter().find(of_folder)?.path.as_deref()?;
    let kind = |path: &Path| match path.extension()?.to_str()? {
        "yml" => Some("yaml".to_string()),
        other => Some(other.to_string()),
    };
    let mut alike = files.list(host).into_iter().map(|name| host.join(name)).filter(|other| {
        kind(other).is_some() && kind(other) == kind(path) && files.kind(other) == Some(Kind::File)
    });
    alike.next().filter(|_| alike.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn files_that_options_name() {
        let name = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_string).collect();
            named(&words).map(str::to_string)
        };
        for (line, file) in [
            ("alertmanager --config.file=/config/a.yml", "/config/a.yml"),
            ("/app/api -config configs/c.yaml", "configs/c.yaml"),
            ("redis-server /etc/redis/redis.conf --port 1", "/etc/redis/redis.conf"),
            ("--config.file=/config/a.yml --x", "/config/a.yml"),
            ("otelcol --config /etc/otel.yaml", "/etc/otel.yaml"),
        ] {
            assert_eq!(name(line).as_deref(), Some(file), "{line}");
        }
        for line in ["redis-server --port 1", "app --config", "app --configure x.yml", "app --output=x.json"]
        {
            assert_eq!(name(line), None, "{line}");
        }
    }
}
