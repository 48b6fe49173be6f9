//! Code lists: the words of lists in Chinese and English, and the values they mean.

use fangxian_domain::identifiers::Sex;

/// A word that says nothing: `NA`, `?`, 不详 … An empty cell counts too.
pub(super) fn is_missing(text: &str) -> bool {
    const WORDS: [&str; 36] = [
        "",
        "?",
        "？",
        "-",
        "--",
        "—",
        "——",
        "/",
        "\\",
        ".",
        "*",
        "na",
        "n/a",
        "#n/a",
        "nan",
        "null",
        "none",
        "nil",
        "unknown",
        "unk",
        "not known",
        "not applicable",
        "missing",
        "无",
        "不详",
        "未知",
        "不明",
        "不清楚",
        "未填",
        "暂无",
        "暂缺",
        "缺失",
        "空",
        "待查",
        "待补",
        "未提供",
    ];
    let text = text.trim();
    text.chars().count() <= 14 && WORDS.contains(&text.to_lowercase().as_str())
}

/// The word without blanks, brackets' content and capitals.
pub(super) fn plain(text: &str) -> String {
    let mut depth = 0u32;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' | '（' | '[' | '【' => depth += 1,
            ')' | '）' | ']' | '】' => depth = depth.saturating_sub(1),
            c if depth == 0
                && !c.is_whitespace()
                && !matches!(
                    c,
                    '_' | '-' | '*' | ':' | '\u{ff1a}' | '.' | '。' | ',' | '\u{ff0c}' | '、'
                ) =>
            {
                out.extend(c.to_lowercase());
            }
            _ => {}
        }
    }
    out
}

/// Male or female.
pub(super) fn sex(text: &str) -> Option<Sex> {
    match plain(text).as_str() {
        "m" | "male" | "man" | "boy" | "男" | "男性" | "男士" | "nan" | "1" | "1男" | "先生" => {
            Some(Sex::Male)
        }
        "f" | "female" | "woman" | "girl" | "女" | "女性" | "女士" | "nv" | "nü" | "2" | "2女" => {
            Some(Sex::Female)
        }
        _ => None,
    }
}

/// The class of a case, as the report card and field lists name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseClass {
    /// 确诊病例, laboratory-confirmed.
    Confirmed,
    /// 临床诊断病例.
    ClinicallyDiagnosed,
    /// Probable, in lists that follow international definitions.
    Probable,
    /// 疑似病例.
    Suspected,
    /// 无症状感染者: an infection without symptoms, not a case under rules before 2023.
    Asymptomatic,
    /// 病原携带者.
    Carrier,
    /// 排除: found not to be a case.
    Excluded,
}

pub(super) fn class(text: &str) -> Option<CaseClass> {
    let word = plain(text);
    let any = |parts: &[&str]| parts.iter().any(|p| word.contains(p));
    let is = |parts: &[&str]| parts.contains(&word.as_str());
    if any(&[
        "排除",
        "非病例",
        "discarded",
        "excluded",
        "notacase",
        "noncase",
        "ruledout",
    ]) {
        Some(CaseClass::Excluded)
    } else if any(&["无症状", "asymptomatic"]) {
        Some(CaseClass::Asymptomatic)
    } else if any(&["携带", "carrier"]) {
        Some(CaseClass::Carrier)
    } else if any(&["疑似", "suspect", "suspicious"]) {
        Some(CaseClass::Suspected)
    } else if any(&["临床诊断", "clinicallydiagnosed", "clinicaldiagnosis"])
        || is(&["clinical", "临床"])
    {
        Some(CaseClass::ClinicallyDiagnosed)
    } else if any(&["可能病例", "probable"]) {
        Some(CaseClass::Probable)
    } else if any(&["确诊", "实验室诊断", "confirmed", "labconfirmed"])
        && !any(&["unconfirmed", "未确诊"])
        || is(&["quezhen", "laboratory", "已确诊"])
    {
        Some(CaseClass::Confirmed)
    } else {
        None
    }
}

/// How an illness ended, or that it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// 治愈, recovered or discharged.
    Recovered,
    /// 死亡.
    Died,
    /// 在治: still ill or in hospital.
    UnderTreatment,
    /// Alive, and nothing more is said.
    Alive,
    /// 失访, 转出: nobody knows here.
    LostToFollowUp,
}

