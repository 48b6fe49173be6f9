-- Appeals against measures and requests to correct facts. What was said stands in the record that
-- the appeal came as, sealed under its key, and so do the answer and the reason for relief.

-- The code printed on the notice, by which the person names the measure without an account.
ALTER TABLE measure ADD COLUMN appeal_code TEXT;
CREATE UNIQUE INDEX measure_appeal_code ON measure (appeal_code) WHERE appeal_code IS NOT NULL;

-- Since when the organ lets the measure rest until an appeal is answered.
ALTER TABLE measure ADD COLUMN suspended_at BIGINT;

-- How the notice was served, by whom, and who witnessed a refusal to sign; why it was lifted, beside
-- why it was decided.
ALTER TABLE measure ADD COLUMN served_how TEXT;
ALTER TABLE measure ADD COLUMN served_by {id};
ALTER TABLE measure ADD COLUMN witness_sealed {bytes};
ALTER TABLE measure ADD COLUMN lift_reason_sealed {bytes};

-- `measure_id` is empty while nobody has found the notice that is meant. `due_at` is the promise to
-- whoever filed it and never moves; `climb_at` is when the next level is asked, empty where none is
-- above.
CREATE TABLE appeal (
    id {id} PRIMARY KEY NOT NULL,
    record_id {id} NOT NULL REFERENCES record (id),
    measure_id {id} REFERENCES measure (id),
    response_id {id} NOT NULL REFERENCES response (id),
    area_id {id} REFERENCES area (id),
    confined BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    filed_at BIGINT NOT NULL,
    due_at BIGINT,
    climb_at BIGINT,
    level BIGINT NOT NULL,
    raised BIGINT NOT NULL,
    assignee_id {id},
    assigned_by {id},
    assigned_at BIGINT,
    relief_at BIGINT,
    relief_by {id},
    relief_sealed {bytes},
    answered_at BIGINT,
    answered_by {id},
    answer_sealed {bytes},
    version BIGINT NOT NULL
) {strict};
CREATE UNIQUE INDEX appeal_record ON appeal (record_id);
CREATE INDEX appeal_measure ON appeal (measure_id);
CREATE INDEX appeal_open ON appeal (area_id, due_at) WHERE state IN ('filed', 'assigned');
CREATE INDEX appeal_climb ON appeal (climb_at) WHERE climb_at IS NOT NULL;
