//! Takes connections, one task for each. What `axum::serve` does, and limits besides: how long a
//! request may take to say what it wants, and how many are connected at once.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONNECTION, RETRY_AFTER};
use axum::http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::Service;

/// LIMIT: how long the head of a request may take to arrive, and a kept connection may be silent.
pub const HEAD_TIME: Duration = Duration::from_secs(30);

/// LIMIT: connections at once. A process may hold 1024 files unless somebody raises it, and the
/// database and the log want theirs.
const AT_ONCE: usize = 768;

/// LIMIT: connections above that which are told so at once; whoever comes still later is hung up on.
const TOLD: usize = 64;

/// LIMIT: how long somebody who is only told so may take.
const TOLD_TIME: Duration = Duration::from_secs(5);

/// What bounds the connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long the head of a request may take.
    pub head_time: Duration,
    /// Connections that are served at once.
    pub at_once: usize,
    /// Connections above that which are answered 503.
    pub told: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_time: HEAD_TIME,
            at_once: AT_ONCE,
            told: TOLD,
        }
    }
}

/// Serves until `until` is done; requests under way are finished first.
pub async fn run(
    router: Router,
    listener: TcpListener,
    until: Option<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>,
    limits: Limits,
) -> io::Result<()> {
    let seats = Arc::new(Semaphore::new(limits.at_once));
    let standing = Arc::new(Semaphore::new(limits.told));
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
        let (place, served) = match Arc::clone(&seats).try_acquire_owned() {
            Ok(seat) => (seat, Some(router.clone())),
            Err(_) => match Arc::clone(&standing).try_acquire_owned() {
                Ok(place) => (place, None),
                Err(_) => continue,
            },
        };
        let head_time = match served {
            Some(_) => limits.head_time,
            None => TOLD_TIME.min(limits.head_time),
        };
        let service = service_fn(move |request| answer(served.clone(), peer, request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head_time)
            .serve_connection(TokioIo::new(stream), service);
        let connection = under_way.watch(connection);
        tokio::spawn(async move {
            // Whoever hung up, or said nothing for too long, is told nothing.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    under_way.shutdown().await;
    Ok(())
}

/// The router's answer; without one, that too many are connected.
async fn answer(
    router: Option<Router>,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let Some(mut router) = router else {
        let mut full = Response::new(Body::from(
            "目前连接过多，请稍后再试。\nToo many are connected; try again in a moment.\n",
        ));
        *full.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        let headers = full.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        headers.insert(
            axum::http::header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        return Ok(full);
    };
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
        let limits = Limits {
            head_time: Duration::from_millis(100),
            ..Limits::default()
        };
        tokio::spawn(run(router, listener, None, limits));
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

    /// Asks over a connection of its own, which stays open unless the server closes it.
    async fn ask(address: SocketAddr) -> (TcpStream, String) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let asked = stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let mut told = vec![0; 4096];
        let read = match asked {
            Ok(()) => stream.read(&mut told).await.unwrap_or(0),
            Err(_) => 0,
        };
        told.truncate(read);
        (stream, String::from_utf8_lossy(&told).into_owned())
    }

    #[tokio::test]
    async fn when_every_seat_is_taken_the_next_is_told_when_to_come_back() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(async || "here"));
        let limits = Limits {
            at_once: 2,
            told: 1,
            ..Limits::default()
        };
        tokio::spawn(run(router, listener, None, limits));
        let (first, told) = ask(address).await;
        assert!(told.ends_with("here"), "{told}");
        let (_second, told) = ask(address).await;
        assert!(told.ends_with("here"), "{told}");
        // The server closes it, so that the place is free again for the next who is refused.
        for _ in 0..3 {
            let (mut third, told) = ask(address).await;
            assert!(told.starts_with("HTTP/1.1 503"), "{told}");
            assert!(told.to_lowercase().contains("retry-after: 5"), "{told}");
            let mut rest = Vec::new();
            third.read_to_end(&mut rest).await.unwrap();
        }
        drop(first);
        // The seat is free once the server has noticed.
        let mut told = String::new();
        for _ in 0..1_000 {
            (_, told) = ask(address).await;
            if told.ends_with("here") {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert!(told.ends_with("here"), "{told}");
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
        let served = tokio::spawn(run(router, listener, Some(until), Limits::default()));
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
