//! Where the authority of a URL ends.

/// The end of the authority that begins at `start` and would end at `end`, the first slash: a password with a slash of its
/// own goes on to the last `@`, as libraries that look for that take it; others refuse the whole URL.
pub(super) fn end_of_login(whole: &str, start: usize, end: usize, last: usize) -> usize {
    let login = whole.get(start..end).unwrap_or("");
    let behind = whole.get(end..last).unwrap_or("");
    let path = behind.split('?').next().unwrap_or("");
    let password = login.split_once(':').map_or("", |(_, password)| password);
    let cut = !login.contains('@') && password.contains(|c: char| !c.is_ascii_digit());
    match path.rfind('@').filter(|_| cut && behind.starts_with('/')) {
        Some(at) => {
            let host = end + at + 1;
            let length = whole.get(host..last).and_then(|rest| rest.find(['/', '?', '#', ';']));
            length.map_or(last, |length| host + length)
        }
        None => end,
    }
}

#[cfg(test)]
mod tests {
    use super::end_of_login;

    #[test]
    fn passwords_with_slashes() {
        let host = |url: &str| {
            let start = url.find("://").unwrap() + 3;
            let end = url[start..].find('/').map_or(url.len(), |at| start + at);
            let end = end_of_login(url, start, end, url.len());
            url[start..end].rsplit('@').next().unwrap().to_string()
        };
        assert_eq!(host("postgres://a:b/c/d@db:5432/x"), "db:5432");
        assert_eq!(host("postgres://a:b@db:5432/x@y"), "db:5432");
        assert_eq!(host("http://web:8080/a@b"), "web:8080");
        assert_eq!(host("http://web/a@b"), "web");
    }
}
