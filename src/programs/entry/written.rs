//! Files that a build writes by itself: `RUN echo "./shop" > /start.sh`, `RUN printf '…' > /start.sh`.

use std::path::{Path, PathBuf};

use super::Launch;
use crate::programs::dockerfile::Run;
use crate::programs::plain_commands::commands;
use crate::source::{Text, clean};

/// A longer text is no start script.
const MAX_TEXT: usize = 16 << 10;

/// The files that these commands write, with what is in them at last.
pub(in crate::programs) fn files(runs: &[Run]) -> Vec<(PathBuf, String)> {
    let mut found: Vec<(PathBuf, String)> = Vec::new();
    for run in runs {
        let text = run.command.assumed();
        if !text.contains('>') || text.len() > MAX_TEXT || text.contains("<<") {
            continue;
        }
        // What several commands in braces say comes into one file.
        let mut grouped: Option<String> = None;
        let mut directory = run.directory.clone();
        for cut in commands(&text) {
            let words = cut.plain();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let (opens, command) = match words.as_slice() {
                [first, rest @ ..] if matches!(*first, "{" | "(") => (true, rest),
                words => (false, words),
            };
            if opens {
                grouped = Some(String::new());
            }
            let target =
                cut.writes.iter().find(|write| write.said).map(|write| (write.adds, write.to.plain()));
            if let ["cd", folder] = command {
                directory = directory.join(folder);
            }
            let closes = matches!(command, ["}" | ")"]);
            let said = if closes { grouped.take() } else { said(command) };
            let Some(said) = said else { continue };
            match (target, &mut grouped) {
                (Some((adds, place)), _) if !place.contains(['$', '*', Text::HOLE]) => {
                    let place = clean(&directory.join(place));
                    let known = found.iter().position(|(known, _)| *known == place);
                    match known.and_then(|at| found.get_mut(at)) {
                        Some((_, text)) if adds => text.push_str(&said),
                        Some((_, text)) => *text = said,
                        None => found.push((place, said)),
                    }
                }
                (None, Some(all)) => all.push_str(&said),
                _ => {}
            }
        }
    }
    found.retain(|(_, text)| !text.contains(Text::HOLE));
    found
}

/// The text that the container's command hands to a shell, as one of its build would be: it writes files, too.
pub(in crate::programs) fn by_command(command: &[Text], start: &Launch) -> Vec<Run> {
    let words: Vec<String> = command.iter().map(Text::assumed).collect();
    let flag = words.iter().position(|word| word == "-c" || word == "-lc" || word == "-ec");
    let text = flag.and_then(|at| command.get(at + 1)).cloned();
    let run = |command| Run { command, directory: start.directory.clone(), ..Run::default() };
    text.map(run).into_iter().collect()
}

/// What is in the file at a place.
pub(super) fn text_at<'w>(written: &'w [(PathBuf, String)], place: &Path) -> Option<&'w str> {
    written.iter().find(|(known, _)| known == place).map(|(_, text)| text.as_str())
}

/// What a command prints.
fn said(command: &[&str]) -> Option<String> {
    match command {
        ["echo", rest @ ..] => {
            let option = |word: &&&str| matches!(**word, "-e" | "-n" | "-en" | "-ne" | "-E");
            let skipped = rest.iter().take_while(option).count();
            let silent = rest.iter().take(skipped).any(|word| word.contains('n'));
            let text = unescaped(&rest.get(skipped..)?.join(" "));
            Some(if silent { text } else { text + "\n" })
        }
        ["printf", format, rest @ ..] => {
            if rest.is_empty() {
                return Some(unescaped(&format.replace("%%", "%")));
            }
            // The format is taken again for each of the words.
            let plain = format.matches('%').count() == 1 && format.contains("%s");
            plain.then(|| unescaped(&rest.iter().map(|word| format.replace("%s", word)).collect::<String>()))
        }
        _ => None,
    }
}

/// The text with `\n` and its like as what they stand for.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => {}
            Some(other) => out.extend(['\\', other].into_iter().filter(|c| *c != '\\' || other != '\\')),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(command: &str) -> Vec<(String, String)> {
        let run = Run {
            command: Text::known(command, crate::source::Origin::default()),
            directory: "/app".into(),
            ..Run::default()
        };
        files(&[run]).into_iter().map(|(place, text)| (place.display().to_string(), text)).collect()
    }

    #[test]
    fn scripts_of_builds() {
        let start = |text: &str| vec![("/start.sh".to_string(), text.to_string())];
        for (command, text) in [
            (r#"echo "./shop --port 80" > /start.sh && chmod +x /start.sh"#, "./shop --port 80\n"),
            (r"echo '#!/bin/sh' > /start.sh; echo 'exec ./shop' >> /start.sh", "#!/bin/sh\nexec ./shop\n"),
            (r"printf '#!/bin/sh\nset -e\nexec ./shop\n' > /start.sh", "#!/bin/sh\nset -e\nexec ./shop\n"),
            (r#"printf '%s\n' '#!/bin/sh' 'exec "$@"' > /start.sh"#, "#!/bin/sh\nexec \"$@\"\n"),
            (r"{ echo '#!/bin/sh'; echo './shop'; } > /start.sh", "#!/bin/sh\n./shop\n"),
            (r"echo -e $'#!/bin/sh\n./shop' > /start.sh", "#!/bin/sh\n./shop\n"),
        ] {
            assert_eq!(written(command), start(text), "{command}");
        }
        assert_eq!(written("echo a > b.txt"), vec![("/app/b.txt".to_string(), "a\n".to_string())]);
        for command in
            ["make > /log", "echo $A", "cat x > $HOME/y", "echo a > \"$F\"", "echo '", ">", "echo > "]
        {
            assert!(written(command).is_empty(), "{command}");
        }
    }
}
