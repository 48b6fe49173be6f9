//! `fangxian epi`: lists and calls the methods of the engine on tables, and checks folders of reference outputs.
//!
//! Reads and writes the files; what is done with them is decided in `epi`.

pub mod bench;
mod check;
pub mod files;

use std::collections::BTreeMap;
use std::path::Path;

use fangxian_epi::call::{Call, Method, Mode, Params};
use fangxian_epi::picture::{self, Language};
use fangxian_epi::registry;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::args::{EpiArgs, EpiCall, EpiWhat, JsonFlag};
use crate::out::{self, Ended, Failed};

/// Does what was asked.
pub fn run(args: &EpiArgs, data: Option<&Path>) -> Result<Ended, Failed> {
    match &args.what {
        EpiWhat::List(json) => list(json),
        EpiWhat::Check(args) => check::run(args, data),
        EpiWhat::Method(words) => method(words),
    }
}

#[derive(Serialize)]
struct Listed {
    method: &'static str,
    title: &'static str,
    page: String,
    input: Option<&'static str>,
    tables: Vec<Vec<&'static str>>,
}

fn list(flag: &JsonFlag) -> Result<Ended, Failed> {
    let listed = registry::METHODS.iter().map(|method| Listed {
        method: method.function,
        title: method.title,
        page: format!("docs/methods/{}.md", method.page),
        input: method.input,
        tables: method
            .sheets
            .iter()
            .map(|sheet| sheet.columns.to_vec())
            .collect(),
    });
    if flag.json {
        let methods: Vec<Listed> = listed.collect();
        out::json(&serde_json::json!({ "methods": methods }))?;
    } else {
        for method in listed {
            out::line(format_args!("{:28}{}", method.method, method.title));
        }
    }
    Ok(Ended::Done)
}

/// Calls a method on tables.
fn method(words: &[String]) -> Result<Ended, Failed> {
    let (name, rest) = words
        .split_first()
        .ok_or_else(|| Failed::new("no method is named"))?;
    let Some(method) = registry::find(name) else {
        return Err(Failed::new(format!("there is no method `{name}`"))
            .hint("`fangxian epi list` names all"));
    };
    let args = EpiCall::read(name, rest)?;
    let call = Call {
        params: Params::new(parameters(&args)?),
        inputs: &inputs(method, &args)?,
        mode: if args.peer {
            Mode::Peer
        } else {
            Mode::Published
        },
        wanted: BTreeMap::new(),
        seed: args.seed,
    };
    let sheets = (method.run)(&call)?;
    let unread = call.params.unread();
    if !unread.is_empty() {
        return Err(Failed::new(format!(
            "`{name}` knows no parameter `{}`",
            unread.join("`, `")
        )));
    }
    if let Some(file) = &args.svg {
        let language = match args.language.as_str() {
            "en" => Language::English,
            _ => Language::Chinese,
        };
        files::put(file, &picture::of(name, &sheets, language)?)?;
    }
    let sheets: Vec<_> = sheets
        .into_iter()
        .filter(|sheet| !sheet.rows.is_empty())
        .collect();
    files::write(args.output.as_deref(), &sheets, call.params)?;
    Ok(Ended::Done)
}

fn inputs(
    method: &Method,
    args: &EpiCall,
) -> Result<BTreeMap<String, fangxian_epi::table::Table>, Failed> {
    let mut inputs = BTreeMap::new();
    for given in &args.input {
        let (role, file) = match given.split_once('=') {
            Some((role, file)) => (role, file),
            None => (method.input.unwrap_or("input"), given.as_str()),
        };
        inputs.insert(role.to_owned(), files::table(file.as_ref())?);
    }
    Ok(inputs)
}

/// Parameters from a file of JSON and from `name=value`, which wins. A value that is no JSON is a text.
fn parameters(args: &EpiCall) -> Result<Map<String, Value>, Failed> {
    let mut params = match &args.params {
        None => Map::new(),
        Some(file) => match serde_json::from_str(&files::text(file)?)? {
            Value::Object(map) => map,
            _ => {
                return Err(Failed::new(format!(
                    "`{}` does not hold an object",
                    file.display()
                )));
            }
        },
    };
    for given in &args.param {
        let Some((name, value)) = given.split_once('=') else {
            return Err(Failed::new(format!("`{given}` is not name=value")));
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        params.insert(name.to_owned(), value);
    }
    Ok(params)
}
