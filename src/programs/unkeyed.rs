//! Certificates, keys and files of passwords that something names at the start and that nothing puts into the container.

use std::path::{Path, PathBuf};

use super::entry::Launch;
use super::image::Image;
use super::repository;
use super::unstarted::Contents;
use crate::compose::{ImageReference, MountKind};
use crate::source::{Kind, Span, Spanned, Text, clean, is_ignored, is_submodule};

/// What such files end with.
const ENDINGS: [&str; 10] =
    ["pfx", "p12", "pem", "crt", "cer", "cert", "key", "jks", "keystore", "truststore"];

/// Settings in lines that name such files: whose images read them, in which folder they lie, what they end with, and the words that
/// name one.
const LINES: [(&[&str], &str, &str, &[&str]); 6] = [
    (
        &["nginx", "nginxinc/nginx-unprivileged", "openresty/openresty"],
        "/etc/nginx",
        "conf",
        &[
            "ssl_certificate",
            "ssl_certificate_key",
            "ssl_trusted_certificate",
            "ssl_client_certificate",
            "ssl_dhparam",
            "auth_basic_user_file",
            "include",
        ],
    ),
    (
        &["httpd"],
        "/usr/local/apache2/conf",
        "conf",
        &["SSLCertificateFile", "SSLCertificateKeyFile", "SSLCACertificateFile"],
    ),
    (
        &["eclipse-mosquitto"],
        "/mosquitto/config",
        "conf",
        &["password_file", "acl_file", "certfile", "keyfile", "cafile"],
    ),
    (
        &["redis", "valkey/valkey"],
        "/",
        "conf",
        &["aclfile", "tls-cert-file", "tls-key-file", "tls-ca-cert-file"],
    ),
    (&["rabbitmq"], "/etc/rabbitmq", "conf", &["load_definitions", "management.load_definitions"]),
    (&["haproxy"], "/usr/local/etc/haproxy", "cfg", &["crt", "ca-file"]),
];

/// Folders of the system, or that images fill by themselves.
const FILLED: [&str; 13] = [
    "/etc/ssl",
    "/etc/pki",
    "/usr",
    "/opt",
    "/run",
    "/var/run",
    "/proc",
    "/dev",
    "/tmp",
    "/var/lib",
    "/etc/nginx/mime.types",
    "/etc/ca-certificates",
    "/etc/apache2",
];

/// What makes keys.
const MAKERS: [&str; 10] =
    ["openssl", "mkcert", "certbot", "acme", "keytool", "step ", "ssh-keygen", "cert", "cp ", "ln "];

/// Words of whoever says how keys are made.
const MADE_BY: [&str; 9] = [
    "openssl",
    "mkcert",
    "certbot",
    "acme",
    "letsencrypt",
    "let's encrypt",
    "self-signed",
    "certificate",
    " certs",
];

/// A file that is named and is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unkeyed {
    /// Its place in the container.
    pub target: String,
    /// Where it is named; [`Span::NONE`] where that is not seen.
    pub at: Span,
    /// The variable or the option that asks for it.
    pub variable: Option<String>,
    /// The mount or file that is meant.
    pub beside: Option<(Span, String)>,
    /// Whether it is surely asked for.
    pub asked: bool,
    /// Where it would lie on this machine, in a folder that is mounted, where nothing of the project speaks of it.
    pub unheard: Option<PathBuf>,
}

/// The first file of the kind that is named and that nothing brings.
#[must_use]
pub(super) fn of(contents: &Contents<'_>, said: &[String]) -> Option<Unkeyed> {
    let Contents { service, image, tree, command, started, .. } = *contents;
    let seen = image.is_seen(service);
    let makes = |text: &str| MAKERS.iter().any(|word| text.contains(word)) && text.contains(' ');
    // What a start script makes is not followed.
    let scripted = said.iter().any(|text| text.contains('\n') || makes(text))
        || command.iter().any(|text| makes(&text.assumed()))
        || tree.layers().iter().any(|layer| layer.target.extension().is_some_and(|end| end == "sh"));
    if !seen || scripted || service.entrypoint.is_some() || image.runs.iter().any(|run| makes(&run.assumed()))
    {
        return None;
    }
    let named = Named(*contents);
    let found = named.by_settings(image).or_else(|| named.by_option(command, &started.commands));
    let found = found.or_else(|| named.by_default(command));
    found.or_else(|| named.by_variable())
}

