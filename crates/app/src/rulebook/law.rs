//! What the law of today lets be decided: one measure against one disease, whether the asker's own
//! unit is an organ that may decide it, and where it is not, the request to the organ that may, ready
//! to be signed. Nothing is decided or recorded here. Start with [`App::law_asked`].

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{Date, Text};
use fangxian_packs::{Approval, Organ, Permit, PermitRequest, Refusal};
use fangxian_store::{places, responses};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::appeals::Letter;
use crate::assess::{approvals_of, words};
use crate::measures::unit_kind;
use crate::sight::all_right;
use crate::{App, AppError, FieldError, Result, Who, found};

/// What is asked.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct LawQuestion {
    /// The measure by its number in the catalogue, such as `M14`; empty: only the choices are told.
    #[serde(default)]
    pub measure: String,
    /// The disease pack; not needed when a response is named.
    #[serde(default)]
    pub disease: String,
    /// The code of the response whose approvals count.
    #[serde(default)]
    pub response: String,
}

/// What the law says.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LawAnswer {
    /// The day that is asked about: today.
    #[schemars(with = "String")]
    pub on: Date,
    /// The measures that the packs know: number and name.
    pub measures: Vec<(String, Text)>,
    /// The answer; none while nothing was asked.
    pub answer: Option<MeasureAnswer>,
}

/// What the law says of one measure.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MeasureAnswer {
    /// Its number.
    pub measure: String,
    /// What the law calls it.
    pub name: Text,
    /// Whether some organ may decide it today.
    pub allowed: bool,
    /// Whether the asker's own unit is such an organ.
    pub own: bool,
    /// Law and article.
    pub basis: Text,
    /// What the article says, or why it may not be decided.
    pub says: Text,
    /// What would be needed where it may not.
    pub needed: Option<Text>,
    /// Who may decide it.
    pub organs: Vec<Text>,
    /// What must be done.
    pub formalities: Vec<Text>,
    /// The limit of the term.
    pub term: Option<Text>,
    /// How to complain.
    pub remedy: Option<Text>,
    /// The request to the organ that may; none where the own unit may, or nobody.
    pub request: Option<Letter>,
}

impl App {
    /// What the law of today says of a measure, with the request to the organ that may decide it
    /// where the asker's unit may not.
    ///
    /// # Errors
    /// When the asker may not see packs, or measure, disease or response are not known.
    pub fn law_asked(&self, who: &Who, question: &LawQuestion) -> Result<LawAnswer> {
        self.permit(
            who,
            Action::PacksView,
            &Resource::Installation,
            Purpose::Command,
        )?;
        let on = self.today();
        let known = self.packs().catalogue();
        let measures: Vec<(String, Text)> = known
            .iter()
            .map(|(id, name)| (id.clone(), words(name)))
            .collect();
        let measure = question.measure.trim();
        if measure.is_empty() {
            return Ok(LawAnswer {
                on,
                measures,
                answer: None,
            });
        }
        let (disease, approvals) = self.law_subject(question, &measures)?;
        let subject = Subject {
            disease: &disease,
            measure,
            on,
            approvals: &approvals,
        };
        let answer = match self.by_law(&subject, None) {
            Ok(permit) => {
                let organs = permit.organs.iter();
                let own = own_organ(who, organs.copied());
                let own = own.is_some_and(|organ| self.by_law(&subject, Some(organ)).is_ok());
                let mut answer = allowed(&permit, own);
                if !own {
                    answer.request = self.request(who, &permit, &disease)?;
                }
                answer
            }
            Err(refusal) => refused(refusal),
        };
        Ok(LawAnswer {
            on,
            measures,
            answer: Some(answer),
        })
    }

    /// The disease that is meant, and the approvals on record.
    fn law_subject(
        &self,
        question: &LawQuestion,
        measures: &[(String, Text)],
    ) -> Result<(String, Vec<Approval>)> {
        let mut wrong = Vec::new();
        let mut say = |field: &str, zh: &str, en: &str| {
            wrong.push(FieldError {
                field: field.to_owned(),
                text: Text::new(zh, en),
            });
        };
        if !measures.iter().any(|(id, _)| id == question.measure.trim()) {
            say(
                "measure",
                "目录中没有这一措施，请从列表中选择。",
                "The catalogue has no such measure; choose one from the list.",
            );
        }
        let mut subject = None;
        match question.response.trim() {
            "" => {
                let disease = question.disease.trim();
                if self.packs().diseases().any(|(id, _)| id == disease) {
                    subject = Some((disease.to_owned(), Vec::new()));
                } else {
                    say(
                        "disease",
                        "请选择病种，或选择一个响应。",
                        "Choose a disease, or a response.",
                    );
                }
            }
            code => {
                subject = self.read(|tx| {
                    let Some(response) = responses::response_by_code(tx, code)? else {
                        return Ok(None);
                    };
                    if response.disease.is_empty() || response.closed_at.is_some() {
                        return Ok(None);
                    }
                    let approvals = approvals_of(tx, &response)?;
                    Ok(Some((response.disease, approvals)))
                })?;
                if subject.is_none() {
                    say(
                        "response",
                        "没有这个编号的进行中的响应，或该响应不针对某一疾病；请从列表中选择。",
                        "There is no open response of this code against a disease; choose one from the list.",
                    );
                }
            }
        }
        all_right(wrong)?;
        subject.ok_or_else(AppError::not_found)
    }

