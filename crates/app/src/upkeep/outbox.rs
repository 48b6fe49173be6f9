//! Delivery of messages through channels: each is tried, tried again with pauses, and given up in
//! the end for somebody to look at. A message may leave twice after a crash; receivers know it by
//! its id.

use fangxian_base::Instant;
use fangxian_store::queue::Message;

use crate::{App, Result};

/// LIMIT: messages delivered in one round.
const BATCH: i64 = 100;

/// A message could not be handed over. Codes and short texts only, no personal values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct SendError {
    /// Why.
    pub reason: String,
    /// Whether trying again makes no sense.
    pub hopeless: bool,
}

/// A way out of the house.
pub trait Channel: std::fmt::Debug + Send + Sync {
    /// The code that messages name.
    fn code(&self) -> &'static str;

    /// Hands a message over.
    ///
    /// # Errors
    /// When it was not taken.
    fn send(&self, message: &Message, content: &[u8]) -> Result<(), SendError>;
}

/// The channel `log`: says that a message would have left, without its content.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogChannel;

impl Channel for LogChannel {
    fn code(&self) -> &'static str {
        "log"
    }

    fn send(&self, message: &Message, content: &[u8]) -> Result<(), SendError> {
        tracing::info!(
            message = %message.id,
            template = message.template,
            bytes = content.len(),
            "a message leaves"
        );
        Ok(())
    }
}

impl App {
    /// Delivers what is due; answers how many messages left.
    pub(super) fn deliver(&self, now: Instant) -> Result<usize> {
        let mut sent = 0;
        for message in self.store().message_claim(now, BATCH)? {
            match self.hand_over(&message) {
                Ok(()) => {
                    self.store().message_sent(message.id, now)?;
                    sent += 1;
                }
                Err(error) => {
                    let dead = self.store().message_failed(
                        &message,
                        &error.reason,
                        error.hopeless,
                        now,
                    )?;
                    tracing::warn!(message = %message.id, dead, error = %error, "a message did not leave");
                }
            }
        }
        Ok(sent)
    }

    fn hand_over(&self, message: &Message) -> Result<(), SendError> {
        let hopeless = |reason: &str| SendError {
            reason: reason.to_owned(),
            hopeless: true,
        };
        let Some(content) = &message.content else {
            return Err(hopeless("its record was destroyed"));
        };
        self.channels()
            .iter()
            .find(|channel| channel.code() == message.channel)
            .ok_or_else(|| hopeless("there is no such channel here"))?
            .send(message, content)
    }
}
