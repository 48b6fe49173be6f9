//! Reads a report as typed and names every field that does not hold. Nothing is guessed: what cannot
//! be read is refused with a remedy, what is left empty stays unknown. Start with [`check`].

use fangxian_base::{Date, Text, days_between, plus_days};
use fangxian_domain::identifiers::{Document, DocumentKind, Mobile, Sex};

use super::signal::{ANIMALS, CLASSES, SETTINGS, SYMPTOMS, Signal, TESTS};
use crate::FieldError;

/// LIMIT: characters in a short field.
const SHORT_MAX: usize = 120;
/// LIMIT: characters in a note.
const NOTE_MAX: usize = 2_000;
/// LIMIT: contacts named in one report.
const CONTACTS_MAX: usize = 60;
/// Nobody who is reported was born longer ago, in days; as far as the age that may be given.
const BORN_DAYS_MAX: i64 = 131 * 366;
/// Nobody's onset or stay is asked for further back than this.
const DAYS_BACK_MAX: i64 = 366;

/// A report that holds.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub name: Option<String>,
    pub sex: Option<Sex>,
    pub age: Option<u32>,
    pub birth_date: Option<Date>,
    pub document: Option<(DocumentKind, String)>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub area_code: Option<String>,
    pub workplace: Option<String>,
    pub symptoms: Vec<String>,
    pub temperature: Option<f64>,
    pub onset_on: Option<Date>,
    pub stay: Option<Stay>,
    pub contact: Option<Contact>,
    pub visited_on: Option<Date>,
    pub hospitalised_on: Option<Date>,
    pub disease: Option<String>,
    pub class: Option<(String, Option<Date>)>,
    pub animals: Option<(String, Option<Date>)>,
    pub pneumonia: Option<bool>,
    pub test: Option<Test>,
    pub discharged_on: Option<Date>,
    pub died_on: Option<Date>,
    pub note: Option<String>,
    pub contacts: Vec<CheckedContact>,
}

impl Checked {
    /// The day of the notified class.
    pub fn class_day(&self) -> Option<Date> {
        self.class.as_ref().and_then(|(_, on)| *on)
    }
}

/// A test and its result.
#[derive(Debug, Clone)]
pub struct Test {
    pub kind: String,
    pub sampled_on: Option<Date>,
    pub result: String,
}

/// Where the person has been.
#[derive(Debug, Clone)]
pub struct Stay {
    pub place: String,
    pub from: Option<Date>,
    pub until: Option<Date>,
}

/// A meeting with a case.
#[derive(Debug, Clone, Default)]
pub struct Contact {
    pub of: Option<String>,
    pub setting: Option<String>,
    pub protected: Option<bool>,
    pub from: Option<Date>,
    pub until: Option<Date>,
}

/// A named contact that holds.
#[derive(Debug, Clone)]
pub struct CheckedContact {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub area_code: Option<String>,
    pub contact: Contact,
}

/// Collects what does not hold.
struct Reader {
    today: Date,
    wrong: Vec<FieldError>,
}

impl Reader {
    fn refuse(&mut self, field: &str, zh: &str, en: &str) {
        self.wrong.push(FieldError {
            field: field.to_owned(),
            text: Text::new(zh, en),
        });
    }

