//! The servers: the same application with axum and with actix-web.

#[cfg(feature = "actix-web")]
mod actix_app;
mod axum_app;
mod gate;

#[cfg(feature = "actix-web")]
pub(crate) use actix_app::actix;
pub(crate) use axum_app::app;
pub(crate) use gate::Gate;
