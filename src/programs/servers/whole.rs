//! What entry points of images put before a command.

use super::super::entry::{Launch, Machine};
use crate::compose::ImageReference;

/// Images whose entry points put their server before a command that begins with an option, and that server.
const BEFORE_OPTIONS: [(&str, &str); 6] = [
    ("mongo", "mongod"),
    ("redis", "redis-server"),
    ("valkey/valkey", "valkey-server"),
    ("mysql", "mysqld"),
    ("mariadb", "mariadbd"),
    ("postgres", "postgres"),
];

/// The command with what the entry point of the image puts before it.
pub(super) fn command(machine: &Machine<'_>, launch: &Launch, others: &[String]) -> Option<Vec<String>> {
    if !launch.words.first().is_some_and(|word| word.starts_with('-')) {
        return of_consul(machine, launch, others);
    }
    let of = |text: &String| ImageReference::parse(text).map(|image| image.path.to_string());
    let images: Vec<String> = others.iter().filter_map(of).collect();
    let (_, server) = BEFORE_OPTIONS.iter().find(|(image, _)| images.iter().any(|path| path == image))?;
    Some(std::iter::once((*server).to_string()).chain(launch.words.iter().cloned()).collect())
}

/// The command of Consul's image, whose entry point puts the program before it: where no settings of its own are mounted, by which
/// it may be told otherwise.
fn of_consul(machine: &Machine<'_>, launch: &Launch, others: &[String]) -> Option<Vec<String>> {
    let image = others
        .iter()
        .any(|text| text.starts_with("hashicorp/consul") || text == "consul" || text.starts_with("consul:"));
    let configured = || machine.files.layers().iter().any(|layer| layer.target.starts_with("/consul"));
    let agent = launch.words.first().is_some_and(|word| word == "agent");
    (image && agent && !configured())
        .then(|| ["consul".to_string()].into_iter().chain(launch.words.iter().cloned()).collect())
}
