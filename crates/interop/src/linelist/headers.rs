//! The words of headers: Chinese, English and pinyin, and which field they mean.

use super::field::Field;
use super::field::Field as F;

/// Words per field, separated by `|`. `=` in front: only the whole header; `~`: likewise, and a
/// better word elsewhere goes first. English words in any order, without `date`, `of` and the like.
const WORDS: &[(Field, &str)] = &[
    (
        F::CaseNumber,
        "病例编号|病例号|病例序号|~编号|~序号|~号|卡片编号|卡片id|病例id|个案编号|case|case id|case no|case number|case code|~id|record id|patient id|unique id|official number|~bianhao|binglibianhao|~xuhao|~index|rec id|epid number|epid|~person id|~no",
    ),
    (
        F::FromCase,
        "源病例|上级病例|感染来源|指示病例|关联病例|病例编号|from|infector|source case|source id|case a|index case|primary case|case id|case",
    ),
    (
        F::ToCase,
        "接触者编号|密接编号|被感染者|二代病例|to|infectee|contact id|contact case id|contact case|contact number|secondary case|case b|case id",
    ),
    (F::Sequence, "=序次|=顺序|seq|sequence|=序号"),
    (
        F::Name,
        "姓名|患者姓名|病人姓名|接触者姓名|名字|name|full name|patient name|case name|contact name|xingming|xm",
    ),
    (
        F::FamilyName,
        "=姓|姓氏|surname|family name|last name|lastname",
    ),
    (F::GivenName, "=名|given name|first name|firstname|forename"),
    (
        F::Guardian,
        "监护人|家长姓名|监护人姓名|guardian|parent name|jiazhang",
    ),
    (F::Sex, "性别|sex|gender|xingbie|xb"),
    (F::Age, "年龄|岁数|age|age years|nianling|nl"),
    (F::AgeUnit, "年龄单位|age unit|nianlingdanwei"),
    (
        F::BirthDate,
        "出生日期|出生年月|出生年月日|生日|出生|birth|dob|birthday|birth date|chushengriqi|csrq",
    ),
    (F::Nationality, "国籍|nationality|guoji|citizenship"),
    (
        F::DocumentType,
        "证件类型|证件类别|证件种类|身份证件类别|document type|kind of document|id type|type of id|zhengjianleixing",
    ),
    (
        F::DocumentNumber,
        "身份证号|身份证号码|公民身份号码|身份证|证件号|证件号码|有效证件号|护照号|护照号码|id number|id card|id card number|id no|national id|identity number|document number|passport|passport number|passport no|soc sec id|ssn|shenfenzheng|shenfenzhenghao|shenfenzhenghaoma|sfz|sfzh|zhengjianhao|zhengjianhaoma",
    ),
    (
        F::Phone,
        "电话|联系电话|手机|手机号|手机号码|联系方式|电话号码|本人电话|phone|telephone|tel|mobile|phone number|mobile number|cell phone|contact number|dianhua|lianxidianhua|shouji|shoujihao",
    ),
    (
        F::Province,
        "=省|省份|现住省|所在省|省级|province|=state|shengfen|sheng",
    ),
    (
        F::City,
        "=市|城市|地市|所在市|现住市|市级|地级市|city|prefecture|chengshi",
    ),
    (
        F::County,
        "=县|=区|区县|县区|县市区|县(市、区)|所在区|现住县区|county|district|quxian|xian",
    ),
    (
        F::Township,
        "乡镇|街道|乡镇街道|镇街|乡镇(街道)|township|=street|subdistrict|town|chiefdom|xiangzhen|jiedao|xiangzhenjiedao",
    ),
    (
        F::Community,
        "社区|=村|村居|村社区|村(社区)|居委会|小区|village|community|neighbourhood|neighborhood|shequ|cun",
    ),
    (
        F::Address,
        "地址|住址|现住址|现住地址|家庭住址|详细地址|居住地|现住详细地址|常住地|address|home address|residence|street address|residential address|address 1|address 2|street number|street name|suburb|dizhi|zhuzhi|xianzhuzhi",
    ),
    (
        F::Workplace,
        "工作单位|单位|学校|工作单位或学校|就读学校|workplace|employer|employer name|work unit|school|company|gongzuodanwei|danwei",
    ),
    (
        F::Occupation,
        "职业|人群分类|人群类别|occupation|job|profession|population group|zhiye",
    ),
    (
        F::Disease,
        "疾病|疾病名称|病名|病种|disease|diagnosis name|jibing|jibingmingcheng",
    ),
    (
        F::Class,
        "病例分类|病例类型|诊断类型|诊断分类|病例类别|感染类型|分类|class|classification|case class|case classification|case status|case type|status|category|confirmed|leixing|binglifenlei|zhenduanleixing",
    ),
    (
        F::Onset,
        "发病日期|发病时间|发病|起病日期|起病时间|症状出现日期|首发症状日期|onset|symptom onset|onset symptoms|illness onset|symptoms|prodrome|fabing|fabingriqi|fabingshijian",
    ),
    (
        F::Symptoms,
        "症状|临床表现|主要症状|首发症状|symptoms|symptom|clinical signs|signs|zhengzhuang",
    ),
    (
        F::Exposure,
        "暴露时间|暴露日期|感染时间|感染日期|接触时间|接触日期|最后接触日期|末次接触日期|末次暴露时间|exposure|exposed|infected|infection|date exposure|contact date|last contact|baolushijian|jiechushijian|jiechuriqi",
    ),
    (
        F::ExposureBegin,
        "暴露开始|暴露开始日期|首次接触|暴露起始|开始接触|exposure begin|exposure start|start exp|start exposure|begin exposure|first exposure|first contact|begin wuhan",
    ),
    (
        F::ExposureEnd,
        "暴露结束|暴露结束日期|离开疫区|离汉时间|离鄂时间|离开武汉|end exp|exposure end|end exposure|last exposure|end wuhan|left hubei|left wuhan",
    ),
    (
        F::ExposurePlace,
        "暴露地点|感染地点|接触地点|感染地|暴露场所|exposure place|place infect|place infected|infection place|exposure location|place exposure|location exposure|where infected|baoludidian",
    ),
    (
        F::ExposureSetting,
        "接触方式|接触类型|暴露方式|接触场所|exposure|setting|exposure type|contact type|contact setting|source|jiechufangshi",
    ),
    (
        F::Relation,
        "关系|与病例关系|与患者关系|与感染者关系|relation|relationship|guanxi",
    ),
    (
        F::ContactClass,
        "密接类型|接触者类型|接触者类别|人员类别|contact class|contact category|risk level|mijieleixing",
    ),
    (
        F::KnownContact,
        "有无接触史|接触史|病例接触史|是否接触病例|known contact|contact case",
    ),
    (
        F::SourceCase,
        "上级病例|感染来源|源病例|传染源|infector|source case|infected by|source id",
    ),
    (
        F::Cluster,
        "聚集性疫情|聚集性|关联疫情|聚集编号|cluster|cluster id|outbreak id",
    ),
    (
        F::Arrival,
        "抵达日期|到达日期|抵达时间|入境日期|来本地时间|到达本地日期|返回日期|arrival|arrived|arrival 1|entry|arrival1|daoda|didashijian",
    ),
    (
        F::FirstVisit,
        "首诊日期|就诊日期|就诊时间|首诊时间|首次就诊|initial visit|first visit|visit|consultation|presentation|medical visit|jiuzhen|jiuzhenriqi|shouzhenriqi",
    ),
    (
        F::Hospitalised,
        "入院日期|入院时间|住院日期|收治日期|隔离治疗日期|hospitalised|hospitalized|hospitalisation|hospitalization|admission|admitted|hospital admission|ruyuan|ruyuanriqi",
    ),
    (
        F::Hospital,
        "医院|就诊医院|收治医院|定点医院|住院医院|诊治医院|医疗机构|收治医疗机构|hospital|hospital name|loc hosp|health facility|facility|treating hospital|yiyuan",
    ),
    (
        F::ConfirmedOn,
        "确诊日期|确诊时间|诊断日期|诊断时间|确诊|confirmed|confirmation|confirmed on|diagnosis|diagnosed|diag|lab confirmation|quezhen|quezhenriqi|zhenduanriqi",
    ),
    (
        F::SampledOn,
        "采样日期|采样时间|标本采集日期|sample|sampled|sampling|specimen|sample collection|specimen collection|caiyang|caiyangriqi",
    ),
    (
        F::TestedOn,
        "检测日期|检测时间|化验日期|tested|test|testing|pcr|lab|jianceriqi",
    ),
    (
        F::TestResult,
        "检测结果|核酸结果|核酸检测结果|化验结果|检验结果|result|test result|pcr result|lab result|jiancejieguo",
    ),
    (
        F::Outcome,
        "转归|结局|治疗结果|病情转归|预后|outcome|final outcome|death|died|vital status|zhuangui|jieju",
    ),
    (F::OutcomeOn, "转归日期|结局日期|转归时间|outcome"),
    (
        F::Discharged,
        "出院日期|出院时间|治愈日期|解除隔离日期|discharged|discharge|recovered|recovery|chuyuan|chuyuanriqi",
    ),
    (
        F::Died,
        "死亡日期|死亡时间|death|died|deceased|siwang|siwangriqi",
    ),
    (
        F::ReportedOn,
        "报告日期|报告时间|上报日期|填报日期|填卡日期|通报日期|录入日期|report|reported|reporting|notification|notified|publication|baogao|baogaoriqi|baogaoshijian",
    ),
    (
        F::ReportingUnit,
        "报告单位|填报单位|上报单位|报告机构|reporting unit|reported by|notifier|reporting facility|baogaodanwei",
    ),
    (
        F::MovedOn,
        "time of the movement|=时间|=日期|出行时间|出行日期|活动时间|活动日期|出发时间|time|date|moved|departure|travel|shijian|riqi|=time text",
    ),
    (
        F::Transport,
        "交通工具|交通方式|出行方式|transport|transportation|vehicle|means transport|mode|jiaotonggongju",
    ),
    (
        F::Service,
        "车次|航班|航班号|车次航班|座位|座位号|车厢|service|flight|train|flight number|train number|seat|carriage|service carriage seat|checi",
    ),
    (
        F::Origin,
        "出发地|起点|始发地|出发站|origin|departure place|=from|chufadi",
    ),
    (
        F::Destination,
        "目的地|终点|到达地|到达站|destination|=to|mudidi",
    ),
    (
        F::Place,
        "地点|活动地点|场所|到访地点|place|places|location|venue|didian|changsuo",
    ),
    (
        F::Event,
        "活动|事件|活动内容|行程|轨迹|描述|event|activity|description|=text|huodong",
    ),
    (
        F::EventBegin,
        "活动开始|开始时间|开始日期|到达时间|event start|event begin|start|begin|arrival",
    ),
    (
        F::EventEnd,
        "活动结束|结束时间|结束日期|离开时间|event end|end|leave|departure time",
    ),
    (
        F::TestKind,
        "=检测方法|=检测方式|=kind of test|=test method",
    ),
    (F::AreaCode, "=区划代码|=行政区划代码|=division code"),
    (F::ListSource, "=名单来源|=list of origin"),
    (F::Evidence, "=信息依据|=evidence"),
    (
        F::Remarks,
        "备注|说明|其他|remarks|remark|notes|note|comment|comments|beizhu",
    ),
];

