//! Classes: records of their attributes, of what `__init__` sets, and of their properties.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use tree_sitter::Node;

use super::functions::{handed, handed_at};
use super::reader::{Annotated, FrameKind, Pending, Reader, frame};
use super::settings::Settings;
use crate::programs::expr::{PROPERTY, RECEIVER};
use crate::programs::reading::made;
use crate::programs::reading::{descend, parts, read_within};
use crate::programs::{CallExpr, Expr, Function, Read};
use crate::source::{Span, Spanned};

/// The arguments of a call; named ones after the others.
type Handed = Vec<(Option<String>, Expr)>;

/// How methods give their object attributes whose names they put together.
const SETS_BY_NAME: &str = "setattr(self";

/// How many of the arguments are followed that a class without a maker of its own hands on.
const INHERITED: usize = 4;

impl<'t> Reader<'t> {
    /// Reads a class and binds its name.
    pub fn class_definition(&mut self, node: Node<'t>) {
        let (Some(name), Some(body)) = (node.child_by_field_name("name"), node.child_by_field_name("body"))
        else {
            return;
        };
        let name = self.text(name);
        let bases: Vec<Expr> = self
            .arguments(node)
            .0
            .iter()
            .filter(|base| base.name.is_none())
            .map(|base| self.expr(base.value))
            .collect();
        let settings = self.settings_of(&bases, body);
        let is_settings = settings.is_some();
        if is_settings {
            self.settings_classes.push(name.to_string());
        }
        let of_model =
            |base: &Expr| matches!(base.peel(), Expr::Library(name) if name.value.ends_with("BaseModel"));
        let model = !is_settings && bases.iter().any(of_model);
        let mut frame = frame(FrameKind::Class);
        frame.own.this = Some((name.to_string(), Expr::Opaque(Span::NONE)));
        self.names.frames.push(frame);
        self.classes.push(ClassState { settings, model, ..ClassState::default() });
        self.block(body);
        let state = self.classes.pop();
        let Some(frame) = self.names.frames.pop() else { return };
        let ClassState { parameters, to_base, settings, declared, .. } = state.unwrap_or_default();
        if let Some(settings) = settings {
            let place = node.child_by_field_name("name").map_or(Span::NONE, |name| self.span(name));
            self.declared(Spanned::new(name.to_string(), place), settings, declared);
        }
        let fields = self.fields_of_data(node, &frame.names);
        if model {
            self.models.insert(name.to_string(), self.annotated(node, &frame.names));
        }
        let by_name = self.names_set(node);
        let own = frame.names.into_iter().filter(|(name, _)| !name.contains([' ', '.']));
        let own: Vec<(String, Expr)> = own.map(|(name, value)| set_by_name(&by_name, name, value)).collect();
        let own = own.into_iter().map(|(name, value)| (Spanned::new(name, Span::NONE), value));
        let record = Expr::Record(own.collect());
        let mut laid: Vec<Expr> =
            bases.into_iter().filter(|base| !matches!(base.peel(), Expr::Library(_))).collect();
        if let (Some(first), Some((arguments, span))) = (laid.first_mut(), to_base) {
            *first = Expr::Call(Box::new(CallExpr { callee: first.clone(), arguments, span }));
        }
        if !matches!(by_name, ByName::Never) {
            // What it is given by name replaces what stands in the classes it extends.
            laid.iter_mut().for_each(|base| *base = Expr::Opaque(self.span(node)));
        }
        let extends = !laid.is_empty();
        let body = match laid.is_empty() {
            true => record,
            false => {
                laid.reverse();
                laid.push(record);
                Expr::Merge(laid)
            }
        };
        let span = self.span(node);
        // Its methods see an instance of what the program makes instances with.
        let of_module = self.names.frames.len() == 1;
        let given = parameters.iter().enumerate().filter(|_| of_module);
        let mut arguments: Vec<(Option<String>, Expr)> = given
            .map(|(at, (parameter, default))| {
                (Some(parameter.clone()), handed(name, at, parameter, default.clone(), span))
            })
            .collect();
        if of_module && parameters.is_empty() && !is_settings {
            let of_data = fields.iter().enumerate().map(|(at, (field, default))| {
                (Some(field.clone()), handed(name, at, field, default.clone(), span))
            });
            arguments.extend(of_data);
            if arguments.is_empty() && extends {
                // What the class is made with goes to the one that it extends.
                arguments.extend((0..INHERITED).map(|at| (None, handed_at(name, at, span))));
            }
        }
        let class =
            Expr::Function(Arc::new(Function { name: name.to_string(), parameters, body, class: true }));
        self.bind(name, class.clone());
        let instance = Expr::Call(Box::new(CallExpr { callee: class, arguments, span })).share();
        if let Some(around) = self.names.frames.last_mut() {
            let pending = frame.own.pending.into_iter();
            around.own.pending.extend(
                pending
                    .map(|method| Pending { instance: method.instance.map(|_| instance.clone()), ..method }),
            );
        }
    }

