//! What happens when too much comes, or from whom nothing is expected.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use fangxian_app::AppError;
use fangxian_base::CommandId;
use fangxian_store::{Engine, testing};
use hyper::body::Frame;
use serde_json::json;
use tokio::task::JoinSet;

use super::support::{Got, Town};
use crate::Options;
use crate::gather::FILE_BYTES;

/// A body of so many bytes that counts how many were asked for; or one that stops in between.
struct Watched {
    read: Arc<AtomicUsize>,
    left: usize,
    ends: bool,
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = self.left.min(64 * 1024);
        if bytes == 0 {
            return if self.ends {
                Poll::Ready(None)
            } else {
                Poll::Pending
            };
        }
        self.left -= bytes;
        self.read.fetch_add(bytes, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b'x'; bytes])))))
    }
}

fn watched(left: usize, ends: bool) -> (Body, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let body = Watched {
        read: read.clone(),
        left,
        ends,
    };
    (Body::new(body), read)
}

fn upload(path: &str, token: &str) -> axum::http::request::Builder {
    Request::post(path)
        .header("content-type", "multipart/form-data; boundary=edge")
        .header("x-form-token", token)
}

#[tokio::test]
async fn a_file_from_somebody_who_may_not_is_not_read() {
    let town = Town::new();
    for path in ["/imports", "/imports/preview"] {
        let mut stranger = town.stranger();
        let (body, read) = watched(FILE_BYTES, true);
        let got = stranger.send(upload(path, ""), body).await;
        assert_eq!(got.status, StatusCode::FOUND, "{}", got.text);
        assert!(got.location.starts_with("/login"));
        assert_eq!(read.load(Ordering::Relaxed), 0);
        let api = format!("/api/v1{path}");
        let (body, read) = watched(FILE_BYTES, true);
        let got = stranger.send(upload(&api, ""), body).await;
        assert_eq!(got.status, StatusCode::UNAUTHORIZED, "{}", got.text);
        assert_eq!(got.json()["code"], "SIGNED-OUT");
        assert_eq!(read.load(Ordering::Relaxed), 0);
        let mut grid = town.browser("grid").await;
        let (body, read) = watched(FILE_BYTES, true);
        let token = grid.form_token.clone();
        let got = grid.send(upload(&api, &token), body).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{}", got.text);
        assert_eq!(read.load(Ordering::Relaxed), 0);
        // Whoever may has it read, as far as the limit.
        let mut desk = town.browser("desk").await;
        let (body, read) = watched(FILE_BYTES + 1024 * 1024, true);
        let token = desk.form_token.clone();
        let got = desk.send(upload(&api, &token), body).await;
        assert!(got.status.is_client_error(), "{}", got.text);
        assert!(read.load(Ordering::Relaxed) > 0);
    }
}

#[tokio::test]
async fn only_so_many_files_are_held_at_once() {
    let town = Town::new();
    let desk = town.browser("desk").await;
    let mut under_way = JoinSet::new();
    let mut reading = Vec::new();
    for _ in 0..crate::UPLOADS {
        let (body, read) = watched(1024, false);
        reading.push(read);
        let mut desk = desk.clone();
        under_way.spawn(async move {
            let token = desk.form_token.clone();
            desk.send(upload("/api/v1/imports/preview", &token), body)
                .await
        });
    }
    while reading.iter().any(|read| read.load(Ordering::Relaxed) == 0) {
        tokio::task::yield_now().await;
    }
    let (body, read) = watched(1024, true);
    let mut desk = desk;
    let token = desk.form_token.clone();
    let got = desk.send(upload("/api/v1/imports", &token), body).await;
    busy(&got);
    assert_eq!(read.load(Ordering::Relaxed), 0);
    under_way.shutdown().await;
    let (body, _) = watched(1024, true);
    let got = desk.send(upload("/api/v1/imports", &token), body).await;
    assert!(got.status.is_client_error(), "taken again: {}", got.text);
}

fn busy(got: &Got) {
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE, "{}", got.text);
    let seconds = got.headers["retry-after"].to_str().unwrap();
    assert!(seconds.parse::<u32>().is_ok_and(|seconds| seconds > 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_can_be_worked_on_is_told_so_and_nothing_is_lost() {
    const TURNS: usize = 4;
    const REPORTS: usize = 24;
    let options = Options {
        at_once: TURNS,
        door_per_minute: 0,
        ..Options::default()
    };
    let town = Town::with(Engine::Sqlite, options);
    // Nothing is written until we say so: whatever has a turn keeps it.
    let (holds, held) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let app = town.app.clone();
    let writer = std::thread::spawn(move || {
        let command = testing::command("intake.submit");
        let wait = move |_: &mut fangxian_store::Tx<'_>| {
            let _ = holds.send(());
            let _ = released.recv();
            Ok(())
        };
        app.store().write::<(), AppError, _>(command, wait).unwrap();
    });
    held.recv().unwrap();
    let reports: Vec<_> = (0..REPORTS)
        .map(|n| {
            json!({ "command_id": CommandId::new().to_string(), "name": format!("王{n}"),
                "phone": format!("138001380{n:02}") })
        })
        .collect();
    let mut sent = JoinSet::new();
    for report in &reports {
        let (mut visitor, report) = (town.stranger(), report.clone());
        sent.spawn(async move { visitor.api("POST", "/report", Some(report)).await });
    }
    for _ in TURNS..REPORTS {
        let got = sent.join_next().await.unwrap().unwrap();
        busy(&got);
        assert_eq!(got.json()["code"], "OVERLOADED", "{}", got.text);
    }
    let page = town.stranger().get("/report").await;
    busy(&page);
    assert!(page.text.contains("<h1>"), "{}", page.text);
    release.send(()).unwrap();
    while let Some(got) = sent.join_next().await {
        let got = got.unwrap();
        assert_eq!(got.status, StatusCode::OK, "{}", got.text);
    }
    writer.join().unwrap();
    assert_eq!(
        town.app.record_total().unwrap(),
        i64::try_from(TURNS).unwrap()
    );
    // Sent again, each is taken, and none twice.
    for report in reports {
        let got = town.stranger().api("POST", "/report", Some(report)).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.text);
    }
    assert_eq!(
        town.app.record_total().unwrap(),
        i64::try_from(REPORTS).unwrap()
    );
}

#[tokio::test]
async fn behind_a_proxy_only_its_own_word_about_the_address_counts() {
    let options = Options {
        behind_proxy: true,
        door_per_minute: 1,
        ..Options::default()
    };
    let town = Town::with(Engine::Sqlite, options);
    let send = async |lines: &[&str]| {
        let mut request =
            Request::post("/api/v1/report").header("content-type", "application/json");
        for line in lines {
            request = request.header("x-forwarded-for", *line);
        }
        town.stranger().send(request, Body::from("{}")).await.status
    };
    assert_eq!(
        send(&["203.0.113.1", "192.0.2.7"]).await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    // Another first line is made up by whoever asks.
    for lines in [
        &["203.0.113.2", "192.0.2.7"][..],
        &["203.0.113.3, 192.0.2.7"],
    ] {
        assert_eq!(send(lines).await, StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(
        send(&["192.0.2.7", "192.0.2.8"]).await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn whoever_routes_requests_is_told_why_none_may_come() {
    let town = Town::new();
    town.app.upkeep_once(town.app.now());
    assert_eq!(town.stranger().get("/readyz").await.status, StatusCode::OK);
    town.browser("desk").await;
    town.until("2025-01-16T05:00:00Z");
    let got = town.stranger().get("/readyz").await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        got.text.contains("audit entries are not being sealed"),
        "{}",
        got.text
    );
}