/// The files of the kind that a container's settings, options and variables name.
struct Named<'a>(Contents<'a>);

impl Named<'_> {
    /// Whether nothing brings the file, as far as all that could is seen.
    fn lacks(&self, path: &Path) -> bool {
        let files = self.0.files();
        let folder = path.parent().unwrap_or(path);
        let system = FILLED.iter().any(|folder| path.starts_with(folder)) || folder == Path::new("/");
        // What a mount covers may be made on this machine before.
        let mounted = |target: &str| {
            let target = clean(Path::new(target));
            path.starts_with(&target) || target.starts_with(path)
        };
        let covered = self.0.service.volumes.iter().any(|mount| mounted(&mount.target))
            || self.0.service.secrets.iter().chain(&self.0.service.configs).any(|file| mounted(&file.target))
            || self.0.may_hold(path)
            || self.0.runs.iter().any(|run| {
                let run = run.command.assumed();
                folder.to_str().is_some_and(|folder| run.contains(folder))
            });
        let text = path.to_string_lossy();
        path.is_absolute()
            && !system
            && !covered
            && !text.contains(['$', '{', '*', '%', '<', Text::HOLE])
            && self.0.resolve(path).is_none()
            && self.0.tree.place_for(files, path).is_none_or(|host| self.is_shown(&host))
    }

    /// Whether the folder of this machine in which the file would lie shows what lies there: others of its kind.
    fn is_shown(&self, host: &Path) -> bool {
        let files = self.0.files();
        let Some(folder) = host.parent() else { return false };
        let alike = |name: &String| Path::new(name).extension() == host.extension();
        !is_ignored(files, host)
            && files.kind(folder) == Some(Kind::Directory)
            && files.list(folder).iter().any(alike)
    }

    /// The mount in which such a file is meant to be.
    fn beside(&self, path: &Path) -> Option<(Span, String)> {
        const WORDS: [&str; 6] = ["cert", "ssl", "tls", "https", "keys", "secrets"];
        let files = self.0.files();
        let mounts = self.0.service.volumes.iter().filter(|mount| mount.kind == MountKind::Bind);
        let mut meant = mounts.filter(|mount| {
            let says = |text: &str| WORDS.iter().any(|word| text.to_ascii_lowercase().contains(word));
            let name = Path::new(&mount.target).file_name().and_then(|name| name.to_str()).unwrap_or("");
            let alike = Path::new(name).extension() == path.extension();
            let folder = mount.path.as_deref().is_some_and(|host| files.kind(host) != Some(Kind::File));
            (folder && says(name) || alike && Path::new(name).extension().is_some())
                && !mount.target.starts_with("/etc/ssl")
        });
        let mount = meant.next()?;
        Some((mount.origin.written, mount.target.clone()))
    }

    /// Where the file would lie in the project, in a folder that is mounted, if it is not there and nothing of the project but
    /// the settings that name it speaks of it, or of how such files are made.
    fn unheard(&self, path: &Path, settings: &[PathBuf]) -> Option<PathBuf> {
        let (files, sources) = (self.0.files(), self.0.sources);
        let plain = !path.to_string_lossy().contains(['$', '{', '*', '%', '<', Text::HOLE]);
        let covers = |mount: &&crate::compose::Mount| path.starts_with(clean(Path::new(&mount.target)));
        let mounts = self.0.service.volumes.iter().filter(covers);
        let mount = mounts.max_by_key(|mount| mount.target.len()).filter(|_| plain)?;
        let folder = mount.path.as_deref().filter(|_| mount.kind == MountKind::Bind)?;
        let host = clean(&folder.join(path.strip_prefix(clean(Path::new(&mount.target))).ok()?));
        let own = &self.0.project.directory;
        if host == folder
            || !host.starts_with(own)
            || files.kind(&host).is_some()
            || is_submodule(files, &host)
        {
            return None;
        }
        let name = host.file_name()?.to_str()?.to_lowercase();
        let makers: &[&str] = if is_key(&name) { &MADE_BY } else { &["htpasswd"] };
        let speaks = |text: &str| {
            let text = text.to_lowercase();
            text.contains(&name) || makers.iter().any(|word| text.contains(word))
        };
        let aside = |file: &Path| {
            settings.iter().any(|other| other == file)
                || file.file_name().is_some_and(|name| name == ".gitignore" || name == ".dockerignore")
        };
        let all = repository::files(sources, &repository::root_of(self.0.project, own)?)?;
        // What is not read may say it.
        let quiet = all
            .iter()
            .filter(|file| !aside(file))
            .all(|file| sources.peek(file, repository::MAX_FILE).is_ok_and(|peeked| !speaks(peeked.text())));
        quiet.then_some(host)
    }

    fn by_settings(&self, image: &Image) -> Option<Unkeyed> {
        let path = image.reference()?.path;
        let (_, folder, ending, words) = LINES.iter().find(|(images, ..)| images.contains(&path))?;
        let files = self.0.files();
        let is_read = |target: &Path, host: &Path| {
            target.starts_with(folder)
                && (*folder != "/etc/nginx" || is_read_by_nginx(target))
                && host.extension().is_some_and(|end| end == *ending)
        };
        let mut hosts: Vec<PathBuf> = Vec::new();
        for layer in self.0.tree.layers().iter().filter(|layer| !layer.outside) {
            if layer.directory {
                let listed = files.list(&layer.host).into_iter().take(50).map(|name| layer.host.join(name));
                hosts.extend(listed.filter(|host| is_read(&layer.target, host) && !layer.leaves_out(host)));
            } else if is_read(&layer.target, &layer.target) {
                hosts.push(layer.host.clone());
            }
        }
        let absent = |name: &Spanned<String>| {
            let path = Path::new(&name.value);
            // Of what is included, some is the image's own.
            let own = path.parent() == Some(Path::new("/etc/nginx")) || path.ends_with("conf.d/default.conf");
            self.lacks(path) && !own
        };
        let names: Vec<Spanned<String>> = hosts
            .iter()
            .filter_map(|host| self.0.sources.load(host).ok())
            .flat_map(|file| named_in(&file, words))
            .collect();
        let Some(name) = names.iter().find(|name| absent(name)).cloned() else {
            return names.into_iter().find_map(|name| {
                let host = self.unheard(Path::new(&name.value), &hosts)?;
                let at = name.span;
                let unheard = Some(host);
                Some(Unkeyed { target: name.value, at, variable: None, beside: None, asked: true, unheard })
            });
        };
        let beside = self.beside(Path::new(&name.value));
        Some(Unkeyed {
            target: name.value,
            at: name.span,
            variable: None,
            beside,
            asked: true,
            unheard: None,
        })
    }

    fn by_option(&self, command: &[Text], launches: &[Launch]) -> Option<Unkeyed> {
        let makes = |launch: &&Launch| {
            ["gen", "cert", "key", "openssl", "step"].iter().any(|word| launch.name().contains(word))
        };
        let paths = launches.iter().filter(|launch| !makes(launch)).flat_map(|launch| {
            launch.words.iter().enumerate().filter_map(|(at, word)| {
                let before = at.checked_sub(1).and_then(|at| launch.words.get(at)).map_or("", String::as_str);
                let (option, value) = word.rsplit_once('=').unwrap_or((before, word));
                (value.starts_with('/') && is_key(value) && !option.contains("out"))
                    .then(|| value.to_string())
            })
        });
        let paths: Vec<String> = paths.collect();
        let path = paths.into_iter().find(|path| self.lacks(Path::new(path)))?;
        let said = command.iter().find(|text| text.assumed().contains(&path));
        let at = said.map_or(Span::NONE, |text| {
            let from = text.assumed().find(&path).unwrap_or(0);
            text.slice(from, from + path.len()).span()
        });
        let beside = self.beside(Path::new(&path));
        Some(Unkeyed { target: path, at, variable: None, beside, asked: true, unheard: None })
    }

    /// The certificate that PostgreSQL looks for beside its data when it is told to speak TLS and not where that is.
    fn by_default(&self, command: &[Text]) -> Option<Unkeyed> {
        const IMAGES: [&str; 4] =
            ["postgres", "postgis/postgis", "pgvector/pgvector", "timescale/timescaledb"];
        const DATA: &str = "/var/lib/postgresql";
        let named = self.0.service.image.as_ref().filter(|_| self.0.service.build.is_none())?.complete()?;
        let of_postgres = IMAGES.contains(&ImageReference::parse(&named)?.path);
        let on = |text: &Text| {
            let word = text.assumed().replace(' ', "");
            ["ssl=on", "ssl=true", "ssl=1", "ssl=yes"]
                .iter()
                .any(|way| word.trim_start_matches("-c").trim_start_matches("--") == *way)
        };
        let told = command.iter().find(|text| on(text)).filter(|_| of_postgres)?;
        let says = |text: &Text| {
            ["ssl_cert_file", "config_file", "data_directory"]
                .iter()
                .any(|word| text.assumed().contains(word))
        };
        // Data that lies on this machine may hold it.
        let brought = self.0.service.volumes.iter().any(|mount| {
            mount.target.starts_with(DATA)
                && (mount.kind == MountKind::Bind || mount.target.ends_with(".crt"))
        });
        let placed = self
            .0
            .service
            .configs
            .iter()
            .chain(&self.0.service.secrets)
            .any(|file| file.target.starts_with(DATA));
        let own = self.0.service.environment.variables.contains_key("PGDATA");
        (!command.iter().any(says) && !brought && !placed && !own).then(|| Unkeyed {
            target: format!("{DATA}/data/server.crt"),
            at: told.span(),
            variable: Some("ssl=on".to_string()),
            beside: None,
            asked: true,
            unheard: None,
        })
    }

    fn by_variable(&self) -> Option<Unkeyed> {
        let variables = &self.0.service.environment.variables;
        let value = |variable: &crate::compose::Variable| variable.value.as_ref()?.complete();
        // Who says that it is off asks for none.
        let off = variables.iter().any(|(name, variable)| {
            let upper = name.to_ascii_uppercase();
            let of_tls = ["SSL", "TLS", "HTTPS"].iter().any(|word| upper.contains(word));
            let value = value(variable).unwrap_or_default().to_ascii_lowercase();
            of_tls && matches!(value.as_str(), "false" | "0" | "no" | "off" | "disable" | "disabled")
        });
        if off {
            return None;
        }
        variables.iter().find_map(|(name, variable)| {
            let path = value(variable).filter(|path| path.starts_with('/') && is_key(path))?;
            if !self.lacks(Path::new(&path)) {
                return None;
            }
            let beside = self.beside(Path::new(&path));
            // Who mounts a folder for them names that elsewhere, where it is meant for something else.
            let named = beside.as_ref().is_some_and(|(_, target)| {
                variables.values().filter_map(value).any(|text| text.contains(target.trim_end_matches('/')))
            });
            let beside = beside.filter(|_| !named);
            let asked = name.to_ascii_lowercase().contains("kestrel__certificates") || beside.is_some();
            let at = variable.value.as_ref().map_or(Span::NONE, Text::span);
            Some(Unkeyed { target: path, at, variable: Some(name.clone()), beside, asked, unheard: None })
        })
    }
}

