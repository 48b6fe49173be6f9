//! What a column of a list may mean: the target fields of each kind of list.
//!
//! The fields follow the infectious-disease report card (传染病报告卡, 2019) and what field
//! investigation lists add to it.

use fangxian_domain::identifiers::Wording;

/// What a row of the list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One case per row.
    Linelist,
    /// One pair of case and contact per row.
    Contacts,
    /// One journey, visit or event of a case per row.
    Movements,
}

impl Kind {
    /// The stable name, as on the command line.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Linelist => "linelist",
            Self::Contacts => "contacts",
            Self::Movements => "movements",
        }
    }

    /// The kind with this stable name.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Linelist, Self::Contacts, Self::Movements]
            .into_iter()
            .find(|k| k.code() == code)
    }
}

/// How the cells of a field are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldType {
    /// Free text.
    Text,
    /// A case number of the list's own.
    Number,
    /// A day, a range or an open range.
    Date,
    /// 男, 女.
    Sex,
    /// An age with or without its unit.
    Age,
    /// The unit of a separate age column.
    AgeUnit,
    /// The kind of identity document.
    DocumentKind,
    /// The number of an identity document.
    DocumentNumber,
    /// A telephone number.
    Phone,
    /// Yes or no.
    YesNo,
    /// 确诊, 疑似 …
    Class,
    /// Recovered, died …
    Outcome,
    /// Positive, negative …
    TestResult,
}

macro_rules! fields {
    ($($name:ident $code:literal $zh:literal $en:literal $kind:ident [$($list:ident)*];)*) => {
        /// One thing a list can say about a case, a contact or a movement.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $(#[doc = concat!($en, " (", $zh, ").")] $name,)*
        }

        impl Field {
            /// Every field, in the order of a form.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable name in mappings, reports and error files.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// How its cells are read.
            pub const fn field_type(self) -> FieldType {
                match self { $(Self::$name => FieldType::$kind,)* }
            }

            /// Its name for people.
            pub fn label(self) -> Wording {
                match self { $(Self::$name => Wording::new($zh, $en),)* }
            }

            /// The kinds of list it can occur in.
            pub const fn kinds(self) -> &'static [Kind] {
                match self { $(Self::$name => &[$(Kind::$list),*],)* }
            }
        }
    };
}

