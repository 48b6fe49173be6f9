//! Records about a disease that lives in a compartment: who brings one in is not who sees it.

use fangxian_app::intake::{Envelope, InboxFilter, Signal};
use fangxian_base::CommandId;
use fangxian_domain::intake::Channel;
use fangxian_domain::units::UnitKind;
use fangxian_interop::linelist::Language;
use fangxian_store::DbError;
use fangxian_store::responses::response_fetch;
use fangxian_store::testing::{response, unit};

use super::each_house;

#[test]
fn a_record_of_a_sealed_disease_is_seen_in_its_compartment_and_goes_out_in_no_list() {
    each_house(|house| {
        let app = &house.app;
        let (_, _, desk) = house.staff("desk1", "desk", house.areas.district);
        let cdc = unit(&house.store, house.areas.district, UnitKind::CdcInstitution);
        let assessor = house
            .staff_of(cdc, "cdc1", "assessor", house.areas.district)
            .2;
        let mut codes = Vec::new();
        for disease in ["aids", "norovirus"] {
            let id = response(&house.store, disease);
            let found = house.store.read::<_, DbError>(|tx| response_fetch(tx, id));
            let code = found.unwrap().unwrap().code;
            let envelope = Envelope {
                command: CommandId::new(),
                channel: Channel::StaffForm,
                response: code.clone(),
                original: b"as received".to_vec(),
            };
            let signal = Signal {
                name: format!("来访者 {disease}"),
                phone: "19900000001".into(),
                ..Signal::default()
            };
            app.submit(&desk, envelope, &signal).unwrap();
            codes.push(code);
        }
        let all = InboxFilter {
            state: "all".into(),
            ..InboxFilter::default()
        };
        let seen = |who| -> Vec<String> {
            let page = app.inbox(who, &all).unwrap();
            page.rows.into_iter().map(|row| row.name).collect()
        };
        assert_eq!(seen(&desk), ["来访者 norovirus"]);
        let mut both = seen(&assessor);
        both.sort();
        assert_eq!(both, ["来访者 aids", "来访者 norovirus"]);
        for (code, rows) in [(&codes[0], 0), (&codes[1], 1)] {
            let file = app.list_export(&desk, "linelist", code, Language::Zh);
            let file = file.unwrap();
            let text = String::from_utf8(file.bytes).unwrap();
            assert_eq!(file.rows, rows, "{text}");
            assert!(!text.contains("来访者 aids"));
        }
    });
}
