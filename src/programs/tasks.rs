//! Tasks that a script runs by their names (`./run build:js`, for a script that ends with `"$@"`), and that it does not have.

use super::called::AbsentScript;
use super::entry::{Call, Machine, Way};
use crate::source::{Span, Text};

/// More functions are not remembered.
const MAX_TASKS: usize = 200;

/// What is named as a task is, and is no function of the script that calls what it is handed: no program is called so.
pub(super) fn absent(machine: &Machine<'_>, calls: &[Call], command: &[Text]) -> Vec<AbsentScript> {
    let mut found: Vec<AbsentScript> = Vec::new();
    for call in calls.iter().filter(|call| call.launch.way == Way::Surely) {
        let (Some(task), Some(script)) = (call.launch.words.first(), &call.script) else { continue };
        let named = task.contains(':') && !task.contains(['/', '$', '*']) && is_plain(task);
        let Ok(file) = machine.sources.load(script) else { continue };
        let hands_on = ["\"$@\"", "\"${@", "$@"].iter().any(|all| file.text.contains(all));
        let tasks = functions(&file.text);
        let alike = tasks.iter().filter(|name| name.contains(':')).count();
        let reads_others = file.text.lines().map(str::trim_start).any(|line| {
            line.starts_with("source ") && !line.contains(".env")
                || line.starts_with(". ") && !line.contains(".env")
        });
        let told = found.iter().any(|known| known.script == *task);
        if !named || !hands_on || alike == 0 || reads_others || tasks.contains(task) || told {
            continue;
        }
        let manager = script.file_name().and_then(|name| name.to_str()).unwrap_or("the script");
        found.push(AbsentScript {
            manager: manager.to_string(),
            script: task.clone(),
            manifest: script.clone(),
            others: tasks,
            at: command.iter().find(|word| word.assumed().contains(task)).map_or(Span::NONE, Text::span),
            by_build: false,
        });
    }
    found
}

/// The names of the functions that a script of the shell's defines.
fn functions(text: &str) -> Vec<String> {
    let name = |line: &str| {
        let line = line.trim_start();
        let rest = line.strip_prefix("function ").unwrap_or(line).trim_start();
        let end = rest.find(|c: char| c == '(' || c == '{' || c.is_whitespace()).unwrap_or(rest.len());
        let name = rest.get(..end)?;
        let after = rest.get(end..)?.trim_start();
        let defines = line.starts_with("function ") || after.starts_with("()");
        (defines && !name.is_empty() && is_plain(name)).then(|| name.to_string())
    };
    text.lines().filter_map(name).take(MAX_TASKS).collect()
}

fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.'))
}

#[cfg(test)]
mod tests {
    use super::functions;

    #[test]
    fn names_of_functions() {
        let text = "function build:js {\n  true\n}\nlint() {\n true\n}\necho build:css\n";
        assert_eq!(functions(text), ["build:js", "lint"]);
    }
}
