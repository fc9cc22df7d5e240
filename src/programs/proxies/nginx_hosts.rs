//! For whom the servers of a file of nginx's answer.

/// Whether all servers of the file listen on port 80 as others may, and name nobody but the machine itself: with another
/// such server before them, nobody comes to these.
#[must_use]
pub fn answers_nobody_else(text: &str) -> bool {
    let (mut listens, mut servers) = (0, 0);
    let mut before = "";
    for line in text.lines().map(|line| line.split('#').next().unwrap_or("")) {
        for part in line.split_inclusive([';', '{', '}']) {
            let words: Vec<&str> = part.trim_end_matches([';', '{', '}']).split_whitespace().collect();
            match words.as_slice() {
                ["listen", "80" | "*:80" | "0.0.0.0:80" | "[::]:80"] => listens += 1,
                ["server_name", names @ ..] => {
                    let local = |name: &&str| matches!(*name, "_" | "localhost" | "\"\"" | "''");
                    if !names.iter().all(local) || names.is_empty() {
                        return false;
                    }
                }
                ["listen" | "include", ..] => return false,
                ["server"] if part.ends_with('{') => servers += 1,
                [] if part.ends_with('{') && before == "server" => servers += 1,
                _ => {}
            }
            before = words.last().copied().unwrap_or(before);
        }
    }
    servers > 0 && listens >= servers
}

#[cfg(test)]
mod tests {
    use super::answers_nobody_else;

    #[test]
    fn servers() {
        for (text, expected) in [
            ("server {\n  listen 80;\n  location / { proxy_pass http://app; }\n}", true),
            ("server\n{\n  listen 80;\n  listen [::]:80;\n  server_name localhost _;\n}", true),
            ("server {\n  listen 80 default_server;\n}", false),
            ("server {\n  listen 80;\n  server_name shop.example.com;\n}", false),
            ("server {\n  listen 8080;\n}", false),
            ("server {\n  # listen 80;\n}", false),
            ("server { listen 80; }\nserver { server_name _; }", false),
        ] {
            assert_eq!(answers_nobody_else(text), expected, "{text}");
        }
    }
}
