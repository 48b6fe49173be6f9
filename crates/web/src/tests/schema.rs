//! JSON Schema as far as the program's own document uses it: says what does not fit, and makes up
//! values that fit, that nearly fit, and that do not.

use serde_json::{Map, Value, json};

/// The same draws from the same seed (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap()
    }

    /// Whether something happens that happens so often of a hundred times.
    pub fn happens(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

fn target<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(path) => target(document, document.pointer(&path[1..]).expect(path)),
        None => schema,
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("a type that nobody knows: {other}"),
    }
}

fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// What does not fit, with its path.
pub fn misfits(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let schema = target(document, schema);
    let mut wrong = Vec::new();
    let kinds = kinds(schema);
    if !kinds.is_empty() && !kinds.iter().any(|kind| is(kind, value)) {
        return vec![format!("{at}: {value} is no {kinds:?}")];
    }
    if let Some(list) = schema["enum"].as_array()
        && !list.contains(value)
    {
        wrong.push(format!("{at}: {value} is none of {list:?}"));
    }
    if let Some(only) = schema.get("const")
        && only != value
    {
        wrong.push(format!("{at}: {value} is not {only}"));
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_f64(), value.as_f64())
        && number < least
    {
        wrong.push(format!("{at}: {number} is below {least}"));
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(list) = schema[word].as_array() {
            let fits = |one: &&Value| misfits(document, one, value, at).is_empty();
            if list.iter().filter(fits).count() == 0 {
                wrong.push(format!("{at}: {value} fits nothing of {word}"));
            }
        }
    }
    for one in schema["allOf"].as_array().into_iter().flatten() {
        wrong.extend(misfits(document, one, value, at));
    }
    match value {
        Value::Object(fields) => {
            let known = schema["properties"].as_object();
            for name in schema["required"].as_array().into_iter().flatten() {
                if !fields.contains_key(name.as_str().unwrap()) {
                    wrong.push(format!("{at}: {name} is missing"));
                }
            }
            for (name, inner) in fields {
                let at = format!("{at}.{name}");
                match known.and_then(|known| known.get(name)) {
                    Some(schema) => wrong.extend(misfits(document, schema, inner, &at)),
                    None => match &schema["additionalProperties"] {
                        Value::Object(_) => {
                            let rest = &schema["additionalProperties"];
                            wrong.extend(misfits(document, rest, inner, &at));
                        }
                        Value::Bool(false) => wrong.push(format!("{at} is not declared")),
                        // Our own types list their fields: a field besides them was forgotten.
                        _ if known.is_some_and(|known| !known.is_empty()) => {
                            wrong.push(format!("{at} is not declared"));
                        }
                        _ => {}
                    },
                }
            }
        }
        Value::Array(items) => {
            let first = schema["prefixItems"].as_array();
            for (n, item) in items.iter().enumerate() {
                let of = first
                    .and_then(|first| first.get(n))
                    .unwrap_or(&schema["items"]);
                wrong.extend(misfits(document, of, item, &format!("{at}[{n}]")));
            }
        }
        _ => {}
    }
    wrong
}

/// Texts that have broken programs before.
const ODD: [&str; 26] = [
    "",
    " ",
    "\u{0}",
    "王\u{0}小明",
    "\u{202e}gnimoc era yeht\u{202c}",
    "\u{feff}",
    "e\u{301}\u{301}\u{301}",
    "𠮷👩‍👩‍👧‍👦",
    "' OR 1=1; --",
    "=cmd|'/c calc'!A0",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "%",
    "{{7*7}}",
    "-1",
    "0",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999999",
    "NaN",
    "1e400",
    "9999-12-31",
    "-9999-01-01",
    "2025-02-30",
    "0000-00-00",
    "2025-01-15T25:61:61Z",
];

/// A text that nothing is prepared for.
pub fn odd_text(dice: &mut Dice) -> String {
    match dice.below(12) {
        0 => "长".repeat(3_000),
        1 => "x".repeat(40_000),
        2 => "\u{5d0}".repeat(200),
        _ => (*dice.one_of(&ODD)).to_owned(),
    }
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, n| {
        if n % 2 == 0 {
            json!([inner])
        } else {
            json!({ "a": inner })
        }
    })
}

/// A value of some other kind than any that is asked for.
fn strange(dice: &mut Dice) -> Value {
    match dice.below(9) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(i64::MAX),
        3 => json!(u64::MAX),
        4 => json!(-1.5e300),
        5 => json!([]),
        6 => json!({}),
        7 => deep(60),
        _ => json!(["x", ["y"], { "z": null }]),
    }
}

