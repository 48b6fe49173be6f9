-- Codes that let a person read their own file without an account. Only a digest of a code is kept.
-- `record_id` is a record of the person: who that is today, `record_person` says. The name of whoever
-- acts for the person, and why, are sealed under that record.
CREATE TABLE file_code (
    id {id} PRIMARY KEY NOT NULL,
    record_id {id} NOT NULL REFERENCES record (id),
    digest {bytes} NOT NULL,
    holder TEXT NOT NULL,
    checked TEXT NOT NULL,
    acting_sealed {bytes},
    given_by {id} NOT NULL,
    given_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    uses BIGINT NOT NULL,
    used_at BIGINT
) {strict};
CREATE UNIQUE INDEX file_code_digest ON file_code (digest);
CREATE INDEX file_code_record ON file_code (record_id);
