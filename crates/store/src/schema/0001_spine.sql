-- The spine. Ids are UUIDs made by the program, instants milliseconds UTC, civil dates ISO text,
-- truth values 0 and 1. Columns named *_sealed hold ciphertext (see keys.rs).

-- Commands and their audit -------------------------------------------------------------------

CREATE TABLE receipt (
    command_id {id} PRIMARY KEY NOT NULL,
    author TEXT NOT NULL,
    action TEXT NOT NULL,
    answer TEXT NOT NULL,
    at BIGINT NOT NULL
) {strict};

CREATE TABLE audit_entry (
    id {id} PRIMARY KEY NOT NULL,
    command_id {id} NOT NULL,
    at BIGINT NOT NULL,
    author TEXT NOT NULL,
    action TEXT NOT NULL,
    purpose TEXT NOT NULL,
    response_id {id},
    refs TEXT NOT NULL,
    detail TEXT NOT NULL,
    salt {bytes} NOT NULL,
    seal BIGINT UNIQUE,
    hash {bytes}
) {strict};
CREATE INDEX audit_entry_unsealed ON audit_entry (id) WHERE seal IS NULL;
CREATE INDEX audit_entry_author ON audit_entry (author, id);
CREATE INDEX audit_entry_action ON audit_entry (action, id);

-- Which entries concern which person, for "who has read my file".
CREATE TABLE entry_person (
    person_id {id} NOT NULL,
    entry_id {id} NOT NULL REFERENCES audit_entry (id),
    PRIMARY KEY (person_id, entry_id)
) {strict};

CREATE TABLE seal_batch (
    last_seal BIGINT PRIMARY KEY NOT NULL,
    first_seal BIGINT NOT NULL,
    head {bytes} NOT NULL,
    signature {bytes} NOT NULL,
    at BIGINT NOT NULL
) {strict};

CREATE TABLE seal_state (
    one BIGINT PRIMARY KEY NOT NULL CHECK (one = 1),
    last_seal BIGINT NOT NULL,
    head {bytes} NOT NULL
) {strict};

-- Where and who -------------------------------------------------------------------------------

CREATE TABLE area (
    id {id} PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    parent_id {id} REFERENCES area (id),
    level BIGINT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    path {path} NOT NULL,
    ring TEXT,
    residents BIGINT,
    valid_from TEXT NOT NULL,
    valid_to TEXT
) {strict};
CREATE INDEX area_path ON area (path);
CREATE INDEX area_parent ON area (parent_id);

CREATE TABLE unit (
    id {id} PRIMARY KEY NOT NULL,
    area_id {id} NOT NULL REFERENCES area (id),
    kind TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    phone TEXT
) {strict};
CREATE INDEX unit_area ON unit (area_id);

CREATE TABLE account (
    id {id} PRIMARY KEY NOT NULL,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    unit_id {id} NOT NULL REFERENCES unit (id),
    password_hash TEXT NOT NULL,
    must_change BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until BIGINT,
    disabled_at BIGINT,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
) {strict};

CREATE TABLE account_grant (
    id {id} PRIMARY KEY NOT NULL,
    user_id {id} NOT NULL REFERENCES account (id),
    role TEXT NOT NULL,
    area_id {id} NOT NULL REFERENCES area (id),
    response_id {id},
    until_at BIGINT
) {strict};
CREATE INDEX account_grant_user ON account_grant (user_id);

CREATE TABLE session (
    token_hash {bytes} PRIMARY KEY NOT NULL,
    user_id {id} NOT NULL REFERENCES account (id),
    form_token TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) {strict};
CREATE INDEX session_by_user ON session (user_id);

CREATE TABLE api_token (
    token_hash {bytes} PRIMARY KEY NOT NULL,
    user_id {id} NOT NULL REFERENCES account (id),
    label TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
) {strict};

-- What everything is collected for --------------------------------------------------------------

