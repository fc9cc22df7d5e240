//! Classes: a record of their members, made anew by each `new`.

use std::sync::Arc;

use tree_sitter::Node;

use super::reader::{Kind, Reader};
use crate::programs::reading::{Frame, parts};
use crate::programs::{Expr, Function};
use crate::source::{Span, Spanned};

/// Classes with more methods are summarised once: their helpers do not matter.
const MANY_METHODS: usize = 60;

impl<'t> Reader<'t> {
    /// `class Name { … }`
    pub fn class_declaration(&mut self, node: Node<'t>) {
        let (Some(name), Some(body)) = (node.child_by_field_name("name"), node.child_by_field_name("body"))
        else {
            return;
        };
        let members = parts(body);
        self.names.frames.push(Frame::new(Kind::Class));
        self.properties(&members);
        let methods: Vec<Node<'t>> = members
            .iter()
            .copied()
            .filter(|part| part.kind() == "method_declaration" && part.child_by_field_name("body").is_some())
            .take(400)
            .collect();
        let constructor = methods.iter().copied().find(|method| self.method_name(*method) == "__construct");
        let parameters = constructor.map(|method| self.parameters(method)).unwrap_or_default();
        let before = self.names.frames.last().map(|frame| frame.names.clone()).unwrap_or_default();
        if let Some(constructor) = constructor {
            self.silently(|reader| reader.construct(constructor, &parameters, None));
        }
        // Helpers are known to those that call them whatever their order.
        for _ in 0..if methods.len() > MANY_METHODS { 1 } else { 3 } {
            self.silently(|reader| {
                for method in methods.iter().filter(|method| Some(**method) != constructor) {
                    let name = format!("{}()", reader.method_name(*method));
                    let function = reader.function(*method, &name);
                    reader.names.bind(&format!("self::{name}"), function);
                }
            });
        }
        let record = self.record();
        // Now the methods themselves, for an instance that is made without arguments.
        if self.notes.recording {
            if let Some(frame) = self.names.frames.last_mut() {
                for (name, value) in before {
                    frame.names.insert(name, value);
                }
            }
            if let Some(constructor) = constructor {
                let span = self.span(constructor);
                self.deeper(|reader| reader.construct(constructor, &parameters, Some(span)));
            }
            for method in methods.iter().filter(|method| Some(**method) != constructor) {
                self.deeper(|reader| reader.read_function(*method));
            }
        }
        self.names.frames.pop();
        let name = self.text(name).to_string();
        let function = Function { name: name.clone(), parameters, body: record, class: true };
        self.names.bind(&name, Expr::Function(Arc::new(function)));
    }

    fn method_name(&self, method: Node<'t>) -> &'t str {
        method.child_by_field_name("name").map_or("", |name| self.text(name))
    }

    fn properties(&mut self, members: &[Node<'t>]) {
        for member in members {
            match member.kind() {
                "const_declaration" => self.constants(*member, "self::"),
                "property_declaration" => {
                    let fixed = parts(*member).iter().any(|part| part.kind() == "static_modifier");
                    for element in parts(*member).into_iter().filter(|part| part.kind() == "property_element")
                    {
                        let Some(name) = element.child_by_field_name("name") else { continue };
                        let name = self.text(name).to_string();
                        let value = match element.child_by_field_name("default_value") {
                            Some(value) => self.expr(value),
                            None => Expr::Opaque(self.span(element)),
                        };
                        self.property_of_codeigniter(&name, &value);
                        match fixed {
                            true => self.names.bind(&format!("self::{name}"), value),
                            false => {
                                self.names.bind(&format!("this->{}", name.trim_start_matches('$')), value)
                            }
                        }
                    }
                }
                "use_declaration" | "method_declaration" => {}
                _ => {}
            }
        }
    }

    /// Runs a constructor; the properties that it sets are the class's.
    fn construct(&mut self, node: Node<'t>, parameters: &[(String, Option<Expr>)], missing: Option<Span>) {
        self.enter(Kind::Function, parameters, missing);
        let list = node.child_by_field_name("parameters").into_iter().flat_map(parts);
        for promoted in list.filter(|part| part.kind() == "property_promotion_parameter") {
            let Some(name) = promoted.child_by_field_name("name") else { continue };
            let (name, span) = (self.text(name), self.span(name));
            let value = self.variable(name, span);
            self.names.bind(&format!("this->{}", name.trim_start_matches('$')), value);
        }
        if let Some(body) = node.child_by_field_name("body") {
            self.block(body);
        }
        let made = self.names.frames.pop().map(|frame| frame.names).unwrap_or_default();
        for (name, value) in made.into_iter().filter(|(name, _)| name.starts_with("this->")) {
            self.names.bind(&name, value);
        }
    }

    /// The members as the fields of a record: properties, constants, `method()`.
    fn record(&self) -> Expr {
        let members = self.names.frames.last().into_iter().flat_map(|frame| &frame.names);
        let fields = members.filter_map(|(name, value)| {
            let name = name.strip_prefix("this->").or_else(|| name.strip_prefix("self::"))?;
            Some((Spanned::new(name.to_string(), Span::NONE), value.clone()))
        });
        Expr::Record(fields.collect()).share()
    }
}