    /// How the methods of a class give its objects attributes by their names.
    fn names_set(&self, class: Node<'t>) -> ByName {
        let text = self.text(class);
        let span = self.span(class);
        match text.contains(SETS_BY_NAME) {
            false => ByName::Never,
            true if text.contains("environ") || text.contains("getenv") => ByName::OfEnvironment(span),
            true => ByName::OfSomething(span),
        }
    }

    /// The fields of a data class in order, with their defaults: what its maker takes.
    fn fields_of_data(&self, node: Node<'t>, names: &IndexMap<String, Expr>) -> Vec<(String, Option<Expr>)> {
        let around = node.parent().filter(|around| around.kind() == "decorated_definition");
        let start = around.map_or(node, |around| around).start_byte();
        let decorators = self.file.text.get(start..node.start_byte()).unwrap_or("");
        if !["dataclass", "@define", "@attr", "@frozen"].iter().any(|word| decorators.contains(word)) {
            return Vec::new();
        }
        self.annotated(node, names).into_iter().map(|(name, default)| (name.value, default)).collect()
    }

    /// The fields of a class that say their type, in order, with their defaults.
    fn annotated(&self, node: Node<'t>, names: &IndexMap<String, Expr>) -> Vec<Annotated> {
        let body = node.child_by_field_name("body");
        let annotated = body.into_iter().flat_map(parts).flat_map(parts).filter_map(|assignment| {
            assignment.child_by_field_name("type")?;
            let left = assignment.child_by_field_name("left").filter(|left| left.kind() == "identifier")?;
            let name = self.spanned(left);
            let default =
                assignment.child_by_field_name("right").and_then(|_| names.get(&name.value).cloned());
            Some((name, default))
        });
        annotated.take(64).collect()
    }

