//! Passwords: what is accepted, how they are hashed, and how many are hashed at a time.
//!
//! Argon2id with 19 MiB, two passes, one lane: the first choice of the OWASP Password Storage
//! Cheat Sheet. Each hash costs memory and time on purpose, so few run at once and the queue is
//! short; whoever comes later is asked to wait. Knows no accounts.

use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use fangxian_base::Text;

use crate::{AppError, Kind, Result};

/// Memory of one hash in KiB.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes of one hash.
const PASSES: u32 = 2;
/// LIMIT: hashes at the same time.
const RUNNING_MAX: usize = 2;
/// LIMIT: hashes waiting; newcomers beyond are refused.
const WAITING_MAX: usize = 32;
/// Characters of a password at least.
pub(crate) const LENGTH_MIN: usize = 10;
/// LIMIT: characters of a password at most; more is never hashed.
pub(crate) const LENGTH_MAX: usize = 200;

/// Passwords that everybody tries first, in small letters without anything but letters and digits.
const DENIED: &[&str] = &[
    "1234567890",
    "0123456789",
    "0987654321",
    "12345678910",
    "1111111111",
    "0000000000",
    "1q2w3e4r5t",
    "qwertyuiop",
    "password12",
    "password123",
    "password1234",
    "administrator",
    "admin12345",
    "admin123456",
    "fangxian123",
    "fangxian2020",
    "woaini1314",
    "woaini5201314",
    "aa12345678",
    "abc1234567",
    "abcd123456",
    "qwer123456",
    "asdfghjkl1",
    "zhongguo123",
    "changeme123",
    "letmein123",
    "welcome123",
    "iloveyou123",
    "wuhanjiayou",
    "88888888888",
    "6666666666",
    "5201314520",
    "a123456789",
    "q123456789",
    "123456789a",
    "qq123456789",
];

/// Whoever hashes waits for a turn here.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    state: Mutex<(usize, usize)>,
    ended: Condvar,
}

struct Turn<'t>(&'t Turns);

impl Turns {
    fn take(&self) -> Result<Turn<'_>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.1 >= WAITING_MAX {
            return Err(AppError::new(
                Kind::Unavailable,
                "LOG-IN-BUSY",
                "当前登录人数较多，请稍候几秒再试。",
                "Many people are logging in; try again in a few seconds.",
            ));
        }
        state.1 += 1;
        while state.0 >= RUNNING_MAX {
            state = self
                .ended
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.1 -= 1;
        state.0 += 1;
        Ok(Turn(self))
    }

    /// Hashes a password for keeping.
    pub(crate) fn hash(&self, password: &str) -> Result<String> {
        let _turn = self.take()?;
        hash(password)
    }

    /// Whether a password fits. Without an account it takes as long and says no.
    pub(crate) fn fits(&self, password: &str, kept: Option<&str>) -> Result<bool> {
        static NOBODY: OnceLock<Option<String>> = OnceLock::new();
        let _turn = self.take()?;
        let nobody = NOBODY.get_or_init(|| hash("nobody has this password").ok());
        let Some(text) = kept.or(nobody.as_deref()) else {
            return Ok(false);
        };
        let fits = PasswordHash::new(text).is_ok_and(|parsed| {
            hasher().is_ok_and(|h| h.verify_password(password.as_bytes(), &parsed).is_ok())
        });
        Ok(fits && kept.is_some())
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0 -= 1;
        self.0.ended.notify_one();
    }
}

fn hasher() -> Result<Argon2<'static>> {
    let params =
        Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|e| AppError::internal(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String> {
    hasher()?
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|e| AppError::internal(e.to_string()))
}

/// What is wrong with a password somebody wants to use, if anything.
pub(crate) fn objection(password: &str, login: &str) -> Option<Text> {
    let length = password.chars().count();
    if length < LENGTH_MIN {
        return Some(Text::new(
            format!("密码至少 {LENGTH_MIN} 个字符；可以用一句话，空格也算。"),
            format!("Use at least {LENGTH_MIN} characters; a sentence is fine, spaces count."),
        ));
    }
    if length > LENGTH_MAX {
        return Some(Text::new(
            format!("密码最多 {LENGTH_MAX} 个字符。"),
            format!("Use at most {LENGTH_MAX} characters."),
        ));
    }
    let plain: String = password
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let login: String = login
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    if !login.is_empty() && (plain == login || plain == login.repeat(2)) {
        return Some(Text::new(
            "密码不能与登录名相同。",
            "The password must not be the log-in name.",
        ));
    }
    let mut letters: Vec<char> = plain.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if DENIED.contains(&plain.as_str()) || letters.len() < 4 {
        return Some(Text::new(
            "这个密码太常见，别人容易猜到。请换一个，例如用几个不相关的词连成一句。",
            "This password is one of the first that others try. Use a few words that do not belong together.",
        ));
    }
    None
}

/// A password to be shown once: four groups of four, without letters that look alike.
pub(crate) fn one_time() -> Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";
    let bytes = random::<16>()?;
    let mut text = String::new();
    for (n, byte) in bytes.iter().enumerate() {
        if n > 0 && n % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    Ok(text)
}

/// Random bytes for passwords and tokens.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| AppError::internal(e.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_only_itself_and_nobody_has_none() {
        let turns = Turns::default();
        let kept = turns.hash("three green umbrellas").unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        assert!(turns.fits("three green umbrellas", Some(&kept)).unwrap());
        assert!(!turns.fits("three green umbrella", Some(&kept)).unwrap());
        assert!(!turns.fits("nobody has this password", None).unwrap());
        assert!(!turns.fits("x", Some("not a hash")).unwrap());
    }

    #[test]
    fn short_common_and_self_naming_passwords_are_refused() {
        for wrong in [
            "short",
            "1234567890",
            "Admin-123456",
            "zhangsan01",
            "aaaaaaaaaaaaa",
            "a a a b b b a a",
        ] {
            assert!(objection(wrong, "zhangsan01").is_some(), "{wrong}");
        }
        assert_eq!(objection("three green umbrellas", "zhangsan01"), None);
        assert_eq!(objection("三把绿伞放在门口左边", "zhangsan01"), None);
    }

    #[test]
    fn a_one_time_password_is_acceptable_and_never_the_same() {
        let (a, b) = (one_time().unwrap(), one_time().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.len(), 19);
        assert_eq!(objection(&a, "x"), None);
    }
}