CREATE TABLE response (
    id {id} PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    disease TEXT NOT NULL,
    region TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    destroyed_at BIGINT,
    version BIGINT NOT NULL
) {strict};

CREATE TABLE approval (
    id {id} PRIMARY KEY NOT NULL,
    response_id {id} NOT NULL REFERENCES response (id),
    kind TEXT NOT NULL,
    organ TEXT NOT NULL,
    document_no TEXT NOT NULL,
    from_on TEXT NOT NULL,
    until_on TEXT,
    recorded_at BIGINT NOT NULL,
    entry_id {id} NOT NULL
) {strict};
CREATE INDEX approval_response ON approval (response_id);

-- What was destroyed; noted beside the keys as well, so that an old backup cannot undo it.
CREATE TABLE erasure (
    id {id} PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    logged_at BIGINT
) {strict};
CREATE INDEX erasure_open ON erasure (id) WHERE logged_at IS NULL;

-- Records, facts, persons -----------------------------------------------------------------------

CREATE TABLE record (
    id {id} PRIMARY KEY NOT NULL,
    response_id {id} NOT NULL REFERENCES response (id),
    channel TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    reported_on TEXT,
    area_id {id} REFERENCES area (id),
    unit_id {id} REFERENCES unit (id),
    author TEXT NOT NULL,
    import_id {id},
    row_no BIGINT,
    receipt_code TEXT UNIQUE,
    state TEXT NOT NULL,
    due_at BIGINT,
    confined BIGINT NOT NULL,
    original_sealed {bytes} NOT NULL,
    entry_id {id} NOT NULL,
    version BIGINT NOT NULL
) {strict};
CREATE INDEX record_inbox ON record (state, due_at);
CREATE INDEX record_area ON record (area_id, received_at);
CREATE INDEX record_received ON record (received_at);
CREATE INDEX record_import ON record (import_id, row_no);

CREATE TABLE record_key (
    record_id {id} PRIMARY KEY NOT NULL REFERENCES record (id),
    response_id {id} NOT NULL,
    wrapped {bytes} NOT NULL
) {strict};
CREATE INDEX record_key_response ON record_key (response_id);

CREATE TABLE token (
    token {bytes} NOT NULL,
    kind TEXT NOT NULL,
    record_id {id} NOT NULL REFERENCES record (id),
    PRIMARY KEY (token, kind, record_id)
) {strict};
CREATE INDEX token_record ON token (record_id);

CREATE TABLE fact (
    id {id} PRIMARY KEY NOT NULL,
    record_id {id} NOT NULL REFERENCES record (id),
    response_id {id} NOT NULL,
    kind TEXT NOT NULL,
    from_on TEXT,
    to_on TEXT,
    at BIGINT,
    time_kind TEXT NOT NULL,
    reported_on TEXT,
    recorded_at BIGINT NOT NULL,
    author TEXT NOT NULL,
    evidence TEXT NOT NULL,
    corrects {id},
    withdraws BIGINT NOT NULL,
    attrs_sealed {bytes} NOT NULL,
    entry_id {id} NOT NULL
) {strict};
CREATE INDEX fact_record ON fact (record_id);
CREATE INDEX fact_kind ON fact (kind, recorded_at);

CREATE TABLE link (
    id {id} PRIMARY KEY NOT NULL,
    a {id} NOT NULL REFERENCES record (id),
    b {id} NOT NULL REFERENCES record (id),
    says TEXT NOT NULL,
    basis TEXT NOT NULL,
    author TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    entry_id {id} NOT NULL,
    withdraws {id}
) {strict};
CREATE INDEX link_a ON link (a);
CREATE INDEX link_b ON link (b);

-- Projection: which person each record belongs to. Rebuilt from links.
CREATE TABLE record_person (
    record_id {id} PRIMARY KEY NOT NULL REFERENCES record (id),
    person_id {id} NOT NULL
) {strict};
CREATE INDEX record_person_person ON record_person (person_id);

