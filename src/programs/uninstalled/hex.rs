//! The packages of Hex whose modules a program in Elixir names, and that `mix.exs` does not have.

use std::path::{Path, PathBuf};

use super::{Missing, Program, Uninstalled, table};
use crate::programs::service_files::is_aside;

/// Directories above the one that is started in which a manifest is looked for.
const MAX_ABOVE: usize = 4;
/// Files that are looked at.
const MAX_FILES: usize = 400;

pub(super) fn of(program: &Program<'_>) -> Vec<Uninstalled> {
    let Some((root, manifest)) = manifest(program) else { return Vec::new() };
    let Ok(file) = program.machine.sources.load(&manifest) else { return Vec::new() };
    // Parts of an umbrella have manifests of their own, and what is read elsewhere is not seen.
    let open = ["apps_path", "Code.require_file", "Code.eval_file", "in_umbrella", ", path:"];
    let Some((_, deps)) = file.text.split_once("deps do").or_else(|| file.text.split_once("deps() do"))
    else {
        return Vec::new();
    };
    if open.iter().any(|word| file.text.contains(word)) || !deps.contains("{:") {
        return Vec::new();
    }
    let plain: String =
        file.text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
    let lock = program.scope_text(&root.join("mix.lock"));
    let has = |package: &String| {
        // What other packages bring stands in the lock file.
        let brought = lock.as_ref().is_some_and(|lock| {
            let needs = format!("{{:{package}, ");
            lock.match_indices(&needs).any(|(at, _)| {
                let rest = lock.get(at..).and_then(|rest| rest.split_once(']')).map_or("", |(rest, _)| rest);
                rest.contains("optional: false")
            })
        });
        plain.contains(&format!("{{:{package},")) || brought
    };
    let mut out: Vec<Uninstalled> = Vec::new();
    let sources = program.scope.iter().filter(|(_, place, source)| {
        source.front_end.name() == "elixir"
            && !is_aside(place)
            && (place.starts_with(root.join("lib"))
                || ["config/config.exs", "config/runtime.exs"].iter().any(|name| **place == root.join(name)))
    });
    let sources: Vec<_> = sources.take(MAX_FILES).collect();
    let own = |name: &str| {
        let defines = format!("defmodule {name}");
        sources.iter().any(|(_, _, source)| source.glance(|text| text.contains(&defines)))
    };
    for (_, _, source) in &sources {
        for row in table::hex().filter(|row| source.glance(|text| text.contains(&row.import))) {
            let known = out.iter().any(|known| known.package == row.package());
            if known || row.named().any(has) || own(&row.import) {
                continue;
            }
            let Ok(code) = program.machine.sources.load(&source.path) else { continue };
            // What asks first is content without it.
            if code.text.contains("ensure_loaded?") {
                continue;
            }
            let Some(from) = named(&code.text, &row.import) else { continue };
            out.push(Uninstalled {
                import: row.import.clone(),
                package: row.package(),
                at: code.slice(from, from + row.import.len()),
                named: true,
                manifest: Some(manifest.clone()),
                lack: Missing::Unnamed,
                sure: true,
                loader: None,
                similar: None,
            });
        }
    }
    out
}

/// Where the manifest lies in the container, and on this machine.
fn manifest(program: &Program<'_>) -> Option<(PathBuf, PathBuf)> {
    let files = program.machine.sources.files();
    let above = program.start.directory.ancestors().take(MAX_ABOVE).map(Path::to_path_buf);
    let built = program.builds.iter().map(|(launch, _)| launch.directory.clone());
    let mut places = above.chain(built);
    places.find_map(|root| {
        let place = root.join("mix.exs");
        let trees = [program.machine.files, program.machine.below];
        let host = trees.iter().find_map(|tree| tree.file(files, &place))?;
        Some((root, host))
    })
}

impl Program<'_> {
    fn scope_text(&self, place: &Path) -> Option<String> {
        let files = self.machine.sources.files();
        let trees = [self.machine.files, self.machine.below];
        let host = trees.iter().find_map(|tree| tree.file(files, place))?;
        self.machine.sources.load(&host).ok().map(|file| file.text.to_string())
    }
}

/// Where code names a module, as a whole name or the start of one.
fn named(text: &str, module: &str) -> Option<usize> {
    let mut start = 0;
    let mut quoted = false;
    for line in text.split_inclusive('\n') {
        let from = start;
        start += line.len();
        // Documentation stands between three quotes.
        if line.matches("\"\"\"").count() % 2 == 1 {
            quoted = !quoted;
        }
        if quoted || line.trim_start().starts_with(['#', '@']) {
            continue;
        }
        let joins = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == '"';
        let found = line.match_indices(module).map(|(at, _)| at).find(|at| {
            let before = line.get(..*at).unwrap_or("");
            let after = line.get(at + module.len()..).unwrap_or("");
            !before.ends_with(joins)
                && !before.contains('#')
                && !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        });
        if let Some(at) = found {
            return Some(from + at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn modules_that_code_names() {
        assert!(named("  adapter: Ecto.Adapters.Postgres\n", "Ecto.Adapters.Postgres").is_some());
        assert!(named("use Oban.Worker\n", "Oban").is_some());
        for text in
            ["# use Oban\n", "Shop.Oban.run()\n", "Obanite.x\n", "@doc \"Oban\"\n", "\"\"\"\nOban\n\"\"\"\n"]
        {
            assert_eq!(named(text, "Oban"), None, "{text}");
        }
    }
}
