//! The end of the process.

/// Waits until the process is asked to end: by SIGTERM, as ECS and Kubernetes do, or by Ctrl-C.
///
/// For axum's `with_graceful_shutdown`: requests in flight are answered, then [`Guard`](super::Guard) sends the last
/// spans. actix-web's `HttpServer` waits for these signals by itself.
///
/// Where signals can't be listened to, this waits for ever.
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
