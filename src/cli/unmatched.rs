//! What a configuration file says of things that are not there.

use std::path::{Path, PathBuf};

use super::projects::Wanted;
use crate::compose::nearest;
use crate::config::ConfigFile;
use crate::report::{Checked, Place, Report, one_line, printable};
use crate::source::{Disk, Files as _, Kind, SourceMap, Span, clean};

/// The lines to tell of entries that match nothing. Only files of which the run saw all projects are looked at.
pub fn notes(
    wanted: &Wanted,
    folders: &[PathBuf],
    paths: &[PathBuf],
    report: &Report,
    sources: &SourceMap,
) -> Vec<String> {
    if !report.failures.is_empty() || folders.len() != report.projects.len() {
        return Vec::new();
    }
    let here = &report.directory;
    let mut roots: Vec<PathBuf> = paths.iter().map(|path| clean(&here.join(path))).collect();
    roots.retain(|root| Disk.kind(root) == Some(Kind::Directory));
    if paths.is_empty() {
        roots.push(here.clone());
    }
    let mut files: Vec<&ConfigFile> = wanted.files.values().map(|file| &**file).collect();
    files.sort_by_key(|file| &file.path);
    files.dedup_by_key(|file| &file.path);
    let mut notes = Vec::new();
    for file in files {
        let folder = file.path.parent().unwrap_or(&file.path);
        if !roots.iter().any(|root| folder.starts_with(root)) {
            continue;
        }
        let own = |folder: &PathBuf| wanted.files.get(folder).is_some_and(|other| other.path == file.path);
        let projects = folders.iter().zip(&report.projects).filter(|(folder, _)| own(folder));
        let projects: Vec<&Checked> = projects.map(|(_, project)| project).collect();
        let look = Look { file, folder, projects, sources };
        notes.extend(look.unmatched().into_iter().map(|(at, message)| {
            let Place { file, line, column, .. } = Place::of(sources, here, at);
            format!("warning: {file}:{line}:{column}: {}", one_line(&message))
        }));
    }
    notes
}

struct Look<'a> {
    file: &'a ConfigFile,
    folder: &'a Path,
    /// The projects that it counts for.
    projects: Vec<&'a Checked>,
    sources: &'a SourceMap,
}

impl Look<'_> {
    fn unmatched(&self) -> Vec<(Span, String)> {
        let mut unmatched = Vec::new();
        let patterns = self.file.overrides.iter().flat_map(|entry| &entry.paths);
        for pattern in patterns {
            let below = self.sources.walk(self.folder);
            let mut paths = below.files.iter().filter_map(|path| path.strip_prefix(self.folder).ok());
            if !paths.any(|path| pattern.value.matches(path)) && !below.cut {
                unmatched.push((pattern.span, format!("no file fits `{}`", pattern.value.text)));
            }
        }
        for name in &self.file.environment {
            if !self.mentions(&name.value) {
                unmatched.push((name.span, format!("no project here mentions `{}`", name.value)));
            }
        }
        for name in &self.file.read_elsewhere {
            if !self.mentions(name.value.trim_end_matches('*')) {
                unmatched.push((name.span, format!("no project here mentions `{}`", name.value)));
            }
        }
        for host in &self.file.external_hosts {
            if !self.mentions(host.value.trim_start_matches("*.")) {
                unmatched.push((host.span, format!("no project here mentions `{}`", host.value)));
            }
        }
        let sources = self.file.service_sources.iter().map(|(service, _)| service);
        let limits = self.file.connection_limits.iter().map(|(service, _)| service);
        for service in sources.chain(limits).chain(&self.file.retrying_services) {
            let mut names = self.projects.iter().flat_map(|project| &project.names).map(String::as_str);
            if names.clone().any(|name| name == service.value) {
                continue;
            }
            let hint = match nearest(&service.value, names.by_ref()) {
                Some(near) => format!("; did you mean `{}`?", printable(near)),
                None => String::new(),
            };
            unmatched
                .push((service.span, format!("no project here has a service `{}`{hint}", service.value)));
        }
        unmatched.sort_by_key(|(at, _)| *at);
        unmatched
    }

    /// Whether a file of a project holds the text, in any case.
    fn mentions(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        let paths = self.projects.iter().flat_map(|project| &project.read);
        let mut files = paths.filter_map(|path| self.sources.load(path).ok());
        files.any(|file| file.text.to_ascii_lowercase().contains(&text))
    }
}
