//! Reads what a form, a query or a JSON body says into a typed input.
//!
//! Forms only know strings: here "3" reads as a number, "on" as true, an empty box as nothing, one
//! ticked box as a list of one. Unknown fields are ignored. It judges nothing: use cases do.

use std::fmt;

use serde::de::{self, DeserializeOwned, IntoDeserializer, Visitor};
use serde_json::{Map, Value};

/// Which field could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The field, when it is known.
    pub field: Option<String>,
    message: String,
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
            message: message.to_string(),
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self {
            field: Some(field.to_owned()),
            message: format!("`{field}` is missing"),
        }
    }
}

/// Reads a typed input.
///
/// # Errors
/// When a field is missing or does not read as its type.
pub fn read<T: DeserializeOwned>(fields: &Map<String, Value>) -> Result<T, Unreadable> {
    T::deserialize(Fields(fields))
}

struct Fields<'a>(&'a Map<String, Value>);

impl<'de> de::Deserializer<'de> for Fields<'_> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_map(Entries {
            rest: self.0.iter(),
            next: None,
        })
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
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Entries<'a> {
    rest: serde_json::map::Iter<'a>,
    next: Option<(&'a str, &'a Value)>,
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
        seed.deserialize(One(value)).map_err(|mut error| {
            error.field.get_or_insert_with(|| key.to_owned());
            error
        })
    }
}

/// One value, read as whatever is wanted.
struct One<'a>(&'a Value);

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
}

macro_rules! numbers {
    ($($method:ident $visit:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            visitor.$visit(self.number()?)
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
        deserialize_i8 visit_i8  deserialize_i16 visit_i16
        deserialize_i32 visit_i32  deserialize_i64 visit_i64
        deserialize_u8 visit_u8  deserialize_u16 visit_u16
        deserialize_u32 visit_u32  deserialize_u64 visit_u64
        deserialize_f32 visit_f32  deserialize_f64 visit_f64
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
            Value::Array(items) => visitor.visit_seq(Items(items.iter())),
            _ if self.is_empty() => visitor.visit_seq(Items([].iter())),
            one => visitor.visit_seq(Items(std::slice::from_ref(one).iter())),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Object(fields) => visitor.visit_map(Entries {
                rest: fields.iter(),
                next: None,
            }),
            _ => Err(de::Error::custom("not a group of fields")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_map(visitor)
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

struct Items<'a>(std::slice::Iter<'a, Value>);

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Unreadable;

    fn next_element_seed<S: de::DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unreadable> {
        self.0
            .next()
            .map(|value| seed.deserialize(One(value)))
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
        read(&fields)
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
}
