//! The servers: the same application with axum and with actix-web.

#[cfg(feature = "actix-web")]
mod actix_app;
#[cfg(not(feature = "actix-web"))]
#[path = "no_actix_app.rs"]
mod actix_app;
mod axum_app;
mod gate;
mod running;

pub(crate) use gate::Gate;
pub(crate) use running::Servers;
