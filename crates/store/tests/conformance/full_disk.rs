//! A full disk: refused clearly, and all well again once there is room.

use fangxian_base::ResponseId;
use fangxian_store::responses::{NewResponse, response_insert};
use fangxian_store::testing::{Place, command, number, tamper};
use fangxian_store::{DbError, Engine, Store, WriteError};

fn write(store: &Store, code: &str) -> Result<(), WriteError<DbError>> {
    let (id, code) = (ResponseId::new(), code.to_owned());
    store
        .write(command("responses.open"), move |tx| {
            let title = "长".repeat(2_000);
            let new = NewResponse {
                id,
                code: &code,
                title_zh: &title,
                title_en: &title,
                disease: "",
                region: "cn",
            };
            response_insert(tx, &new)
        })
        .map(|_| ())
}

#[test]
fn a_full_disk_refuses_and_room_lets_in_again() {
    let place = Place::new(Engine::Sqlite);
    let store = place.open();
    write(&store, "before").unwrap();
    let pages = number(&store, "PRAGMA page_count");
    tamper(&store, &format!("PRAGMA max_page_count = {}", pages + 12));
    let mut kept = 1;
    let refusal = loop {
        match write(&store, &format!("r{kept}")) {
            Ok(()) => kept += 1,
            Err(refusal) => break refusal,
        }
        assert!(kept < 100, "the limit was not felt");
    };
    assert!(
        matches!(
            refusal,
            WriteError::Db(DbError::DiskFull) | WriteError::Refused(DbError::DiskFull)
        ),
        "{refusal:?}"
    );
    assert_eq!(number(&store, "SELECT COUNT(*) FROM response"), kept);
    assert_eq!(number(&store, "SELECT COUNT(*) FROM audit_entry"), kept);
    tamper(&store, "PRAGMA max_page_count = 1000000");
    write(&store, "after").unwrap();
    assert_eq!(number(&store, "SELECT COUNT(*) FROM response"), kept + 1);
    store.seal().unwrap();
    assert!(fangxian_store::audit::verify(&store).unwrap().holds());
}
