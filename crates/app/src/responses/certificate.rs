//! The certificate of a destruction: what was destroyed and how, what was kept, until when and why,
//! what was counted, and the place of all that in the audit trail; signed, so that it can be checked
//! away from the program. Start with [`App::response_certificate`].

use fangxian_authz::{Action, Purpose};
use fangxian_base::{Instant, ResponseId, Text};
use fangxian_store::closing as counted;
use fangxian_store::responses::response_fetch;
use fangxian_store::{Author, Tx};
use schemars::JsonSchema;
use serde::Serialize;

use super::closing::ClassView;
use super::keep::KeptView;
use super::resource_of;
use crate::sight::user_name;
use crate::{App, AppError, Result, Who, found};

/// A certificate with what makes it one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CertificateView {
    /// What it says.
    pub certificate: Certificate,
    /// The text that is signed: `fangxian certificate`, a line feed, and this JSON.
    pub signed: String,
    /// The signature, Ed25519, as hex.
    pub signature: String,
    /// The public key of the installation, as hex; that of its audit trail.
    pub public_key: String,
}

/// What a certificate says.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Certificate {
    /// The response.
    pub response: ResponseId,
    /// Its code.
    pub code: String,
    /// Its title.
    pub title: Text,
    /// When it was opened.
    pub opened_at: Instant,
    /// Who closed it, and when.
    pub closed: Act,
    /// Who ordered the destruction, and when.
    pub destroyed: Act,
    /// When the key was gone.
    pub gone_at: Instant,
    /// How, in words.
    pub method: Text,
    /// What it does not reach, in words.
    pub beyond: Text,
    /// What was destroyed, and what of it was copied before, by class of data.
    pub classes: Vec<ClassView>,
    /// What was kept, or was to be and was refused.
    pub kept: Vec<KeptView>,
    /// What was counted before.
    pub counts: Vec<Figure>,
}

/// Something done by a named person, and its place in the audit trail.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Act {
    /// Who.
    pub by: Option<String>,
    /// When.
    pub at: Instant,
    /// Its number in the chain.
    pub entry: Option<i64>,
    /// Its hash in the chain.
    pub hash: Option<String>,
}

/// The numbers of one figure.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Figure {
    /// Its code.
    pub id: String,
    /// What it counts.
    pub text: Text,
    /// By what it is counted, and how many.
    pub values: Vec<(String, i64)>,
}

/// The figures, in the order of the certificate.
const FIGURES: [(&str, &str, &str); 16] = [
    ("records", "各类数据的记录数", "records by class of data"),
    (
        "persons_by_class",
        "各类数据涉及人数",
        "persons by class of data",
    ),
    ("persons", "涉及人数", "persons"),
    ("channels", "各渠道来报数", "records by channel"),
    ("facts", "各类事实数", "facts by kind"),
    ("cases", "各分类病例数", "persons by case class"),
    ("categories", "各类别人数", "persons by category"),
    ("cases_by_day", "按日病例数", "cases by day"),
    (
        "cases_by_area",
        "按区域病例数（少于 5 例的并入其他）",
        "cases by area, those of fewer than five together",
    ),
    ("deaths", "死亡人数", "deaths"),
    ("reviews", "研判数", "reviews by state"),
    ("measures", "措施数", "measures by kind and state"),
    ("tasks", "任务数", "tasks by kind and state"),
    (
        "reports",
        "法定报告数（按时、迟报）",
        "statutory reports, on time and late",
    ),
    ("appeals", "申诉数", "appeals by kind and state"),
    ("alerts", "预警信号数", "alerts by kind"),
];

