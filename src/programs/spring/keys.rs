//! The names of settings, and the environment variables that replace them.

/// The form in which names are compared: relaxed binding looks neither at case nor at dashes and underscores.
/// A name that is written like a variable of the environment stands for itself alone.
pub(super) fn canonical(name: &str) -> String {
    let own = |c: char| c.is_uppercase() || c == '_';
    if !name.contains('.') && name.contains(own) {
        return name.to_string();
    }
    // The parts of a map are names of their own, with their dashes.
    if let Some((map, part)) = name.rsplit_once('.').filter(|(map, _)| MAPS.contains(&relaxed(map).as_str()))
    {
        return format!("{}.{}", relaxed(map), part.to_lowercase());
    }
    relaxed(name)
}

/// Settings that are maps of Java.
const MAPS: [&str; 1] = ["eureka.client.serviceurl"];

/// A part of a name in the form in which names are compared.
pub(super) fn relaxed(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// The variable of a name whose parts are written with humps: `spring.zipkin.baseUrl` as `SPRING_ZIPKIN_BASE_URL`.
fn humped(name: &str) -> String {
    let mut said = String::with_capacity(name.len() + 4);
    let mut before = '.';
    for c in name.chars() {
        if before.is_ascii_lowercase() && c.is_ascii_uppercase() {
            said.push('_');
        }
        said.push(if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
        before = c;
    }
    said
}

/// The variable that replaces the setting, and the other spellings that frameworks take; those are compared without
/// regard to case. Spring Boot documents the one without dashes, and takes this one, too.
pub(super) fn variables(name: &str) -> (String, Vec<String>) {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if name.chars().all(plain) {
        return (name.to_string(), Vec::new());
    }
    let name: String = name.chars().filter(|c| !matches!(c, ']' | '"')).collect();
    let upper = |keep: fn(char) -> bool| -> String {
        let shown = |c: char| if c.is_ascii_alphanumeric() || keep(c) { c.to_ascii_uppercase() } else { '_' };
        name.chars().map(shown).collect()
    };
    let underscored = upper(|c| c == '_');
    // The dash may stay: Docker takes any name.
    let dashed = upper(|c| matches!(c, '_' | '-'));
    let dashless = dashed.replace('-', "");
    let mut aliases = Vec::new();
    // What a class calls `baseUrl` is `base-url`, and a variable may have a line for that dash.
    let humps = humped(&name);
    for alias in [name.clone(), dashless, dashed, name.replace('-', ""), humps] {
        if alias != underscored && !aliases.iter().any(|known: &String| known.eq_ignore_ascii_case(&alias)) {
            aliases.push(alias);
        }
    }
    (underscored, aliases)
}

/// Whether a name is meant by a pattern: `*` stands for any characters but a dot.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let mut patterns = pattern.split('.');
    let mut names = name.split('.');
    loop {
        match (patterns.next(), names.next()) {
            (None, None) => return true,
            (Some(pattern), Some(name)) if part_matches(pattern, name) => {}
            _ => return false,
        }
    }
}

fn part_matches(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or("");
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut last = None;
    for piece in pieces {
        last = Some(piece);
        let Some(at) = rest.find(piece) else { return false };
        rest = rest.get(at + piece.len()..).unwrap_or("");
    }
    match last {
        None => rest.is_empty(),
        Some(last) => name.len() >= first.len() + last.len() && name.ends_with(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(canonical("spring.datasource.jdbc-Url"), "spring.datasource.jdbcurl");
        assert_eq!(canonical("DB_HOST"), "DB_HOST");
        let (first, aliases) = variables("app.service-url");
        assert_eq!((first.as_str(), aliases.len()), ("APP_SERVICE_URL", 4));
        assert_eq!(variables("a.b-c").0, "A_B_C");
        assert_eq!(variables("a.routes[0].uri").0, "A_ROUTES_0_URI");
        assert_eq!(variables("DB_HOST"), ("DB_HOST".to_string(), Vec::new()));
    }

    #[test]
    fn patterns() {
        assert!(matches("a.*.b", "a.x.b"));
        assert!(!matches("a.*.b", "a.x.y.b"));
        assert!(matches("a.routes[*]", "a.routes[12]"));
        assert!(!matches("a.routes[*]", "a.routes"));
        assert!(matches("a", "a") && !matches("a", "ab"));
    }
}