    fn text(&mut self, field: &str, typed: &str, max: usize) -> Option<String> {
        let clean: String = typed
            .chars()
            .filter(|c| !c.is_control() || *c == '\n')
            .filter(|c| !matches!(*c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
            .collect();
        let clean = clean.trim();
        if clean.chars().count() > max {
            self.refuse(
                field,
                &format!("最多 {max} 个字，请缩短。"),
                &format!("At most {max} characters; please shorten it."),
            );
        }
        (!clean.is_empty()).then(|| clean.to_owned())
    }

    fn day(&mut self, field: &str, typed: &str) -> Option<Date> {
        let typed = typed.trim();
        if typed.is_empty() {
            return None;
        }
        let Ok(day) = typed.replace('/', "-").parse::<Date>() else {
            self.refuse(
                field,
                "日期不存在或写法不对，请写成 2026-01-31。",
                "No such date; write it as 2026-01-31.",
            );
            return None;
        };
        if day > self.today {
            self.refuse(
                field,
                "日期在今天之后，请核对。",
                "This day lies after today; please check it.",
            );
            return None;
        }
        Some(day)
    }

    fn recent(&mut self, field: &str, typed: &str) -> Option<Date> {
        let day = self.day(field, typed)?;
        if day < plus_days(self.today, -DAYS_BACK_MAX) {
            self.refuse(
                field,
                "日期在一年以前，请核对年份。",
                "This day lies more than a year back; please check the year.",
            );
            return None;
        }
        Some(day)
    }

    fn code(&mut self, field: &str, typed: &str, allowed: &[&str]) -> Option<String> {
        let typed = typed.trim();
        if typed.is_empty() {
            return None;
        }
        if !allowed.contains(&typed) {
            self.refuse(
                field,
                &format!("不认识的选项；可选：{}。", allowed.join("、")),
                &format!("Not one of the choices: {}.", allowed.join(", ")),
            );
            return None;
        }
        Some(typed.to_owned())
    }

    fn order(&mut self, field: &str, from: Option<Date>, until: Option<Date>) {
        if let (Some(from), Some(until)) = (from, until)
            && from > until
        {
            self.refuse(
                field,
                "结束日期早于开始日期，请核对。",
                "It ends before it begins; please check both days.",
            );
        }
    }

    fn phone(&mut self, field: &str, typed: &str) -> Option<String> {
        let typed = typed.trim();
        if typed.is_empty() {
            return None;
        }
        if let Ok(mobile) = Mobile::parse(typed) {
            return Some(mobile.number().expose().clone());
        }
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        let plain = typed
            .chars()
            .all(|c| c.is_ascii_digit() || " -+()（）转,".contains(c));
        if plain && (7..=15).contains(&digits.len()) {
            return Some(digits);
        }
        self.refuse(
            field,
            "电话号码不完整：手机 11 位，座机请带区号。",
            "Not a whole number: 11 digits for a mobile, area code first for a landline.",
        );
        None
    }
}

/// Reads a report; `today` bounds its dates.
///
/// # Errors
/// Every field that does not hold, with what to do about it.
pub fn check(signal: &Signal, today: Date) -> Result<Checked, Vec<FieldError>> {
    let mut r = Reader {
        today,
        wrong: Vec::new(),
    };
    let mut checked = Checked {
        name: r.text("name", &signal.name, SHORT_MAX),
        phone: r.phone("phone", &signal.phone),
        address: r.text("address", &signal.address, 300),
        area_code: r.text("area_code", &signal.area_code, 20),
        workplace: r.text("workplace", &signal.workplace, SHORT_MAX),
        onset_on: r.recent("onset_on", &signal.onset_on),
        visited_on: r.recent("visited_on", &signal.visited_on),
        hospitalised_on: r.recent("hospitalised_on", &signal.hospitalised_on),
        discharged_on: r.recent("discharged_on", &signal.discharged_on),
        died_on: r.recent("died_on", &signal.died_on),
        note: r.text("note", &signal.note, NOTE_MAX),
        ..Checked::default()
    };
    check_identity(&mut r, signal, &mut checked);
    checked.symptoms = signal
        .symptoms
        .iter()
        .filter_map(|symptom| r.code("symptoms", symptom, &SYMPTOMS))
        .collect();
    checked.symptoms.sort();
    checked.symptoms.dedup();
    checked.temperature = check_temperature(&mut r, &signal.temperature);
    check_stay(&mut r, signal, &mut checked);
    checked.contact = check_contact(
        &mut r,
        "contact_",
        [
            &signal.contact_of,
            &signal.contact_setting,
            &signal.contact_protected,
            &signal.contact_from,
            &signal.contact_until,
        ],
    );
    checked.disease = r.text("disease", &signal.disease, SHORT_MAX);
    let class = r.code("class", &signal.class, &CLASSES);
    let class_on = r.recent("class_on", &signal.class_on);
    checked.class = class.map(|class| (class, class_on));
    let animals = r.code("animals", &signal.animals, &ANIMALS);
    let animals_on = r.recent("animals_on", &signal.animals_on);
    checked.animals = animals.map(|kind| (kind, animals_on));
    checked.pneumonia = r
        .code("pneumonia", &signal.pneumonia, &["yes", "no"])
        .map(|x| x == "yes");
    let sampled_on = r.recent("sample_on", &signal.sample_on);
    let kind = r
        .code("test", &signal.test, &TESTS)
        .unwrap_or_else(|| "pcr".to_owned());
    checked.test = r
        .code(
            "result",
            &signal.result,
            &["positive", "negative", "unclear"],
        )
        .map(|result| Test {
            kind,
            sampled_on,
            result,
        });
    if let (Some(onset), Some(visit)) = (checked.onset_on, checked.visited_on)
        && days_between(onset, visit) < -30
    {
        r.refuse(
            "visited_on",
            "就诊日期比发病早一个多月，请核对两个日期。",
            "The visit lies more than a month before the onset; please check both days.",
        );
    }
    check_contacts(&mut r, signal, &mut checked);
    if checked.name.is_none() && checked.phone.is_none() && checked.document.is_none() {
        r.refuse(
            "name",
            "请至少留下姓名或电话，否则无法与您联系。证件号码可以不填。",
            "Leave at least a name or a phone number, or nobody can call back. The document number may stay empty.",
        );
    }
    if r.wrong.is_empty() {
        Ok(checked)
    } else {
        Err(r.wrong)
    }
}

/// Whether a class or a result says of which disease: one that there are rules for, or that of the
/// response it is reported to.
pub fn check_disease(
    signal: &Signal,
    known: &[(&str, &str)],
    of_response: &str,
) -> Option<FieldError> {
    let refuse = |zh: String, en: String| {
        Some(FieldError {
            field: "disease".to_owned(),
            text: Text::new(zh, en),
        })
    };
    let typed = signal.disease.trim();
    let found = !signal.class.trim().is_empty() || !signal.result.trim().is_empty();
    if typed.is_empty() {
        if found && of_response.is_empty() {
            return refuse(
                "请选择诊断或检测的是哪种病；不同的病分开研判。".to_owned(),
                "Say which disease the finding is of; each is assessed by itself.".to_owned(),
            );
        }
        return None;
    }
    if known.iter().any(|(id, _)| *id == typed) {
        return None;
    }
    let ids: Vec<&str> = known.iter().map(|(id, _)| *id).collect();
    let names: Vec<&str> = known.iter().map(|(_, name)| *name).collect();
    refuse(
        format!("没有这种病的规则包；可选：{}。", names.join("、")),
        format!(
            "There is no pack for this disease; choose one of {}.",
            ids.join(", ")
        ),
    )
}

fn check_identity(r: &mut Reader, signal: &Signal, checked: &mut Checked) {
    checked.sex = match signal.sex.trim() {
        "male" => Some(Sex::Male),
        "female" => Some(Sex::Female),
        "" => None,
        _ => {
            r.refuse(
                "sex",
                "请选择男、女或留空。",
                "Choose male or female, or leave it empty.",
            );
            None
        }
    };
    checked.birth_date = r.day("birth_date", &signal.birth_date);
    if checked
        .birth_date
        .is_some_and(|birth| birth < plus_days(r.today, -BORN_DAYS_MAX))
    {
        r.refuse(
            "birth_date",
            "出生日期过早，请核对年份。",
            "Nobody was born that long ago; please check the year.",
        );
    }
    let age = signal.age.trim();
    if !age.is_empty() {
        match age.parse::<u32>() {
            Ok(years) if years <= 130 => checked.age = Some(years),
            Ok(_) | Err(_) => r.refuse(
                "age",
                "年龄请填 0 到 130 的整数（周岁）。",
                "Age in whole years, from 0 to 130.",
            ),
        }
    }
    check_document(r, signal, checked);
}

fn check_document(r: &mut Reader, signal: &Signal, checked: &mut Checked) {
    let stated = signal.document_kind.trim();
    let kind = DocumentKind::from_code(stated);
    if !stated.is_empty() && kind.is_none() {
        r.refuse(
            "document_kind",
            "没有这种证件类型，请从列表中选择，或留空由系统识别。",
            "There is no such kind of document; choose one, or leave it empty and it is recognised.",
        );
        return;
    }
    let number = signal.document_number.trim();
    if number.is_empty() {
        return;
    }
    let read = match kind {
        Some(kind) => Document::parse(kind, number),
        None => Document::detect(number),
    };
    let document = match read {
        Ok(document) => document,
        Err(e) => {
            let (what, remedy) = (e.message(), e.remedy());
            r.refuse(
                "document_number",
                &format!("{}{}", what.zh, remedy.zh),
                &format!("{} {}", what.en, remedy.en),
            );
            return;
        }
    };
    if document.birth_date().is_some_and(|birth| birth > r.today) {
        r.refuse(
            "document_number",
            "证件号码中的出生日期在今天之后，请对照证件逐位核对。",
            "The birth date in this number lies after today; check it against the document.",
        );
        return;
    }
    if let (Some(said), Some(inside)) = (checked.birth_date, document.birth_date())
        && said != inside
    {
        r.refuse(
            "birth_date",
            "出生日期与证件号码不一致，请核对两处，或将出生日期留空。",
            "This is not the birth date in the document number; check both, or leave it empty.",
        );
    }
    if let (Some(said), Some(inside)) = (checked.sex, document.sex())
        && said != inside
    {
        r.refuse(
            "sex",
            "性别与证件号码不一致，请核对两处，或将性别留空。",
            "This is not the sex in the document number; check both, or leave it empty.",
        );
    }
    checked.birth_date = checked.birth_date.or(document.birth_date());
    checked.sex = checked.sex.or(document.sex());
    checked.document = Some((document.kind(), document.number().expose().clone()));
}

fn check_temperature(r: &mut Reader, typed: &str) -> Option<f64> {
    let typed = typed.trim().trim_end_matches(['℃', 'C', 'c', '°', ' ']);
    if typed.is_empty() {
        return None;
    }
    match typed.parse::<f64>() {
        Ok(degrees) if (34.0..=43.0).contains(&degrees) => Some(degrees),
        Ok(_) | Err(_) => {
            r.refuse(
                "temperature",
                "体温请填 34 到 43 之间的数，如 38.5。",
                "Temperature in °C between 34 and 43, such as 38.5.",
            );
            None
        }
    }
}

fn check_stay(r: &mut Reader, signal: &Signal, checked: &mut Checked) {
    let from = r.recent("been_from", &signal.been_from);
    let until = r.recent("been_until", &signal.been_until);
    r.order("been_until", from, until);
    let place = r.text("been_to", &signal.been_to, SHORT_MAX);
    match place {
        Some(place) => checked.stay = Some(Stay { place, from, until }),
        None if from.is_some() || until.is_some() => {
            r.refuse("been_to", "请写明去过哪里。", "Please say where that was.");
        }
        None => {}
    }
}

fn check_contact(
    r: &mut Reader,
    prefix: &str,
    [of, setting, protected, from, until]: [&String; 5],
) -> Option<Contact> {
    let of = r.text(&format!("{prefix}of"), of, 60);
    let setting = r.code(&format!("{prefix}setting"), setting, &SETTINGS);
    let protected = r
        .code(&format!("{prefix}protected"), protected, &["yes", "no"])
        .map(|x| x == "yes");
    let from = r.recent(&format!("{prefix}from"), from);
    let until = r.recent(&format!("{prefix}until"), until);
    r.order(&format!("{prefix}until"), from, until);
    let said = of.is_some() || setting.is_some() || protected.is_some();
    (said || from.is_some() || until.is_some()).then_some(Contact {
        of,
        setting,
        protected,
        from,
        until,
    })
}

fn check_contacts(r: &mut Reader, signal: &Signal, checked: &mut Checked) {
    if signal.contacts.len() > CONTACTS_MAX {
        r.refuse(
            "contacts",
            &format!("一次最多登记 {CONTACTS_MAX} 名接触者，其余请另行提交或导入表格。"),
            &format!(
                "At most {CONTACTS_MAX} contacts at once; send the rest separately or as a list."
            ),
        );
        return;
    }
    for (i, named) in signal.contacts.iter().enumerate() {
        let name = r.text(&format!("contacts.{i}.name"), &named.name, SHORT_MAX);
        let phone = r.phone(&format!("contacts.{i}.phone"), &named.phone);
        let address = r.text(&format!("contacts.{i}.address"), &named.address, 300);
        let area_code = r.text(&format!("contacts.{i}.area_code"), &named.area_code, 20);
        let none = String::new();
        let contact = check_contact(
            r,
            &format!("contacts.{i}."),
            [
                &none,
                &named.setting,
                &named.protected,
                &named.from,
                &named.until,
            ],
        );
        if name.is_some() || phone.is_some() {
            let contact = contact.unwrap_or_default();
            checked.contacts.push(CheckedContact {
                name,
                phone,
                address,
                area_code,
                contact,
            });
        } else if contact.is_some() || address.is_some() {
            r.refuse(
                &format!("contacts.{i}.name"),
                "请填写该接触者的姓名或电话。",
                "Give this contact's name or phone number.",
            );
        }
    }
}

#[cfg(test)]
mod tests;
