//! `fangxian user create-admin`: whoever can run it holds the data directory anyway.

use std::io::{BufRead, IsTerminal};

use fangxian_app::accounts::AdminInput;
use fangxian_base::CommandId;

use crate::args::{UserArgs, UserWhat};
use crate::config::Config;
use crate::installation;
use crate::out::{self, Ended, Failed};

/// Runs it.
pub fn run(config: &Config, args: &UserArgs) -> Result<Ended, Failed> {
    let UserWhat::CreateAdmin { login, name } = &args.what;
    if std::io::stdin().is_terminal() {
        out::note("Password (it shows while you type; pipe it in where that matters):");
    }
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password)?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    let app = installation::open(config)?;
    let input = AdminInput {
        login: login.clone(),
        name: name.clone().unwrap_or_else(|| login.clone()),
        again: password.clone(),
        password,
    };
    app.admin_create(CommandId::new(), &input)?;
    app.store().seal()?;
    out::line(format_args!("created the administrator `{login}`"));
    Ok(Ended::Done)
}
