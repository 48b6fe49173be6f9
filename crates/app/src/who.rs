//! Who asks: a member of staff with grants, the public at the door, the program, the command line.

use fangxian_authz::Actor;
use fangxian_base::UserId;
use fangxian_store::Author;

/// Somebody who asks for a use case.
#[derive(Debug, Clone)]
pub struct Who {
    author: Author,
    actor: Option<Actor>,
}

impl Who {
    /// A member of staff.
    pub fn staff(actor: Actor) -> Self {
        Self {
            author: Author::User(actor.user),
            actor: Some(actor),
        }
    }

    /// Somebody at the public door.
    pub const fn public() -> Self {
        Self {
            author: Author::Public,
            actor: None,
        }
    }

    /// The program itself: clocks and sweeps.
    pub const fn system() -> Self {
        Self {
            author: Author::System,
            actor: None,
        }
    }

    /// Whoever runs the command line on the machine, and so holds the data directory anyway.
    pub const fn cli() -> Self {
        Self {
            author: Author::Cli,
            actor: None,
        }
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
