//! Reads what a form, a query or a JSON body says into a typed input.
//!
//! Forms only know strings: here "3" reads as a number, "on" as true, an empty box as nothing, one
//! ticked box as a list of one. A form may carry fields that nothing knows; JSON that a program
//! sends may not, for there a slip of the hand would be lost in silence. It judges nothing: use
//! cases do.

use std::fmt;

use fangxian_base::nearest;
use serde::de::{self, DeserializeOwned, IntoDeserializer, Visitor};
use serde_json::{Map, Value};

/// LIMIT: whole numbers reach as far as JSON carries them exactly; what counts rows or pages can
/// then be added and multiplied.
const WHOLE_MAX: u64 = (1 << 53) - 1;

/// Which field could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The field with its whole path, such as `contacts[3].name`, when it is known.
    pub field: Option<String>,
    /// When nothing is called so.
    pub unknown: Option<Unknown>,
    message: String,
}

/// A name that nothing has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown {
    /// The nearest name that is known, if there is any.
    pub nearest: Option<&'static str>,
}

impl Unreadable {
    /// The same, found inside `outer`.
    fn inside(mut self, outer: &str) -> Self {
        self.field = Some(match self.field {
            None => outer.to_owned(),
            Some(inner) if inner.starts_with('[') => format!("{outer}{inner}"),
            Some(inner) => format!("{outer}.{inner}"),
        });
        self
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Unreadable {}

impl de::Error for Unreadable {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            field: None,
            unknown: None,
            message: message.to_string(),
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self {
            field: Some(field.to_owned()),
            unknown: None,
            message: format!("`{field}` is missing"),
        }
    }
}

/// What becomes of fields that nothing knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strange<'a> {
    /// They are passed over.
    Ignored,
    /// They are refused, except for these of the outermost group.
    Refused(&'a [&'static str]),
}

impl Strange<'_> {
    /// The same one group further in.
    const fn within(self) -> Self {
        match self {
            Self::Ignored => Self::Ignored,
            Self::Refused(_) => Self::Refused(&[]),
        }
    }

    fn check(self, fields: &Map<String, Value>, known: &[&'static str]) -> Result<(), Unreadable> {
        let Self::Refused(besides) = self else {
            return Ok(());
        };
        let strange = fields
            .keys()
            .find(|name| !known.contains(&name.as_str()) && !besides.contains(&name.as_str()));
        match strange {
            None => Ok(()),
            Some(name) => Err(Unreadable {
                field: Some(name.clone()),
                unknown: Some(Unknown {
                    nearest: nearest(name, known.iter().copied()),
                }),
                message: format!("nothing is called `{name}`"),
            }),
        }
    }
}

/// Reads a typed input.
///
/// # Errors
/// When a field is missing, does not read as its type, or is one that nothing knows.
pub fn read<T: DeserializeOwned>(
    fields: &Map<String, Value>,
    strange: Strange<'_>,
) -> Result<T, Unreadable> {
    T::deserialize(Fields(fields, strange))
}

struct Fields<'a>(&'a Map<String, Value>, Strange<'a>);

