//! The signals by which the process is asked to end.

/// Completes when the process receives SIGTERM, which ECS and Kubernetes send, or Ctrl-C.
///
/// Pass it to axum's `with_graceful_shutdown`: the server then answers the requests in flight, and
/// [`Guard`](super::Guard) sends the last spans. actix-web's `HttpServer` handles these signals itself.
///
/// Never completes if the process can't listen to signals.
///
/// # Examples
///
/// ```no_run
/// use apigateway_inferred_span::otlp;
///
/// # async fn run(app: axum::Router) -> Result<(), Box<dyn std::error::Error>> {
/// let _guard = otlp::init()?;
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// axum::serve(listener, app).with_graceful_shutdown(otlp::shutdown_signal()).await?;
/// # Ok(())
/// # }
/// ```
pub async fn shutdown_signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate() => {}
    }
}

#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{signal, SignalKind};

    match signal(SignalKind::terminate()) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}
