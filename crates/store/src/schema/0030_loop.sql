-- The loop after its first reviews. Nothing here holds a name; both tables can be made again.

-- Why a running measure stands before its organ to be lifted, and since when: the law does not
-- allow it any more, its criteria for release are met, or today's assessment does not ask for it.
ALTER TABLE measure ADD COLUMN lift_why TEXT;
ALTER TABLE measure ADD COLUMN lift_asked_at BIGINT;

-- Which record named which record's person as the case that was met: when the case changes, its
-- contacts are asked about again.
CREATE TABLE met (
    record_id {id} NOT NULL REFERENCES record (id),
    case_record_id {id} NOT NULL,
    PRIMARY KEY (record_id, case_record_id)
) {strict};
CREATE INDEX met_case ON met (case_record_id);

-- Persons about whom the rules are to be asked again, with the record that brings it.
CREATE TABLE ask_again (
    person_id {id} PRIMARY KEY NOT NULL,
    record_id {id} NOT NULL,
    at BIGINT NOT NULL
) {strict};
