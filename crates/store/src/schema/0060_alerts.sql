-- Alerts: cases that occurred together. What an assessment says of a person that thresholds count
-- stands beside its class, so that counting reads no fact; it goes with the row it stands in.

-- The day a person counts for, the institution as a keyed code, and 0 or 1 for: ill and no case
-- yet, in hospital, dead.
ALTER TABLE assessment ADD COLUMN counted_on TEXT;
ALTER TABLE assessment ADD COLUMN place TEXT;
ALTER TABLE assessment ADD COLUMN ill BIGINT;
ALTER TABLE assessment ADD COLUMN hospitalised BIGINT;
ALTER TABLE assessment ADD COLUMN died BIGINT;
CREATE INDEX assessment_counted ON assessment (response_id, counted_on) WHERE counted_on IS NOT NULL;

-- Rows made before are made again.
UPDATE assessment SET next_change_at = 0 WHERE scheme = 'case';

-- Responses in which somebody was assessed since cases were last counted: since when, how often.
CREATE TABLE alert_due (
    response_id {id} PRIMARY KEY NOT NULL REFERENCES response (id),
    at BIGINT NOT NULL,
    times BIGINT NOT NULL
) {strict};

-- One row for a rule and a place while its window runs. Place, days and reasons are sealed under
-- the key of the response; `place` tells two places apart and says nothing.
CREATE TABLE alert (
    id {id} PRIMARY KEY NOT NULL,
    response_id {id} NOT NULL REFERENCES response (id),
    rule TEXT NOT NULL,
    kind TEXT NOT NULL,
    unit TEXT NOT NULL,
    place TEXT NOT NULL,
    area_id {id} REFERENCES area (id),
    confined BIGINT NOT NULL,
    raised_at BIGINT NOT NULL,
    counted_at BIGINT NOT NULL,
    cases BIGINT NOT NULL,
    most BIGINT NOT NULL,
    met BIGINT NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    until_on TEXT NOT NULL,
    content_sealed {bytes} NOT NULL,
    version BIGINT NOT NULL
) {strict};
CREATE INDEX alert_rule ON alert (response_id, rule, place, until_on);
CREATE INDEX alert_until ON alert (until_on, area_id);

-- What a named person made of an alert: reported, or no event. Only added, never changed.
CREATE TABLE alert_acknowledgement (
    id {id} PRIMARY KEY NOT NULL,
    alert_id {id} NOT NULL REFERENCES alert (id),
    outcome TEXT NOT NULL,
    reference TEXT,
    reason_sealed {bytes},
    cases BIGINT NOT NULL,
    user_id {id},
    at BIGINT NOT NULL
) {strict};
CREATE INDEX alert_acknowledgement_of ON alert_acknowledgement (alert_id, id);

-- The statutory report of an outbreak or event; it is about no person. Ended without being sent
-- when somebody judged that there is no event.
CREATE TABLE alert_clock (
    id {id} PRIMARY KEY NOT NULL,
    alert_id {id} NOT NULL REFERENCES alert (id),
    response_id {id} NOT NULL REFERENCES response (id),
    area_id {id} REFERENCES area (id),
    confined BIGINT NOT NULL,
    disease TEXT NOT NULL,
    rule TEXT NOT NULL,
    hours BIGINT NOT NULL,
    basis TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    sent_at BIGINT,
    sent_by {id},
    reference TEXT,
    ended_at BIGINT,
    version BIGINT NOT NULL
) {strict};
CREATE INDEX alert_clock_alert ON alert_clock (alert_id);
CREATE INDEX alert_clock_open ON alert_clock (area_id, due_at) WHERE sent_at IS NULL AND ended_at IS NULL;
CREATE INDEX alert_clock_response ON alert_clock (response_id);
