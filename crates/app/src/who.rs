//! Who asks: a member of staff with grants, the public at the door, the program, the command line.

use fangxian_authz::Actor;
use fangxian_base::UserId;
use fangxian_store::Author;

/// Somebody who asks for a use case.
#[derive(Debug, Clone)]
pub struct Who {
    author: Author,
    actor: Option<Actor>,
    input: Option<[u8; 32]>,
}

impl Who {
    /// A member of staff.
    pub fn staff(actor: Actor) -> Self {
        Self {
            author: Author::User(actor.user),
            actor: Some(actor),
            input: None,
        }
    }

    /// Somebody at the public door.
    pub const fn public() -> Self {
        Self {
            author: Author::Public,
            actor: None,
            input: None,
        }
    }

    /// The program itself: clocks and sweeps.
    pub const fn system() -> Self {
        Self {
            author: Author::System,
            actor: None,
            input: None,
        }
    }

    /// Whoever runs the command line on the machine, and so holds the data directory anyway.
    pub const fn cli() -> Self {
        Self {
            author: Author::Cli,
            actor: None,
            input: None,
        }
    }

    /// The same with a digest of what was typed: a command id that comes again with something else
    /// typed is told apart from a repetition.
    #[must_use]
    pub const fn asking(mut self, input: [u8; 32]) -> Self {
        self.input = Some(input);
        self
    }

    /// The digest of what was typed.
    pub(crate) const fn input(&self) -> Option<[u8; 32]> {
        self.input
    }

    /// How the asker is written down.
    pub const fn author(&self) -> Author {
        self.author
    }

    /// The grants, when it is a member of staff.
    pub const fn actor(&self) -> Option<&Actor> {
        self.actor.as_ref()
    }

    /// The account, when it is a member of staff.
    pub fn user(&self) -> Option<UserId> {
        self.author.user()
    }
}
