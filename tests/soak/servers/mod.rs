//! The servers: the same application with axum and with actix-web.

#[cfg(feature = "actix-web")]
mod actix_app;
#[cfg(not(feature = "actix-web"))]
#[path = "no_actix_app.rs"]
mod actix_app;
mod arrivals;
mod axum_app;
mod running;

pub(crate) use arrivals::Arrivals;
pub(crate) use running::Servers;
