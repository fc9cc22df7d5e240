//! NestJS: its reader of the configuration, and the settings that are registered for it by name.

use tree_sitter::Node;

use super::arguments::Arguments;
use super::environment::{required, with_default};
use super::reader::Reader;
use super::scan::is_variable;
pub(super) use crate::programs::expr::REGISTERED;
use crate::programs::expr::UNSCHEMED;
use crate::programs::reading::parts;
use crate::programs::{CallExpr, Expr};
use crate::source::{Span, Spanned};

/// The methods by which classes make the settings of modules, by what the module's package is called.
const FACTORIES: [(&str, &str); 8] = [
    ("typeorm", "createTypeOrmOptions"),
    ("mongoose", "createMongooseOptions"),
    ("sequelize", "createSequelizeOptions"),
    ("mikro-orm", "createMikroOrmOptions"),
    ("bull", "createSharedConfiguration"),
    ("cache-manager", "createCacheOptions"),
    ("axios", "createHttpOptions"),
    ("elasticsearch", "createElasticsearchOptions"),
];

/// The options of `forRootAsync({ useClass: Settings })`, with what its method makes in place of what a factory would.
pub(super) fn made_by_class(callee: &str, options: Expr) -> Expr {
    let method = FACTORIES.iter().find(|(package, _)| callee.contains(package)).map(|(_, method)| *method);
    let (Some(method), Expr::Record(fields)) = (method.filter(|_| callee.ends_with("Async")), options.peel())
    else {
        return options;
    };
    let class = fields.iter().find(|(name, _)| matches!(name.value.as_str(), "useClass" | "useExisting"));
    let Some((key, class)) = class.filter(|_| !fields.iter().any(|(name, _)| name.value == "useFactory"))
    else {
        return options;
    };
    let span = key.span;
    let call = |callee: Expr| Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span }));
    let method = Expr::Member(Box::new(call(class.clone())), Spanned::new(method.to_string(), span));
    let made = (Spanned::new("useFactory".to_string(), span), call(method));
    Expr::Record(fields.iter().cloned().chain([made]).collect())
}

/// What stands over classes that nobody makes but Nest, and only those that a module lists.
const LISTED: [&str; 8] = [
    "@Module(",
    "@Injectable(",
    "@Controller(",
    "@Resolver(",
    "@Processor(",
    "@WebSocketGateway(",
    "@Catch(",
    "@Console(",
];