pub(super) fn outcome(text: &str) -> Option<Outcome> {
    let word = plain(text);
    let any = |parts: &[&str]| parts.iter().any(|p| word.contains(p));
    if any(&["未死亡", "notdead"])
        || matches!(word.as_str(), "alive" | "survived" | "存活" | "生存")
    {
        Some(Outcome::Alive)
    } else if any(&[
        "死亡", "病故", "病亡", "dead", "death", "died", "deceased", "fatal", "siwang",
    ]) {
        Some(Outcome::Died)
    } else if any(&["失访", "转出", "外转", "lost", "transferred"]) {
        Some(Outcome::LostToFollowUp)
    } else if any(&[
        "在治",
        "治疗中",
        "在院",
        "住院",
        "隔离治疗",
        "未愈",
        "未出院",
        "ongoing",
        "hospitali",
        "stillill",
        "underreatment",
        "undertreatment",
    ]) {
        Some(Outcome::UnderTreatment)
    } else if any(&[
        "治愈",
        "痊愈",
        "出院",
        "好转",
        "康复",
        "解除隔离",
        "recover",
        "cured",
        "discharge",
        "chuyuan",
    ]) {
        Some(Outcome::Recovered)
    } else {
        None
    }
}

/// Yes or no.
pub(super) fn yes_no(text: &str) -> Option<bool> {
    match plain(text).as_str() {
        "y" | "yes" | "true" | "t" | "1" | "是" | "有" | "√" | "shi" => Some(true),
        "n" | "no" | "false" | "f" | "0" | "否" | "没有" | "×" | "fou" => Some(false),
        _ => None,
    }
}

/// What a test said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TestResult {
    /// 阳性.
    Positive,
    /// 阴性.
    Negative,
    /// 可疑、弱阳性待复核.
    Indeterminate,
}

pub(super) fn test_result(text: &str) -> Option<TestResult> {
    let word = plain(text);
    let any = |parts: &[&str]| parts.iter().any(|p| word.contains(p));
    if any(&[
        "可疑",
        "待复",
        "灰区",
        "indeterminate",
        "inconclusive",
        "equivocal",
    ]) {
        Some(TestResult::Indeterminate)
    } else if any(&["阴", "negative", "未检出", "notdetected"])
        || matches!(word.as_str(), "neg" | "-")
    {
        Some(TestResult::Negative)
    } else if any(&["阳", "positive", "检出", "detected"]) || matches!(word.as_str(), "pos" | "+")
    {
        Some(TestResult::Positive)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_both_languages_mean_the_same() {
        for (text, value) in [
            ("确诊病例", CaseClass::Confirmed),
            ("confirmed", CaseClass::Confirmed),
            ("临床诊断病例", CaseClass::ClinicallyDiagnosed),
            ("疑似", CaseClass::Suspected),
            ("Suspected", CaseClass::Suspected),
            ("probable", CaseClass::Probable),
            ("无症状感染者", CaseClass::Asymptomatic),
            ("已排除", CaseClass::Excluded),
        ] {
            assert_eq!(class(text), Some(value), "{text}");
        }
        assert_eq!(
            (class("preschool"), class("已审核"), class("1")),
            (None, None, None)
        );
        for (text, value) in [
            ("治愈出院", Outcome::Recovered),
            ("Recover", Outcome::Recovered),
            ("Death", Outcome::Died),
            ("死亡", Outcome::Died),
            ("Alive", Outcome::Alive),
            ("在院治疗", Outcome::UnderTreatment),
        ] {
            assert_eq!(outcome(text), Some(value), "{text}");
        }
        assert_eq!(
            (sex("男"), sex("F"), sex("male "), sex("x")),
            (Some(Sex::Male), Some(Sex::Female), Some(Sex::Male), None)
        );
        assert_eq!(
            (yes_no("Y"), yes_no("否"), yes_no("L")),
            (Some(true), Some(false), None)
        );
        assert_eq!(
            (test_result("核酸阳性"), test_result("阴性")),
            (Some(TestResult::Positive), Some(TestResult::Negative))
        );
        assert!(is_missing("不详") && is_missing(" N/A ") && !is_missing("无锡"));
    }
}
