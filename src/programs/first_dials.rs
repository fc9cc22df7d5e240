//! Scripts of a database's image that dial the server which runs them, while that listens on its socket only.

use std::path::Path;

use super::first_scripts::DIRECTORY;
use super::image::Image;
use super::service_files::ImageTree;
use crate::compose::{ImageReference, Service};
use crate::source::{Kind, SourceMap, Span};

/// Longer scripts are dumps.
const MAX_SCRIPT: u64 = 256 << 10;
/// Scripts that are looked at.
const MAX_SCRIPTS: usize = 50;

/// A command of such a script that nobody answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstDial {
    /// The program: `psql`.
    pub program: String,
    /// The host that it is given.
    pub host: String,
    /// Where.
    pub at: Span,
    /// Whether a loop waits for its success.
    pub awaited: bool,
}

/// The clients of a database.
struct Clients {
    images: &'static [&'static str],
    programs: &'static [&'static str],
    /// Whether `localhost` means the socket.
    by_socket: bool,
}

const CLIENTS: [Clients; 2] = [
    Clients {
        images: &["postgres", "postgis/postgis", "pgvector/pgvector", "timescale/timescaledb"],
        programs: &["psql", "pg_isready", "createdb", "createuser", "pg_restore"],
        by_socket: false,
    },
    Clients {
        images: &["mysql", "mariadb"],
        programs: &["mysql", "mysqladmin", "mariadb", "mariadb-admin"],
        by_socket: true,
    },
];

/// The first command of the scripts that an image of a database runs when its data is first made which dials that database
/// itself.
#[must_use]
pub(super) fn of(
    sources: &SourceMap,
    service: &Service,
    image: &Image,
    files: &ImageTree,
) -> Option<FirstDial> {
    let reference = image.base.as_ref()?.value.clone();
    let path = ImageReference::parse(&reference)?.path;
    let clients = CLIENTS.iter().find(|clients| clients.images.contains(&path))?;
    let own = service.container_name.iter().map(|name| name.assumed());
    let own = own.chain(service.hostname.iter().map(|name| name.assumed()));
    let own: Vec<String> = own.chain([service.name.value.clone()]).collect();
    let is_own = |host: &str| match host {
        "localhost" => !clients.by_socket,
        "127.0.0.1" | "::1" | "0.0.0.0" => true,
        _ => own.iter().any(|name| name == host),
    };
    let mut left = MAX_SCRIPTS;
    for layer in files.layers().iter().filter(|layer| layer.target.starts_with(DIRECTORY)) {
        let paths = match layer.directory {
            true if layer.outside => continue,
            true => sources.files().list(&layer.host).iter().map(|name| layer.host.join(name)).collect(),
            false => vec![layer.host.clone()],
        };
        for path in paths.iter().filter(|path| super::has_extension(path, &["sh"])) {
            left = left.checked_sub(1)?;
            if sources.files().kind(path) == Some(Kind::File)
                && let Some(found) = script(sources, path, clients, &is_own)
            {
                return Some(found);
            }
        }
    }
    None
}

fn script(
    sources: &SourceMap,
    path: &Path,
    clients: &Clients,
    is_own: &dyn Fn(&str) -> bool,
) -> Option<FirstDial> {
    sources.peek(path, MAX_SCRIPT).ok()?;
    let file = sources.load(path).ok()?;
    let mut start = 0;
    for line in file.text.split_inclusive('\n') {
        let from = start;
        start += line.len();
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.first().is_some_and(|word| word.starts_with('#')) {
            continue;
        }
        let Some(at) = words.iter().position(|word| clients.programs.contains(word)) else { continue };
        let rest = words.get(at + 1..).unwrap_or_default();
        let bare = |word: &str| word.trim_matches(['"', '\'', ';']).to_string();
        let host = rest.iter().enumerate().find_map(|(at, word)| match *word {
            "-h" | "--host" => rest.get(at + 1).map(|host| bare(host)),
            word => word
                .strip_prefix("--host=")
                .or_else(|| word.strip_prefix("-h").filter(|host| !host.is_empty()))
                .map(bare),
        });
        if let (Some(host), Some(program)) = (host.filter(|host| is_own(host)), words.get(at)) {
            let column = line.find(program).unwrap_or(0);
            return Some(FirstDial {
                program: (*program).to_string(),
                host,
                at: file.slice(from + column, from + column + program.len()),
                awaited: words.iter().take(at).any(|word| matches!(*word, "until" | "while")),
            });
        }
    }
    None
}
