//! Calls that stop the program when a variable that they are handed is not set.

use tree_sitter::Node;

use super::reader::Reader;
use super::required::demands_value;
use crate::programs::expr::UNSCHEMED;
use crate::programs::reading::absence;
use crate::programs::{Blank, Condition, Expr, Function, IfExpr, Method, Read, ReadExpr};
use crate::source::Spanned;

/// Functions of the language and of libraries, with the position of an argument that must be there.
const CALLS: [(&str, usize); 24] = [
    ("URL", 0),
    ("url.URL", 0),
    ("JSON.parse", 0),
    ("Buffer.from", 0),
    ("fs.readFileSync", 0),
    ("fs.openSync", 0),
    ("fs.createReadStream", 0),
    ("fs.promises.readFile", 0),
    ("fs/promises.readFile", 0),
    ("path.join", 0),
    ("path.resolve", 0),
    ("crypto.createHmac", 1),
    ("crypto.createSecretKey", 0),
    ("crypto.createPrivateKey", 0),
    ("crypto.createPublicKey", 0),
    ("stripe", 0),
    ("resend.Resend", 0),
    ("grammy.Bot", 0),
    ("telegraf.Telegraf", 0),
    ("@supabase/supabase-js.createClient", 0),
    ("@supabase/supabase-js.createClient", 1),
    ("web-push.setVapidDetails", 1),
    ("web-push.setVapidDetails", 2),
    ("ethers.Wallet", 0),
];

/// The same of those that are called when a request comes, most of them in code that catches what they throw.
const LATER: [(&str, usize); 4] = [
    ("jsonwebtoken.sign", 1),
    ("jsonwebtoken.verify", 1),
    ("jsonwebtoken.jwt.sign", 1),
    ("jsonwebtoken.jwt.verify", 1),
];

/// Fields of options that must be there, with the call that is given them.
const FIELDS: [(&str, &str); 5] = [
    ("buildConfig", "secret"),
    ("session", "secret"),
    ("expressSession", "secret"),
    ("expressjwt", "secret"),
    ("expressJwt", "secret"),
];

/// Libraries that refuse to sign without this field of the options of their module.
const SIGNING: [&str; 2] = ["JwtModule.register", "JwtModule.registerAsync"];

impl<'t> Reader<'t> {
    /// A call of something that cannot stand nothing, with the bare read of a variable.
    pub fn demands_arguments(&mut self, node: Node<'t>, callee: Node<'t>, function: &Expr) {
        if !self.notes.recording {
            return;
        }
        let arguments = self.arguments(node);
        if arguments.len() == 0 || arguments.open() {
            return;
        }
        match function.peel() {
            Expr::Function(own) if !own.class => {
                let own = own.clone();
                return self.demands_of_function(node, &own);
            }
            Expr::Function(_) => return,
            _ => {}
        }
        let last = self.text(callee).rsplit('.').next().unwrap_or("").to_ascii_lowercase();
        if demands_value(&last)
            && let Some(first) = arguments.at(0).filter(|_| arguments.len() <= 2)
        {
            return self.demand(first);
        }
        let Some(name) = qualified(function) else { return };
        if name == "next-auth"
            && let Some(options) = arguments.at(0).filter(|_| arguments.len() == 1)
        {
            self.demands_secret(node, options);
        }
        for (_, position) in CALLS.iter().filter(|(known, _)| *known == name) {
            if let Some(argument) =
                arguments.at(*position).filter(|argument| !self.may_be_blank(&name, *argument))
            {
                self.demand_unasked(argument);
            }
        }
        for (_, position) in LATER.iter().filter(|(known, _)| *known == name) {
            if let Some(argument) = arguments.at(*position) {
                self.cannot_do_without(argument);
            }
        }
    }

    /// Whether a blank takes the place of nothing, and the call is one that takes blanks.
    fn may_be_blank(&self, name: &str, argument: Node<'t>) -> bool {
        const TAKE: [&str; 4] = ["path", "Buffer", "crypto", "String"];
        let text = self.text(argument);
        let replaced = ["||", "??", "String(", "`"].iter().any(|sign| text.contains(sign));
        replaced && TAKE.iter().any(|start| name.split('.').next() == Some(start))
    }