const STOP: [&str; 17] = [
    "date", "of", "dt", "the", "on", "in", "is", "was", "at", "day", "riqi", "time", "for", "with",
    "and", "his", "her",
];

/// Headers of columns that number the rows of a file, as `plain` leaves them.
const RUNNING: [&str; 10] = [
    "序号",
    "顺序号",
    "行号",
    "号",
    "no",
    "nr",
    "index",
    "xuhao",
    "row",
    "#",
];

const DATE_WORDS: [&str; 5] = ["date", "dt", "dob", "birthday", "birthdate"];

/// A header, taken apart once.
#[derive(Debug)]
pub(super) struct Header {
    joined: String,
    tokens: Vec<String>,
    han: bool,
    date: bool,
}

impl Header {
    pub fn new(text: &str) -> Self {
        let joined = super::codes::plain(text);
        let mut tokens: Vec<String> = vec![String::new()];
        let mut last_lower = false;
        for c in text.chars() {
            let breaks = !c.is_alphanumeric() || (c.is_uppercase() && last_lower);
            if breaks && tokens.last().is_some_and(|t| !t.is_empty()) {
                tokens.push(String::new());
            }
            if c.is_alphanumeric()
                && let Some(token) = tokens.last_mut()
            {
                token.extend(c.to_lowercase());
            }
            last_lower = c.is_lowercase();
        }
        let date = tokens.iter().any(|t| DATE_WORDS.contains(&t.as_str()))
            || ["日期", "时间", "riqi", "shijian"]
                .iter()
                .any(|w| joined.contains(w));
        let tokens = without_stops(tokens.into_iter().filter(|t| !t.is_empty()).collect());
        let han = !joined.is_ascii();
        Self {
            joined,
            tokens,
            han,
            date,
        }
    }

