//! The files that a collector of logs is told to read (Filebeat, Promtail, Logstash, Fluentd, Fluent Bit), where they are not in
//! its container and a mount that nothing reads is.

use std::path::{Path, PathBuf};

use super::dockerfile::Run;
use super::image::Image;
use super::service_files::ImageTree;
use crate::compose::{MountKind, Service};
use crate::source::{Kind, SourceMap, Span, clean};

/// A path that is read and at which nothing lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostLogs {
    /// The path, as the settings have it.
    pub path: String,
    /// Where they name it.
    pub at: Span,
    /// Where something is mounted that nothing reads.
    pub mounted: String,
    /// The mount.
    pub mount: Span,
}

/// Whose settings are understood.
const COLLECTORS: [&str; 5] = ["filebeat", "promtail", "logstash", "fluentd", "fluent-bit"];
/// What is mounted for other reasons than to be read as logs.
const OTHERWISE: [&str; 14] = [
    ".yml",
    ".yaml",
    ".conf",
    ".config",
    ".json",
    "/etc/",
    "/usr/share/",
    "docker",
    "/pipeline",
    "/config",
    "registry",
    "/data",
    "/tmp",
    "cert",
];
/// Settings longer than this are not looked through.
const MAX_FOUND: usize = 8;

/// What the collector of a service is told to read in vain.
pub(super) fn lost(
    sources: &SourceMap,
    service: &Service,
    tree: &ImageTree,
    (image, runs): (&Image, &[Run]),
) -> Vec<LostLogs> {
    let named = image.base.as_ref().map(|base| base.value.clone());
    let named = named.or_else(|| service.image.as_ref().map(|image| image.value.assumed()));
    let name = named.as_deref().and_then(|name| name.rsplit('/').next()?.split([':', '@']).next());
    let Some(collector) = COLLECTORS.iter().find(|known| name == Some(**known)) else { return Vec::new() };
    if image.assumed {
        return Vec::new();
    }
    let files = sources.files();
    let settings = |path: &Path| {
        ["yml", "yaml", "conf", "config", "cfg"]
            .iter()
            .any(|end| path.extension().is_some_and(|it| it == *end))
    };
    let mut hosts: Vec<PathBuf> = Vec::new();
    for layer in tree.layers().iter().filter(|layer| !layer.outside) {
        if !layer.directory {
            hosts.push(layer.host.clone());
        } else if files.kind(&layer.host) == Some(Kind::Directory) {
            hosts.extend(files.list(&layer.host).into_iter().map(|name| layer.host.join(name)));
        }
    }
    let texts: Vec<_> =
        hosts.iter().filter(|host| settings(host)).filter_map(|host| sources.load(host).ok()).collect();
    let read: Vec<(String, Span)> = texts
        .iter()
        .flat_map(|file| {
            let found = told(collector, &file.text).into_iter();
            found.map(|(at, path)| (path.to_string(), file.slice(at, at + path.len())))
        })
        .collect();
    let targets: Vec<PathBuf> = service
        .volumes
        .iter()
        .map(|mount| clean(Path::new(&mount.target)))
        .chain(tree.layers().iter().map(|layer| layer.target.clone()))
        .collect();
    let meets = |path: &str, target: &Path| {
        let base = Path::new(path.split(['*', '?', '[']).next().unwrap_or(path));
        let folder = if path.contains('*') && path.split('*').next().is_some_and(|it| it.ends_with('/')) {
            base
        } else {
            base.parent().unwrap_or(base)
        };
        base.starts_with(target) || target.starts_with(folder) && (path.contains('*') || target == base)
    };
    let unread = service.volumes.iter().find(|mount| {
        let target = mount.target.as_str();
        mount.kind != MountKind::Tmpfs
            && !OTHERWISE.iter().any(|word| target.contains(word))
            && !texts.iter().any(|file| file.text.contains(target.trim_end_matches('/')))
            && !read.iter().any(|(path, _)| meets(path, &clean(Path::new(target))))
    });
    let Some(unread) = unread else { return Vec::new() };
    let lost = read.into_iter().filter(|(path, _)| {
        let folder = Path::new(path).parent().and_then(Path::to_str).unwrap_or("/");
        !targets.iter().any(|target| meets(path, target))
            && !runs.iter().any(|run| run.command.assumed().contains(folder))
    });
    lost.take(MAX_FOUND)
        .map(|(path, at)| LostLogs { path, at, mounted: unread.target.clone(), mount: unread.origin.written })
        .collect()
}

