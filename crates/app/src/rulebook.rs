//! The packs in force, as people look at them: editions, values with sources and labels.

mod law;

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::Date;

use crate::{App, AppError, Result, Who};

pub use law::{LawAnswer, LawQuestion, MeasureAnswer};

pub use fangxian_packs::{PackOverview, PageEntry, PageLine, PageSection, SourceView, ValueView};

impl App {
    /// Every pack as it stands on a day (empty: today).
    ///
    /// # Errors
    /// When the day cannot be read, or the asker may not see packs.
    pub fn packs_on(&self, who: &Who, day: &str) -> Result<(Date, Vec<PackOverview>)> {
        self.permit(
            who,
            Action::PacksView,
            &Resource::Installation,
            Purpose::Command,
        )?;
        let on = match day.trim() {
            "" => self.today(),
            typed => typed.parse().map_err(|_not_a_day| {
                AppError::field(
                    "on",
                    "日期请写成 2026-01-31。",
                    "Write the day as 2026-01-31.",
                )
            })?,
        };
        Ok((on, self.packs().overview(on)))
    }

    /// The rules of one pack in words, whatever the day; none when there is no such pack.
    ///
    /// # Errors
    /// When the asker may not see packs.
    pub fn pack_rules(&self, who: &Who, id: &str) -> Result<Vec<PageSection>> {
        self.permit(
            who,
            Action::PacksView,
            &Resource::Installation,
            Purpose::Command,
        )?;
        let page = self.packs().page(id);
        Ok(page.map(|page| page.sections).unwrap_or_default())
    }
}
