//! The binary. Arguments, environment and files are read here and nowhere else; everything it does
//! is a use case of `app`. Exit status: 0 done, 1 a finding, 2 usage or something unreadable.
//!
//! Start with [`args`] for what can be asked and [`config`] for what can be set.

mod args;
mod audit;
mod backup;
mod bench;
mod config;
mod demo;
mod epi;
mod http;
mod import;
mod installation;
mod logging;
mod out;
mod packs;
mod people;
mod places;
mod serve;
mod trace;
mod users;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Verb};
use out::Ended;

/// Gives memory back after a burst, which the system's allocator keeps for every thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    match run(cli) {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Finding) => ExitCode::from(1),
        Ok(Ended::Incomplete) => ExitCode::from(2),
        Err(failed) => {
            out::complain(&failed);
            ExitCode::from(2)
        }
    }
}

fn run(mut cli: Cli) -> Result<Ended, out::Failed> {
    if let Verb::Epi(args) = &cli.verb {
        // Needs no installation: `--data` is the folder of shared data here.
        return epi::run(args, cli.global.data.as_deref());
    }
    if matches!(cli.verb, Verb::Backup(_) | Verb::Restore(_)) {
        // There --keys is where the copy lies, not where the installation keeps its keys.
        cli.global.keys = None;
    }
    for (name, meant) in config::strange_variables() {
        match meant {
            Some(meant) => out::note(format_args!(
                "`{name}` is set and means nothing; the nearest known name is `{meant}`"
            )),
            None => out::note(format_args!("`{name}` is set and means nothing")),
        }
    }
    let config = config::read(&cli.global)?;
    let phases = bench::phases::Phases::default();
    let measures = matches!(&cli.verb, Verb::Bench(args) if args.measures_phases());
    logging::start(&config, measures.then(|| phases.clone()))?;
    match cli.verb {
        Verb::Serve => serve::run(&config),
        Verb::Demo(args) => demo::run(&config, &args),
        Verb::Import(args) => import::run(&config, &args),
        Verb::People(args) => people::run(&args),
        Verb::Pack(args) => packs::run(&args),
        Verb::Audit(args) => audit::run(&config, &args),
        Verb::Backup(args) => backup::backup(&config, &args),
        Verb::Restore(args) => backup::restore(&config, &args),
        Verb::Areas(args) => places::run(&config, &args),
        Verb::User(args) => users::run(&config, &args),
        Verb::Config(args) => config::run(&config, &args),
        Verb::Health(args) => serve::health(&config, &args),
        Verb::Bench(args) => bench::run(&args, &phases),
        Verb::Trace(args) => trace::run(&config, &args),
        Verb::Epi(args) => epi::run(&args, None),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
