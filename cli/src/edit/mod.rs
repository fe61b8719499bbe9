//! Puts changes into a text, at positions that the parser gave. Whatever isn't replaced stays as it is, byte for byte.

mod align;
mod insert;
mod render;
mod replace;
mod scalar;
mod splice;

pub(crate) use insert::splices;
pub(crate) use render::Writing;
pub(crate) use splice::{apply, NewText, Splice};