impl<'de> de::Deserializer<'de> for Fields<'_> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_map(Entries {
            rest: self.0.iter(),
            next: None,
            strange: self.1.within(),
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        // What is missing is told first: it is more often the cause than what is too much.
        let (fields, strange) = (self.0, self.1);
        let read = self.deserialize_any(visitor)?;
        strange.check(fields, known)?;
        Ok(read)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Entries<'a> {
    rest: serde_json::map::Iter<'a>,
    next: Option<(&'a str, &'a Value)>,
    strange: Strange<'a>,
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Unreadable;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unreadable> {
        let Some((key, value)) = self.rest.next() else {
            return Ok(None);
        };
        self.next = Some((key, value));
        seed.deserialize(key.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<S: de::DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Unreadable> {
        let (key, value) = self.next.take().unwrap_or(("", &Value::Null));
        seed.deserialize(One(value, self.strange))
            .map_err(|error: Unreadable| error.inside(key))
    }
}

/// One value, read as whatever is wanted.
struct One<'a>(&'a Value, Strange<'a>);

impl One<'_> {
    fn is_empty(&self) -> bool {
        match self.0 {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    fn number<T: std::str::FromStr>(&self) -> Result<T, Unreadable> {
        let text = match self.0 {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        text.parse()
            .map_err(|_refused| de::Error::custom("not a number of the kind asked for"))
    }

    fn whole<T: std::str::FromStr + Copy + TryInto<i128>>(&self) -> Result<T, Unreadable> {
        let number: T = self.number()?;
        let fits = number
            .try_into()
            .is_ok_and(|wide: i128| wide.unsigned_abs() <= u128::from(WHOLE_MAX));
        if fits {
            Ok(number)
        } else {
            Err(de::Error::custom("a number beyond the largest asked for"))
        }
    }

    fn measured<T: std::str::FromStr + Copy + Into<f64>>(&self) -> Result<T, Unreadable> {
        let number: T = self.number()?;
        if number.into().is_finite() {
            Ok(number)
        } else {
            Err(de::Error::custom("not a number"))
        }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $read:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            visitor.$visit(self.$read()?)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for One<'_> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.0
            .clone()
            .deserialize_any(visitor)
            .map_err(de::Error::custom)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let yes = match self.0 {
            Value::Bool(yes) => *yes,
            Value::Null => false,
            Value::String(text) => match text.trim() {
                "on" | "true" | "1" | "yes" => true,
                "" | "off" | "false" | "0" | "no" => false,
                _ => return Err(de::Error::custom("neither yes nor no")),
            },
            _ => return Err(de::Error::custom("neither yes nor no")),
        };
        visitor.visit_bool(yes)
    }

    numbers! {
        deserialize_i8 visit_i8 whole  deserialize_i16 visit_i16 whole
        deserialize_i32 visit_i32 whole  deserialize_i64 visit_i64 whole
        deserialize_u8 visit_u8 whole  deserialize_u16 visit_u16 whole
        deserialize_u32 visit_u32 whole  deserialize_u64 visit_u64 whole
        deserialize_f32 visit_f32 measured  deserialize_f64 visit_f64 measured
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Null => visitor.visit_str(""),
            Value::String(text) => visitor.visit_str(text),
            Value::Number(number) => visitor.visit_string(number.to_string()),
            Value::Bool(yes) => visitor.visit_str(if *yes { "true" } else { "false" }),
            Value::Array(_) | Value::Object(_) => Err(de::Error::custom("not a text")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_string(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_string(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.is_empty() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(Items::of(items, self.1)),
            _ if self.is_empty() => visitor.visit_seq(Items::of(&[], self.1)),
            one => visitor.visit_seq(Items::of(std::slice::from_ref(one), self.1)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Object(fields) => visitor.visit_map(Entries {
                rest: fields.iter(),
                next: None,
                strange: self.1,
            }),
            _ => Err(de::Error::custom("not a group of fields")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let (value, strange) = (self.0, self.1);
        let read = self.deserialize_map(visitor)?;
        if let Value::Object(fields) = value {
            strange.check(fields, known)?;
        }
        Ok(read)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        de::Deserializer::deserialize_enum(self.0.clone(), name, variants, visitor)
            .map_err(de::Error::custom)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        i128 u128 bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

struct Items<'a> {
    rest: std::iter::Enumerate<std::slice::Iter<'a, Value>>,
    strange: Strange<'a>,
}

impl<'a> Items<'a> {
    fn of(items: &'a [Value], strange: Strange<'a>) -> Self {
        Self {
            rest: items.iter().enumerate(),
            strange,
        }
    }
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Unreadable;

    fn next_element_seed<S: de::DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unreadable> {
        self.rest
            .next()
            .map(|(n, value)| {
                seed.deserialize(One(value, self.strange))
                    .map_err(|error: Unreadable| error.inside(&format!("[{n}]")))
            })
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Form {
        name: String,
        age: Option<u8>,
        fever: Option<f64>,
        #[serde(default)]
        agreed: bool,
        #[serde(default)]
        signs: Vec<String>,
    }

    fn form(value: Value) -> Result<Form, Unreadable> {
        let Value::Object(fields) = value else {
            panic!("an object")
        };
        read(&fields, Strange::Ignored)
    }

    fn strictly<T: DeserializeOwned>(value: Value) -> Result<T, Unreadable> {
        let Value::Object(fields) = value else {
            panic!("an object")
        };
        read(&fields, Strange::Refused(&["command_id"]))
    }

    #[derive(Debug, Deserialize)]
    struct List {
        #[serde(default)]
        contacts: Vec<Form>,
        #[serde(default)]
        page: i64,
    }

    #[test]
    fn a_form_of_strings_reads_as_its_types() {
        let read = form(json!({
            "name": "王小明", "age": "41", "fever": "", "agreed": "on", "signs": "cough", "more": "x"
        }));
        let wanted = Form {
            name: "王小明".into(),
            age: Some(41),
            fever: None,
            agreed: true,
            signs: vec!["cough".into()],
        };
        assert_eq!(read, Ok(wanted));
    }

    #[test]
    fn json_reads_the_same() {
        let read =
            form(json!({ "name": 7, "age": 41, "fever": 38.5, "signs": ["a", "b"] })).unwrap();
        assert_eq!(
            (read.name.as_str(), read.fever, read.signs.len()),
            ("7", Some(38.5), 2)
        );
    }

    #[test]
    fn a_refusal_names_its_field() {
        assert_eq!(
            form(json!({ "name": "x", "age": "old" }))
                .unwrap_err()
                .field
                .unwrap(),
            "age"
        );
        assert_eq!(
            form(json!({ "age": 3 })).unwrap_err().field.unwrap(),
            "name"
        );
    }

    #[test]
    fn a_refusal_names_the_whole_path() {
        let contacts = json!({ "contacts": [{ "name": "x" }, { "name": [] }] });
        let at = |value| strictly::<List>(value).unwrap_err().field.unwrap();
        assert_eq!(at(contacts), "contacts[1].name");
        assert_eq!(
            at(json!({ "contacts": [{ "age": 3 }] })),
            "contacts[0].name"
        );
        assert_eq!(at(json!({ "contacts": [7] })), "contacts[0]");
    }

    #[test]
    fn what_nothing_knows_is_refused_with_the_nearest_name() {
        let wrong = strictly::<List>(json!({ "contact": [], "command_id": "x" })).unwrap_err();
        assert_eq!(wrong.field.as_deref(), Some("contact"));
        assert_eq!(
            wrong.unknown,
            Some(Unknown {
                nearest: Some("contacts")
            })
        );
        let wrong = strictly::<List>(json!({ "contacts": [{ "name": "x", "command_id": "x" }] }))
            .unwrap_err();
        assert_eq!(wrong.field.as_deref(), Some("contacts[0].command_id"));
        let list = strictly::<List>(json!({ "contacts": [], "command_id": "x" })).unwrap();
        assert!(list.contacts.is_empty());
    }

    #[test]
    fn numbers_end_where_nothing_can_count_any_more() {
        for wrong in [
            json!(i64::MAX),
            json!("9223372036854775807"),
            json!(1_i64 << 53),
        ] {
            let refused = strictly::<List>(json!({ "page": wrong })).unwrap_err();
            assert_eq!(refused.field.as_deref(), Some("page"));
        }
        assert_eq!(
            strictly::<List>(json!({ "page": -3 })).map(|list| list.page),
            Ok(-3)
        );
        for wrong in ["NaN", "inf", "-infinity"] {
            assert!(form(json!({ "name": "x", "fever": wrong })).is_err());
        }
    }
}
