//! The vocabulary of the table: what a value may be, and what the loader does with it.

/// What Compose accepts at one place of the tree, and how the loader treats what stands there.
///
/// A value fits when it is of one of the kinds that are allowed. Where the specification says
/// "one of", the kinds always differ in type, so a set of kinds says the same.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// `null` is accepted.
    pub null: bool,
    /// `true` and `false` are accepted.
    pub boolean: bool,
    /// Whole numbers are accepted, within these bounds.
    pub integer: Option<Bounds>,
    /// Any number is accepted.
    pub number: bool,
    /// Strings are accepted.
    pub string: Option<Words>,
    /// Sequences are accepted.
    pub list: Option<List>,
    /// Mappings are accepted.
    pub map: Option<Map>,
    /// Anything at all is accepted (`x-*`, `storage_opt`).
    pub anything: bool,
    /// Whether an unquoted date may stand there.
    pub dates: bool,
    /// How a later file's value joins an earlier one's.
    pub merge: Merge,
    /// By what an entry of the sequence replaces an earlier one.
    pub unique: Unique,
    /// What kind of path the string is.
    pub path: Option<PathKind>,
    /// To what a string is turned when it is read.
    pub cast: Option<Cast>,
    /// Why the attribute does nothing outside Swarm.
    pub swarm: Option<&'static str>,
    /// Why the attribute should not be written any more.
    pub obsolete: Option<&'static str>,
    /// The first version of Docker Compose that knows the attribute.
    pub since: Option<&'static str>,
}

impl Shape {
    /// Whether Compose makes text of what stands there, whatever YAML takes it for: `environment`, labels …
    #[must_use]
    pub const fn makes_text(&self) -> bool {
        self.string.is_some() && self.number && self.null && self.dates && self.cast.is_none()
    }
}

/// The smallest and the greatest whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The smallest.
    pub min: i64,
    /// The greatest.
    pub max: i64,
}

/// Which strings are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// All.
    Any,
    /// These.
    OneOf(&'static [&'static str]),
    /// Those that follow a pattern.
    Like(Pattern),
}

/// A pattern of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// `^[a-zA-Z0-9._-]+$`: names of services, networks, volumes …
    Name,
    /// `^.+$`: anything but blank
    NotBlank,
    /// `^[a-z]+$`: names of limits
    LowerCase,
    /// `[a-zA-Z0-9][a-zA-Z0-9_.-]+` somewhere in the text: container names
    ContainerName,
    /// `always`, `never`, `every_12h` …
    PullPolicy,
}

/// A sequence.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// What its items may be.
    pub item: &'static Shape,
    /// Whether two equal items are refused.
    pub distinct: bool,
}

/// A mapping.
#[derive(Clone, Copy, Debug)]
pub struct Map {
    /// The attributes, in groups that several mappings share.
    pub attributes: &'static [&'static [Attribute]],
    /// What else may be a key, and what stands there.
    pub names: Option<(Pattern, &'static Shape)>,
    /// Whether `x-*` may be written.
    pub extensions: bool,
    /// Whether any other key is refused.
    pub closed: bool,
    /// The attributes that must be there.
    pub required: &'static [&'static str],
    /// One of these must be there, unless there are none.
    pub any_of: &'static [&'static str],
}

/// An attribute of a mapping.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What may stand there.
    pub shape: Shape,
}

/// How a later file's value joins an earlier one's (specification, section "Merge and override").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Merge {
    /// Mappings by key, sequences one after the other, the later scalar wins, `null` changes nothing.
    #[default]
    Default,
    /// The later value takes the place of the earlier one, `null` too.
    Replace,
    /// Both become lists of `key=value`, the later one's entries at the end.
    KeyValues,
    /// Both become lists; the later one's new items at the end.
    Sequence,
    /// A list becomes a mapping of `{condition: service_started, required: true}`; then by key.
    DependsOn,
    /// A list becomes a mapping of names to `null`; then by key.
    Names,
    /// A string becomes `{context: …}`; then by key.
    Build,
    /// By key when the drivers agree or one is missing, else the later one.
    Logging,
    /// By key when both are mappings, else the later one.
    Limit,
    /// By subnet.
    Subnets,
}

