//! The numbers that people and organisations carry: identity documents, credit codes, mobiles.
//!
//! A value of one of these types has passed every check its own standard defines; what has no
//! check of its own is only checked for shape. Nothing here looks anything up, and no error
//! prints the number it speaks of. Start with [`Document`].

mod credit;
mod document;
mod error;
mod kind;
mod mobile;
mod normal;
mod resident;
mod shapes;

pub use credit::CreditCode;
pub use document::Document;
pub use error::{IdentifierError, Wording};
pub use kind::DocumentKind;
pub use mobile::Mobile;
pub use normal::normalise;
pub use resident::{ResidentForm, ResidentId, Sex};
pub use shapes::{
    ForeignResidentCard, HmTravelPermit, MilitaryDocument, OtherDocument, Passport,
    TaiwanTravelPermit,
};
