//! What the examples that stand in for a gateway and draw traces have in common.

pub(crate) mod arguments;
pub(crate) mod bar;
pub(crate) mod output;
pub(crate) mod paint;
pub(crate) mod rows;
pub(crate) mod scale;
pub(crate) mod span;
pub(crate) mod stage;

/// The name of the application, as its telemetry has it.
pub(crate) const SERVICE: &str = "orders";
