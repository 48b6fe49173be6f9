//! Serves pages until told to stop; upkeep runs beside it every second.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use fangxian_app::App;

use crate::args::JsonFlag;
use crate::config::Config;
use crate::installation;
use crate::out::{self, Ended, Failed};

/// `fangxian serve`.
pub fn run(config: &Config) -> Result<Ended, Failed> {
    let app = installation::open(config)?;
    resume_imports(Arc::clone(&app))?;
    let setup = app.setup_token()?;
    pages(&app, config, config.listen, |address| {
        out::note(format_args!(
            "Fangxian serves http://{address}/  (stop: Ctrl-C)"
        ));
        if let Some(token) = &setup {
            out::note("There is no account yet. Create the administrator here, once:");
            out::note(format_args!("  http://{address}/setup?token={token}"));
        }
    })
}

/// Goes on with imports that had been stopped, beside everything else: a list that cannot go on
/// keeps nobody from the pages.
fn resume_imports(app: Arc<App>) -> Result<(), Failed> {
    std::thread::Builder::new().name("imports".into()).spawn(move || {
        match app.import_resume() {
            Ok(0) => {}
            Ok(done) => tracing::info!(imports = done, "went on with imports that had been stopped"),
            Err(e) => {
                tracing::error!(error = %fangxian_base::error_chain(&e), "imports that had been stopped do not go on");
            }
        }
    })?;
    Ok(())
}

/// Serves the pages of an installation with its upkeep; `ready` hears the address.
pub fn pages(
    app: &Arc<App>,
    config: &Config,
    listen: SocketAddr,
    ready: impl FnOnce(SocketAddr),
) -> Result<Ended, Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let upkeep = Upkeep::start(Arc::clone(app))?;
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen)
            .await
            .map_err(|e| Failed::new(format!("cannot listen on {listen}: {e}")))?;
        ready(listener.local_addr()?);
        let options = fangxian_web::Options {
            secure_cookies: config.secure_cookies,
            behind_proxy: config.behind_proxy,
            door_per_minute: config.door_per_minute,
            until: Some(Box::pin(told_to_stop())),
            ..fangxian_web::Options::default()
        };
        fangxian_web::serve(Arc::clone(app), listener, options).await?;
        Ok::<(), Failed>(())
    });
    upkeep.stop();
    runtime.shutdown_timeout(Duration::from_secs(5));
    served.map(|()| Ended::Done)
}

/// Ctrl-C, or a polite signal from a service manager.
fn told_to_stop() -> impl Future<Output = ()> + Send + Sync + 'static {
    let (tell, mut told) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            if let Ok(mut term) = signal(SignalKind::terminate()) {
                tokio::select! {
                    _ = term.recv() => {}
                    _ = tokio::signal::ctrl_c() => {}
                }
            }
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        let _ = tell.send(true);
    });
    async move {
        let _ = told.wait_for(|stop| *stop).await;
    }
}

/// The threads that sweep and deliver, and that seal: a long sweep keeps no entry unsealed.
pub struct Upkeep {
    stop: Arc<AtomicBool>,
    threads: [JoinHandle<()>; 2],
}

/// How long a thread of upkeep rests.
const REST: Duration = Duration::from_millis(900);

impl Upkeep {
    /// Starts it.
    pub fn start(app: Arc<App>) -> Result<Self, Failed> {
        let stop = Arc::new(AtomicBool::new(false));
        let seal = |app: &App| {
            if let Err(e) = app.store().seal() {
                tracing::error!(error = %fangxian_base::error_chain(&e), "entries were not sealed");
            }
        };
        let (told, sealed) = (Arc::clone(&stop), Arc::clone(&app));
        let sealer = std::thread::Builder::new()
            .name("sealer".into())
            .spawn(move || {
                while !told.load(Ordering::Relaxed) {
                    seal(&sealed);
                    std::thread::sleep(REST);
                }
            })?;
        let told = Arc::clone(&stop);
        let sweeper = std::thread::Builder::new()
            .name("upkeep".into())
            .spawn(move || {
                while !told.load(Ordering::Relaxed) {
                    app.upkeep_once(app.now());
                    std::thread::sleep(REST);
                }
                // What was committed last is sealed before the program goes.
                seal(&app);
            })?;
        Ok(Self {
            stop,
            threads: [sealer, sweeper],
        })
    }

    /// Ends them, sealing what is left.
    pub fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}

/// `fangxian health`.
pub fn health(config: &Config, args: &JsonFlag) -> Result<Ended, Failed> {
    let app = installation::open(config)?;
    let health = app.health_now()?;
    if args.json {
        out::json(&health)?;
    } else {
        out::line(serde_json::to_string_pretty(&health)?);
    }
    Ok(if app.ready().is_ok() {
        Ended::Done
    } else {
        Ended::Finding
    })
}