    /// A method: a property is its value, `__init__` sets attributes, the rest can be called.
    pub fn method(&mut self, node: Node<'t>, decorators: &[Node<'t>]) {
        let Some(name) = node.child_by_field_name("name").map(|name| self.text(name)) else { return };
        let called = |word: &str| {
            decorators.iter().any(|decorator| {
                let text = self.text(*decorator).trim_start_matches('@').trim();
                text.split('(').next().unwrap_or(text).rsplit('.').next() == Some(word)
            })
        };
        let free = called("staticmethod");
        let property = called("property") || called("cached_property");
        let validator = ["validator", "field_validator", "model_validator", "root_validator"]
            .into_iter()
            .find(|word| called(word));
        let decorated = self.called_by_others(decorators);
        if self.notes.recording
            && let Some(frame) = self.names.frames.last_mut()
        {
            let instance = (!free).then_some(Expr::Opaque(Span::NONE));
            frame.own.pending.push(Pending { node, decorated, instance });
        }
        let this = match free {
            true => None,
            false => {
                let instance = match self
                    .classes
                    .last()
                    .is_some_and(|class| class.model || class.settings.is_some() && property)
                {
                    true => Expr::Parameter(RECEIVER.to_string()),
                    false => self.class_itself(node),
                };
                self.parameters(node).first().map(|first| (first.name.to_string(), instance.clone()))
            }
        };
        let parameters = self.bound_parameters(node, usize::from(this.is_some()));
        match (validator, name) {
            (Some(validator), _) => self.validator(node, validator, decorators, &parameters, this),
            (None, "__init__") => self.constructor(node, parameters, this),
            (None, _) => {
                if let Some((own, instance)) = this.clone().filter(|_| !property) {
                    self.set_late(node, &parameters, &own, instance);
                }
                let body = self.summary(node, &parameters, this);
                let model = self.classes.last().is_some_and(|class| class.model || class.settings.is_some());
                let value = match property {
                    true if model => Expr::Function(Arc::new(Function {
                        name: PROPERTY.to_string(),
                        parameters: Vec::new(),
                        body,
                        class: false,
                    })),
                    true => body,
                    false => Expr::Function(Arc::new(Function {
                        name: name.to_string(),
                        parameters,
                        body,
                        class: false,
                    })),
                };
                self.bind(name, value);
            }
        }
    }

    /// The class being read, for attributes that are defined further down.
    fn class_itself(&self, node: Node<'t>) -> Expr {
        let class =
            self.names.frames.last().and_then(|frame| frame.own.this.as_ref()).map(|(name, _)| name.clone());
        match (class, self.names.frames.len()) {
            (Some(name), 2) => Expr::Own(Spanned::new(name, self.span(node))),
            _ => Expr::Opaque(self.span(node)),
        }
    }

    fn constructor(
        &mut self,
        node: Node<'t>,
        parameters: Vec<(String, Option<Expr>)>,
        this: Option<(String, Expr)>,
    ) {
        let Some((own, instance)) = this else { return };
        let to_base = self.told_base(node, &parameters);
        let changed = self.attributes_after(node, &parameters, &own, instance);
        changed.into_iter().for_each(|(name, value)| self.bind(&name, value));
        if let Some(class) = self.classes.last_mut() {
            class.to_base = to_base;
            class.parameters = parameters;
        }
    }

    /// What `super().__init__(…)` hands over, in terms of the parameters.
    fn told_base(&mut self, node: Node<'t>, parameters: &[(String, Option<Expr>)]) -> Option<(Handed, Span)> {
        let body = node.child_by_field_name("body")?;
        let mut found = None;
        descend(body, |at, _| {
            let callee = (at.kind() == "call").then(|| at.child_by_field_name("function")).flatten();
            if found.is_none() && callee.is_some_and(|callee| self.text(callee) == "super().__init__") {
                found = Some(at);
            }
            found.is_none()
        });
        let call = found?;
        let made = self.silently(|reader| {
            let mut frame = frame(FrameKind::Function);
            for (name, _) in parameters {
                frame.names.insert(name.clone(), Expr::Parameter(name.clone()));
            }
            reader.names.frames.push(frame);
            let made = reader.expr(call);
            reader.names.frames.pop();
            made
        });
        match made {
            Expr::Call(call) if !call.arguments.is_empty() => Some((call.arguments, call.span)),
            _ => None,
        }
    }

    /// Attributes that `__init__` leaves `None` and that a method sets: whoever uses them later finds what
    /// it set (`self.engine = create_engine(…)` in `connect`).
    fn set_late(&mut self, node: Node<'t>, parameters: &[(String, Option<Expr>)], own: &str, instance: Expr) {
        let is_null = |value: &Expr| matches!(value.peel(), Expr::Null(_));
        let open = |reader: &Self, name: &str| {
            reader.names.frames.last().and_then(|frame| frame.names.get(name)).is_some_and(is_null)
        };
        if !self.names.frames.last().is_some_and(|frame| frame.names.values().any(is_null)) {
            return;
        }
        for (name, value) in self.attributes_after(node, parameters, own, instance) {
            // `if self.engine is None: self.engine = …` must go on finding it unset.
            let text = self.text(node);
            let asked = [format!("{own}.{name} is"), format!("not {own}.{name}"), format!("if {own}.{name}")];
            let lazily = asked.iter().any(|asked| text.contains(asked.as_str()));
            if !lazily && !is_null(&value) && open(self, &name) {
                self.bind(&name, value);
            }
        }
    }

    /// The attributes that a method sets on its instance.
    pub fn attributes_after(
        &mut self,
        node: Node<'t>,
        parameters: &[(String, Option<Expr>)],
        own: &str,
        instance: Expr,
    ) -> Vec<(String, Expr)> {
        let prefix = format!("{own}.");
        self.silently(|reader| {
            let mut frame = frame(FrameKind::Function);
            frame.own.this = Some((own.to_string(), instance));
            for (name, _) in parameters {
                frame.names.insert(name.clone(), Expr::Parameter(name.clone()));
            }
            reader.names.frames.push(frame);
            if let Some(body) = node.child_by_field_name("body") {
                reader.block(body);
            }
            let names = reader.names.frames.pop().map(|frame| frame.names).unwrap_or_default();
            let set = names
                .into_iter()
                .filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?.to_string(), value)));
            set.filter(|(name, _)| !name.contains('.')).collect()
        })
    }

    /// `self.name` in a method that is summarised while its class is being read.
    pub fn attribute_of_class(&self, name: &str) -> Option<&Expr> {
        let at = self.names.frames.len().checked_sub(2)?;
        let class = self.names.frames.get(at).filter(|frame| frame.own.kind == FrameKind::Class)?;
        class.names.get(name)
    }

    /// Notes the read that a settings field is.
    pub fn note_field(&mut self, field: &str, name: Spanned<String>, value: &Expr, span: Span) {
        if !self.notes.recording {
            return;
        }
        if let Some(read) = read_within(value) {
            let (expression, required) = (Expr::Read(Box::new(read.clone())), read.required);
            self.note_read(Read { name, expression, required, held: Some(field.to_string()), span });
        }
    }

    /// Keeps a read unless its place has one.
    pub fn note_read(&mut self, read: Read) {
        self.notes.read(read, self.names.path());
    }
}

/// Whether a class gives its objects attributes whose names it puts together.
enum ByName {
    Never,
    /// What the environment has under the name.
    OfEnvironment(Span),
    /// Who knows what.
    OfSomething(Span),
}

/// An attribute of such a class.
fn set_by_name(how: &ByName, name: String, value: Expr) -> (String, Expr) {
    let plain = matches!(value.peel(), Expr::Text(_) | Expr::Number(_)) && !name.starts_with('_');
    let value = match how {
        ByName::OfSomething(span) if plain => Expr::Opaque(*span),
        ByName::OfEnvironment(span) if plain => {
            made::read(Expr::Text(Spanned::new(name.to_ascii_uppercase(), *span)), Some(value), false, *span)
        }
        _ => value,
    };
    (name, value)
}

/// What is known of a class while its body is read.
#[derive(Default)]
pub(super) struct ClassState {
    pub settings: Option<Settings>,
    /// What its body gives the fields of settings, which is what the rest of the body sees.
    pub told: HashMap<String, Expr>,
    /// The names by which fields of settings are found.
    pub declared: Vec<String>,
    /// Whether its objects are made of what others give its fields: their properties see those.
    pub model: bool,
    pub parameters: Vec<(String, Option<Expr>)>,
    /// What its maker hands to that of the class it extends, and where.
    pub to_base: Option<(Handed, Span)>,
}
