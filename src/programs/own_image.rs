//! Images that the compose file only names, and that are built from this repository all the same: a product's compose file
//! names the image that its own repository publishes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::compose::{Build, ImageReference, Located, Project, Service};
use crate::source::{Files, Kind, Origin, Text, clean, repository};

/// Scripts and notes longer than this are not looked through.
const MAX_TEXT: u64 = 256 << 10;
/// Nor are more of them.
const MAX_TEXTS: usize = 60;
/// Where repositories of several programs keep them.
const SHELVES: [&str; 6] = ["", "services", "apps", "packages", "src", "cmd"];

/// `docker build -t TAG [-f FILE] FOLDER`, as a script or a note of the repository has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    image: String,
    folder: PathBuf,
    file: Option<PathBuf>,
}

/// The build that makes the image which a service only names, where the repository shows it: a command that builds
/// an image of that name, a folder with a Dockerfile that has its name, or the one Dockerfile at the root of the
/// project it is named after.
pub(super) fn build_of(
    files: &dyn Files,
    project: &Project,
    service: &Service,
    commands: &[Command],
) -> Option<Build> {
    let written = service.image.as_ref()?.complete()?;
    let reference = ImageReference::parse(&written)?;
    let (folder, file) = match commands.iter().find(|command| command.image == reference.path) {
        Some(command) => (command.folder.clone(), command.file.clone()),
        None => (by_name(files, project, &reference)?, None),
    };
    let dockerfile = file.clone().unwrap_or_else(|| folder.join("Dockerfile"));
    let text = text(files, &dockerfile)?;
    // An image that is only adapted here is not the one that is named.
    let adapts = text.lines().any(|line| {
        let mut words = line.split_whitespace();
        words.next().is_some_and(|word| word.eq_ignore_ascii_case("from"))
            && words.any(|word| ImageReference::parse(word).is_some_and(|from| from.path == reference.path))
    });
    let name = file.map(|file| {
        let below = file.strip_prefix(&folder).map_or_else(|_| file.clone(), Path::to_path_buf);
        Located::new(Text::known(below.display().to_string(), Origin::default()), Origin::default())
    });
    (!adapts).then(|| Build { directory: Some(folder), dockerfile: name, ..Build::default() })
}

/// The folder whose name, or the project whose name, is that of the image. Images without a namespace are Docker's own.
fn by_name(files: &dyn Files, project: &Project, reference: &ImageReference<'_>) -> Option<PathBuf> {
    let (namespace, name) = reference.path.rsplit_once('/')?;
    let root = root(files, project);
    let has_dockerfile = |folder: &Path| files.kind(&folder.join("Dockerfile")) == Some(Kind::File);
    let mut own = names(files, &root);
    own.extend(names(files, &project.directory));
    let mut shorter: Vec<&str> = own.iter().filter_map(|own| name.strip_prefix(&format!("{own}-"))).collect();
    shorter.extend(name.strip_prefix(&format!("{namespace}-")));
    let called: Vec<&str> = std::iter::once(name).chain(shorter).collect();
    let folders = [project.directory.clone(), root.clone()];
    let candidates = folders.iter().flat_map(|folder| {
        let shelves = SHELVES.iter().map(move |shelf| folder.join(shelf));
        shelves.flat_map(|shelf| called.iter().map(move |name| shelf.join(name)))
    });
    let found = candidates.into_iter().map(|path| clean(&path)).find(|folder| has_dockerfile(folder));
    let by_other = || {
        let builds = ["build.gradle", "build.gradle.kts", "pom.xml"]
            .iter()
            .filter_map(|file| text(files, &root.join(file)));
        // Plugins of Gradle and Maven make images by themselves.
        builds
            .into_iter()
            .any(|build| ["docker", "jib", "build-image"].iter().any(|word| build.contains(word)))
    };
    // What the Dockerfile at the root makes has its place where another service is built from it.
    let built = |folder: &Path| {
        let mut builds = project.services.values().filter_map(|service| service.build.as_ref());
        builds.any(|build| build.directory.as_deref() == Some(folder))
    };
    found.filter(|folder| !built(folder)).or_else(|| {
        (!built(&root) && own.iter().any(|own| own == name) && has_dockerfile(&root) && !by_other())
            .then(|| root.clone())
    })
}

fn root(files: &dyn Files, project: &Project) -> PathBuf {
    repository(files, &project.directory).unwrap_or_else(|| project.directory.clone())
}

/// The names that the project in this folder gives itself in its manifests, without owners.
fn names(files: &dyn Files, root: &Path) -> Vec<String> {
    // Each with what stands before the name.
    const MANIFESTS: [(&str, &[&str]); 7] = [
        ("package.json", &["\"name\":"]),
        ("composer.json", &["\"name\":"]),
        ("pyproject.toml", &["name ="]),
        ("Cargo.toml", &["name ="]),
        ("go.mod", &["module "]),
        ("settings.gradle", &["rootProject.name ="]),
        ("settings.gradle.kts", &["rootProject.name ="]),
    ];
    let named = MANIFESTS.iter().filter_map(|(manifest, keys)| {
        let text = text(files, &root.join(manifest))?;
        let value = keys.iter().find_map(|key| text.get(text.find(key)? + key.len()..))?;
        let value = value.split(['\n', ',', '}']).next().unwrap_or(value);
        let value = value.trim().trim_matches(['"', '\'']);
        let last = value.rsplit('/').next().unwrap_or(value);
        (!last.is_empty()).then(|| last.to_ascii_lowercase())
    });
    let folder = root.file_name().and_then(|name| name.to_str()).map(str::to_ascii_lowercase);
    named.chain(folder).collect()
}