    /// Notes that what the code is for fails when a value is nothing, wherever that comes from.
    fn cannot_do_without(&mut self, node: Node<'t>) {
        let value = self.expr(node);
        let may_be = match value.peel() {
            Expr::Member(..) | Expr::Imported { .. } | Expr::Own(_) | Expr::Item(..) | Expr::Call(_) => true,
            _ => bare(&value).is_some(),
        };
        if !may_be {
            return;
        }
        let span = self.span(node);
        self.notes.demand(value, span, self.names.path());
    }

    /// A call of a function of the module that does nothing but stop when one of its parameters is nothing.
    fn demands_of_function(&mut self, node: Node<'t>, function: &Function) {
        let arguments = self.arguments(node);
        let handed: Vec<(&str, Node<'t>)> = function
            .parameters
            .iter()
            .enumerate()
            .filter_map(|(at, (name, default))| {
                Some((name.as_str(), arguments.at(at).filter(|_| default.is_none())?))
            })
            .take(6)
            .collect();
        for (name, argument) in &handed {
            let value = self.expr(argument.to_owned());
            let Some(read) = bare(&value) else { continue };
            let nothing = Expr::Null(read.span);
            let given = |asked: &str| (asked == *name).then(|| nothing.clone());
            if absence::stops_without(function, &given, &|place| self.throws.contains(&place)) {
                self.demand(*argument);
            }
        }
    }

    /// The options of something that refuses to work without one of them.
    pub fn demands_field(&mut self, pair: Node<'t>) {
        let (Some(key), Some(value)) = (pair.child_by_field_name("key"), pair.child_by_field_name("value"))
        else {
            return;
        };
        let key = self.text(key);
        let nested = |name: &str| name == "databaseUrl";
        if !self.notes.recording || !nested(key) && !FIELDS.iter().any(|(_, field)| *field == key) {
            return;
        }
        if nested(key) {
            // Medusa's, under `projectConfig`.
            let of_medusa = |around: &Node<'t>| {
                around.child_by_field_name("function").is_some_and(|it| self.text(it) == "defineConfig")
            };
            if self.around.iter().any(of_medusa) {
                self.demand(value);
            }
            return;
        }
        let call = self.around.iter().rev().nth(2).filter(|call| call.kind() == "call_expression");
        let called = call.and_then(|call| call.child_by_field_name("function")).map(|it| self.text(it));
        let of_call = FIELDS.iter().any(|(call, field)| *field == key && called == Some(*call));
        let signs = |around: &Node<'t>| {
            let called = around.child_by_field_name("function").map_or("", |called| self.text(called));
            around.kind() == "call_expression" && SIGNING.contains(&called)
        };
        // What a factory gives is read after what is around it.
        let above =
            || std::iter::successors(pair.parent(), Node::parent).take(12).any(|around| signs(&around));
        if of_call {
            self.demand(value);
        } else if key == "secret" && above() {
            match bare(&self.expr(value)) {
                Some(_) => self.demand(value),
                None => self.cannot_do_without(value),
            }
        }
    }

    /// NextAuth, which in production answers nobody without the secret that its options or two variables say.
    fn demands_secret(&mut self, node: Node<'t>, options: Node<'t>) {
        let (span, options) = (self.span(node), self.expr(options));
        let text = |text: &str| Expr::Text(Spanned::new(text.to_string(), span));
        let read = |name: &str, aliases: Vec<String>| {
            let (name, ignore_case, required) = (text(name), false, false);
            let (default, blank) = (None, Blank::Unset);
            Expr::Read(Box::new(ReadExpr { name, aliases, ignore_case, default, blank, required, span }))
        };
        let key = Spanned::new("secret".to_string(), span);
        let own = Expr::Member(Box::new(options), key);
        let usual = read("NEXTAUTH_SECRET", vec!["AUTH_SECRET".to_string()]);
        let then = Expr::FirstNonEmpty(vec![own, usual]);
        let condition = Condition::Equals(read("NODE_ENV", Vec::new()), text("production"));
        let otherwise = Expr::Opaque(span);
        let value = Expr::If(Box::new(IfExpr { condition, then, otherwise, span }));
        self.notes.demand(value, span, std::iter::empty());
    }

    /// The same where nothing around it asks for the variable, and the code runs when the program starts.
    pub fn demand_unasked(&mut self, node: Node<'t>) {
        let value = self.expr(node);
        let Some(Expr::Text(name)) = bare(&value).map(|read| read.name.peel().clone()) else {
            if self.runs_unasked(node, "\n") {
                self.cannot_do_without(node);
            }
            return;
        };
        // It may have a name of the program's own.
        let held = self.text(super::expressions::unwrapped(node));
        if self.runs_unasked(node, &name.value) && self.runs_unasked(node, held) {
            self.demand(node);
        }
    }

    /// A server that is told no port is given any.
    pub fn demands_port(&mut self, node: Node<'t>) {
        let value = self.expr(node);
        match bare(&value) {
            Some(_) => self.demand_unasked(node),
            None if matches!(value.peel(), Expr::Member(..) | Expr::Imported { .. }) => {
                self.cannot_do_without(node)
            }
            None => {}
        }
    }

    /// The program stops when the variable that a value is the bare read of is not set.
    pub fn demand(&mut self, node: Node<'t>) {
        let value = self.expr(node);
        let Some(read) = bare(&value).cloned() else { return };
        let Expr::Text(name) = read.name.peel().clone() else { return };
        let span = read.span;
        // Under conditions it may do without.
        if self.names.path().next().is_some() {
            return self.cannot_do_without(node);
        }
        if !read.default.is_some_and(|default| is_schema(&default) && self.span(node).contains(span)) {
            self.needed.insert(span);
            return;
        }
        let expression = super::environment::required_unless_schema(name.clone(), span);
        self.keep_read(Read { name, expression, required: true, held: self.held.clone(), span });
    }
}

