//! Tells the time over HTTP: Terrarium's sample of a service in Rust.

mod log;
mod routes;

use std::{env, net::Ipv4Addr, process::ExitCode, time::Duration};

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::{sleep, timeout},
};

use crate::{
    log::{Level, Log},
    routes::{Clock, router},
};

/// Meanwhile the Service's endpoints lose the pod, so that no request meets a closed port.
const LEAVE: Duration = Duration::from_secs(3);
/// Kubernetes waits for longer than both together.
const FINISH: Duration = Duration::from_secs(6);

#[tokio::main]
async fn main() -> ExitCode {
    let port = match env::var("PORT").as_deref().unwrap_or("8080").parse::<u16>() {
        Ok(port) => port,
        Err(_) => return fail("PORT is not a number from 0 to 65535."),
    };
    let Some(level) = Level::parse(env::var("LOG_LEVEL").as_deref().unwrap_or("info")) else {
        return fail("LOG_LEVEL is not one of trace, debug, info, warn, error.");
    };
    match serve(port, Log::new(level)).await {
        Ok(code) => code,
        Err(error) => fail(&format!("The service could not start: {error}")),
    }
}

async fn serve(port: u16, log: Log) -> std::io::Result<ExitCode> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    log.info("listening", &[("port", listener.local_addr()?.port().into())]);

    let clock = Clock::new(log);
    let (close, closing) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(
        axum::serve(listener, router(clock.clone()))
            .with_graceful_shutdown(async {
                let _ = closing.await;
            })
            .into_future(),
    );
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    log.info("stopping", &[]);
    clock.stop();
    sleep(LEAVE).await;
    let _ = close.send(());
    if timeout(FINISH, server).await.is_err() {
        log.error("requests did not finish in time", &[]);
        return Ok(ExitCode::FAILURE);
    }
    log.info("stopped", &[]);
    Ok(ExitCode::SUCCESS)
}

fn fail(reason: &str) -> ExitCode {
    Log::new(Level::Error).error(reason, &[]);
    ExitCode::FAILURE
}
