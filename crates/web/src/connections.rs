//! Takes connections, one task for each. What `axum::serve` does, and a limit besides on how long
//! a request may take to say what it wants.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tower::Service;

/// LIMIT: how long the head of a request may take to arrive, and a kept connection may be silent.
pub const HEAD_TIME: Duration = Duration::from_secs(30);

/// Serves until `until` is done; requests under way are finished first.
pub async fn run(
    router: Router,
    listener: TcpListener,
    until: Option<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>,
    head_time: Duration,
) -> io::Result<()> {
    let under_way = GracefulShutdown::new();
    let mut until = until.unwrap_or_else(|| Box::pin(std::future::pending()));
    loop {
        let (stream, peer) = tokio::select! {
            came = listener.accept() => match came {
                Ok(came) => came,
                Err(error) => {
                    // Out of file descriptors, mostly: some will be free in a moment.
                    if !lost(&error) {
                        tracing::warn!(%error, "a connection could not be taken");
                        tokio::time::sleep(Duration::from_millis(500)).await;
                    }
                    continue;
                }
            },
            () = &mut until => break,
        };
        let router = router.clone();
        let service = service_fn(move |request| answer(router.clone(), peer, request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head_time)
            .serve_connection(TokioIo::new(stream), service);
        let connection = under_way.watch(connection);
        tokio::spawn(async move {
            // Whoever hung up, or said nothing for too long, is told nothing.
            let _ = connection.await;
        });
    }
    drop(listener);
    under_way.shutdown().await;
    Ok(())
}

async fn answer(
    mut router: Router,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    router.call(request.map(Body::new)).await
}

/// Whether the error is of one connection that went away before it was taken.
fn lost(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn whoever_does_not_say_what_is_wanted_is_hung_up_on() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(async || "here"));
        tokio::spawn(run(router, listener, None, Duration::from_millis(100)));
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n")
            .await
            .unwrap();
        let mut told = Vec::new();
        // Without the limit this would wait for ever.
        let _ = tokio::time::timeout(Duration::from_secs(20), slow.read_to_end(&mut told))
            .await
            .expect("the connection is closed");
        assert!(!String::from_utf8_lossy(&told).contains("200"));
        let mut quick = TcpStream::connect(address).await.unwrap();
        quick
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        told.clear();
        quick.read_to_end(&mut told).await.unwrap();
        assert!(String::from_utf8_lossy(&told).ends_with("here"));
    }

    #[tokio::test]
    async fn a_request_under_way_is_finished_before_the_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (begun, mut has_begun) = tokio::sync::mpsc::channel(1);
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let work = async move || {
            let _ = begun.send(()).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
            "done"
        };
        let router = Router::new().route("/", get(work));
        let until = Box::pin(async move {
            let _ = ended.await;
        });
        let served = tokio::spawn(run(router, listener, Some(until), HEAD_TIME));
        let mut asked = TcpStream::connect(address).await.unwrap();
        asked
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        has_begun.recv().await.unwrap();
        end.send(()).unwrap();
        let mut told = Vec::new();
        asked.read_to_end(&mut told).await.unwrap();
        assert!(String::from_utf8_lossy(&told).ends_with("done"));
        served.await.unwrap().unwrap();
    }
}
