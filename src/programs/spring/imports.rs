//! `spring.config.import`: what else a program reads its settings from.

use crate::source::Spanned;

/// Something that a configuration file imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Import {
    /// A dotenv file.
    Dotenv(Spanned<String>),
    /// A configuration server.
    Server {
        /// Where; that may be said by settings instead.
        address: Option<Spanned<String>>,
        /// Whether the program starts without it.
        optional: bool,
    },
    /// A store of settings elsewhere.
    Store,
    /// A file of settings.
    File(String),
    /// Something else that is not read.
    Other,
}

/// Stores that are asked over the network.
const STORES: [&str; 8] = [
    "consul:",
    "vault:",
    "zookeeper:",
    "nacos:",
    "kubernetes:",
    "aws-parameterstore:",
    "aws-secretsmanager:",
    "sm:",
];

/// What one value of `spring.config.import` names.
pub(super) fn imports(value: &Spanned<String>) -> Vec<Import> {
    let exact = value.span.len() as usize == value.value.len();
    let mut out = Vec::new();
    let mut at = 0;
    for part in value.value.split([',', ';']) {
        let (start, end) = (at, at + part.len());
        at = end + 1;
        let blank = part.len() - part.trim_start().len();
        let text = part.trim();
        let whole = text;
        let text = text.strip_prefix("optional:").unwrap_or(text);
        let from = start + blank + (whole.len() - text.len());
        let spanned = |skip: usize, text: &str| {
            let span =
                if exact { value.span.slice(from + skip, from + skip + text.len()) } else { value.span };
            Spanned::new(text.to_string(), span)
        };
        if let Some(address) = text.strip_prefix("configserver:") {
            let address = (!address.is_empty()).then(|| spanned("configserver:".len(), address));
            out.push(Import::Server { address, optional: text.len() < whole.len() });
            continue;
        }
        if STORES.iter().any(|store| text.starts_with(store)) {
            out.push(Import::Store);
            continue;
        }
        let path = text.strip_prefix("file:").unwrap_or(text);
        let name = path.strip_suffix("[.properties]").unwrap_or(path);
        if name.ends_with(".env") || name.rsplit('/').next().is_some_and(|name| name.starts_with(".env")) {
            out.push(Import::Dotenv(spanned(text.len() - path.len(), name)));
        } else if !text.is_empty() && !text.contains(['$', '*']) {
            out.push(Import::File(text.to_string()));
        } else if !text.is_empty() {
            out.push(Import::Other);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn what_is_imported() {
        let value = "optional:file:./.env[.properties],configserver:http://c:8888";
        let value = Spanned::new(value.to_string(), Span::new(10, 10 + value.len() as u32));
        let found = imports(&value);
        assert_eq!(found[0], Import::Dotenv(Spanned::new("./.env".into(), Span::new(24, 30))));
        assert!(matches!(&found[1], Import::Server { address: Some(address), optional: false }
                if address.value == "http://c:8888" && address.span.lo == 57));
        assert_eq!(imports(&Spanned::new("vault://".into(), Span::NONE)), [Import::Store]);
        assert_eq!(
            imports(&Spanned::new("classpath:db.yml".into(), Span::NONE)),
            [Import::File("classpath:db.yml".into())]
        );
    }
}