impl<'t> Reader<'t> {
    /// Scans what stands over a class. That of a class which Nest makes where a module lists it is run only where the class
    /// is mentioned: a library may hand on modules that nobody imports.
    pub fn decorators_of(&mut self, around: Node<'t>, class: Node<'t>) {
        let decorators: Vec<Node<'t>> =
            parts(around).into_iter().filter(|part| part.kind() == "decorator").collect();
        let listed = |decorator: &Node<'t>| {
            let text = self.text(*decorator);
            LISTED.iter().any(|listed| text.starts_with(listed))
        };
        let nest = self.at_top()
            && decorators.iter().any(listed)
            && self.file.text.contains("@nestjs/")
            && !self.text(around).contains("export default");
        let name = class.child_by_field_name("name").filter(|_| nest).map(|name| self.text(name).to_string());
        let owner = self.owner.clone();
        if let Some(name) = name.filter(|_| self.notes.recording) {
            let place = Spanned::new(name.clone(), self.span(around));
            self.notes.module.functions.push(place);
            self.owner.get_or_insert(name);
        }
        decorators.into_iter().for_each(|decorator| self.scan(decorator));
        self.owner = owner;
    }

    /// `config.get("X", default)`, `config.getOrThrow("X")`; `alone` where nothing else takes its place.
    pub fn config_service(
        &mut self,
        method: &str,
        arguments: &Arguments<'t>,
        alone: bool,
        span: Span,
    ) -> Option<Expr> {
        if !matches!(method, "get" | "getOrThrow") {
            return None;
        }
        let default = arguments.at(1).filter(|default| default.kind() != "object");
        let default = default.map(|default| self.expr(default));
        // A schema elsewhere may give it a default.
        let schema = || {
            let (module, name) = (UNSCHEMED.to_string(), String::new());
            Expr::Imported { module, name, span }
        };
        let Some(key) = arguments.at(0).and_then(|key| self.literal(key)) else {
            let named = arguments.at(0).map(|key| self.expr(key));
            return Some(match named.filter(|key| matches!(key.peel(), Expr::Parameter(_))) {
                Some(key) if method == "getOrThrow" => required(key, span),
                Some(key) => with_default(key, Some(default.unwrap_or_else(schema)), span),
                None => Expr::Opaque(span),
            });
        };
        if is_variable(&key.value) {
            return Some(match (method, default) {
                ("getOrThrow", _) => required(Expr::Text(key), span),
                (_, None) if alone => with_default(Expr::Text(key), Some(schema()), span),
                (_, default) => with_default(Expr::Text(key), default, span),
            });
        }
        // The whole path: what is not registered is nothing.
        let first = key.value.split('.').next()?;
        let (module, name) = (format!("{REGISTERED}{first}"), format!("{REGISTERED}{}", key.value));
        let value = Expr::Imported { module, name, span };
        Some(match default {
            Some(default) => Expr::FirstSet(vec![value, default]),
            None => value,
        })
    }

    /// `registerAs("database", () => ({ … }))`
    pub fn register_as(&mut self, node: Node<'t>) {
        let arguments = self.arguments(node);
        let (Some(name), Some(factory)) =
            (arguments.at(0).and_then(|name| self.literal(name)), arguments.at(1))
        else {
            return;
        };
        let (callee, span) = (self.expr(factory), self.span(node));
        let made = Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span })).share();
        if self.notes.recording {
            self.exports.insert(format!("{REGISTERED}{}", name.value), made);
        }
    }

    /// `export const configuration = () => ({ database: { … } })`, where the name says that it makes settings.
    pub fn register_named(&mut self, name: Node<'t>) {
        let written = self.text(name).to_lowercase();
        if ["config", "setting", "env"].iter().any(|part| written.contains(part)) {
            let (value, span) = (self.name(self.text(name), self.span(name)), self.span(name));
            self.register_fields(&value, span);
        }
    }

    /// `export default () => ({ database: { … } })`, as `load` of the configuration takes it.
    pub fn register_fields(&mut self, factory: &Expr, span: Span) {
        let Expr::Function(function) = factory.peel() else { return };
        let Expr::Record(fields) = function.body.peel() else { return };
        if function.class || !function.parameters.is_empty() {
            return;
        }
        let made =
            Expr::Call(Box::new(CallExpr { callee: factory.clone(), arguments: Vec::new(), span })).share();
        for (name, _) in fields.iter().take(200) {
            let field = Expr::Member(Box::new(made.clone()), name.clone());
            self.exports.insert(format!("{REGISTERED}{}", name.value), field);
        }
    }

    /// `ConfigModule.forRoot({ envFilePath, validationSchema })`
    pub fn config_module(&mut self, node: Node<'t>) {
        let span = self.span(node);
        let Some(options) = self.arguments(node).at(0) else {
            return self.loads_dotenv(Spanned::new(String::new(), span));
        };
        if self.pair(options, "ignoreEnvFile").is_some_and(|flag| self.text(flag) == "true") {
            return;
        }
        let Some(path) = self.pair(options, "envFilePath") else {
            return self.loads_dotenv(Spanned::new(String::new(), span));
        };
        let mut left = vec![path];
        while let Some(path) = left.pop() {
            match path.kind() {
                "array" => left.extend(parts(path).into_iter().rev()),
                // Either may be what is loaded.
                "ternary_expression" => {
                    let branches = ["alternative", "consequence"];
                    left.extend(branches.iter().filter_map(|field| path.child_by_field_name(field)));
                }
                "parenthesized_expression" => left.extend(path.named_child(0)),
                _ => match self.path(path) {
                    Some(path) => self.loads_dotenv(path),
                    None => self.loads_some_dotenv(self.span(path)),
                },
            }
        }
    }
}
