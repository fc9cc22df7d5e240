//! Calls of functions of libraries: those that read the environment, and those that make addresses.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::made;
use crate::programs::{Expr, Method};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// A call of a library's function.
    pub fn library_call(
        &mut self,
        name: &str,
        node: Node<'t>,
        callee: Node<'t>,
        arguments: &[Node<'t>],
    ) -> Expr {
        let span = self.span(node);
        let last = name.rsplit('.').next().unwrap_or(name);
        match (name, arguments) {
            ("std.env.var" | "std.env.var_os" | "dotenvy.var" | "dotenv.var" | "tokio.env.var", [key]) => {
                let key = self.expr(*key);
                let value = made::read(key, None, false, span);
                self.note_read(&value, span);
                return value;
            }
            ("std.process.exit" | "std.process.abort", _) => {
                self.left = super::reader::Left::Stops;
                return Expr::Opaque(span);
            }
            ("dotenv.dotenv" | "dotenvy.dotenv" | "dotenvy.dotenv_override" | "dotenvy.load", _) => {
                self.loads_dotenv(Spanned::new(String::new(), span));
            }
            (
                "dotenv.from_filename" | "dotenvy.from_filename" | "dotenvy.from_path" | "dotenv.from_path",
                [file],
            ) => {
                if let Expr::Text(file) = self.expr(*file).peel() {
                    self.loads_dotenv(file.clone());
                }
            }
            _ => {}
        }
        if let Some(address) = self.socket(name, arguments) {
            return address;
        }
        if let Some(path) = self.path_call(name, arguments, span) {
            return path;
        }
        if let ("percent_encoding.utf8_percent_encode" | "urlencoding.encode", [value, ..]) =
            (name, arguments)
        {
            return Expr::Method(Box::new(self.expr(*value)), Box::new(Method::Quote));
        }
        self.note_load(name, arguments);
        if let Some(filled) = self.decoded(name, node) {
            return filled;
        }
        if let Some(filled) = name.strip_prefix("envy.").and_then(|last| self.filled_by("envy", last, node)) {
            return filled;
        }
        // What is made when it is first used.
        let lazy =
            matches!(last, "new" | "get_or_init") && (name.contains("Lazy") || name.contains("OnceLock"));
        if let ([only], true) = (arguments, lazy) {
            return self.made_by(*only, span);
        }
        let wrapped = [
            "std.sync.Arc.",
            "std.rc.Rc.",
            "std.borrow.Cow.",
            "std.string.String.",
            "std.sync.Mutex.",
            "url.Url.parse",
        ]
        .iter()
        .any(|start| name.starts_with(start));
        if let ([only], true) = (arguments, wrapped) {
            return self.value(*only);
        }
        if matches!(name, "rocket.build" | "rocket.ignite") {
            self.rocket(callee, node);
        }
        self.library_sink(name, node, callee, arguments);
        Expr::Library(Spanned::new(format!("{name}()"), span))
    }

    fn loads_dotenv(&mut self, file: Spanned<String>) {
        let known = &mut self.notes.module.dotenv;
        if self.notes.recording && !known.iter().any(|other| other.span == file.span) {
            known.push(file);
        }
    }

    /// An address that the standard library puts together: host and port are a list, as in a tuple.
    fn socket(&mut self, name: &str, arguments: &[Node<'t>]) -> Option<Expr> {
        let name = name.strip_prefix("std.net.").or_else(|| name.strip_prefix("core.net."))?;
        match (name, arguments) {
            (
                "SocketAddr.from"
                | "SocketAddr.V4"
                | "SocketAddr.V6"
                | "SocketAddr.from_str"
                | "SocketAddrV4.from_str"
                | "IpAddr.V4"
                | "IpAddr.V6"
                | "IpAddr.from"
                | "IpAddr.from_str"
                | "Ipv4Addr.from"
                | "Ipv4Addr.from_str"
                | "Ipv6Addr.from_str",
                [inner],
            ) => Some(self.expr(*inner)),
            ("SocketAddr.new" | "SocketAddrV4.new" | "SocketAddrV6.new", [ip, port, ..]) => {
                Some(Expr::List(vec![self.expr(*ip), self.expr(*port)]))
            }
            ("Ipv4Addr.new", [_, _, _, _]) => {
                Some(Expr::List(arguments.iter().map(|part| self.expr(*part)).collect()))
            }
            _ => None,
        }
    }
}

/// An address as one text: a host with its port, which may be four numbers or a name of the standard library's.
pub(super) fn flat(value: Expr) -> Expr {
    let Expr::List(parts) = value.peel() else { return named(value) };
    match parts.as_slice() {
        [host, port] => Expr::Concat(vec![flat(host.clone()), mark(":"), port.clone()]),
        [a, b, c, d] => {
            let numbers = [a, b, c, d].into_iter().all(|part| matches!(part.peel(), Expr::Number(_)));
            match numbers {
                true => Expr::Concat(
                    [a, b, c, d]
                        .into_iter()
                        .enumerate()
                        .flat_map(|(at, part)| [mark(if at == 0 { "" } else { "." }), part.clone()])
                        .collect(),
                ),
                false => value,
            }
        }
        _ => value,
    }
}

fn mark(text: &str) -> Expr {
    Expr::Text(Spanned::new(text.to_string(), Span::NONE))
}

/// `Ipv4Addr::LOCALHOST` and the like as what they stand for.
fn named(value: Expr) -> Expr {
    let Expr::Library(name) = value.peel() else { return value };
    let mut last = name.value.rsplit('.');
    let text = match (last.next(), last.next()) {
        (Some("LOCALHOST"), Some("Ipv4Addr")) => "127.0.0.1",
        (Some("UNSPECIFIED"), Some("Ipv4Addr")) => "0.0.0.0",
        (Some("LOCALHOST"), Some("Ipv6Addr")) => "[::1]",
        (Some("UNSPECIFIED"), Some("Ipv6Addr")) => "[::]",
        _ => return value,
    };
    Expr::Text(Spanned::new(text.to_string(), name.span))
}
