//! Where nginx looks for files: those that it gives out itself, and the scripts that it lets PHP run.

use super::Location;
use super::cut;
use crate::programs::roots::{ROOT, SCRIPTS};
use crate::programs::{Expr, Module};
use crate::source::{Span, Spanned};

/// More blocks are not told apart.
const MAX_BLOCKS: usize = 2_000;

/// What the blocks of a configuration say of files.
#[derive(Default)]
pub(super) struct Roots {
    /// The blocks around, by number.
    around: Vec<usize>,
    blocks: Vec<Block>,
    /// The `fastcgi_pass`.
    passes: Vec<Pass>,
}

/// A `fastcgi_pass`.
struct Pass {
    /// Where it is.
    at: Span,
    /// Whom it names.
    to: String,
    /// The blocks around it.
    around: Vec<usize>,
}

/// One block.
#[derive(Default)]
struct Block {
    /// Its first words.
    name: String,
    /// The block around.
    outer: Option<usize>,
    root: Option<Spanned<String>>,
    script: Option<Spanned<String>>,
    alias: Option<Spanned<String>>,
    /// Where it passes requests on to.
    pass: Option<Spanned<String>>,
    /// Whether it changes their paths in ways that are not followed.
    rewrites: bool,
    /// Whether it says where else answers come from: another server, a redirect, other files.
    answers: bool,
    /// Whether it holds other blocks that do.
    inner: bool,
}

impl Roots {
    pub(super) fn open(&mut self, words: &[Spanned<String>]) {
        let name = words.iter().map(|word| word.value.as_str()).collect::<Vec<_>>().join(" ");
        let outer = self.around.last().copied();
        if let Some(outer) = outer.and_then(|outer| self.blocks.get_mut(outer)) {
            outer.inner = true;
        }
        self.around.push(self.blocks.len().min(MAX_BLOCKS));
        if self.blocks.len() < MAX_BLOCKS {
            self.blocks.push(Block { name, outer, ..Block::default() });
        }
    }

    pub(super) fn close(&mut self) {
        self.around.pop();
    }

    /// A directive.
    pub(super) fn directive(&mut self, words: &[Spanned<String>]) {
        let [name, rest @ ..] = words else { return };
        let around = self.around.clone();
        let Some(block) = around.last().and_then(|at| self.blocks.get_mut(*at)) else { return };
        match (name.value.as_str(), rest) {
            ("root", [path]) => block.root = Some(path.clone()),
            ("fastcgi_param", [name, value, ..]) if name.value == "SCRIPT_FILENAME" => {
                block.script = Some(value.clone());
            }
            ("fastcgi_pass", _) => {
                block.answers = true;
                let to = rest.first().map_or_else(String::new, |word| word.value.clone());
                self.passes.push(Pass { at: name.span, to, around });
            }
            ("alias", [path]) => {
                block.alias = Some(path.clone());
                block.answers = true;
            }
            ("proxy_pass", [to, ..]) => {
                block.pass = Some(to.clone());
                block.answers = true;
            }
            ("return" | "rewrite" | "uwsgi_pass" | "scgi_pass" | "grpc_pass", _) => {
                block.answers = true;
                block.rewrites = true;
            }
            // What is not there is asked of somebody else.
            ("try_files" | "error_page", rest) => {
                block.answers |= rest.last().is_some_and(|last| last.value.starts_with('@'));
            }
            ("include", _) => block.answers |= !name.span.is_none() && block.name.starts_with("location"),
            _ => {}
        }
    }

    /// What a `location` says of requests.
    fn location(&self, block: &Block) -> Option<Location> {
        let rest = block.name.strip_prefix("location ")?.trim();
        let (kind, path) = rest.split_once(' ').unwrap_or(("", rest));
        let server = block.outer.and_then(|outer| self.blocks.get(outer))?;
        let plain = kind.is_empty() || kind == "^~";
        Some(Location {
            path: path.trim_matches(['"', '\'']).to_string(),
            // What is inside of others, or said by patterns, is not followed.
            followed: plain && server.name == "server" && !block.inner && !block.rewrites && !server.rewrites,
            pass: block.pass.clone(),
        })
    }

    /// Says of each server of PHP below which folder its scripts are, and of the whole which folders must be there.
    /// `members` are the servers of groups, each with the place of its sink.
    pub(super) fn finish(self, module: &mut Module, members: &[(String, usize)]) {
        let nearest = |around: &[usize], of: fn(&Block) -> Option<&Spanned<String>>| {
            around.iter().rev().filter_map(|at| self.blocks.get(*at)).find_map(of).cloned()
        };
        for Pass { at, to, around } in &self.passes {
            let root = nearest(around, |block| block.root.as_ref());
            let script = nearest(around, |block| block.script.as_ref());
            let Some(folder) = folder(script, root.clone()).filter(|folder| is_whole(&folder.value)) else {
                continue;
            };
            let of_group = |index: usize| members.iter().any(|(group, place)| group == to && *place == index);
            // Sockets in the file system are none.
            for (index, sink) in module.sinks.iter_mut().enumerate() {
                let known = sink.arguments.iter().any(|(name, _)| name.value == SCRIPTS);
                if known || sink.callee.span != *at && !of_group(index) {
                    continue;
                }
                let named = |name: &str| Spanned::new(name.to_string(), Span::NONE);
                // Where it looks for the same files itself, both must have them.
                if root.as_ref() == Some(&folder) {
                    sink.arguments.push((named(ROOT), Expr::Text(folder.clone())));
                }
                sink.arguments.push((named(SCRIPTS), Expr::Text(folder.clone())));
            }
        }
        for alias in self.blocks.iter().filter_map(|block| block.alias.as_ref()) {
            let whole = is_whole(&alias.value) && !module.aliases.iter().any(|it| it.value == alias.value);
            module.aliases.extend(whole.then(|| alias.clone()));
        }
        module.locations = self.blocks.iter().filter_map(|block| self.location(block)).collect();
        let of_php = |block: &Block| {
            block.outer.is_some_and(|outer| self.passes.iter().any(|pass| pass.around.contains(&outer)))
        };
        for block in
            self.blocks.iter().filter(|block| block.name == "location /" && !block.answers && !block.inner)
        {
            let outer = block.outer.and_then(|outer| self.blocks.get(outer));
            let root = block.root.as_ref().or_else(|| outer?.root.as_ref());
            let redirects = outer.is_some_and(|outer| outer.answers);
            let Some(root) = root.filter(|root| is_whole(&root.value) && !redirects && !of_php(block)) else {
                continue;
            };
            if !module.roots.iter().any(|known| known.value == root.value) {
                module.roots.push(root.clone());
            }
        }
    }
}

/// The folder below which scripts are: `$document_root$fastcgi_script_name`, `/srv/app/public$fastcgi_script_name`.
fn folder(script: Option<Spanned<String>>, root: Option<Spanned<String>>) -> Option<Spanned<String>> {
    let Some(script) = script else { return root };
    if let Some(rest) =
        ["$document_root", "$realpath_root"].iter().find_map(|name| script.value.strip_prefix(name))
    {
        return root.filter(|_| rest.is_empty() || rest.starts_with(['$', '/']));
    }
    let at = script.value.find('$')?;
    let rest = script.value.get(at..)?;
    let folder = cut(&script, 0, at);
    (rest == "$fastcgi_script_name").then_some(folder)
}

fn is_whole(path: &str) -> bool {
    path.starts_with('/') && path.len() > 1 && !path.contains(['$', '{', '*', '<', '%'])
}