/// The commands that build images, by the folder in which scripts and notes have them: looked for once in a run, however
/// many projects a repository holds.
#[derive(Default)]
pub(super) struct Commands(Mutex<HashMap<PathBuf, Arc<Vec<Command>>>>);

impl Commands {
    /// The commands by which scripts and notes at the root of the repository, and beside the compose file, build images.
    pub(super) fn of(&self, files: &dyn Files, project: &Project) -> Vec<Command> {
        let root = root(files, project);
        let mut folders = vec![(root.clone(), root.clone())];
        folders.push((root.join("scripts"), root.join("scripts")));
        // Workflows run at the root.
        folders.push((root.join(".github/workflows"), root.clone()));
        if project.directory != root {
            folders.push((project.directory.clone(), project.directory.clone()));
        }
        folders.iter().flat_map(|(folder, from)| self.within(files, folder, from).to_vec()).collect()
    }

    /// Whether scripts or notes give an argument to a build.
    pub(super) fn give(&self, files: &dyn Files, project: &Project, argument: &str) -> bool {
        let root = root(files, project);
        let folders = [project.directory.clone(), root.join("scripts"), root.join(".github/workflows"), root];
        folders.iter().any(|folder| {
            let names = files.list(folder).into_iter().filter(|name| may_build(name)).take(MAX_TEXTS);
            let mut texts = names.filter_map(|name| text(files, &folder.join(name)));
            texts.any(|text| text.contains("build-arg") && text.contains(argument))
        })
    }

    fn within(&self, files: &dyn Files, folder: &Path, from: &Path) -> Arc<Vec<Command>> {
        let unpoison = PoisonError::into_inner;
        if let Some(known) = self.0.lock().unwrap_or_else(unpoison).get(folder) {
            return known.clone();
        }
        let names = files.list(folder).into_iter().filter(|name| may_build(name)).take(MAX_TEXTS);
        let texts = names.filter_map(|name| text(files, &folder.join(name)));
        let found: Vec<Command> = texts
            .filter(|text| text.contains(" build "))
            .flat_map(|text| {
                let joined = text.replace("\\\n", " ");
                joined.lines().filter_map(|line| command(files, from, line)).collect::<Vec<_>>()
            })
            .collect();
        let found = Arc::new(found);
        self.0.lock().unwrap_or_else(unpoison).insert(folder.to_path_buf(), found.clone());
        found
    }
}

fn may_build(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["makefile", "justfile", "taskfile.yml", "package.json"].contains(&lower.as_str())
        || [".sh", ".md", ".yml", ".yaml", ".mk", ".bat", ".ps1"].iter().any(|end| lower.ends_with(end))
}

/// The image that a line builds, from a folder that is there.
fn command(files: &dyn Files, from: &Path, line: &str) -> Option<Command> {
    let at = ["docker build ", "docker image build ", "docker buildx build ", "podman build "]
        .iter()
        .find_map(|start| Some(line.find(start)? + start.len()))?;
    let rest = line.get(at..)?;
    let end = rest.find(['&', '|', ';', '`', '#']).unwrap_or(rest.len());
    let mut words = rest.get(..end)?.split_whitespace().map(|word| word.trim_matches(['"', '\'', ',']));
    let (mut image, mut file, mut folder) = (None, None, None);
    while let Some(word) = words.next() {
        let (option, value) =
            word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
        match option {
            "-t" | "--tag" => image = value.or_else(|| words.next()),
            "-f" | "--file" => file = value.or_else(|| words.next()),
            "--build-arg" | "--target" | "--platform" | "--network" | "--progress" | "--cache-from"
            | "--label" | "--secret" | "--ssh"
                if value.is_none() =>
            {
                words.next();
            }
            _ if word.starts_with('-') => {}
            _ => folder = folder.or(Some(word)),
        }
    }
    let image = ImageReference::parse(image?)?.path.to_string();
    let folder = clean(&from.join(folder?));
    let file = file.map(|file| clean(&from.join(file)));
    (files.kind(&folder) == Some(Kind::Directory)).then_some(Command { image, folder, file })
}

fn text(files: &dyn Files, path: &Path) -> Option<String> {
    let bytes = files.read(path, MAX_TEXT).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn commands_of_scripts() {
        let files = Memory::new([
            ("/p/api/Dockerfile", "FROM scratch\n"),
            ("/p/docker/web.Dockerfile", "FROM scratch\n"),
            (
                "/p/build.sh",
                "docker build --no-cache -t \"shop/api:1.0\" \\\n  ./api && docker push shop/api:1.0\n",
            ),
            (
                "/p/README.md",
                "Run `docker build --tag=web -f docker/web.Dockerfile --build-arg A=1 .` first.\n",
            ),
            ("/p/Makefile", "x:\n\tdocker build -t $(NAME) .\n\tdocker build -t gone ./gone\n"),
        ]);
        let project = Project { directory: "/p".into(), ..Project::default() };
        let found: Vec<String> = Commands::default()
            .of(&files, &project)
            .iter()
            .map(|c| {
                format!(
                    "{} {} {:?}",
                    c.image,
                    c.folder.display(),
                    c.file.as_deref().unwrap_or(Path::new("-"))
                )
            })
            .collect();
        assert_eq!(found, ["web /p \"/p/docker/web.Dockerfile\"", "shop/api /p/api \"-\""]);
    }
}