-- Projection: where a person is (for permission) and when something last changed.
CREATE TABLE person (
    id {id} PRIMARY KEY NOT NULL,
    area_id {id} REFERENCES area (id),
    confined BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    version BIGINT NOT NULL
) {strict};
CREATE INDEX person_area ON person (area_id);

CREATE TABLE pair (
    id {id} PRIMARY KEY NOT NULL,
    a {id} NOT NULL REFERENCES record (id),
    b {id} NOT NULL REFERENCES record (id),
    basis TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    decided_by {id},
    decided_at BIGINT,
    version BIGINT NOT NULL,
    UNIQUE (a, b)
) {strict};
CREATE INDEX pair_state ON pair (state, created_at);

CREATE TABLE import (
    id {id} PRIMARY KEY NOT NULL,
    response_id {id} NOT NULL REFERENCES response (id),
    kind TEXT NOT NULL,
    file_name TEXT NOT NULL,
    source TEXT NOT NULL,
    digest TEXT NOT NULL,
    file_sealed {bytes} NOT NULL,
    mapping TEXT NOT NULL,
    state TEXT NOT NULL,
    rows_read BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    matched BIGINT NOT NULL,
    queued BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    warned BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    version BIGINT NOT NULL
) {strict};
CREATE INDEX import_digest ON import (digest);

CREATE TABLE import_row (
    import_id {id} NOT NULL REFERENCES import (id),
    row_no BIGINT NOT NULL,
    state TEXT NOT NULL,
    findings TEXT NOT NULL,
    record_id {id},
    PRIMARY KEY (import_id, row_no)
) {strict};

-- Assessment, two looks, measures ---------------------------------------------------------------

CREATE TABLE assessment (
    person_id {id} NOT NULL,
    response_id {id} NOT NULL REFERENCES response (id),
    scheme TEXT NOT NULL,
    category TEXT,
    class TEXT,
    on_day TEXT NOT NULL,
    seal BIGINT NOT NULL,
    next_change_at BIGINT,
    pack TEXT NOT NULL,
    outcome_sealed {bytes} NOT NULL,
    sealed_under {id} NOT NULL,
    assessed_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, response_id, scheme)
) {strict};
CREATE INDEX assessment_next ON assessment (next_change_at);
CREATE INDEX assessment_category ON assessment (scheme, category);
CREATE INDEX assessment_under ON assessment (sealed_under);

CREATE TABLE review (
    id {id} PRIMARY KEY NOT NULL,
    response_id {id} NOT NULL REFERENCES response (id),
    person_id {id} NOT NULL,
    record_id {id} NOT NULL REFERENCES record (id),
    area_id {id} REFERENCES area (id),
    confined BIGINT NOT NULL,
    state TEXT NOT NULL,
    category TEXT,
    digest TEXT NOT NULL,
    proposal_sealed {bytes} NOT NULL,
    opened_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    first_by {id},
    first_at BIGINT,
    first_outcome TEXT,
    first_reason_sealed {bytes},
    second_by {id},
    second_at BIGINT,
    second_outcome TEXT,
    second_reason_sealed {bytes},
    version BIGINT NOT NULL
) {strict};
CREATE INDEX review_state ON review (state, due_at);
CREATE INDEX review_record ON review (record_id);

CREATE TABLE measure (
    id {id} PRIMARY KEY NOT NULL,
    response_id {id} NOT NULL REFERENCES response (id),
    person_id {id} NOT NULL,
    record_id {id} NOT NULL REFERENCES record (id),
    review_id {id} REFERENCES review (id),
    area_id {id} REFERENCES area (id),
    confined BIGINT NOT NULL,
    kind TEXT NOT NULL,
    rule TEXT NOT NULL,
    term TEXT NOT NULL,
    regime TEXT NOT NULL,
    article TEXT NOT NULL,
    organs TEXT NOT NULL,
    state TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    organ_unit_id {id} REFERENCES unit (id),
    decided_by {id},
    decided_at BIGINT,
    document_no TEXT,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    served_at BIGINT,
    lifted_by {id},
    lifted_at BIGINT,
    content_sealed {bytes} NOT NULL,
    reason_sealed {bytes},
    version BIGINT NOT NULL
) {strict};
CREATE INDEX measure_record ON measure (record_id);
CREATE INDEX measure_review ON measure (review_id);
CREATE INDEX measure_state ON measure (state, ends_on);

