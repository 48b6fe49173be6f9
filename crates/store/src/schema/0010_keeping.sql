-- What a command was asked with, by what a database knows its keys again, and ways to find what
-- belongs to a response or is still open without reading everything.

-- A keyed code of what was typed: the same command id with something else is told apart.
ALTER TABLE receipt ADD COLUMN input {bytes};

-- A code made with each key; it says nothing about the key.
CREATE TABLE key_mark (
    name TEXT PRIMARY KEY NOT NULL,
    mark {bytes} NOT NULL
) {strict};

-- Locked by whoever writes on a server with several connections: one command after another.
CREATE TABLE write_turn (
    one BIGINT PRIMARY KEY NOT NULL
) {strict};

-- What is open, for lists and figures; most rows are not.
CREATE INDEX task_open ON task (holder_area_id, due_at) WHERE state IN ('open', 'received', 'done');
CREATE INDEX review_waiting ON review (area_id, due_at)
    WHERE state IN ('first_look', 'second_look', 'asked');
CREATE INDEX measure_running ON measure (area_id, ends_on)
    WHERE state IN ('proposed', 'decided', 'served');
CREATE INDEX report_clock_open ON report_clock (area_id, due_at) WHERE sent_at IS NULL;

-- What is over does not climb any more.
UPDATE task SET climb_at = NULL WHERE closed_at IS NOT NULL;

CREATE INDEX record_response ON record (response_id);
CREATE INDEX review_response ON review (response_id);
CREATE INDEX measure_response ON measure (response_id);
CREATE INDEX task_response ON task (response_id);
CREATE INDEX report_clock_response ON report_clock (response_id);
CREATE INDEX import_response ON import (response_id);
CREATE INDEX fact_response ON fact (response_id);
CREATE INDEX assessment_response ON assessment (response_id);