/// Words that the program itself has used, by the name of the field.
pub trait Words {
    fn known(&self, field: &str, dice: &mut Dice) -> Option<Value>;
}

/// Makes up a value; `odd` of a hundred times something in it is not as it should be.
pub fn made_up(
    document: &Value,
    schema: &Value,
    field: &str,
    words: &impl Words,
    odd: usize,
    dice: &mut Dice,
) -> Value {
    let schema = target(document, schema);
    if dice.happens(odd) {
        return if dice.happens(60) {
            Value::String(odd_text(dice))
        } else {
            strange(dice)
        };
    }
    if let Some(only) = schema.get("const") {
        return only.clone();
    }
    if let Some(list) = schema["enum"].as_array() {
        return dice.one_of(list).clone();
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(list) = schema[word].as_array() {
            let one = dice.one_of(list);
            return made_up(document, one, field, words, odd, dice);
        }
    }
    let kinds = kinds(schema);
    if kinds.contains(&"null") && dice.happens(25) {
        return Value::Null;
    }
    let kind = kinds.iter().find(|kind| **kind != "null").copied();
    match kind {
        Some("boolean") => json!(dice.happens(50)),
        Some("integer") => match words.known(field, dice).filter(Value::is_number) {
            Some(word) if dice.happens(70) => word,
            _ if odd == 0 => json!(*dice.one_of(&[1, 1, 2, 3, 24])),
            _ => json!(*dice.one_of(&[0, 1, 2, 7, 38, -1, 1 << 31, (1_i64 << 53) - 1, 1 << 53])),
        },
        Some("number") if odd == 0 => json!(37.5),
        Some("number") => json!(*dice.one_of(&[36.5, 38.2, 0.0, -0.0, 1e308, 45.0])),
        Some("array") => {
            let many = *dice.one_of(if odd == 0 { &[1, 2] } else { &[0, 1, 3, 70] });
            let item =
                |dice: &mut Dice| made_up(document, &schema["items"], field, words, odd / 2, dice);
            (0..many).map(|_| item(dice)).collect()
        }
        Some("object") => Value::Object(object(document, schema, words, odd, dice)),
        Some("string") => match words.known(field, dice) {
            Some(word) if word.is_string() => word,
            _ if schema["format"] == "uuid" => {
                json!("01890000-0000-7000-8000-000000000000")
            }
            _ if field.ends_with("_on") || field == "until" => {
                json!(*dice.one_of(&["2026-05-01", "2026-05-02", "2026-05-03", "2026-06-01"]))
            }
            _ if odd == 0 => json!(""),
            _ => json!(*dice.one_of(&["王小明", "x", "abc-1", "13800138000"])),
        },
        _ => words.known(field, dice).unwrap_or(Value::Null),
    }
}

/// Makes up an object: a field may be missing, one that nothing knows may be there.
pub fn object(
    document: &Value,
    schema: &Value,
    words: &impl Words,
    odd: usize,
    dice: &mut Dice,
) -> Map<String, Value> {
    let schema = target(document, schema);
    let mut made = Map::new();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let needed = required.iter().any(|one| one == name);
        let often = match (needed, odd) {
            (true, _) => 100 - odd / 4,
            (false, 0) => 25,
            (false, _) => 55,
        };
        if !dice.happens(often) {
            continue;
        }
        let value = made_up(document, inner, name, words, odd / 2, dice);
        made.insert(name.clone(), value);
    }
    if dice.happens(odd / 4) {
        made.insert(odd_text(dice).chars().take(50).collect(), strange(dice));
    }
    made
}

#[test]
fn the_comparison_finds_what_does_not_fit() {
    let document = json!({ "components": { "schemas": { "Row": {
        "type": "object", "required": ["id"],
        "properties": { "id": { "type": "string" }, "age": { "type": ["integer", "null"], "minimum": 0 } }
    } } } });
    let rows = json!({ "type": "array", "items": { "$ref": "#/components/schemas/Row" } });
    let fits = |value| misfits(&document, &rows, &value, "$");
    assert_eq!(
        fits(json!([{ "id": "x", "age": null }])),
        Vec::<String>::new()
    );
    for wrong in [
        json!({}),
        json!([{ "age": 1 }]),
        json!([{ "id": "x", "age": "1" }]),
        json!([{ "id": "x", "age": -1 }]),
        json!([{ "id": "x", "more": 1 }]),
    ] {
        assert_eq!(fits(wrong.clone()).len(), 1, "{wrong}");
    }
}
