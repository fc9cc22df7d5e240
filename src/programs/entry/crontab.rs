//! Tables of cron: the jobs that a container runs again and again.

use std::path::{Path, PathBuf};

use super::wrappers::Inner;
use super::{Launch, Machine};

/// Tables whose lines have no user between the time and the command.
const OWN: [&str; 3] = ["/etc/crontabs", "/var/spool/cron/crontabs", "/var/spool/cron"];
/// The folder of tables whose lines have one, as those of `/etc/crontab` do.
const SYSTEM: &str = "/etc/cron.d";

/// `crond -f`, `crontab table`, `supercronic table`: the commands of the tables, each on its own, one after the other as they
/// stand. `None` where no table is seen.
pub(super) fn jobs(machine: &Machine<'_>, name: &str, launch: &Launch) -> Option<Inner> {
    let mut out = String::new();
    for (place, with_user) in read(machine, name, launch) {
        let Some(text) = machine.text(&place) else { continue };
        for (_, command) in commands(&text, with_user) {
            out.push_str(&format!("( {command} )\n"));
        }
    }
    (!out.is_empty()).then_some(Inner::Shell(out))
}

/// The tables that a program reads, and whether their lines have a user.
fn read(machine: &Machine<'_>, name: &str, launch: &Launch) -> Vec<(PathBuf, bool)> {
    let named =
        || launch.words.iter().skip(1).rfind(|word| !word.starts_with('-')).map(|word| launch.path(word));
    match name {
        "cron" | "crond" => installed(machine),
        "crontab" | "supercronic" => named().into_iter().map(|place| (place, false)).collect(),
        _ => Vec::new(),
    }
}

/// The tables that some of these commands read, and whether their lines have a user.
pub(in crate::programs) fn tables<'l>(
    machine: &Machine<'_>,
    launches: impl Iterator<Item = &'l Launch>,
) -> Vec<(PathBuf, bool)> {
    let mut found = Vec::new();
    for table in launches.flat_map(|launch| read(machine, launch.name(), launch)) {
        if !found.contains(&table) {
            found.push(table);
        }
    }
    found
}

/// The commands of a table, and where they stand in it.
pub(in crate::programs) fn commands(text: &str, with_user: bool) -> impl Iterator<Item = (usize, &str)> + '_ {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let from = at;
        at += line.len();
        let command = command(line, with_user)?;
        Some((from + line.find(command)?, command))
    })
}

/// The tables that lie where cron looks for them, and whether their lines have a user.
fn installed(machine: &Machine<'_>) -> Vec<(PathBuf, bool)> {
    let copied = machine.files.layers().iter().map(|layer| layer.target.clone());
    let usual = OWN.iter().map(|folder| Path::new(folder).join("root")).chain(["/etc/crontab".into()]);
    let mut found: Vec<(PathBuf, bool)> = Vec::new();
    for place in usual.chain(copied) {
        let folder = place.parent().and_then(Path::to_str).unwrap_or("");
        let with_user = folder == SYSTEM || place == Path::new("/etc/crontab");
        if (with_user || OWN.contains(&folder)) && !found.iter().any(|(known, _)| *known == place) {
            found.push((place, with_user));
        }
    }
    found
}

/// The command of a line: what stands behind five fields of time, or behind `@daily`, and behind the user.
fn command(line: &str, with_user: bool) -> Option<&str> {
    let line = line.trim();
    let times = match line.chars().next()? {
        '@' => 1,
        first if first.is_ascii_digit() || first == '*' => 5,
        // A note, or a variable.
        _ => return None,
    };
    let mut rest = line;
    for _ in 0..times + usize::from(with_user) {
        rest = rest.split_once([' ', '\t'])?.1.trim_start();
    }
    (!rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        assert_eq!(command("*/5 * * * *  cd /app && ./job", false), Some("cd /app && ./job"));
        assert_eq!(command("0 3 * * 1 root /job.sh >> /log 2>&1", true), Some("/job.sh >> /log 2>&1"));
        assert_eq!(command("@daily\t/job.sh", false), Some("/job.sh"));
        for nothing in ["", "# 0 3 * * 1 /job.sh", "PATH=/usr/bin", "* * *", "@reboot"] {
            assert_eq!(command(nothing, false), None, "{nothing}");
        }
    }
}