    /// Whether it is written in Chinese.
    pub const fn is_chinese(&self) -> bool {
        self.han
    }

    /// Whether it may be the running number of the rows: `序号`, `No.`, `#`, `index`.
    pub fn is_running_number(&self) -> bool {
        RUNNING.contains(&self.joined.as_str())
    }

    /// Whether it says by itself that dates stand below.
    pub const fn says_date(&self) -> bool {
        self.date
    }

    /// How well one word of the list fits, from 0 to 1.
    fn score(&self, word: &str) -> f32 {
        let weak = word.starts_with('~');
        let bare = word.trim_start_matches(['=', '~']);
        let whole_only = bare.len() < word.len();
        let word = bare;
        let compact = super::codes::plain(word);
        if self.joined == compact {
            return if weak { 0.85 } else { 0.97 };
        }
        if whole_only {
            return 0.0;
        }
        if !word.is_ascii() {
            return if self.joined.contains(&compact) {
                0.55 + 0.35 * ratio(compact.len(), self.joined.len())
            } else {
                0.0
            };
        }
        let tokens = without_stops(word.split(' ').map(str::to_owned).collect());
        let found = tokens.iter().filter(|t| self.tokens.contains(t)).count();
        if self.han || tokens.is_empty() || found < tokens.len() {
            0.0
        } else if self.tokens.len() == tokens.len() {
            0.93
        } else {
            0.45 + 0.4 * ratio(tokens.len(), self.tokens.len())
        }
    }