CREATE TABLE task (
    id {id} PRIMARY KEY NOT NULL,
    response_id {id} NOT NULL REFERENCES response (id),
    person_id {id},
    record_id {id} REFERENCES record (id),
    review_id {id} REFERENCES review (id),
    measure_id {id} REFERENCES measure (id),
    kind TEXT NOT NULL,
    rule TEXT,
    state TEXT NOT NULL,
    confined BIGINT NOT NULL,
    area_id {id} NOT NULL REFERENCES area (id),
    holder_area_id {id} NOT NULL REFERENCES area (id),
    raised_area_id {id} REFERENCES area (id),
    assignee {id} REFERENCES account (id),
    unique_key TEXT UNIQUE,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    climb_at BIGINT,
    climbs BIGINT NOT NULL,
    asked TEXT,
    received_at BIGINT,
    result TEXT,
    done_by {id},
    done_at BIGINT,
    closed_at BIGINT,
    content_sealed {bytes} NOT NULL,
    version BIGINT NOT NULL
) {strict};
CREATE INDEX task_holder ON task (holder_area_id, state, due_at);
CREATE INDEX task_assignee ON task (assignee, state, due_at);
CREATE INDEX task_climb ON task (climb_at);
CREATE INDEX task_record ON task (record_id);
CREATE INDEX task_review ON task (review_id);
CREATE INDEX task_measure ON task (measure_id);

CREATE TABLE task_step (
    id {id} PRIMARY KEY NOT NULL,
    task_id {id} NOT NULL REFERENCES task (id),
    at BIGINT NOT NULL,
    author TEXT NOT NULL,
    kind TEXT NOT NULL,
    from_area_id {id},
    to_area_id {id},
    result TEXT,
    note_sealed {bytes},
    entry_id {id} NOT NULL
) {strict};
CREATE INDEX task_step_task ON task_step (task_id, at);

CREATE TABLE report_clock (
    id {id} PRIMARY KEY NOT NULL,
    response_id {id} NOT NULL REFERENCES response (id),
    person_id {id} NOT NULL,
    record_id {id} NOT NULL REFERENCES record (id),
    area_id {id} REFERENCES area (id),
    confined BIGINT NOT NULL,
    disease TEXT NOT NULL,
    class TEXT NOT NULL,
    rule TEXT NOT NULL,
    hours BIGINT NOT NULL,
    basis TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    sent_at BIGINT,
    sent_by {id},
    reference TEXT,
    version BIGINT NOT NULL,
    UNIQUE (person_id, response_id, class, rule)
) {strict};
CREATE INDEX report_clock_due ON report_clock (sent_at, due_at);
CREATE INDEX report_clock_record ON report_clock (record_id);

-- Outside effects -------------------------------------------------------------------------------

CREATE TABLE message (
    id {id} PRIMARY KEY NOT NULL,
    record_id {id} NOT NULL REFERENCES record (id),
    channel TEXT NOT NULL,
    template TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_until BIGINT,
    sent_at BIGINT,
    last_error TEXT,
    unique_key TEXT UNIQUE,
    content_sealed {bytes} NOT NULL
) {strict};
CREATE INDEX message_run ON message (state, run_at);

CREATE TABLE job (
    id {id} PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    unique_key TEXT UNIQUE,
    state TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_until BIGINT,
    payload TEXT NOT NULL,
    last_error TEXT,
    finished_at BIGINT
) {strict};
CREATE INDEX job_run ON job (state, run_at);

INSERT INTO seal_state (one, last_seal, head) VALUES (1, 0, {zero32});
