//! What Celery's tasks do, which only workers run: `celery beat` and Flower load the same modules, and only send messages.

use crate::programs::{Module, Program, has_extension};
use crate::source::Span;

/// Whether a place lies in the body of a task that the program never runs, as it only plans tasks or shows them.
#[must_use]
pub(super) fn skips(program: &Program, module: &Module, place: Span) -> bool {
    if !has_extension(&module.path, &["py"]) || !only_sends(program) {
        return false;
    }
    let source = program.scope.index_of(module).and_then(|index| program.scope.get(index));
    let Some((_, source)) = source else { return false };
    let file = source.file();
    file.owns(place)
        && file.text.get(..file.local(place.lo)).is_some_and(|before| is_in_task(before, &file.text))
}

/// Whether all that is known to be started of Python is Celery's scheduler or its page.
fn only_sends(program: &Program) -> bool {
    let base = |word: &String| word.rsplit('/').next().unwrap_or("").to_string();
    let mut sends = false;
    for words in &program.commands {
        let first = words.first().map(base).unwrap_or_default();
        if first != "celery" {
            if ["python", "gunicorn", "uvicorn", "flask", "manage.py"].iter().any(|it| first.starts_with(it))
            {
                return false;
            }
            continue;
        }
        let says = |name: &str| words.iter().skip(1).any(|word| word == name);
        if says("worker") || says("-B") || says("--beat") || !(says("beat") || says("flower")) {
            return false;
        }
        sends = true;
    }
    sends
}

/// Whether the text ends inside a function that a decorator above makes a task.
fn is_in_task(before: &str, text: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = text.lines().collect();
    let own = before.matches('\n').count();
    let Some(mut inner) = lines.get(own).map(|line| indent(line)) else { return false };
    for at in (0..own).rev() {
        let line = lines.get(at).copied().unwrap_or_default();
        if line.trim().is_empty() || indent(line) >= inner {
            continue;
        }
        inner = indent(line);
        let words = line.trim_start();
        if !(words.starts_with("def ") || words.starts_with("async def ")) {
            continue;
        }
        let above = lines.iter().take(at).rev().take_while(|line| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with("def ") && !line.starts_with("class ")
        });
        let mut decorators = above.map(|line| line.trim()).filter(|line| line.starts_with('@'));
        return decorators.any(|line| {
            let name = line.split('(').next().unwrap_or(line);
            name == "@shared_task" || name.ends_with(".task") || name == "@task"
        });
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_tasks() {
        let text = "x = 1\n\n@app.task(\n    name=\"a\",\n)\ndef a():\n    if x:\n        FTP(1)\n\ndef b():\n    FTP(2)\n\nFTP(3)\n";
        for (call, expected) in [("FTP(1)", true), ("FTP(2)", false), ("FTP(3)", false)] {
            let at = text.find(call).unwrap_or(0);
            let before = text.get(..at).unwrap_or("");
            assert_eq!(is_in_task(before, text), expected, "{call}");
        }
    }
}