/// By what an entry of a sequence replaces an earlier one, at the earlier one's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unique {
    /// All entries stay.
    #[default]
    No,
    /// The text before the first `=`, or the whole text.
    Key,
    /// The whole text.
    Text,
    /// The place in the container of a volume.
    VolumeTarget,
    /// The place in the container of a device.
    DeviceTarget,
    /// The path of an env file.
    EnvFilePath,
    /// The text of an exposed port, number or string.
    Expose,
    /// `target`, or `/run/secrets/SOURCE`.
    SecretTarget,
    /// `target`, or `/SOURCE`.
    ConfigTarget,
    /// Address, published port, container port and protocol.
    Port,
}

/// What kind of path a string is; says how it is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// A file or directory.
    Plain,
    /// A build context: a directory or a URL, `service:NAME`, …
    Context,
    /// The source of a bind mount, in the short or the long form.
    Volume,
    /// The path of `develop.watch`: links are followed.
    Watch,
    /// The file of `extends`: a path or a remote reference.
    Extends,
    /// `device` of a `local` volume with `o: bind`.
    Device,
    /// `NAME=PATH`: SSH keys of a build.
    Ssh,
}

/// To what a string is turned after interpolation, written literally or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// A number of single precision.
    Float32,
    /// `true`, `yes`, `on`, `y`; `false`, `no`, `off`, `n`; any case.
    Bool,
}

impl Shape {
    const NOTHING: Shape = Shape {
        null: false,
        boolean: false,
        integer: None,
        number: false,
        string: None,
        list: None,
        map: None,
        anything: false,
        dates: false,
        merge: Merge::Default,
        unique: Unique::No,
        path: None,
        cast: None,
        swarm: None,
        obsolete: None,
        since: None,
    };

    /// Anything.
    pub const ANYTHING: Shape = Shape { anything: true, ..Shape::NOTHING };
    /// A string.
    pub const STRING: Shape = Shape { string: Some(Words::Any), ..Shape::NOTHING };
    /// A boolean.
    pub const BOOLEAN: Shape = Shape { boolean: true, ..Shape::NOTHING };
    /// A boolean or a string.
    pub const BOOLEAN_OR_STRING: Shape = Shape { boolean: true, ..Shape::STRING };
    /// A whole number.
    pub const INTEGER: Shape = Shape { integer: Some(Bounds::ALL), ..Shape::NOTHING };
    /// A whole number or a string.
    pub const INTEGER_OR_STRING: Shape = Shape { integer: Some(Bounds::ALL), ..Shape::STRING };
    /// A number.
    pub const NUMBER: Shape = Shape { number: true, ..Shape::NOTHING };
    /// A number or a string.
    pub const NUMBER_OR_STRING: Shape = Shape { number: true, ..Shape::STRING };

