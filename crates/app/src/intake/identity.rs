//! Who somebody is, as one record says it or as several say it together, and the forms in which
//! names and numbers are compared.

use fangxian_base::Date;
use fangxian_domain::identifiers::{DocumentKind, ResidentId};
use fangxian_store::Author;
use fangxian_store::facts::{Fact, standing};

/// What a person is known by, from one record or the best of several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Name.
    pub name: Option<String>,
    /// `male` or `female`.
    pub sex: Option<String>,
    /// Birth date.
    pub birth_date: Option<Date>,
    /// Age in years as reported, when no birth date is known.
    pub age: Option<String>,
    /// Document kind and number.
    pub document: Option<(String, String)>,
    /// Phone.
    pub phone: Option<String>,
    /// Address.
    pub address: Option<String>,
    /// Workplace or school.
    pub workplace: Option<String>,
    /// Namespace and the list's own case number.
    pub case_number: Option<(String, String)>,
}

/// The attribute names of an `identity` fact.
const ATTRS: [&str; 10] = [
    "name",
    "sex",
    "birth_date",
    "age",
    "document_kind",
    "document_number",
    "phone",
    "address",
    "workplace",
    "case_number",
];

impl Identity {
    /// The attributes as an `identity` fact carries them.
    pub fn attrs(&self) -> serde_json::Map<String, serde_json::Value> {
        let values = [
            self.name.clone(),
            self.sex.clone(),
            self.birth_date.map(|d| d.to_string()),
            self.age.clone(),
            self.document.as_ref().map(|(kind, _)| kind.clone()),
            self.document.as_ref().map(|(_, number)| number.clone()),
            self.phone.clone(),
            self.address.clone(),
            self.workplace.clone(),
            self.case_number
                .as_ref()
                .map(|(space, number)| format!("{space}#{number}")),
        ];
        ATTRS
            .iter()
            .zip(values)
            .filter_map(|(key, value)| Some(((*key).to_owned(), value?.into())))
            .collect()
    }

    fn take(&mut self, attrs: &serde_json::Map<String, serde_json::Value>) {
        let get = |key: &str| attrs.get(key).and_then(|v| v.as_str()).map(str::to_owned);
        let replace = |slot: &mut Option<String>, key: &str| {
            if let Some(value) = get(key) {
                *slot = Some(value);
            }
        };
        replace(&mut self.name, "name");
        replace(&mut self.sex, "sex");
        replace(&mut self.age, "age");
        replace(&mut self.phone, "phone");
        replace(&mut self.address, "address");
        replace(&mut self.workplace, "workplace");
        if let Some(day) = get("birth_date").and_then(|d| d.parse().ok()) {
            self.birth_date = Some(day);
        }
        if let (Some(kind), Some(number)) = (get("document_kind"), get("document_number")) {
            self.document = Some((kind, number));
        }
        if let Some(number) = get("case_number")
            && let Some((space, number)) = number.split_once('#')
        {
            self.case_number = Some((space.to_owned(), number.to_owned()));
        }
    }

    /// Puts a value where nothing stands yet, and tells of those that say something else.
    fn fill(&mut self, other: Self, disputed: &mut Vec<(String, String)>) {
        let (stands, said) = (self.attrs(), other.attrs());
        for (key, value) in &said {
            let differs = match (key.as_str(), stands.get(key)) {
                (_, None) | ("document_kind", _) => false,
                ("name", Some(known)) => {
                    let plain = |v: &serde_json::Value| v.as_str().map(plain_name);
                    plain(known) != plain(value)
                }
                (_, Some(known)) => known != value,
            };
            if differs && let Some(value) = value.as_str() {
                let one = (key.clone(), value.to_owned());
                if !disputed.contains(&one) {
                    disputed.push(one);
                }
            }
        }
        self.name = self.name.take().or(other.name);
        self.sex = self.sex.take().or(other.sex);
        self.birth_date = self.birth_date.or(other.birth_date);
        self.age = self.age.take().or(other.age);
        self.document = self.document.take().or(other.document);
        self.phone = self.phone.take().or(other.phone);
        self.address = self.address.take().or(other.address);
        self.workplace = self.workplace.take().or(other.workplace);
        self.case_number = self.case_number.take().or(other.case_number);
    }

    /// The identity that these facts give: of what staff and lists brought, what was said last;
    /// what somebody at the public door says fills only what nobody has said before.
    pub fn of(facts: &[Fact]) -> Self {
        Self::with_disputes(facts).0
    }

    /// The same, and what the public door says otherwise: attribute and value.
    pub fn with_disputes(facts: &[Fact]) -> (Self, Vec<(String, String)>) {
        let mut identity = Self::default();
        let standing = standing(facts);
        let said = standing
            .iter()
            .filter(|fact| fact.kind == "identity")
            .filter_map(|fact| Some((fact.author == Author::Public.code(), fact.attrs.as_ref()?)));
        let (public, known): (Vec<_>, Vec<_>) = said.partition(|(public, _)| *public);
        for (_, attrs) in known {
            identity.take(attrs);
        }
        let mut disputed = Vec::new();
        for (_, attrs) in public {
            let mut other = Self::default();
            other.take(attrs);
            identity.fill(other, &mut disputed);
        }
        (identity, disputed)
    }
}

/// A document number as it is compared: an old identity number in its eighteen characters.
pub(super) fn canonical(kind: &str, number: &str) -> String {
    if kind == DocumentKind::ResidentId.code()
        && let Ok(id) = ResidentId::parse(number)
    {
        return id.current_form().into_inner();
    }
    number.to_owned()
}

/// Every form under which a document may have been kept: the one it is compared in, as it was
/// given, and an identity number of the last century in its old fifteen digits.
pub fn document_forms(kind: &str, number: &str) -> Vec<String> {
    let current = canonical(kind, number);
    let mut forms = vec![current.clone()];
    if kind == DocumentKind::ResidentId.code()
        && let (Some(place), Some("19"), Some(rest)) =
            (current.get(..6), current.get(6..8), current.get(8..17))
    {
        forms.push(format!("{place}{rest}"));
    }
    if !forms.iter().any(|form| form == number) {
        forms.push(number.to_owned());
    }
    forms
}

/// A name as it is compared: without blanks and dots, in one width and case.
pub fn plain_name(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace() && !"·.・•-'’".contains(*c))
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            other => other,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_reads_back_from_its_fact() {
        let known = Identity {
            name: Some("欧阳 明".into()),
            birth_date: Some("1980-01-01".parse().unwrap()),
            document: Some(("resident_id".into(), "990101198001010014".into())),
            phone: Some("13800000000".into()),
            case_number: Some(("list".into(), "1".into())),
            ..Identity::default()
        };
        let mut read = Identity::default();
        read.take(&known.attrs());
        assert_eq!(read, known);
    }
}
