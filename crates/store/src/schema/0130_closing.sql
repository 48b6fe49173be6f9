-- Closing a response: what of it outlives its key, and what was counted before it went.

-- Why something is kept: a rule of the packs, or an assessment by two persons. `class` names a class
-- of data, or is empty where one person's records are kept. The assessment, and the copies below, are
-- sealed under a key of their own, which bears this id and goes when the last day is over.
CREATE TABLE kept (
    id {id} PRIMARY KEY NOT NULL,
    response_id {id} NOT NULL REFERENCES response (id),
    class TEXT NOT NULL,
    person_id {id},
    why TEXT NOT NULL,
    until_on TEXT NOT NULL,
    assessment_sealed {bytes} NOT NULL,
    proposed_by {id},
    proposed_at BIGINT NOT NULL,
    decided_by {id},
    decided_at BIGINT,
    confirmed BIGINT NOT NULL,
    ended_at BIGINT
) {strict};
CREATE INDEX kept_response ON kept (response_id);
CREATE INDEX kept_until ON kept (until_on) WHERE ended_at IS NULL;

-- Which records are kept, and the copy that was made of one just before its key went; empty until
-- then.
CREATE TABLE kept_copy (
    kept_id {id} NOT NULL REFERENCES kept (id),
    record_id {id} NOT NULL,
    copy_sealed {bytes} NOT NULL,
    PRIMARY KEY (kept_id, record_id)
) {strict};
CREATE INDEX kept_copy_record ON kept_copy (record_id);

-- What was counted when a response was destroyed; nothing of it is about one person.
CREATE TABLE response_count (
    response_id {id} NOT NULL REFERENCES response (id),
    figure TEXT NOT NULL,
    name TEXT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (response_id, figure, name)
) {strict};