    #[expect(
        clippy::result_large_err,
        reason = "a refusal is the answer, not an accident"
    )]
    fn by_law(
        &self,
        subject: &Subject<'_>,
        organ: Option<Organ>,
    ) -> std::result::Result<Permit, Refusal> {
        self.packs().permit(&PermitRequest {
            disease: subject.disease,
            measure: subject.measure,
            organ,
            on: subject.on,
            as_of: subject.on,
            approvals: subject.approvals,
        })
    }

    /// A request to whoever may decide, in the words of an office (请示).
    fn request(&self, who: &Who, permit: &Permit, disease: &str) -> Result<Option<Letter>> {
        let Some(actor) = who.actor() else {
            return Ok(None);
        };
        let unit = self.read(|tx| found(places::unit_fetch(tx, actor.unit)))?;
        let unit = Text::new(unit.name_zh, unit.name_en);
        let disease = self
            .packs()
            .diseases()
            .find(|(id, _)| *id == disease)
            .map(|(_, name)| words(name))
            .unwrap_or_default();
        // What is particular is written on the paper by hand: it may be about somebody.
        let place = Text::new(
            "____________（对象或区域）",
            "____________ (on what or where)",
        );
        let reason = Text::new(
            "____________（疫情概况与必要性）",
            "____________ (the situation, and why it is necessary)",
        );
        let name = words(&permit.name);
        let organs = listed(&permit.organs);
        let formalities: Vec<Text> = permit
            .formalities
            .iter()
            .map(|one| words(&one.text()))
            .collect();
        let zh: Vec<&str> = formalities.iter().map(|one| one.zh.as_str()).collect();
        let en: Vec<&str> = formalities.iter().map(|one| one.en.as_str()).collect();
        let body = Text::new(
            format!(
                "{}：\n一、事由：为防控{}，拟对{place}采取“{}”。\n二、依据：{}{}：{}。\n三、本单位不是该措施的法定决定机关，依法须由{}决定，现予提请。\n四、理由：{reason}\n五、期限：{}\n六、作出决定时应当办理：{}。\n妥否，请批示。",
                organs.zh,
                disease.zh,
                name.zh,
                permit.law.zh,
                permit.article.zh,
                permit.says.zh,
                organs.zh,
                permit.term.zh,
                zh.join("、"),
                place = place.zh,
                reason = reason.zh,
            ),
            format!(
                "To {}:\n1. Against {} we ask for \"{}\" on: {place}.\n2. Basis: {}, {}: {}.\n3. This unit is no organ that may decide the measure; by law it is decided by {}, to whom it is submitted.\n4. Why: {reason}\n5. Term: {}\n6. What the decision calls for: {}.\nWe ask for your decision.",
                organs.en,
                disease.en,
                name.en,
                permit.law.en,
                permit.article.en,
                permit.says.en,
                organs.en,
                permit.term.en,
                en.join(", "),
                place = place.en,
                reason = reason.en,
            ),
        );
        Ok(Some(Letter {
            title: Text::new(
                format!("关于提请决定采取“{}”的请示", name.zh),
                format!("Request to decide \"{}\"", name.en),
            ),
            document_no: String::new(),
            body,
            organ: unit,
            signed_on: self.today(),
        }))
    }
}

/// What the law is asked about.
struct Subject<'a> {
    disease: &'a str,
    measure: &'a str,
    on: Date,
    approvals: &'a [Approval],
}

/// As which of these organs the asker's unit decides.
fn own_organ(who: &Who, mut organs: impl Iterator<Item = Organ>) -> Option<Organ> {
    let kind = who.actor()?.unit_kind;
    organs.find(|organ| unit_kind(*organ) == Some(kind))
}

fn listed(organs: &[Organ]) -> Text {
    let texts: Vec<Text> = organs.iter().map(|organ| words(&organ.text())).collect();
    let zh: Vec<&str> = texts.iter().map(|text| text.zh.as_str()).collect();
    let en: Vec<&str> = texts.iter().map(|text| text.en.as_str()).collect();
    Text::new(zh.join("或"), en.join(" or "))
}

fn allowed(permit: &Permit, own: bool) -> MeasureAnswer {
    MeasureAnswer {
        measure: permit.measure.clone(),
        name: words(&permit.name),
        allowed: true,
        own,
        basis: Text::new(
            format!("{}{}", permit.law.zh, permit.article.zh),
            format!("{}, {}", permit.law.en, permit.article.en),
        ),
        says: words(&permit.says),
        needed: None,
        organs: permit
            .organs
            .iter()
            .map(|organ| words(&organ.text()))
            .collect(),
        formalities: permit
            .formalities
            .iter()
            .map(|one| words(&one.text()))
            .collect(),
        term: Some(words(&permit.term)),
        remedy: Some(Text::new(
            format!("{}（{}）", permit.remedy.zh, permit.remedy_article.zh),
            format!("{} ({})", permit.remedy.en, permit.remedy_article.en),
        )),
        request: None,
    }
}

fn refused(refusal: Refusal) -> MeasureAnswer {
    MeasureAnswer {
        name: words(&refusal.name),
        allowed: false,
        own: false,
        basis: words(&refusal.article),
        says: words(&refusal.why),
        needed: Some(words(&refusal.needed)),
        organs: Vec::new(),
        formalities: Vec::new(),
        term: None,
        remedy: None,
        request: None,
        measure: refusal.measure,
    }
}