/// Whether nginx takes a file at this place, or in this folder, in.
fn is_read_by_nginx(target: &Path) -> bool {
    ["/etc/nginx/conf.d", "/etc/nginx/sites-enabled", "/etc/nginx/nginx.conf"]
        .iter()
        .any(|place| target.starts_with(place))
}

fn is_key(path: &str) -> bool {
    let ending = Path::new(path).extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.contains(&ending)) && !path.contains(char::is_whitespace)
}

/// The paths that settings in lines name behind one of these words.
fn named_in(file: &crate::source::SourceFile, words: &[&str]) -> Vec<Spanned<String>> {
    let mut found = Vec::new();
    let mut from = 0;
    for line in file.text.split_inclusive('\n') {
        let mut before = "";
        let mut at = 0;
        for word in line.split([' ', '\t', '\n', '\r', ';']) {
            if word.starts_with('#') {
                break;
            }
            let path = word.trim_matches(['"', '\'']);
            if path.starts_with('/') && words.contains(&before) {
                let start = from + at + word.find(path).unwrap_or(0);
                found.push(Spanned::new(path.to_string(), file.slice(start, start + path.len())));
            }
            // `load_definitions = /etc/…`
            if !word.is_empty() && word != "=" {
                before = word;
            }
            at += word.len() + 1;
        }
        from += line.len();
    }
    found
}