fields! {
    CaseNumber "case_number" "病例编号" "case number" Number [Linelist Movements];
    FromCase "from_case" "关联病例编号" "number of the source case" Number [Contacts];
    ToCase "to_case" "接触者编号" "number of the contact" Number [Contacts];
    Sequence "sequence" "序次" "sequence" Number [Movements];
    Name "name" "姓名" "name" Text [Linelist Contacts Movements];
    FamilyName "family_name" "姓" "family name" Text [Linelist Contacts Movements];
    GivenName "given_name" "名" "given name" Text [Linelist Contacts Movements];
    Guardian "guardian" "监护人姓名" "guardian's name" Text [Linelist Contacts];
    Sex "sex" "性别" "sex" Sex [Linelist Contacts];
    Age "age" "年龄" "age" Age [Linelist Contacts];
    AgeUnit "age_unit" "年龄单位" "unit of age" AgeUnit [Linelist Contacts];
    BirthDate "birth_date" "出生日期" "birth date" Date [Linelist Contacts];
    Nationality "nationality" "国籍" "nationality" Text [Linelist Contacts];
    DocumentType "document_type" "证件类型" "kind of document" DocumentKind [Linelist Contacts Movements];
    DocumentNumber "document_number" "证件号码" "document number" DocumentNumber [Linelist Contacts Movements];
    Phone "phone" "联系电话" "phone" Phone [Linelist Contacts Movements];
    Province "province" "省" "province" Text [Linelist Contacts];
    City "city" "市" "city" Text [Linelist Contacts];
    County "county" "县(市、区)" "county or district" Text [Linelist Contacts];
    Township "township" "乡镇(街道)" "township or street" Text [Linelist Contacts];
    Community "community" "村(社区)" "village or community" Text [Linelist Contacts];
    Address "address" "现住详细地址" "address" Text [Linelist Contacts];
    Workplace "workplace" "工作单位或学校" "workplace or school" Text [Linelist Contacts];
    Occupation "occupation" "人群分类" "occupation or group" Text [Linelist Contacts];
    Disease "disease" "疾病名称" "disease" Text [Linelist];
    Class "class" "病例分类" "case class" Class [Linelist];
    Onset "onset" "发病日期" "onset" Date [Linelist Contacts];
    Symptoms "symptoms" "症状" "symptoms" Text [Linelist Contacts];
    Exposure "exposure" "暴露时间" "time of exposure" Date [Linelist Contacts];
    ExposureBegin "exposure_begin" "暴露开始日期" "begin of exposure" Date [Linelist Contacts];
    ExposureEnd "exposure_end" "暴露结束日期" "end of exposure" Date [Linelist Contacts];
    ExposurePlace "exposure_place" "暴露地点" "place of exposure" Text [Linelist Contacts];
    ExposureSetting "exposure_setting" "接触方式" "setting of the contact" Text [Contacts];
    Relation "relation" "与病例关系" "relation to the case" Text [Contacts];
    ContactClass "contact_class" "接触者类别" "class of contact" Text [Contacts];
    KnownContact "known_contact" "有无病例接触史" "known contact with a case" YesNo [Linelist];
    SourceCase "source_case" "上级病例编号" "number of the source case" Number [Linelist];
    Cluster "cluster" "聚集性疫情" "cluster" Text [Linelist];
    Arrival "arrival" "抵达日期" "arrival" Date [Linelist Contacts];
    FirstVisit "first_visit" "首诊日期" "first visit" Date [Linelist];
    Hospitalised "hospitalised" "入院日期" "admission" Date [Linelist];
    Hospital "hospital" "就诊医院" "hospital" Text [Linelist];
    ConfirmedOn "confirmed_on" "诊断日期" "confirmed or diagnosed on" Date [Linelist];
    SampledOn "sampled_on" "采样日期" "sampled on" Date [Linelist Contacts];
    TestedOn "tested_on" "检测日期" "tested on" Date [Linelist Contacts];
    TestResult "test_result" "检测结果" "test result" TestResult [Linelist Contacts];
    Outcome "outcome" "转归" "outcome" Outcome [Linelist];
    OutcomeOn "outcome_on" "转归日期" "date of outcome" Date [Linelist];
    Discharged "discharged" "出院日期" "discharged" Date [Linelist];
    Died "died" "死亡日期" "died" Date [Linelist];
    ReportedOn "reported_on" "报告日期" "reported on" Date [Linelist Contacts];
    ReportingUnit "reporting_unit" "报告单位" "reporting unit" Text [Linelist];
    MovedOn "moved_on" "时间" "time of the movement" Date [Movements];
    Transport "transport" "交通工具" "means of transport" Text [Movements];
    Service "service" "车次航班座位" "train, flight, seat" Text [Movements];
    Origin "origin" "出发地" "origin" Text [Movements];
    Destination "destination" "目的地" "destination" Text [Movements];
    Place "place" "活动地点" "place" Text [Movements];
    Event "event" "活动内容" "event" Text [Movements];
    EventBegin "event_begin" "活动开始时间" "begin of the event" Date [Movements];
    EventEnd "event_end" "活动结束时间" "end of the event" Date [Movements];
    TestKind "test_kind" "检测方法" "kind of test" Text [Linelist Contacts];
    AreaCode "area_code" "区划代码" "division code" Text [Linelist Contacts Movements];
    ListSource "list_source" "名单来源" "list of origin" Text [Linelist Contacts Movements];
    Evidence "evidence" "信息依据" "evidence" Text [Linelist Contacts Movements];
    Remarks "remarks" "备注" "remarks" Text [Linelist Contacts Movements];
}

impl Field {
    /// The field with this stable name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.code() == code)
    }

    /// Whether it can occur in a list of this kind.
    pub fn fits(self, kind: Kind) -> bool {
        self.kinds().contains(&kind)
    }

    /// Whether several columns may carry it; their texts are joined in the order of the columns.
    pub const fn joins(self) -> bool {
        matches!(
            self,
            Self::Address
                | Self::Symptoms
                | Self::Remarks
                | Self::Service
                | Self::Place
                | Self::Event
        )
    }

    /// Whether it says who somebody is: a name, a document number, a phone. The list's own case
    /// number is no such thing: a running number stands in empty rows too.
    pub const fn identifies(self) -> bool {
        matches!(
            self,
            Self::Name | Self::FamilyName | Self::GivenName | Self::DocumentNumber | Self::Phone
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_reads_back_from_its_code_and_no_code_is_used_twice() {
        for field in Field::ALL {
            assert_eq!(Field::from_code(field.code()), Some(*field));
            assert!(!field.kinds().is_empty());
        }
    }
}