    /// One of these strings.
    pub const fn one_of(words: &'static [&'static str]) -> Shape {
        Shape { string: Some(Words::OneOf(words)), ..Shape::NOTHING }
    }

    /// A string that follows a pattern.
    pub const fn like(pattern: Pattern) -> Shape {
        Shape { string: Some(Words::Like(pattern)), ..Shape::NOTHING }
    }

    /// A whole number within bounds, or a string.
    pub const fn bounded(min: i64, max: i64) -> Shape {
        Shape { integer: Some(Bounds { min, max }), ..Shape::STRING }
    }

    /// A sequence in which equal items may stand.
    pub const fn list(item: &'static Shape) -> Shape {
        Shape { list: Some(List { item, distinct: false }), ..Shape::NOTHING }
    }

    /// A sequence in which no two items are equal.
    pub const fn set(item: &'static Shape) -> Shape {
        Shape { list: Some(List { item, distinct: true }), ..Shape::NOTHING }
    }

    /// A mapping with these attributes, `x-*`, and nothing else.
    pub const fn object(attributes: &'static [&'static [Attribute]]) -> Shape {
        let map = Map { attributes, names: None, extensions: true, closed: true, required: &[], any_of: &[] };
        Shape { map: Some(map), ..Shape::NOTHING }
    }

    /// A mapping from names to values of one shape; other keys are refused.
    pub const fn names(pattern: Pattern, shape: &'static Shape) -> Shape {
        let names = Some((pattern, shape));
        let map = Map { attributes: &[], names, extensions: false, closed: true, required: &[], any_of: &[] };
        Shape { map: Some(map), ..Shape::NOTHING }
    }

    /// A mapping from names to values of one shape; under other keys anything may stand.
    pub const fn open_names(pattern: Pattern, shape: &'static Shape) -> Shape {
        let names = Some((pattern, shape));
        let map =
            Map { attributes: &[], names, extensions: false, closed: false, required: &[], any_of: &[] };
        Shape { map: Some(map), ..Shape::NOTHING }
    }

    /// Also what `other` accepts.
    #[must_use]
    pub const fn or(mut self, other: Shape) -> Shape {
        self.null |= other.null;
        self.dates |= other.dates;
        self.boolean |= other.boolean;
        self.number |= other.number;
        if other.integer.is_some() {
            self.integer = other.integer;
        }
        if other.string.is_some() {
            self.string = other.string;
        }
        if other.list.is_some() {
            self.list = other.list;
        }
        if other.map.is_some() {
            self.map = other.map;
        }
        self
    }

    /// Also `null`.
    #[must_use]
    pub const fn or_null(mut self) -> Shape {
        self.null = true;
        self
    }

    /// Also an unquoted date: Compose makes text of it here, as of numbers, where elsewhere it wants quotes.
    #[must_use]
    pub const fn or_date(mut self) -> Shape {
        self.dates = true;
        self
    }

    /// A mapping without `x-*`.
    #[must_use]
    pub const fn no_extensions(mut self) -> Shape {
        if let Some(map) = &mut self.map {
            map.extensions = false;
        }
        self
    }

    /// A mapping in which other keys are let through.
    #[must_use]
    pub const fn open(mut self) -> Shape {
        if let Some(map) = &mut self.map {
            map.closed = false;
        }
        self
    }

    /// A mapping that must have these attributes.
    #[must_use]
    pub const fn requires(mut self, names: &'static [&'static str]) -> Shape {
        if let Some(map) = &mut self.map {
            map.required = names;
        }
        self
    }

    /// A mapping that must have one of these attributes.
    #[must_use]
    pub const fn requires_any(mut self, names: &'static [&'static str]) -> Shape {
        if let Some(map) = &mut self.map {
            map.any_of = names;
        }
        self
    }

    /// Merged in this way.
    #[must_use]
    pub const fn merged(mut self, merge: Merge) -> Shape {
        self.merge = merge;
        self
    }

    /// Made unique in this way.
    #[must_use]
    pub const fn unique(mut self, unique: Unique) -> Shape {
        self.unique = unique;
        self
    }

    /// A path of this kind.
    #[must_use]
    pub const fn path(mut self, kind: PathKind) -> Shape {
        self.path = Some(kind);
        self
    }

    /// Turned into this when it is read.
    #[must_use]
    pub const fn cast(mut self, cast: Cast) -> Shape {
        self.cast = Some(cast);
        self
    }

    /// Without effect outside Swarm, for this reason.
    #[must_use]
    pub const fn swarm(mut self, reason: &'static str) -> Shape {
        self.swarm = Some(reason);
        self
    }

    /// Not to be written any more, for this reason.
    #[must_use]
    pub const fn obsolete(mut self, reason: &'static str) -> Shape {
        self.obsolete = Some(reason);
        self
    }

    /// Known since this version of Docker Compose.
    #[must_use]
    pub const fn since(mut self, version: &'static str) -> Shape {
        self.since = Some(version);
        self
    }

    /// What may stand under `key` of a mapping at this place; `None` when the key is refused or
    /// nothing is known of it.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&'static Shape> {
        self.map.as_ref().and_then(|map| map.member(key))
    }

    /// What the items of a sequence at this place may be.
    #[must_use]
    pub fn item(&self) -> Option<&'static Shape> {
        self.list.map(|list| list.item)
    }
}

impl Bounds {
    /// No bounds.
    pub const ALL: Bounds = Bounds { min: i64::MIN, max: i64::MAX };
}

impl Map {
    /// What may stand under `key`.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&'static Shape> {
        for group in self.attributes {
            for attribute in *group {
                if attribute.name == key {
                    return Some(&attribute.shape);
                }
            }
        }
        match self.names {
            Some((pattern, shape)) if !self.closed || pattern.fits(key) => Some(shape),
            _ if self.extensions && key.starts_with("x-") => Some(&ANYTHING),
            _ => None,
        }
    }

    /// The names of all attributes.
    pub fn attribute_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.attributes.iter().flat_map(|group| group.iter().map(|attribute| attribute.name))
    }
}

static ANYTHING: Shape = Shape::ANYTHING;

/// An attribute of a mapping.
pub(super) const fn attribute(name: &'static str, shape: Shape) -> Attribute {
    Attribute { name, shape }
}
