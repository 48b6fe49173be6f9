//! What all requests share: the use cases, the options, the limits, and how cookies are called.

use std::sync::Arc;

use axum::http::HeaderValue;
use fangxian_app::App;
use tokio::sync::Semaphore;

use crate::Options;
use crate::limiter::Limiter;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Server {
    pub app: Arc<App>,
    pub options: Options,
    pub turns: Arc<Semaphore>,
    pub uploads: Arc<Semaphore>,
    pub door: Limiter,
    pub log_ins: Limiter,
}

impl Server {
    pub fn cookie(&self) -> &'static str {
        if self.options.secure_cookies {
            "__Host-fx"
        } else {
            "fx"
        }
    }

    pub fn door_cookie(&self) -> &'static str {
        if self.options.secure_cookies {
            "__Host-fx-door"
        } else {
            "fx-door"
        }
    }

    pub fn set_cookie(&self, name: &str, value: &str, seconds: u32) -> Option<HeaderValue> {
        let secure = if self.options.secure_cookies {
            "; Secure"
        } else {
            ""
        };
        let text =
            format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
        text.parse().ok()
    }
}
