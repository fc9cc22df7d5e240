//! Files of settings that are mounted where their image does not look: `rules/data/settings.yaml`, typed.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize;

use super::entry::Launch;
use super::image::Image;
use crate::compose::{ImageReference, MountKind, Service};
use crate::source::{Files, Kind, Span, Text, clean};

const TABLE: &str = include_str!("../../rules/data/settings.yaml");

/// Files of one folder that are looked at.
const MAX_FILES: usize = 100;

/// Where an image looks for its settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KnownSettings {
    images: Vec<String>,
    /// The files that are read, the usual one first.
    pub reads: Vec<String>,
    /// Folders of which all files are read.
    pub folders: Vec<String>,
    near: Vec<String>,
    names: Vec<String>,
    endings: Vec<String>,
    /// The command that names a file, where none is read by itself.
    pub write: Option<String>,
}

/// A file that nobody reads.
#[derive(Clone, Debug)]
pub struct Unlooked {
    /// Where its image looks.
    pub known: &'static KnownSettings,
    /// Its place in the container.
    pub target: String,
    /// The mount.
    pub mount: Span,
    /// Whether the mount hides what the image brings in the place that is read.
    pub hides: bool,
}

/// The file of settings that a service mounts and that its image does not look at. `command` is what it runs, `start` has its
/// variables.
#[must_use]
pub(super) fn of(
    files: &dyn Files,
    (service, image): (&Service, &Image),
    command: &[Text],
    start: &Launch,
) -> Option<Unlooked> {
    let as_it_is = service.build.is_none() && service.entrypoint.is_none() && !image.assumed;
    let reference = service.image.as_ref().filter(|_| as_it_is)?.complete()?;
    let known = known(ImageReference::parse(&reference)?.path)?;
    let mounts: Vec<Mounted> = mounts(files, service);
    // With one that is read, others may be what that takes in.
    let read = |path: &Path| {
        known.reads.iter().any(|file| path == Path::new(file))
            || known.folders.iter().any(|folder| path.starts_with(folder))
    };
    let unseen = |mount: &Mounted| {
        mount.files.is_none() && known.reads.iter().any(|file| Path::new(file).starts_with(&mount.target))
    };
    if mounts.iter().any(|mount| unseen(mount) || mount.all().any(|path| read(&path))) {
        return None;
    }
    let words = command.iter().map(Text::assumed);
    let said: Vec<String> = words.chain(start.env.values().cloned()).collect();
    let named = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let folder = path.parent().and_then(Path::to_str).unwrap_or("/");
        said.iter().any(|word| word.contains(name) || folder.len() > 1 && word.contains(folder))
    };
    mounts.iter().find_map(|mount| {
        let mut found = mount.all().filter(|path| known.is_meant(path));
        let path = found.find(|path| !named(path))?;
        // Of a folder, one file alone is what is meant.
        let alone = mount.files.as_ref().is_none_or(|files| files.len() == 1);
        let hides = known
            .reads
            .first()
            .is_some_and(|file| mount.files.is_some() && Path::new(file).starts_with(&mount.target));
        (alone && mounts.iter().flat_map(Mounted::all).all(|path| !named(&path) || !known.is_meant(&path)))
            .then(|| Unlooked { known, target: path.display().to_string(), mount: mount.at, hides })
    })
}

fn known(path: &str) -> Option<&'static KnownSettings> {
    static ALL: OnceLock<Vec<KnownSettings>> = OnceLock::new();
    let all = ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default());
    all.iter().find(|known| known.images.iter().any(|image| image == path))
}

/// Whether the image looks for its settings in this folder: all of it, or a file there.
#[must_use]
pub fn looks_in(reference: &str, folder: &Path) -> bool {
    let known = ImageReference::parse(reference).and_then(|parsed| known(parsed.path));
    known.is_some_and(|known| {
        known.folders.iter().any(|own| Path::new(own).starts_with(folder))
            || known.reads.first().is_some_and(|file| Path::new(file).parent() == Some(folder))
    })
}

impl KnownSettings {
    /// Whether a file at this place is meant to be its settings.
    fn is_meant(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let ends = self
            .endings
            .iter()
            .any(|ending| name == ending || path.extension().is_some_and(|found| found == ending.as_str()));
        let of_reads = self.reads.iter().filter_map(|file| Path::new(file).parent());
        let near = self.near.iter().map(Path::new).chain(of_reads);
        let named = self.names.iter().any(|word| name.contains(word.as_str()));
        let mut near = near.filter(|folder| folder.components().count() > 2);
        ends && (named || near.any(|folder| path.parent() == Some(folder)))
    }
}

/// Something that is mounted.
struct Mounted {
    target: PathBuf,
    /// The files of a folder, where it is one whose files are seen.
    files: Option<Vec<PathBuf>>,
    single: bool,
    at: Span,
}

impl Mounted {
    /// The files that it puts into the container.
    fn all(&self) -> impl Iterator<Item = PathBuf> + '_ {
        let alone = self.single.then(|| self.target.clone());
        alone.into_iter().chain(self.files.iter().flatten().cloned())
    }
}

fn mounts(files: &dyn Files, service: &Service) -> Vec<Mounted> {
    let binds = service.volumes.iter().map(|mount| {
        let target = clean(Path::new(&mount.target));
        let kind = mount.path.as_deref().and_then(|path| files.kind(path));
        let bind = mount.kind == MountKind::Bind;
        let listed = mount.path.as_deref().filter(|_| bind && kind == Some(Kind::Directory)).map(|path| {
            let names = files.list(path).into_iter().filter(|name| !name.starts_with('.')).take(MAX_FILES);
            names.map(|name| target.join(name)).collect()
        });
        Mounted { single: bind && kind == Some(Kind::File), files: listed, target, at: mount.origin.written }
    });
    let configs = service.configs.iter().map(|config| Mounted {
        target: clean(Path::new(&config.target)),
        files: None,
        single: true,
        at: config.span(),
    });
    binds.chain(configs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_meant() {
        let meant =
            |image: &str, path: &str| known(image).is_some_and(|known| known.is_meant(Path::new(path)));
        assert!(
            meant("grafana/promtail", "/etc/promtail/promtail-config.yml")
                && meant("grafana/promtail", "/mnt/promtail.yaml")
        );
        assert!(meant("redis", "/usr/local/etc/redis/redis.conf") && meant("caddy", "/Caddyfile"));
        assert!(
            !meant("redis", "/usr/local/etc/redis/users.acl")
                && !meant("prom/prometheus", "/etc/prometheus/rules/a.yml")
        );
        assert!(!meant("postgres", "/docker-entrypoint-initdb.d/a.sql"));
    }
}
