//! What Compose refuses in a tree, apart from what it can't read: shapes (the specification's
//! table), rules within one resource, and rules between services and resources.

mod path;
mod shape;
mod suggest;

pub(super) use path::Path;
pub(super) use shape::shape;