impl App {
    /// The certificate of a response whose personal data were destroyed.
    ///
    /// # Errors
    /// When the asker may not, or the destruction is not ordered or not done yet.
    pub fn response_certificate(&self, who: &Who, id: ResponseId) -> Result<CertificateView> {
        let resource = resource_of(Some(self.fetch_response(id)?));
        self.permit(who, Action::ResponsesList, &resource, Purpose::Command)?;
        let certificate = self.read(|tx| {
            let view = self.closing_view(tx, id, who)?;
            let response = found(response_fetch(tx, id))?;
            let (Some(gone_at), Some(closed_at), Some(destroyed_at)) =
                (view.gone_at, response.closed_at, response.destroyed_at)
            else {
                return Err(AppError::conflict(
                    "NOT-DESTROYED",
                    "个人信息尚未销毁完毕，暂不能出具证明。",
                    "The personal data are not destroyed yet, so there is nothing to certify.",
                ));
            };
            let all = counted::count_list(tx, id)?;
            if all.is_empty() {
                return Err(AppError::conflict(
                    "NOT-COUNTED",
                    "销毁前没有留下统计（早于本功能，或由恢复的旧备份重做），不能出具证明；销毁本身见审计记录和密钥目录的销毁日志。",
                    "Nothing was counted before the destruction, which was before there were certificates or was repeated on an older backup, so none can be issued; the audit trail and the log beside the keys tell of it.",
                ));
            }
            let figures = FIGURES.iter().map(|(figure, zh, en)| Figure {
                id: (*figure).to_owned(),
                text: Text::new(*zh, *en),
                values: all
                    .iter()
                    .filter(|count| count.figure == *figure)
                    .map(|count| (count.name.clone(), count.value))
                    .collect(),
            });
            let mut kept = view.kept;
            // A certificate is the same for everybody who reads it.
            // And names nobody, not even a file.
            for one in &mut kept {
                (one.own, one.person) = (false, None);
            }
            Ok(Certificate {
                response: id,
                code: response.code,
                title: Text::new(response.title_zh, response.title_en),
                opened_at: response.opened_at,
                closed: act(tx, (id, "responses.close"), closed_at)?,
                destroyed: act(tx, (id, "responses.destroy"), destroyed_at)?,
                gone_at,
                method: Text::new(
                    "个人信息以每份记录自己的密钥（AES-256-GCM-SIV）加密，各记录密钥由本响应的密钥封装。检索标识和封装的记录密钥已逐条删除，随后记入密钥目录的销毁日志，本响应的密钥文件已覆盖并删除；没有这一密钥，密文无法还原。审计链不含个人信息，保持完整。",
                    "Personal data are encrypted under a key of each record (AES-256-GCM-SIV), and those keys are wrapped under the key of this response. Search tokens and wrapped keys were deleted record by record, the log of destructions beside the keys says so, and the file of the key was overwritten and deleted; without it what is stored cannot be read. The audit trail holds no personal data and stays whole.",
                ),
                beyond: Text::new(
                    "不及于：此前另存的数据与密钥备份（须由保管人销毁；用其恢复时本系统会重新销毁）、记在其他响应的记录上的内容、已打印或导出的文件、报送其他系统的数据。",
                    "This does not reach copies of data and keys made before, which their keepers destroy (a restore repeats the destruction), what stands on records of other responses, what was printed or exported, and what was sent to other systems.",
                ),
                classes: view.classes,
                kept,
                counts: figures.filter(|figure| !figure.values.is_empty()).collect(),
            })
        })?;
        let signed = serde_json::to_string(&certificate).map_err(AppError::internal)?;
        let (signature, public_key) = self.store().certify(&signed);
        Ok(CertificateView {
            certificate,
            signed,
            signature,
            public_key,
        })
    }
}

fn act(tx: &mut Tx<'_>, (id, action): (ResponseId, &str), at: Instant) -> Result<Act> {
    let entry = counted::entry_of(tx, id, action)?;
    let author = entry
        .as_ref()
        .and_then(|entry| Author::from_code(&entry.author));
    Ok(Act {
        by: user_name(tx, author.and_then(Author::user))?,
        at,
        entry: entry.as_ref().and_then(|entry| entry.seal),
        hash: entry.and_then(|entry| entry.hash),
    })
}