/// The paths that settings say to read, and where they stand.
fn told<'t>(collector: &str, text: &'t str) -> Vec<(usize, &'t str)> {
    let mut found = Vec::new();
    let (mut at, mut section, mut listed) = (0, "", None);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let said = line.trim();
        let indent = line.len() - line.trim_start().len();
        if said.is_empty() || said.starts_with('#') {
            continue;
        }
        let value = match collector {
            "logstash" => {
                for name in ["input", "filter", "output"] {
                    if said.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('{')) {
                        section = name;
                    }
                }
                let within = section == "input" && (said.starts_with("path ") || said.starts_with("path=>"));
                within.then(|| said.split_once("=>").map(|(_, value)| value)).flatten()
            }
            "fluentd" | "fluent-bit" => {
                if said.starts_with(['<', '[']) {
                    let opens = said.eq_ignore_ascii_case("<source>") || said.eq_ignore_ascii_case("[INPUT]");
                    section = if opens { "input" } else { "" };
                }
                let key = said.split_whitespace().next().is_some_and(|key| key.eq_ignore_ascii_case("path"));
                (section == "input" && key)
                    .then(|| said.split_once(char::is_whitespace).map(|(_, value)| value))
                    .flatten()
            }
            "promtail" => said.trim_start_matches("- ").strip_prefix("__path__:"),
            _ => {
                if listed.is_some_and(|above| indent < above || indent == above && !said.starts_with('-')) {
                    listed = None;
                }
                if let Some(rest) = said.trim_start_matches("- ").strip_prefix("paths:") {
                    listed = Some(indent);
                    Some(rest)
                } else {
                    said.strip_prefix('-').filter(|_| listed.is_some())
                }
            }
        };
        let Some(value) = value else { continue };
        let parts = value.split(['"', '\'', ',', '[', ']', ' ', '\t']).filter(|part| part.starts_with('/'));
        for part in parts.map(str::trim_end).filter(|part| !part.contains(['$', '{', '%'])) {
            let offset = part.as_ptr() as usize - line.as_ptr() as usize;
            found.push((start + offset, part));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn what_is_read() {
        let paths = |collector: &str, text: &str| -> Vec<String> {
            told(collector, text).into_iter().map(|(_, path)| path.to_string()).collect()
        };
        let beats = "filebeat.inputs:\n- type: log\n  paths:\n    - /logs/a.log\n    - \"/logs/b*.log\"\n  tags:\n    - /none\noutput.file:\n  path: /out\n";
        assert_eq!(paths("filebeat", beats), ["/logs/a.log", "/logs/b*.log"]);
        let stash = "input {\n  file {\n    path => [\"/logs/a.log\", \"/b.log\"]\n  }\n}\noutput { file {\n path => \"/out\" } }\n";
        assert_eq!(paths("logstash", stash), ["/logs/a.log", "/b.log"]);
        assert_eq!(paths("promtail", "  labels:\n    __path__: /logs/*.log\n"), ["/logs/*.log"]);
        let fluent =
            "<source>\n  @type tail\n  path /logs/x.log\n</source>\n<match **>\n  path /out\n</match>\n";
        assert_eq!(paths("fluentd", fluent), ["/logs/x.log"]);
        assert_eq!(paths("fluent-bit", "[INPUT]\n    Path ${LOGS}/x, /y.log\n"), ["/y.log"]);
    }
}
