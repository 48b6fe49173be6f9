//! Where the time of an import goes: the program marks its phases with spans of the target `phase`,
//! which cost nothing while nobody listens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tracing::Subscriber;
use tracing::span::Id;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The target of the spans.
pub const TARGET: &str = "phase";

/// Seconds and share of each phase.
pub type Shares = BTreeMap<String, Share>;

#[derive(Debug, Serialize)]
pub struct Share {
    seconds: f64,
    percent: f64,
}

/// Listens to the spans of phases and adds up their time.
#[derive(Debug, Clone, Default)]
pub struct Phases(Arc<Mutex<BTreeMap<&'static str, Duration>>>);

struct Entered(Instant);

impl Phases {
    /// Forgets what was counted.
    pub fn begin(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Each phase of so many seconds. The span `batch` holds the others but `parse`; what no span
    /// holds is waiting and committing.
    pub fn shares(&self, seconds: f64) -> Shares {
        let spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut shares: BTreeMap<String, f64> = spent
            .iter()
            .map(|(name, time)| ((*name).to_owned(), time.as_secs_f64()))
            .collect();
        let batch = shares.remove("batch").unwrap_or_default();
        let parse = shares.get("parse").copied().unwrap_or_default();
        let inside: f64 = shares.values().sum::<f64>() - parse;
        shares.insert("rest of the batch".to_owned(), batch - inside);
        shares.insert("commit".to_owned(), seconds - batch - parse);
        let share = |part: f64| Share {
            seconds: part,
            percent: 100.0 * part / seconds,
        };
        shares
            .into_iter()
            .map(|(name, part)| (name, share(part)))
            .collect()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Phases {
    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(Entered(Instant::now()));
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let entered = span.extensions_mut().remove::<Entered>();
        if let Some(Entered(at)) = entered {
            let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *spent.entry(span.name()).or_default() += at.elapsed();
        }
    }
}
