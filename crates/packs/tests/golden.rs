//! The cases that the field's own documents decide beyond doubt, and the example that holds each. A
//! case whose example is renamed or gone is noticed here; that its outcome holds is checked when
//! packs load.

use std::collections::BTreeSet;

use fangxian_packs::Library;

/// Case, and the names of the examples that hold it.
const CASES: [(&str, &[&str]); 14] = [
    (
        "edition 2: exposure, fever, image and white cells are suspected, two of three signs are not",
        &[
            "Wuhan ten days ago, fever, pneumonia and low white cells are a suspected case",
            "The day before all three were asked for",
        ],
    ),
    (
        "edition 8: one epidemiological item and two of three signs",
        &[
            "In edition 8 one epidemiological item and two of three signs are a suspected case",
            "With one sign they are not",
        ],
    ),
    (
        "clinical diagnosis in Hubei only",
        &[
            "In Zhejiang on 12 February 2020 nobody is clinically diagnosed",
            "In Hubei on the same day he is",
        ],
    ),
    (
        "edition 9: two days before onset, in whole days",
        &[
            "In edition 9 a contact two days before onset is close",
            "Three days before it is not, because the window is in whole days",
        ],
    ),
    (
        "found by regular testing: contacts since the last negative",
        &[
            "Found by regular testing, contacts since the last negative count",
            "Found by symptoms, the same contact does not count",
        ],
    ),
    (
        "an order of edition 8 when edition 9 takes effect",
        &["An order of edition 8 stands until somebody decides about it"],
    ),
    (
        "a contact of a contact on 12 November 2022",
        &["Under the 20 measures no order against a contact of a contact is possible"],
    ),
    (
        "any contact on 9 January 2023",
        &["On 9 January 2023 any contact is refused"],
    ),
    (
        "a high area without its full round",
        &["Seven quiet days without the full round stay high"],
    ),
    (
        "a high area with it and three more days",
        &["Three further days are low"],
    ),
    (
        "a county of February 2020 with 51 cases",
        &["Fifty-one cases, a cluster fifteen days ago, a new case ten days ago are medium"],
    ),
    (
        "cholera: thirty in a city, twenty-nine in a county",
        &[
            "Thirty cholera cases in a city within a week are grade II",
            "Twenty-nine in one county are grade III",
        ],
    ),
    (
        "trunk traffic is for the State Council",
        &[
            "M14 under idl-2025 is for the State Council",
            "M14 under idl-2025 is not for a provincial government",
        ],
    ),
    (
        "norovirus at one school: two, ten and twenty cases",
        &[
            "Two cases at one school cause no alert",
            "Ten cases within seven days are a cluster",
            "Twenty cases within seven days are an event that is reported within two hours",
        ],
    ),
];

#[test]
fn every_agreed_case_has_its_example_and_it_holds() {
    let library = Library::shipped().expect("the shipped packs");
    let results = library.test();
    let holding: BTreeSet<&str> = results
        .iter()
        .filter(|result| result.failures.is_empty())
        .map(|result| result.name.as_str())
        .collect();
    for (case, examples) in CASES {
        for name in examples {
            assert!(holding.contains(name), "{case}: no example `{name}` holds");
        }
    }
}
