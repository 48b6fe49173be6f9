//! Rows that one side may tell and the other not, because their draws differ.
//!
//! A scan tells a cluster only where at least one simulated map stays below it. Of a cluster that nearly every map surpasses,
//! the draws alone decide that. To leave it out says that its chance is 1. So a row that the expected table lacks agrees when
//! our chance could as well be 1 by the tolerance which the check states for the simulations; and a row that only the expected
//! table tells is compared with ours cell by cell, its chance with our 1, because our form of checks tells such rows too.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::{Case, Entry};
use super::rules::Rule;
use super::run::{Runner, column_names, spec_of};
use crate::registry;
use crate::table::Cell;

/// Methods that tell rows by comparison with their draws, and the column that names such a row in all their tables.
const BY_DRAWS: &[(&str, &str)] = &[("scan", "cluster")];

/// The rows of a case that the expected tables may lack.
pub(super) struct Untold {
    /// The column of the key that names them.
    column: &'static str,
    /// Their names, each with our chance of it.
    chances: BTreeMap<String, f64>,
}

impl Untold {
    /// The rows of this case that an entry with this key may lack; nothing when the method tells its rows outright.
    pub fn of<'a>(runner: &mut Runner<'a>, entry: &Entry, case: &'a Case) -> Option<Self> {
        let (_, column) = BY_DRAWS.iter().find(|(function, column)| {
            *function == case.function && entry.key.iter().any(|key| key == column)
        })?;
        let method = registry::find(&case.function)?;
        let sheets = runner.tables(case)?;
        let manifest = &runner.folder.manifest;
        let mut chances = BTreeMap::new();
        let mut refused = BTreeSet::new();
        for entry in manifest
            .compare
            .iter()
            .filter(|entry| case.files.contains(&entry.file))
        {
            let Some(spec) = spec_of(method, entry, &case.params) else {
                continue;
            };
            let names = column_names(spec, &case.params);
            let position = |column: &str| names.iter().position(|name| name == column);
            let rows = sheets.iter().find(|sheet| sheet.spec.name == spec.name);
            for (chance, rule) in entry
                .columns
                .iter()
                .filter(|(_, rule)| rule.is_of_simulations())
            {
                let (Some(name), Some(chance)) = (position(column), position(chance)) else {
                    continue;
                };
                for row in rows.iter().flat_map(|sheet| &sheet.rows) {
                    let (name, Cell::Number(p)) = (row[name].to_string(), &row[chance]) else {
                        continue;
                    };
                    if rule.as_good_as_one(*p) {
                        chances.insert(name, *p);
                    } else {
                        refused.insert(name);
                    }
                }
            }
        }
        chances.retain(|name, _| !refused.contains(name));
        Some(Self { column, chances })
    }

    /// Whether the entry compares the chances themselves: there the rows that the draws decide are named.
    pub fn names_rows_of(entry: &Entry) -> bool {
        entry.columns.values().any(Rule::is_of_simulations)
    }

    /// Our chance of the row with this key, when the expected table may lack it.
    pub fn chance(&self, entry: &Entry, key: &[String]) -> Option<f64> {
        let at = entry.key.iter().position(|column| column == self.column)?;
        self.chances.get(&key[at]).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::super::manifest::Manifest;
    use super::super::report::{Report, Verdict};
    use super::super::run::{Folder, run};
    use crate::call::{Call, Mode, Params};
    use crate::table::{Sheet, Table};

    const PARAMS: &str = r#"{"model": "poisson", "analysis": "spatial", "coordinates": "cartesian", "replications": 99,
        "start_date": "2020-01-01", "end_date": "2020-01-31", "case_time_precision": "none", "threads": 1,
        "population_column": "people"}"#;

    fn table(columns: &[&str], rows: Vec<Vec<String>>) -> Table {
        Table::new(columns.iter().map(|c| (*c).to_owned()).collect(), rows)
    }

    /// Sixteen places on a line; one has an outbreak, three a little more than their share.
    fn inputs() -> BTreeMap<String, Table> {
        let name = |at: usize| format!("p{at:02}");
        let place = |at| {
            vec![
                name(at),
                (at * at).to_string(),
                "0".to_owned(),
                "100".to_owned(),
            ]
        };
        let cases = |at: usize| match at {
            3 => 24,
            8 | 11 => 17,
            14 => 14,
            _ => 8 + at % 3,
        };
        let geo = table(
            &["location", "x", "y", "people"],
            (0..16).map(place).collect(),
        );
        let count = |at| vec![name(at), cases(at).to_string()];
        let cases = table(&["location", "cases"], (0..16).map(count).collect());
        BTreeMap::from([("geo".to_owned(), geo), ("cases".to_owned(), cases)])
    }

    fn sheets() -> Vec<Sheet> {
        let params = serde_json::from_str(PARAMS).expect("parameters");
        let inputs = inputs();
        let call = Call {
            params: Params::new(params),
            inputs: &inputs,
            mode: Mode::Peer,
            wanted: BTreeMap::new(),
            seed: 1,
        };
        let method = registry::find("scan").expect("the scan");
        (method.run)(&call).expect("a scan")
    }

    const WANTED: [&str; 4] = ["cluster", "center", "statistic", "p_value"];

    /// Our own clusters as if another program had told them, and the members that go with them.
    fn expected(rows: &[Vec<String>], sheets: &[Sheet]) -> BTreeMap<String, Table> {
        let told: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        let members = sheets.iter().find(|sheet| sheet.spec.name == "members");
        let members = members
            .expect("members")
            .rows
            .iter()
            .map(|row| row.iter().map(ToString::to_string).collect::<Vec<String>>());
        let members = members
            .filter(|row| told.contains(&row[0].as_str()))
            .collect();
        let named = |columns: &[&str], rows: Vec<Vec<String>>| {
            let case = |mut row: Vec<String>| {
                row.insert(0, "one".to_owned());
                row
            };
            let columns: Vec<&str> = ["case"].iter().chain(columns).copied().collect();
            table(&columns, rows.into_iter().map(case).collect())
        };
        BTreeMap::from([
            ("clusters.csv".to_owned(), named(&WANTED, rows.to_vec())),
            (
                "members.csv".to_owned(),
                named(&["cluster", "location"], members),
            ),
        ])
    }

    fn checked(expected: BTreeMap<String, Table>) -> Report {
        let manifest = format!(
            r#"{{"method": "made_up", "inputs": {{"geo": "geo.csv", "cases": "cases.csv"}}, "cases_file": null,
            "cases": [{{"case": "one", "function": "scan", "files": ["clusters.csv", "members.csv"], "params": {PARAMS}}}],
            "compare": [
              {{"file": "clusters.csv", "key": ["case", "cluster"], "columns": {{"center": {{"exact": true}},
                "statistic": {{"abs": 1e-9}}, "p_value": {{"abs": 0.002, "mc_p": 999, "max_z": 4}}}}}},
              {{"file": "members.csv", "key": ["case", "cluster", "location"], "columns": {{}}}}],
            "bars": [], "not_compared": [], "missing": "NA", "modes": ["peer"], "stochastic": null}}"#
        );
        let manifest = Manifest::parse(&manifest).expect("a manifest");
        let inputs = inputs();
        run(&Folder {
            manifest,
            inputs,
            expected,
        })
    }

    /// The clusters as another program may have told them: those with a chance below 1.
    fn told(sheets: &[Sheet]) -> Vec<Vec<String>> {
        let sheet = sheets
            .iter()
            .find(|sheet| sheet.spec.name == "clusters")
            .expect("clusters");
        let at = |column: &str| {
            sheet
                .spec
                .columns
                .iter()
                .position(|c| *c == column)
                .expect("a column")
        };
        let row = |row: &Vec<Cell>| WANTED.map(|column| row[at(column)].to_string()).to_vec();
        sheet.rows.iter().map(row).collect()
    }

    fn chance(row: &[String]) -> f64 {
        row[3].parse().expect("a chance")
    }

    #[test]
    fn a_row_may_be_missing_only_where_its_chance_could_as_well_be_1() {
        let sheets = sheets();
        let all = told(&sheets);
        let below = |limit: f64| {
            all.iter()
                .filter(|row| chance(row) < limit)
                .cloned()
                .collect::<Vec<_>>()
        };
        let (certain, told) = (below(0.5), below(1.0));
        assert!(
            !certain.is_empty() && certain.len() < told.len() && told.len() < all.len(),
            "{all:?}"
        );
        let report = checked(expected(&told, &sheets));
        assert_eq!(report.verdict(), Verdict::Agrees, "{report:?}");
        assert!(report.by_draws.is_empty());
        // The other program's draws tell one more: it is compared with the one that ours surpass.
        let mut more = all[..=told.len()].to_vec();
        more.last_mut().expect("a row")[3] = "0.99".to_owned();
        let report = checked(expected(&more, &sheets));
        assert_eq!(
            (report.verdict(), report.by_draws.len()),
            (Verdict::Agrees, 1),
            "{report:?}"
        );
        for (column, wrong) in [(1, "p99"), (2, "7.5"), (3, "0.2")] {
            let mut changed = more.clone();
            changed.last_mut().expect("a row")[column] = wrong.to_owned();
            let report = checked(expected(&changed, &sheets));
            assert_eq!(report.verdict(), Verdict::Differs, "{}", WANTED[column]);
        }
        // Nothing may be missing with a chance that is not near 1, nor its members.
        let report = checked(expected(&[], &sheets));
        assert_ne!(report.verdict(), Verdict::Agrees);
        let report = checked(expected(&told[..certain.len()], &sheets));
        assert_eq!(report.verdict(), Verdict::Differs);
    }
}