    /// Every field the header may mean, with how well it fits.
    pub fn fields(&self) -> Vec<(Field, f32)> {
        WORDS
            .iter()
            .map(|(field, words)| {
                (
                    *field,
                    words.split('|').map(|w| self.score(w)).fold(0.0, f32::max),
                )
            })
            .filter(|(_, score)| *score > 0.0)
            .collect()
    }
}

fn without_stops(tokens: Vec<String>) -> Vec<String> {
    let kept: Vec<String> = tokens
        .iter()
        .filter(|t| !STOP.contains(&t.as_str()))
        .cloned()
        .collect();
    if kept.is_empty() { tokens } else { kept }
}

#[expect(clippy::cast_precision_loss, reason = "lengths of headers")]
fn ratio(part: usize, all: usize) -> f32 {
    part as f32 / all.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_words() {
        for field in Field::ALL {
            assert!(WORDS.iter().any(|(f, _)| f == field), "{}", field.code());
        }
    }

    #[test]
    fn a_header_is_known_in_three_spellings() {
        for header in [
            "发病日期",
            "发病日期(年/月/日)*",
            "date_of_onset",
            "dt_onset",
            "SymptomOnset",
            "fabingriqi",
        ] {
            let best = Header::new(header)
                .fields()
                .into_iter()
                .max_by(|a, b| a.1.total_cmp(&b.1));
            assert_eq!(best.map(|(f, _)| f), Some(Field::Onset), "{header}");
        }
    }
}
