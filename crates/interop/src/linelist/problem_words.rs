//! The sentences for [`Problem`], in Chinese and English, in one place for whoever edits them.

use fangxian_domain::identifiers::Wording;

use super::problem::Problem as P;

fn counted(count: usize, zh: &str, en: &str) -> Wording {
    Wording::new(
        zh.replace('#', &count.to_string()),
        en.replace('#', &count.to_string()),
    )
}

fn w(zh: &str, en: &str) -> Wording {
    Wording::new(zh, en)
}

fn impossible(year: Option<i32>, month: u32, day: u32) -> Wording {
    match year {
        Some(y) => Wording::new(
            format!("{y}年{month}月{day}日不存在"),
            format!("the date {y}-{month:02}-{day:02} does not exist"),
        ),
        None => Wording::new(
            format!("{month}月{day}日不存在"),
            format!("day {day} of month {month} does not exist"),
        ),
    }
}

pub(super) fn message(problem: &P) -> Wording {
    match problem {
        P::Undecodable { count } => counted(
            *count,
            "有#处字节不是有效文字，已用�代替",
            "# places are not valid text and show as �",
        ),
        P::ControlCharacters { count } => counted(
            *count,
            "去除了#个不可见的控制字符或方向字符",
            "# invisible control or direction characters were taken out",
        ),
        P::TitleRows { count } => counted(
            *count,
            "表头上方有#行标题，已略过",
            "# title rows above the header were passed over",
        ),
        P::HeaderInTwoRows => w(
            "表头有两行，已合并为一行",
            "the header stands in two rows; they were joined",
        ),
        P::OtherSheets { read, others } => Wording::new(
            format!("读取的是工作表“{read}”，未读取：{others}"),
            format!("the sheet `{read}` was read; not read: {others}"),
        ),
        P::HeaderEmpty => w("该列没有列名", "the column has no name"),
        P::HeaderRepeated => w(
            "列名重复，后一列已加序号",
            "the name occurs twice; the later column was given a number",
        ),
        P::HeaderOnly => w("只有表头，没有数据行", "a header and no rows"),
        P::HeaderAmongRows { count } => counted(
            *count,
            "数据中夹有#行重复的表头，已略过",
            "the header stands # more times between the rows",
        ),
        P::BlankRows { count } => {
            counted(*count, "有#个空行，已略过", "# blank rows were passed over")
        }
        P::RaggedRows { count } => counted(
            *count,
            "有#行的列数与表头不一致",
            "# rows have more or fewer cells than the header",
        ),
        P::QuoteOpen => w(
            "引号没有成对，已按普通字符处理",
            "a quotation mark is never closed; it was taken as a character",
        ),
        P::ColumnMissing => w(
            "对应关系中的列在文件里不存在",
            "the mapping names a column that the file does not have",
        ),
        P::ColumnUnmapped => w(
            "该列没有对应字段，内容作为附加信息保留",
            "the column is mapped to no field; its cells are kept as extra text",
        ),
        P::YearAssumed { first, last } => Wording::new(
            format!("没有写年份的日期按{first}至{last}理解"),
            format!("dates without a year were read as {first} to {last}"),
        ),
        P::OrderAssumed { day_first: true } => w(
            "无法判断日、月先后，按“日在前”理解",
            "nothing shows whether day or month comes first; day first was assumed",
        ),
        P::OrderAssumed { day_first: false } => w(
            "无法判断日、月先后，按“月在前”理解",
            "nothing shows whether day or month comes first; month first was assumed",
        ),
        P::OrderMixed => w(
            "同一列中既有“日在前”也有“月在前”的日期",
            "the column has dates with the day first and dates with the month first",
        ),
        P::RowRepeated { of } => counted(*of as usize, "与第#行完全相同", "the same as row #"),
        P::NumberRepeated { of } => counted(
            *of as usize,
            "病例编号与第#行相同，内容不同",
            "the same case number as row # with other content",
        ),
        P::DocumentFuture => w(
            "证件号码中的出生日期晚于今天",
            "the birth date in the document number lies after today",
        ),
        P::DocumentUnchecked => w(
            "不是完整的号码，无法校验，原文保留",
            "not a whole number, so nothing could be checked; kept as text",
        ),
        P::DocumentHistorical => w(
            "15位旧身份证号码，没有校验码",
            "an old identity number of fifteen digits, without a check character",
        ),
        P::DocumentKindUnknown => w("不认识的证件类型", "the kind of document is not known"),
        P::DateImpossible { year, month, day } => impossible(*year, *month, *day),
        P::DateFuture { date, today } => Wording::new(
            format!("{date}晚于今天({today})"),
            format!("{date} lies after today ({today})"),
        ),
        P::DateUnreadable => w(
            "无法识别为日期，原文保留",
            "cannot be read as a date; kept as text",
        ),
        P::RangeReversed => w(
            "时间段的结束早于开始，原文保留",
            "the range ends before it begins; kept as text",
        ),
        P::NobodyNamed => w(
            "姓名、证件号码、电话均为空",
            "name, document number and phone are all empty",
        ),
        P::NumberMissing => w("没有病例编号", "no case number"),
        P::SexUnknown => w(
            "无法识别的性别，原文保留",
            "the word for sex is not known; kept as text",
        ),
        P::AgeUnreadable => w(
            "无法识别的年龄，原文保留",
            "the age cannot be read; kept as text",
        ),
        P::AgeOdd => w("年龄不合常理", "nobody is of that age"),
        P::AgeAgainstBirth => w("年龄与出生日期不符", "the age does not fit the birth date"),
        P::PhoneShape => w(
            "电话号码的位数或开头不对",
            "the phone number has no usual shape",
        ),
        P::PhoneSeveral => w(
            "有多个电话号码，取第一个",
            "several phone numbers; the first was taken",
        ),
        P::WordUnknown => w(
            "不在代码表内，原文保留",
            "the code list does not have the word; kept as text",
        ),
        P::BirthAgainstDocument => w(
            "出生日期与证件号码不符",
            "the birth date differs from the document number",
        ),
        P::SexAgainstDocument => w(
            "性别与证件号码不符",
            "the sex differs from the document number",
        ),
        P::DatesOutOfOrder { earlier, later } => {
            let (a, b) = (earlier.label(), later.label());
            Wording::new(
                format!("{}晚于{}", a.zh, b.zh),
                format!("{} lies after {}", a.en, b.en),
            )
        }
        P::DischargedAndDied => w(
            "同时有出院和死亡记录",
            "both discharge and death are recorded",
        ),
        P::Document(error) | P::DocumentShape(error) => error.message(),
    }
}

