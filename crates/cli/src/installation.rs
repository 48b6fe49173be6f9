//! Opens the installation that the configuration names, making an empty one ready if need be.

use std::sync::Arc;

use fangxian_app::{App, Settings};
use fangxian_base::{Clock, SystemClock};
use fangxian_packs::Library;
use fangxian_store::{Store, StoreConfig};

use crate::config::Config;
use crate::out::Failed;

/// Where the store finds its parts.
pub fn store_config(config: &Config) -> StoreConfig {
    StoreConfig {
        data: config.data(),
        keys: config.keys(),
        postgres: config.database(),
    }
}

/// Opens it on the machine's clock.
pub fn open(config: &Config) -> Result<Arc<App>, Failed> {
    open_on(config, Arc::new(SystemClock), config.get("city"))
}

/// Opens it on another clock, for another city.
pub fn open_on(config: &Config, clock: Arc<dyn Clock>, city: &str) -> Result<Arc<App>, Failed> {
    let store = Arc::new(Store::open(&store_config(config), Arc::clone(&clock))?);
    let packs = Arc::new(Library::shipped()?);
    if packs.city(city).is_none() {
        return Err(Failed::new(format!("no city pack is called `{city}`"))
            .hint("set `city` in the configuration, or FANGXIAN_CITY"));
    }
    let settings = Settings {
        zone: config.zone.clone(),
        city: city.to_owned(),
    };
    let app = App::new(store, packs, clock, settings)?;
    app.first_start()?;
    Ok(Arc::new(app))
}