/// What a settings schema elsewhere may say.
fn is_schema(default: &Expr) -> bool {
    matches!(default.peel(), Expr::Imported { module, .. } if module == UNSCHEMED)
}

/// The read that a value is, when nothing but what is blank takes its place.
pub(super) fn bare(value: &Expr) -> Option<&ReadExpr> {
    let is_blank = |value: &Expr| match value.peel() {
        Expr::Null(_) => true,
        Expr::Text(text) => text.value.is_empty(),
        _ => false,
    };
    match value.peel() {
        Expr::Read(read) => {
            let open = |default: &Expr| is_blank(default) || is_schema(default);
            (!read.required && read.default.as_ref().is_none_or(open)).then_some(read)
        }
        Expr::Method(inner, method) => match **method {
            Method::Text | Method::Number | Method::OnlyText | Method::Strip(None) => bare(inner),
            _ => None,
        },
        Expr::FirstNonEmpty(all) | Expr::FirstSet(all) => {
            let (first, rest) = all.split_first()?;
            bare(first).filter(|_| rest.iter().all(is_blank))
        }
        _ => None,
    }
}

/// The name of what is called, with that of its package.
fn qualified(function: &Expr) -> Option<String> {
    Some(match function.peel() {
        Expr::Library(name) => name.value.replace(".default", ""),
        Expr::Imported { module, name, .. } => {
            let module = module.strip_prefix("node:").unwrap_or(module);
            match name.as_str() {
                "" | "default" => module.to_string(),
                name => format!("{module}.{name}"),
            }
        }
        Expr::Own(name) => name.value.clone(),
        Expr::Member(base, name) => match base.peel() {
            Expr::Imported { .. } | Expr::Own(_) => format!("{}.{}", qualified(base)?, name.value),
            _ => return None,
        },
        _ => return None,
    })
}