pub(super) fn remedy(problem: &P) -> Wording {
    match problem {
        P::Undecodable { .. } => w(
            "请用UTF-8或GB 18030重新保存文件",
            "save the file again as UTF-8 or GB 18030",
        ),
        P::ControlCharacters { .. }
        | P::TitleRows { .. }
        | P::BlankRows { .. }
        | P::HeaderAmongRows { .. } => w("无需处理", "nothing to do"),
        P::HeaderInTwoRows => w("请核对对应关系", "look over the mapping"),
        P::OtherSheets { .. } => w(
            "如需读取其他工作表，请在对应关系中写明 sheet 后再次导入",
            "to read another, write `sheet = \"…\"` into the mapping and import again",
        ),
        P::HeaderEmpty | P::HeaderRepeated => w(
            "请为该列取一个不重复的名称",
            "give the column a name of its own",
        ),
        P::HeaderOnly => w(
            "请确认发来的是完整的文件",
            "check that the whole file was sent",
        ),
        P::RaggedRows { .. } => w(
            "请检查这些行是否多了或少了分隔符",
            "look for missing or extra separators in these rows",
        ),
        P::QuoteOpen => w("请检查该行的引号", "check the quotation marks of the row"),
        P::ColumnMissing => w(
            "请修改对应关系，或检查文件的列名",
            "correct the mapping or the header of the file",
        ),
        P::ColumnUnmapped => w(
            "如需使用，请在对应关系中指定字段",
            "name a field in the mapping if the column is needed",
        ),
        P::YearAssumed { .. } => w(
            "如年份不对，请在对应关系中写明 year",
            "write `year = …` into the mapping if another year is meant",
        ),
        P::OrderAssumed { .. } | P::OrderMixed => w(
            "请在对应关系中写明 dates = \"dmy\" 或 \"mdy\"",
            "write `dates = \"dmy\"` or `\"mdy\"` for the column into the mapping",
        ),
        P::RowRepeated { .. } => w(
            "如为误重，请删除其中一行",
            "delete one of the two if it was a mistake",
        ),
        P::NumberRepeated { .. } => w("请核对是否同一病例", "check whether it is the same case"),
        P::DocumentFuture | P::BirthAgainstDocument | P::SexAgainstDocument => {
            w("请对照证件核对", "compare with the document")
        }
        P::DocumentUnchecked => w("请补填完整号码", "fill in the whole number"),
        P::DocumentHistorical => w(
            "请补全18位号码",
            "ask for the number of eighteen characters",
        ),
        P::DocumentKindUnknown => w(
            "请填写居民身份证、护照等规范名称",
            "use a usual name such as identity card or passport",
        ),
        P::DateImpossible { .. } => w(
            "请核对原始资料后更正日期",
            "correct the date from the original",
        ),
        P::DateFuture { .. } => w("请核对年份和月日", "check the year, the month and the day"),
        P::DateUnreadable => w(
            "请写成2020-01-23这样的日期",
            "write the date like 2020-01-23",
        ),
        P::RangeReversed => w("请核对开始和结束日期", "check both ends of the range"),
        P::NobodyNamed => w(
            "请至少补填姓名、证件号码、电话中的一项",
            "fill in at least one of name, document number and phone",
        ),
        P::NumberMissing => w("请补填病例编号", "fill in the case number"),
        P::SexUnknown => w("请填“男”或“女”", "write male or female"),
        P::AgeUnreadable | P::AgeOdd | P::AgeAgainstBirth => {
            w("请核对年龄及其单位", "check the age and its unit")
        }
        P::PhoneShape => w("请核对电话号码", "check the phone number"),
        P::PhoneSeveral => w(
            "请把其他号码写入备注",
            "move the other numbers to the remarks",
        ),
        P::WordUnknown => w(
            "请改用规范名称，或在对应关系中改选字段",
            "use a usual word, or map the column to another field",
        ),
        P::DatesOutOfOrder { .. } => w("请核对这两个日期", "check both dates"),
        P::DischargedAndDied => w("请核对转归", "check the outcome"),
        P::Document(error) | P::DocumentShape(error) => error.remedy(),
    }
}
