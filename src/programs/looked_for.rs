//! Scripts of the shell that look whether a program is there before they call it.

/// Whether a script looks for a program, and goes another way where that is not there: `command -v curl`, `which curl`.
#[must_use]
pub(super) fn in_script(text: &str, name: &str) -> bool {
    let all: Vec<&str> = text.lines().collect();
    // Without it, the script only says so and ends.
    let gives_up = |at: usize| {
        let rest = all.get(at + 1..).into_iter().flatten().map(|line| line.trim());
        let within: Vec<&str> = rest.take_while(|line| *line != "fi" && !line.starts_with("el")).collect();
        all.get(at).is_some_and(|line| line.contains("if !"))
            && within.len() < 5
            && within.iter().any(|line| line.starts_with("exit ") && *line != "exit 0")
    };
    all.iter().enumerate().any(|(at, line)| {
        let words: Vec<&str> = line.split(|c: char| c.is_whitespace() || ";()`\"'".contains(c)).collect();
        let looks = |word: &&str| matches!(*word, "command" | "which" | "type" | "hash");
        let asked = words.iter().skip_while(|word| !looks(word));
        asked.into_iter().any(|word| *word == name) && !gives_up(at)
    })
}

#[cfg(test)]
mod tests {
    use super::in_script;

    #[test]
    fn what_scripts_look_for() {
        assert!(in_script("if command -v curl; then\n  curl http://a\nfi\n", "curl"));
        assert!(!in_script("curl http://a\n", "curl"));
        // It only says so and ends.
        assert!(!in_script("if ! command -v curl; then\n  echo no\n  exit 1\nfi\ncurl http://a\n", "curl"));
    }
}
